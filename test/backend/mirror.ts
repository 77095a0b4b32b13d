// In: nothing. Out: a device whose memory JavaScript cannot see, computed by the reference: what every other device relies on, without one.
import { openReference } from '../../src/backend/reference/index.js';
import { type Backend, type DeviceMemory, type Memory, registerDevice } from '../../src/device.js';
import { allocate, bytesPerElement, type DType, type TypedArray } from '../../src/dtype.js';

/** A handle on elements that only this device sees. */
class Handle implements Memory {
  readonly #elements: TypedArray;
  constructor(
    elements: TypedArray,
    readonly length: number,
    readonly byteLength: number,
  ) {
    this.#elements = elements;
  }
  static of(memory: Memory): TypedArray {
    if (!(memory instanceof Handle)) throw new Error('memory of another device reached this one');
    return memory.#elements;
  }
}

const handle = (elements: TypedArray, dtype: DType): Handle =>
  new Handle(elements, elements.length, elements.length * bytesPerElement(dtype));

/** How often elements left the device. */
export const traffic = { reads: 0, uploads: 0 };

const memory: DeviceMemory = {
  name: 'mirror',
  upload(elements, dtype) {
    traffic.uploads++;
    return handle(elements.slice(), dtype);
  },
  read(from) {
    traffic.reads++;
    return Handle.of(from).slice();
  },
  readLater: async (from, dtype) => memory.read(from, dtype),
  use: () => ({ used: 0, reserved: 0 }),
};

/** Registers the device 'mirror'. */
export function registerMirror(): void {
  registerDevice(
    'mirror',
    (): Backend => {
      const reference = openReference();
      return {
        name: 'mirror',
        description: 'mirror (for tests)',
        memory,
        allocate: (dtype, length) => handle(allocate(dtype, length), dtype),
        scratchBytes: () => 0,
        compile(plan) {
          const executable = reference.compile(plan);
          return {
            kernels: executable.kernels,
            run: (leaves, scalars, outputs) => executable.run(leaves.map(Handle.of), scalars, outputs.map(Handle.of)),
          };
        },
      };
    },
    () => false,
  );
}
