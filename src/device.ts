// Devices: what a backend must offer, and which one computes.
import type { DType, TypedArray } from './dtype.js';
import { DeviceError } from './errors.js';
import type { Plan } from './plan.js';

/** A compiled plan. */
export interface Executable {
  /** Fills `outputs` (one per output of the plan) from `leaves` (one per leaf) and `scalars`. */
  run(leaves: readonly TypedArray[], scalars: readonly number[], outputs: readonly TypedArray[]): void;
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
}

/** A device: something that compiles plans. */
export interface Backend {
  readonly name: string;
  /** What runs here, in words. */
  readonly description: string;
  compile(plan: Plan): Executable;
  /** Memory for `length` elements, ready to be an output. Contents are undefined. */
  allocate(dtype: DType, length: number): TypedArray;
  /** Bytes of scratch memory that runs share. */
  scratchBytes(): number;
}

interface Entry {
  open: () => Backend;
  backend?: Backend;
  failure?: unknown;
}
const registry = new Map<string, Entry>();
let current: Backend | null = null;

/** Adds a device under `name`; `open` throws where it cannot run. */
export function registerDevice(name: string, open: () => Backend): void {
  registry.set(name, { open });
}

function open(name: string): Backend {
  const entry = registry.get(name);
  if (!entry) throw new DeviceError(`unknown device '${name}'`, `Known here: ${[...registry.keys()].join(', ')}.`);
  if (entry.failure !== undefined) throw entry.failure;
  try {
    entry.backend ??= entry.open();
    return entry.backend;
  } catch (error) {
    entry.failure = error;
    throw error;
  }
}

/** The device that computes: the one chosen, else the first that opens of those registered. */
export function currentDevice(): Backend {
  if (current) return current;
  const wanted = process.env.GRADLAB_DEVICE;
  if (wanted) {
    current = open(wanted);
    return current;
  }
  let failure: unknown;
  for (const name of registry.keys()) {
    try {
      current = open(name);
      if (failure instanceof Error)
        process.emitWarning(`${failure.message} Computing on '${name}' instead.`, { type: 'GradlabWarning' });
      return current;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/**
 * Chooses the device that computes from now on and returns its description; without a name, only describes.
 * @param name `'cpu'` (native code, the default) or `'reference'` (plain TypeScript, slow, the definition of every operation).
 * @throws DeviceError when there is no such device or it cannot run here; the message says why.
 */
export function device(name?: string): string {
  if (name !== undefined) current = open(name);
  return currentDevice().description;
}
