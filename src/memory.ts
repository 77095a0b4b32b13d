// In: nothing. Out: where memory is: in tensors, kept for tensors to come, scratch of the device, JavaScript's heap.
import v8 from 'node:v8';
import vm from 'node:vm';
import { deviceOf, hostMemory, memoryOf } from './device.js';
import { displayMethod, type MimeData } from './display/bundle.js';
import { type Table, table } from './display/table.js';
import { spareBytes } from './evaluate.js';

let collector: (() => void) | null = null;

/** Runs the garbage collector, so that what is counted is what can still be reached. */
function collect(): void {
  if (!collector) {
    v8.setFlagsFromString('--expose-gc');
    const exposed: () => void = vm.runInNewContext('gc');
    collector = exposed;
  }
  // Buffers are swept beside the program; a second collection waits for that.
  collector();
  collector();
}

/** Bytes by what they serve. Shows itself as a table. */
export class MemoryUse {
  constructor(
    /** Array buffers that something still reaches: computed tensors, parameters, and whatever arrays the program itself holds. */
    readonly arrays: number,
    /** Memory of replaced parameters, kept for values to come. */
    readonly spare: number,
    /** Scratch memory of the device, which all computations share. */
    readonly scratch: number,
    /** JavaScript objects, descriptions of tensors that wait to be computed among them. */
    readonly heap: number,
    /** All memory that the process holds. */
    readonly process: number,
  ) {}

  get #table(): Table {
    const { arrays, spare, scratch, heap, process } = this;
    return table(
      Object.entries({ arrays, spare, scratch, heap, process }).map(([what, bytes]) => ({ what, MB: bytes / 1e6 })),
    );
  }
  toString(): string {
    return this.#table.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
  [displayMethod](): MimeData {
    return this.#table[displayMethod]();
  }
}

/** Bytes in the memory of a device beside the host's. Shows itself as a table. */
export class DeviceMemoryUse {
  constructor(
    readonly device: string,
    /** What tensors hold. */
    readonly used: number,
    /** What was taken from the device: for tensors, for those to come, and for scratch. */
    readonly reserved: number,
    /** What the device has, where it says so. */
    readonly total: number | undefined,
  ) {}

  get #table(): Table {
    const { used, reserved, total } = this;
    return table(
      Object.entries({ used, reserved, total })
        .filter(([, bytes]) => bytes !== undefined)
        .map(([what, bytes]) => ({ what: `${what} on ${this.device}`, MB: Number(bytes) / 1e6 })),
    );
  }
  toString(): string {
    return this.#table.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
  [displayMethod](): MimeData {
    return this.#table[displayMethod]();
  }
}

/**
 * Where memory is. Collects garbage first (some milliseconds), so that only what can still be reached counts.
 * @param device the memory of which device; default: the process's own.
 * @throws DeviceError when there is no such device or it cannot run here.
 */
export function memory(): MemoryUse;
export function memory(device: 'cpu' | 'reference'): MemoryUse;
export function memory(device: string): MemoryUse | DeviceMemoryUse;
export function memory(device?: string): MemoryUse | DeviceMemoryUse {
  const home = device === undefined ? hostMemory : memoryOf(device);
  collect();
  if (home !== hostMemory) {
    const { used, reserved, total } = home.use();
    return new DeviceMemoryUse(home.name, used, reserved, total);
  }
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  const spare = spareBytes(home);
  return new MemoryUse(arrayBuffers - spare, spare, deviceOf(home).scratchBytes(), heapUsed, rss);
}
