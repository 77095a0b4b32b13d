// Writes records of the native library's program by name and runs them over typed arrays: the tests' and benchmarks' side of program.h.
import { loadLibrary, type Native } from '../../src/backend/cpu/library.js';

export const dtypeCodes = { f32: 0, f64: 1, i32: 2, u32: 3, bool: 4 } as const;
export type DType = keyof typeof dtypeCodes;
export type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Memory of an operand: array, element offset, strides, and bounds outside which `fill` is read. */
export interface View {
  data: Numbers;
  strides: readonly number[];
  offset?: number;
  bounds?: { lo: readonly number[]; hi: readonly number[]; fill: number };
}
/** `[opcode, dst, a?, b?, c?]` */
export type Instruction = readonly [string, number, number?, number?, number?];

export function dtypeOf(data: Numbers): DType {
  if (data instanceof Float32Array) return 'f32';
  if (data instanceof Float64Array) return 'f64';
  if (data instanceof Int32Array) return 'i32';
  return data instanceof Uint32Array ? 'u32' : 'bool';
}

export function rowMajor(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let d = dims.length - 2; d >= 0; d--) strides[d] = strides[d + 1]! * Math.max(1, dims[d + 1]!);
  return strides;
}
export const product = (dims: readonly number[]): number => dims.reduce((total, size) => total * size, 1);
/** A dense view. */
export const dense = (data: Numbers, dims: readonly number[]): View => ({ data, strides: rowMajor(dims) });

/** Collects records, the arrays that they use and the scalars. */
export class Program {
  readonly native: Native = loadLibrary();
  readonly #words: number[] = [];
  readonly #arrays: Numbers[] = [];
  readonly #scalars: number[] = [];

  slot(data: Numbers): number {
    const known = this.#arrays.indexOf(data);
    return 1 + (known >= 0 ? known : this.#arrays.push(data) - 1);
  }
  scalar(...values: number[]): number {
    return this.#scalars.push(...values) - values.length;
  }
  opcode(name: string): number {
    const code = this.native.opcodes.get(name);
    if (code === undefined) throw new Error(`no opcode ${name}`);
    return code;
  }
  view(view: View): number[] {
    const head = [this.slot(view.data), view.offset ?? 0, dtypeCodes[dtypeOf(view.data)]];
    if (!view.bounds) return [...head, -1, ...view.strides];
    return [...head, this.scalar(view.bounds.fill), ...view.strides, ...view.bounds.lo, ...view.bounds.hi];
  }
  constants(values: readonly (readonly [number, DType])[]): number[] {
    return values.flatMap(([value, dtype]) => [this.scalar(value), dtypeCodes[dtype]]);
  }
  instructions(list: readonly Instruction[]): number[] {
    return list.flatMap(([name, dst, a = -1, b = -1, c = -1]) => [this.opcode(name), dst, a, b, c]);
  }
  outputs(list: readonly (readonly [number, View])[]): number[] {
    return list.flatMap(([register, view]) => [register, ...this.view(view)]);
  }
  record(kind: string, payload: readonly number[]): this {
    const code = this.native.kinds.get(kind);
    if (code === undefined) throw new Error(`no kind ${kind}`);
    this.#words.push(code, payload.length + 2, ...payload);
    return this;
  }

  map(spec: Elementwise & { dims: readonly number[] }): this {
    return this.record('map', [spec.dims.length, ...spec.dims, ...this.#counts(spec), ...this.#body(spec)]);
  }
  row(spec: Elementwise & { dims: readonly number[]; rowDims: number; kinds: readonly number[] }): this {
    const head = [spec.dims.length, spec.rowDims, ...spec.dims, ...this.#counts(spec), ...spec.kinds];
    return this.record('row', [...head, ...this.#body(spec)]);
  }
  reduce(spec: ReduceSpec): this {
    const { before, after } = spec;
    return this.record('reduce', [
      ...[spec.kept.length, spec.reduced.length, ...spec.kept, ...spec.reduced],
      ...[before.inputs.length, before.constants?.length ?? 0, before.registers, before.code?.length ?? 0],
      ...before.inputs.flatMap((view) => this.view(view)),
      ...this.constants(before.constants ?? []),
      ...this.instructions(before.code ?? []),
      spec.accumulators.length,
      ...spec.accumulators.flatMap(([op, register, dtype]) => [this.opcode(op), register, dtypeCodes[dtype]]),
      ...[after.inputs.length, after.constants?.length ?? 0, after.registers, after.code?.length ?? 0],
      ...after.inputs.flatMap((view) => this.view(view)),
      ...this.constants(after.constants ?? []),
      ...this.instructions(after.code ?? []),
      after.outputs.length,
      ...this.outputs(after.outputs),
    ]);
  }
  contract(spec: ContractSpec): this {
    const roles = { batch: 0, m: 1, n: 2, k: 3 };
    return this.record('contract', [
      spec.dims.length,
      ...spec.dims.flatMap(([role, size, a, b]) => [roles[role], size, a, b]),
      ...[dtypeCodes[dtypeOf(spec.a)], spec.kept ?? 0],
      ...[this.slot(spec.a), spec.offsetA ?? 0, this.slot(spec.b), spec.offsetB ?? 0],
      ...this.#counts(spec),
      ...this.#body(spec),
    ]);
  }

  #counts(spec: Elementwise): number[] {
    return [
      ...[spec.inputs.length, spec.outputs.length, spec.constants?.length ?? 0, spec.registers],
      spec.code?.length ?? 0,
    ];
  }
  #body(spec: Elementwise): number[] {
    return [
      ...spec.inputs.flatMap((view) => this.view(view)),
      ...this.outputs(spec.outputs),
      ...this.constants(spec.constants ?? []),
      ...this.instructions(spec.code ?? []),
    ];
  }

  /** Operands of one run: for timing loops. */
  prepared(profile?: Float64Array) {
    const address = (data: Numbers) => this.native.address(data);
    return {
      program: Int32Array.from(this.#words),
      slots: BigUint64Array.from([this.native.arena(64), ...this.#arrays.map(address)]),
      scalars: Float64Array.from([...this.#scalars, 0]),
      profile,
    };
  }
  run(): void {
    this.native.run(this.prepared());
  }
}

export interface Elementwise {
  inputs: readonly View[];
  outputs: readonly (readonly [number, View])[];
  constants?: readonly (readonly [number, DType])[];
  registers: number;
  code?: readonly Instruction[];
}
export interface ReduceSpec {
  kept: readonly number[];
  reduced: readonly number[];
  before: Omit<Elementwise, 'outputs'>;
  accumulators: readonly (readonly [string, number, DType])[];
  after: Elementwise;
}
export interface ContractSpec extends Elementwise {
  /** role, size, stride of a, stride of b */
  dims: readonly (readonly ['batch' | 'm' | 'n' | 'k', number, number, number])[];
  a: Numbers;
  b: Numbers;
  offsetA?: number;
  /** 1 A, 2 B, 3 both: other contractions of the program read it too. */
  kept?: number;
  offsetB?: number;
}

/** Reads a view at an index, as the definition says. */
export function read(view: View, index: readonly number[]): number {
  const { bounds } = view;
  if (bounds && index.some((i, d) => i < bounds.lo[d]! || i >= bounds.hi[d]!)) return bounds.fill;
  return view.data[index.reduce((at, i, d) => at + i * view.strides[d]!, view.offset ?? 0)]!;
}
/** All indices of a space in row-major order. */
export function* indices(dims: readonly number[]): Generator<number[]> {
  const total = product(dims);
  const index = dims.map(() => 0);
  for (let n = 0; n < total; n++) {
    yield index;
    for (let d = dims.length - 1; d >= 0; d--) {
      index[d]!++;
      if (index[d]! < dims[d]!) break;
      index[d] = 0;
    }
  }
}

/** A small seeded generator (mulberry32): uniform in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
export function randomArray(length: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, () => random() * 2 - 1);
}
