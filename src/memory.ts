// In: nothing. Out: where memory is: in tensors, kept for tensors to come, scratch of the device, JavaScript's heap.
import v8 from 'node:v8';
import vm from 'node:vm';
import { currentDevice } from './device.js';
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

/** Where memory is. Collects garbage first (some milliseconds), so that only what can still be reached counts. */
export function memory(): MemoryUse {
  collect();
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  const spare = spareBytes();
  return new MemoryUse(arrayBuffers - spare, spare, currentDevice().scratchBytes(), heapUsed, rss);
}
