// The CPU device: plans become programs of the native library, run in one call.
import { constants } from 'node:buffer';
import { type Backend, type Executable, hostMemory, type Memory, onHost } from '../../device.js';
import { allocate, bytesPerElement, type DType, type TypedArray, viewOf } from '../../dtype.js';
import { DeviceError, IndexError } from '../../errors.js';
import { describe } from '../../fuse/describe.js';
import { optimizeLoops } from '../../fuse/optimize.js';
import { scheduleLoops } from '../../fuse/schedule.js';
import type { Plan } from '../../plan.js';
import { isProfiling, record } from '../../profile.js';
import { encode, type Numbering } from './encode.js';
import { loadLibrary, type Native, NativeLibraryError, NativeRunError } from './library.js';

/** From here on arrays begin with a cache line, so that vectors do not straddle two. */
const alignedBytes = 1 << 12;
const lineBytes = 64;

/** Scratch memory that all programs share: it grows and never shrinks. */
class Arena {
  #bytes = 0;
  #address = 0n;
  constructor(readonly native: Native) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** The address of at least `bytes`; earlier contents may be lost. */
  of(bytes: number): bigint {
    if (bytes > this.#bytes) {
      this.#address = this.native.arena(bytes);
      this.#bytes = bytes;
    }
    return this.#address;
  }
}

/** Where typed arrays live in memory, asked once for each. */
class Addresses {
  readonly #known = new WeakMap<TypedArray, bigint>();
  constructor(readonly native: Native) {}

  of(array: TypedArray): bigint {
    let address = this.#known.get(array);
    if (address === undefined) {
      // Reading `buffer` moves a small array's memory off the garbage-collected heap, where it stays put.
      address = array.length === 0 ? 0n : this.native.address(array.buffer) + BigInt(array.byteOffset);
      this.#known.set(array, address);
    }
    return address;
  }

  /** Memory that holds anything; kernels write every element of what they compute. */
  fresh(dtype: DType, length: number): TypedArray {
    const bytes = length * bytesPerElement(dtype);
    if (bytes < alignedBytes || bytes > constants.MAX_LENGTH - lineBytes) return allocate(dtype, length);
    let buffer: ArrayBuffer;
    try {
      buffer = Buffer.allocUnsafeSlow(bytes + lineBytes).buffer;
    } catch {
      return allocate(dtype, length);
    }
    const start = this.native.freshAddress(buffer);
    const offset = -Number(start % BigInt(lineBytes)) & (lineBytes - 1);
    const array = viewOf(dtype, buffer, offset, length);
    this.#known.set(array, start + BigInt(offset));
    return array;
  }
}

function numberingOf(native: Native): Numbering {
  const look = (names: ReadonlyMap<string, number>, name: string): number => {
    const number = names.get(name);
    if (number === undefined)
      throw new DeviceError(`cpu: the native library has no '${name}'`, 'Rebuild it: npm run build.');
    return number;
  };
  return { opcode: (name) => look(native.opcodes, name), kind: (name) => look(native.kinds, name) };
}

class NativeExecutable implements Executable {
  readonly kernels: Executable['kernels'];
  readonly #program: Int32Array;
  readonly #arenaBytes: number;
  readonly #scalars: Float64Array;
  readonly #slots: BigUint64Array;

  constructor(
    plan: Plan,
    readonly native: Native,
    readonly addresses: Addresses,
    readonly arena: Arena,
  ) {
    const scheduled = scheduleLoops(optimizeLoops(plan));
    const encoded = encode(scheduled, numberingOf(native), plan.scalarCount, plan.leaves.length);
    this.kernels = describe(scheduled);
    this.#program = encoded.words;
    this.#arenaBytes = encoded.arenaBytes;
    this.#scalars = new Float64Array(plan.scalarCount + encoded.literals.length);
    this.#scalars.set(encoded.literals, plan.scalarCount);
    this.#slots = new BigUint64Array(1 + plan.leaves.length + plan.outputs.length);
  }

  run(leaves: readonly Memory[], scalars: readonly number[], outputs: readonly Memory[]): void {
    if (this.#program.length === 0) return;
    const slots = this.#slots;
    if (this.#arenaBytes > 0) slots[0] = this.arena.of(this.#arenaBytes);
    let slot = 1;
    for (const leaf of leaves) slots[slot++] = this.addresses.of(onHost(leaf));
    for (const output of outputs) slots[slot++] = this.addresses.of(onHost(output));
    this.#scalars.set(scalars);
    try {
      const call = { program: this.#program, slots, scalars: this.#scalars };
      if (isProfiling()) {
        const profile = new Float64Array(this.kernels.length);
        this.native.run({ ...call, profile });
        record(this.kernels, profile);
      } else this.native.run(call);
    } catch (error) {
      if (!(error instanceof NativeRunError)) throw error;
      if (error.message.includes('index')) {
        throw new IndexError(
          error.message,
          'Indices and labels run from 0 to one less than the length of the axis that they select from.',
          { cause: error },
        );
      }
      throw new DeviceError(`cpu: ${error.message}`, 'This is a defect of gradlab; please report it.', {
        cause: error,
      });
    }
  }
}

/** Opens the CPU device. Throws DeviceError where the native library is missing. */
export function openCpu(): Backend {
  let native: Native;
  try {
    native = loadLibrary();
  } catch (error) {
    if (!(error instanceof NativeLibraryError)) throw error;
    throw new DeviceError(error.message, "Until then device('reference') computes the same, slowly.", { cause: error });
  }
  const addresses = new Addresses(native);
  const arena = new Arena(native);
  return {
    name: 'cpu',
    description: `cpu (${native.info()})`,
    memory: hostMemory,
    compile: (plan) => new NativeExecutable(plan, native, addresses, arena),
    allocate: (dtype, length) => addresses.fresh(dtype, length),
    scratchBytes: () => arena.bytes,
  };
}
