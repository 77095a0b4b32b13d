// The session process, seen from the server: orders go out, frames and captured descriptors come in, its death is told.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CommFrame, Order, SessionEvent } from '../contract.js';
import { type Frame, FrameReader, header, Kind, packBuffers, unpackBuffers } from '../session/frame.js';

const ENTRY = fileURLToPath(new URL('../session/main.js', import.meta.url));

/**
 * Terminating code in a timer leaves node's asynchronous stack unbalanced, which it checks by aborting.
 * The session cleans the stack up itself.
 */
const NODE_FLAGS = ['--no-force-async-hooks-checks', '--disable-warning=ExperimentalWarning'];

/** Options of node for the session alone, such as `--max-old-space-size=8192`, separated by spaces. */
export const OPTIONS_VARIABLE = 'GRADLAB_SESSION_OPTIONS';

/** How long a session that is gone may take to hand over its last output. */
const CLOSE_MS = 300;

/** What node prints when a session ends in which the debugger was on: our own, of which the user knows nothing. */
const NODES_FAREWELL = 'Waiting for the debugger to disconnect...\n';

export type StreamName = 'stdout' | 'stderr';

export interface SessionListener {
  /** `run` is undefined for text that came through a descriptor: native code, child processes. */
  stream(run: number | undefined, name: StreamName, text: string): void;
  output(run: number, kind: Kind, content: Buffer): void;
  /** An output of this kind begins, and ends at the `closing`; or at the next `opening`, then it is void. */
  opening(run: number, kind: number): void;
  piece(content: Buffer): void;
  closing(): void;
  event(run: number, event: SessionEvent): void;
  comm(run: number, message: CommFrame, buffers: Buffer[]): void;
  ended(death: Death): void;
}

export interface Death {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to its error descriptor: the engine's last words. */
  lastWords: string;
}

export class SessionProcess {
  readonly #child: ChildProcess;
  readonly #line: Duplex;
  readonly #listener: SessionListener;
  #captured = 0;
  #lastWords = '';
  #closing = false;
  #ready = false;

  constructor(listener: SessionListener, folder: string) {
    this.#listener = listener;
    const options = (process.env[OPTIONS_VARIABLE] ?? '').split(' ').filter(Boolean);
    this.#child = spawn(process.execPath, [...NODE_FLAGS, ...options, ENTRY], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // A process group of its own: interrupts and the end of the session reach the children of user code.
      detached: true,
    });
    this.#line = lineOf(this.#child);
    const reader = new FrameReader();
    this.#line.on('data', (chunk: Buffer) => {
      for (const frame of reader.read(chunk)) this.#receive(frame);
    });
    // A broken line is the death of the session, which its exit tells.
    this.#line.on('error', () => {});
    this.#capture(this.#child.stdout, 'stdout');
    this.#capture(this.#child.stderr, 'stderr');
    this.#child.on('error', (error) => this.#end(null, null, error.message));
    this.#child.on('close', (code, signal) => this.#end(code, signal, this.#lastWords));
    // Processes that user code left behind may hold the descriptors open, and `close` back, for ever.
    this.#child.on('exit', (code, signal) => {
      setTimeout(() => this.#end(code, signal, this.#lastWords), CLOSE_MS).unref();
    });
  }

  order(run: number, order: Exclude<Order, { type: 'comm' }>): void {
    const payload = Buffer.from(JSON.stringify(order));
    this.#line.write(Buffer.concat([header(Kind.order, run, payload.length), payload]));
  }

  comm(run: number, message: CommFrame, buffers: readonly Uint8Array[]): void {
    const payload = packBuffers(message, buffers);
    this.#line.write(Buffer.concat([header(Kind.comm, run, payload.length), payload]));
  }

  /** Stops the running code and, on wish, child processes that it waits for. */
  interrupt(withChildren: boolean): void {
    this.order(0, { type: 'interrupt' });
    // Before it is ready a signal would end it.
    if (withChildren && this.#ready) this.#signalGroup('SIGINT');
  }

  /** Ends the session and its children, whatever they are doing; resolves when the session is gone. */
  async kill(): Promise<void> {
    this.#closing = true;
    this.#signalGroup('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  /** Holds up what the session sends; its writers wait when the buffers between are full. */
  pause(): void {
    this.#line.pause();
  }

  resume(): void {
    this.#line.resume();
  }

  /**
   * Resolves when all is read that was in the descriptors' pipes at the call: a poll of the event loop that begins
   * after the call reads what is there, so a turn without news means that they are empty.
   */
  async captured(): Promise<void> {
    await turn();
    for (let before = -1; before !== this.#captured; ) {
      before = this.#captured;
      await turn();
    }
  }

  #capture(stream: Readable | null, name: StreamName): void {
    const decoder = new TextDecoder();
    stream?.on('data', (chunk: Buffer) => {
      this.#captured += chunk.length;
      const text = decoder.decode(chunk, { stream: true }).replace(NODES_FAREWELL, '');
      if (text === '') return;
      if (name === 'stderr') this.#lastWords = (this.#lastWords + text).slice(-4000);
      this.#listener.stream(undefined, name, text);
    });
  }

  #receive({ kind, run, payload }: Frame): void {
    switch (kind) {
      case Kind.stdout:
        this.#listener.stream(run, 'stdout', payload.toString());
        break;
      case Kind.stderr:
        this.#listener.stream(run, 'stderr', payload.toString());
        break;
      case Kind.event: {
        const event = JSON.parse(payload.toString()) as SessionEvent;
        if (event.type === 'ready') this.#ready = true;
        this.#listener.event(run, event);
        break;
      }
      case Kind.comm: {
        const { json, buffers } = unpackBuffers<CommFrame>(payload);
        this.#listener.comm(run, json, buffers);
        break;
      }
      case Kind.opening:
        this.#listener.opening(run, payload.readUInt32LE(0));
        break;
      case Kind.piece:
        this.#listener.piece(payload);
        break;
      case Kind.closing:
        this.#listener.closing();
        break;
      default:
        this.#listener.output(run, kind, payload);
        break;
    }
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch (error) {
      // The group may have ended since.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  #end(code: number | null, signal: NodeJS.Signals | null, lastWords: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#listener.ended({ code, signal, lastWords });
  }
}

function lineOf(child: ChildProcess): Duplex {
  const line = child.stdio[3];
  if (!line || !('write' in line) || !('read' in line))
    throw new Error('the session process has no line to the server');
  return line as Duplex;
}
