// The CPU device: plans become programs of the native library, run in one call.
import type { Backend, Executable } from '../../device.js';
import { allocate, type TypedArray } from '../../dtype.js';
import { DeviceError, IndexError } from '../../errors.js';
import { optimize } from '../../fuse/optimize.js';
import { schedule } from '../../fuse/schedule.js';
import { describe } from '../../fuse/describe.js';
import type { Plan } from '../../plan.js';
import { encode } from './encode.js';
import { loadLibrary, type Native } from './library.js';

/** Where typed arrays live in memory, asked once for each. */
class Addresses {
  readonly #known = new WeakMap<TypedArray, number>();
  constructor(readonly native: Native) {}

  of(array: TypedArray): number {
    let address = this.#known.get(array);
    if (address === undefined) {
      // Reading `buffer` moves a small array's memory off the garbage-collected heap, where it stays put.
      address = array.length === 0 ? 0 : this.native.address(array.buffer) + array.byteOffset;
      this.#known.set(array, address);
    }
    return address;
  }
}

class NativeExecutable implements Executable {
  readonly kernels: Executable['kernels'];
  readonly #words: Int32Array;
  readonly #arenaBytes: number;
  readonly #scalars: Float64Array;
  readonly #slots: Uint32Array;

  constructor(
    plan: Plan,
    readonly native: Native,
    readonly addresses: Addresses,
  ) {
    const optimized = optimize(plan);
    const scheduled = schedule(optimized);
    const encoded = encode(scheduled, native, plan.scalarCount, plan.leaves.length);
    this.kernels = describe(scheduled);
    this.#words = encoded.words;
    this.#arenaBytes = encoded.arenaBytes;
    this.#scalars = new Float64Array(plan.scalarCount + encoded.literals.length);
    this.#scalars.set(encoded.literals, plan.scalarCount);
    this.#slots = new Uint32Array(2 * (1 + plan.leaves.length + plan.outputs.length));
  }

  #bind(slot: number, address: number): void {
    this.#slots[2 * slot] = address % 0x100000000;
    this.#slots[2 * slot + 1] = Math.floor(address / 0x100000000);
  }

  run(leaves: readonly TypedArray[], scalars: readonly number[], outputs: readonly TypedArray[]): void {
    if (this.#words.length === 0) return;
    if (this.#arenaBytes > 0) this.#bind(0, this.native.arena(this.#arenaBytes));
    let slot = 1;
    for (const leaf of leaves) this.#bind(slot++, this.addresses.of(leaf));
    for (const output of outputs) this.#bind(slot++, this.addresses.of(output));
    for (let i = 0; i < scalars.length; i++) this.#scalars[i] = scalars[i]!;
    const problem = this.native.run(this.#words, this.#slots, this.#scalars);
    if (problem === null) return;
    if (problem.includes('index')) throw new IndexError(problem, 'Indices and labels run from 0 to one less than the length of the axis they select from.');
    throw new DeviceError(`cpu: ${problem}`, 'This is a defect of gradlab; please report it.');
  }
}

/** Opens the CPU device. Throws DeviceError where the native library is missing. */
export function openCpu(): Backend {
  const native = loadLibrary();
  const addresses = new Addresses(native);
  return {
    name: 'cpu',
    description: `cpu (${native.info()})`,
    compile: (plan) => new NativeExecutable(plan, native, addresses),
    allocate,
  };
}
