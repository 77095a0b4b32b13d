// Devices: what a backend must offer, where tensors lie, and which device computes.
import type { DType, TypedArray } from './dtype.js';
import { DeviceError } from './errors.js';
import type { Plan } from './plan.js';

/** Elements in the memory of some device: a typed array on the host, a handle elsewhere. */
export interface Memory {
  readonly length: number;
  readonly byteLength: number;
}

const isArray = (memory: Memory): memory is TypedArray => ArrayBuffer.isView(memory);

/** The memory of a device. The devices 'cpu' and 'reference' share the host's. */
export interface DeviceMemory {
  /** As in `t.to(name)`. */
  readonly name: string;
  /** Memory that holds `elements` (bool as bytes of 0 and 1); they may become that memory. */
  upload(elements: TypedArray, dtype: DType): Memory;
  /** The elements, as soon as they are computed: not to be changed. Throws what went wrong while they were computed. */
  read(memory: Memory, dtype: DType): TypedArray;
  /** As `read`, without keeping the thread waiting. */
  readLater(memory: Memory, dtype: DType): Promise<TypedArray>;
  /** Bytes that tensors hold, and bytes taken from the system for them and for tensors to come; `total` where there is a bound. */
  use(): { readonly used: number; readonly reserved: number; readonly total?: number };
}

/** Memory of the host as the array that it is. */
export function onHost(memory: Memory): TypedArray {
  if (isArray(memory)) return memory;
  throw new DeviceError(
    'memory of another device was taken for an array',
    'This is a defect of gradlab; please report it.',
  );
}

/** The memory of JavaScript itself. */
export const hostMemory: DeviceMemory = {
  name: 'cpu',
  upload: (elements) => elements,
  read: onHost,
  readLater: (memory) => Promise.resolve(onHost(memory)),
  use() {
    const { arrayBuffers } = process.memoryUsage();
    return { used: arrayBuffers, reserved: arrayBuffers };
  },
};

/** A computed value: what a node holds once it is in memory. */
export class Storage {
  /** True where the memory may serve another value once this one is out of use: false as soon as it is lent to a second owner. */
  reusable = false;

  constructor(
    readonly dtype: DType,
    readonly length: number,
    readonly memory: Memory,
    readonly home: DeviceMemory,
  ) {}

  /** The elements where they lie, if JavaScript shares that memory: not to be changed. */
  get shared(): TypedArray | null {
    return isArray(this.memory) ? this.memory : null;
  }
  /** The elements, read from the device where need be: not to be changed. */
  get array(): TypedArray {
    return this.home.read(this.memory, this.dtype);
  }
  /** The elements in an array of their own. */
  copy(): TypedArray {
    return this.shared?.slice() ?? this.array;
  }
  /** The same elements in memory of their own, there or on another device. */
  clone(home: DeviceMemory = this.home): Storage {
    return new Storage(this.dtype, this.length, home.upload(this.copy(), this.dtype), home);
  }
}

/** A compiled plan. */
export interface Executable {
  /**
   * Fills `outputs` (one per output of the plan) from `leaves` (one per leaf) and `scalars`. May return before that is done:
   * reading the outputs waits for it.
   */
  run(leaves: readonly Memory[], scalars: readonly number[], outputs: readonly Memory[]): void;
  /** What it will do, for `explain`. */
  readonly kernels: readonly KernelSummary[];
}

/** One kernel of an executable, as `explain` shows it. */
export interface KernelSummary {
  readonly kind: string;
  readonly text: string;
  /** Additions, multiplications and functions of one run. */
  readonly flops: number;
  /** Bytes of everything read and written, each counted once. */
  readonly bytes: number;
  /** The source text, where the device compiles one. */
  readonly source?: string;
}

/** A device: something that compiles plans. */
export interface Backend {
  readonly name: string;
  /** What runs here, in words. */
  readonly description: string;
  /** Where its tensors lie. */
  readonly memory: DeviceMemory;
  /** True where a processor stands in for the device: then it is never chosen unasked. */
  readonly software?: boolean;
  compile(plan: Plan): Executable;
  /** Memory for `length` elements, ready to be an output. Contents are undefined. */
  allocate(dtype: DType, length: number): Memory;
  /** Bytes of scratch memory that runs share. */
  scratchBytes(): number;
}

interface Entry {
  readonly open: (given: unknown) => Backend;
  readonly present: () => boolean;
  backend?: Backend;
  failure?: unknown;
}
const registry = new Map<string, Entry>();
let current: Backend | null = null;

/**
 * Adds a device under `name`, after those that are rather chosen.
 * @param open makes it ready, and throws where it cannot run; it is given what `device(name, given)` was.
 * @param present a quick look whether this machine seems to have it: only then it is opened unasked, and missed where that fails.
 */
export function registerDevice(name: string, open: (given: unknown) => Backend, present = (): boolean => true): void {
  registry.set(name, { open, present });
}

function open(name: string, given?: unknown): Backend {
  const entry = registry.get(name);
  if (!entry) throw new DeviceError(`unknown device '${name}'`, `Known here: ${[...registry.keys()].join(', ')}.`);
  if (given !== undefined) entry.backend = entry.open(given);
  // A device that could not be opened is asked again: what it lacked may have come.
  entry.backend ??= entry.open(given);
  return entry.backend;
}

/** The first device that runs here, of those registered, and why those before it do not. */
function choose(): Backend {
  for (const [name, entry] of registry) {
    if (!entry.present()) continue;
    try {
      const backend = open(name);
      if (!backend.software) {
        for (const { failure } of registry.values())
          if (failure instanceof Error)
            process.emitWarning(`${failure.message} Computing on '${name}' instead.`, { type: 'GradlabWarning' });
        return backend;
      }
    } catch (error) {
      entry.failure = error;
    }
  }
  throw [...registry.values()].find(({ failure }) => failure)?.failure ?? new DeviceError('there is no device', '');
}

/** The device that computes: the one chosen, else the first that runs here. */
export function currentDevice(): Backend {
  if (!current) {
    const wanted = process.env.GRADLAB_DEVICE;
    current = wanted ? open(wanted) : choose();
  }
  return current;
}

/** The device that computes what lies in `home`; what lies nowhere yet, the one chosen computes. */
export function deviceOf(home: DeviceMemory | null): Backend {
  const chosen = currentDevice();
  if (home === null || chosen.memory === home) return chosen;
  for (const { backend } of registry.values()) if (backend?.memory === home) return backend;
  return open(home.name);
}

/** The devices that come with the library. */
export type DeviceName = 'cpu' | 'cuda' | 'webgpu' | 'tfjs' | 'reference';

/** The names of all devices. */
export const deviceNames = (): string[] => [...registry.keys()];
/** True for the name of a device. */
export const isDevice = (name: string): boolean => registry.has(name);

/** The memory of the device `name`. Throws DeviceError when there is no such device or it cannot run here. */
export const memoryOf = (name: string): DeviceMemory =>
  current?.memory.name === name ? current.memory : open(name).memory;

/**
 * Chooses the device on which tensors are made from now on, and returns its description; without a name, only describes.
 * What lies on another device stays there: move it with `t.to(name)` or `model.to(name)`.
 * @param name `'cpu'` (native code), `'cuda'` (NVIDIA GPUs), `'webgpu'` (any GPU, through Dawn), `'tfjs'` (TensorFlow.js), `'reference'`
 * (plain TypeScript: slow, the definition of every operation). Unasked, it is CUDA or a WebGPU adapter where there is one, else the CPU.
 * @param given for `'tfjs'`, the namespace that computes: `device('tfjs', await import('@tensorflow/tfjs-node'))`.
 * @throws DeviceError when there is no such device or it cannot run here; the message says why and what to do.
 */
export function device(name?: string, given?: unknown): string {
  if (name !== undefined) current = open(name, given);
  return currentDevice().description;
}

/** A device as `devices()` lists it. */
export interface DeviceReport {
  readonly name: string;
  /** Whether it computes now, could, seems not to be here, or is here and fails. */
  readonly state: 'chosen' | 'ready' | 'absent' | 'failing';
  /** What it is, or why it cannot be had and what to do about it. */
  readonly text: string;
}

/** Every device, in the order in which they are chosen, with what speaks for or against it. Opens those that seem to be here. */
export function devices(): DeviceReport[] {
  const chosen = currentDevice();
  return [...registry.keys()].map((name): DeviceReport => {
    try {
      const backend = open(name);
      return { name, state: backend === chosen ? 'chosen' : 'ready', text: backend.description };
    } catch (error) {
      const state = registry.get(name)!.present() ? 'failing' : 'absent';
      return { name, state, text: error instanceof Error ? error.message : String(error) };
    }
  });
}
