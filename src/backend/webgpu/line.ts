// In: commands for the thread that owns the device. Out: its answers, waited for with or without keeping this thread.
import { Worker } from 'node:worker_threads';
import { DeviceError } from '../../errors.js';
import {
  type Adapter,
  type Answered,
  type Command,
  contentOf,
  headOf,
  newAnswer,
  outOfMemory,
  type Start,
  state,
  textOf,
} from './protocol.js';

/** Commands that are sent together at most. */
const batch = 256;
/** Longest time to open a device, in milliseconds. */
const patience = 60_000;

/** Beside the compiled module; from sources, the compiled one. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/src/backend/webgpu/worker.js' : './worker.js',
  import.meta.url,
);

const cures = {
  package: 'Install it beside gradlab: npm install webgpu (0.6.2 or later).',
  adapter:
    "It needs a GPU driver with Vulkan, Metal or Direct3D 12; on Linux also libvulkan1. Until then use device('cpu').",
  memory: "Take smaller batches, let go of tensors that are not needed, or compute there: device('cpu').",
  defect: 'This is a defect of gradlab; please report it.',
  device: "Update the GPU's driver, or use device('cpu').",
};

/** The device was lost, and everything on it. */
export class Lost extends DeviceError {}

/** A line to one device. */
export class Line {
  readonly adapter: Adapter;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, () => void>();
  #commands: Command[] = [];
  #requests = 0;
  #scheduled = false;
  /** Why nothing works any more. */
  #lost: string | null = null;

  /** @throws DeviceError where there is no WebGPU here, with the cure. */
  constructor(readonly onLost: () => void) {
    const answer = newAnswer(0);
    this.#worker = new Worker(workerFile, { workerData: { answer } satisfies Start, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', ({ later }: Answered) => this.#waiting.get(later)?.());
    const ended = (reason: string): void => {
      this.#lose(reason);
      for (const wake of this.#waiting.values()) wake();
    };
    this.#worker.on('error', (error) => ended(error.message)).on('exit', () => ended('its thread ended'));
    if (Atomics.wait(headOf(answer), 0, state.waiting, patience) === 'timed-out') {
      void this.#worker.terminate();
      throw new DeviceError(`webgpu: the device did not open within ${patience / 1000} seconds`, cures.device);
    }
    const text = textOf(answer);
    if (headOf(answer)[0] !== state.done) {
      void this.#worker.terminate();
      const [kind = '', reason = ''] = text.split(/\|(.*)/s);
      throw new DeviceError(
        kind === 'package' ? 'webgpu: the package webgpu cannot be loaded' : `webgpu: ${reason}`,
        kind === 'package' || kind === 'adapter' ? cures[kind] : cures.device,
        { cause: reason },
      );
    }
    this.adapter = JSON.parse(text);
  }

  #lose(reason: string): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    this.onLost();
  }

  #send(): void {
    this.#scheduled = false;
    if (this.#commands.length === 0) return;
    const commands = this.#commands;
    this.#commands = [];
    const data = commands.flatMap((command) => (command.kind === 'write' ? [command.data.buffer] : []));
    this.#worker.postMessage(commands, data);
  }

  /** Puts a command in line; it is sent soon, or with the next answer that is asked for. */
  put(command: Command): void {
    this.#check();
    this.#commands.push(command);
    if (this.#commands.length >= batch || command.kind === 'write') return this.#send();
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#send()).unref();
  }

  /** As `put`, where it does not matter any more if the device was lost. */
  drop(command: Command): void {
    if (this.#lost === null) this.put(command);
  }

  /** The answer to a command, waited for. */
  ask(bytes: number, command: (answer: SharedArrayBuffer) => Command): Uint8Array {
    const answer = newAnswer(bytes);
    this.put(command(answer));
    this.#send();
    Atomics.wait(headOf(answer), 0, state.waiting);
    return this.#content(answer);
  }

  /** As `ask`, while this thread goes on. */
  async askLater(bytes: number, command: (answer: SharedArrayBuffer, later: number) => Command): Promise<Uint8Array> {
    const answer = newAnswer(bytes);
    const later = this.#requests++;
    const answered = new Promise<void>((resolve) => this.#waiting.set(later, resolve));
    this.#worker.ref();
    try {
      this.put(command(answer, later));
      this.#send();
      await answered;
    } finally {
      this.#waiting.delete(later);
      if (this.#waiting.size === 0) this.#worker.unref();
    }
    return this.#content(answer);
  }

  #content(answer: SharedArrayBuffer): Uint8Array {
    const [found, length] = headOf(answer);
    if (found === state.done) return contentOf(answer).subarray(0, length);
    if (found === state.lost) this.#lose(textOf(answer));
    this.#check();
    const text = textOf(answer);
    throw new DeviceError(`webgpu: ${text}`, text.startsWith(outOfMemory) ? cures.memory : cures.defect);
  }

  #check(): void {
    if (this.#lost !== null)
      throw new Lost(
        `webgpu: the device was lost: ${this.#lost}`,
        'Tensors that lay there are gone; compute them anew: the device opens again by itself. Where it is lost again, use smaller batches or update the driver.',
      );
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
