// What a shading language must spell; everything else about a kernel is said once, in the other files of this folder.
import type { DType } from '../../dtype.js';
import type { Binding } from './rendered.js';

/** Types of values in a kernel. A bool is an i32 of 0 or 1. */
export type Scalar = 'f32' | 'f64' | 'i32' | 'u32';

export const scalarOf: Record<DType, Scalar> = {
  float32: 'f32',
  float16: 'f32',
  bfloat16: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'u32',
  bool: 'i32',
};

/** Functions of real numbers that ops and helpers call by these names. */
export type FunctionName =
  | 'abs'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'inverseSqrt'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'atan2'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'expm1'
  | 'log1p'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'pow'
  | 'fmod';

/** A function that a source needs beside its entry. */
export interface Helper {
  readonly name: string;
  readonly needs: readonly Helper[];
  readonly text: string;
}

export interface Call {
  readonly text: string;
  readonly needs: readonly Helper[];
}

/** An array that the threads of a workgroup share. */
export interface Shared {
  readonly name: string;
  readonly type: Scalar;
  readonly length: number;
}

/** A source, ready to be put together. */
export interface Parts {
  readonly entry: string;
  readonly threads: number;
  /** Workgroups along x; more of them lie along y. */
  readonly groupsX: number;
  readonly folded: boolean;
  /** With `quads` the elements of a binding are vectors of four. */
  readonly bindings: readonly (Binding & {
    readonly name: string;
    readonly readOnly: boolean;
    readonly quads: boolean;
  })[];
  readonly parameters: boolean;
  readonly status: boolean;
  readonly shared: readonly Shared[];
  readonly helpers: readonly Helper[];
  /** Reads `thread` (in the workgroup) and `group`; u32 both. */
  readonly body: string;
}

export interface Dialect {
  readonly name: 'webgpu' | 'cuda';
  /** Element types that it does not have. */
  readonly lacks: ReadonlySet<DType>;
  /** Bytes of an element in memory. */
  bytesOf(dtype: DType): number;
  /** Declarations, as statements. */
  constant(type: string, name: string, value: string): string;
  variable(type: Scalar, name: string, value: string): string;
  array(type: Scalar, name: string, length: number): string;
  /** Four neighbours in memory: their type, a variable of it, and the name of one of them. */
  quad(dtype: DType): string;
  quadVariable(dtype: DType, name: string): string;
  member(quad: string, index: string): string;
  select(condition: string, yes: string, no: string): string;
  /** The pattern of bits of a number, as u32. */
  bits(value: string): string;
  /** The number with this pattern of bits (an expression of type u32). */
  fromBits(type: 'f32' | 'i32', bits: string): string;
  /** A number that is not finite. */
  nonFinite(type: 'f32' | 'f64', value: number): Call;
  /** What lies in memory as a value, and a value as it is put into memory. */
  loaded(dtype: DType, element: string): string;
  stored(dtype: DType, value: string): string;
  /** A 64-bit float of the parameter block, from word `at` on. */
  wideParameter(at: number): string;
  isNaN(type: Scalar, value: string): Call;
  call(name: FunctionName, type: Scalar, args: readonly string[]): Call;
  /** High half of the product of two u32. */
  mulHigh(a: string, b: string): Call;
  /** The value of the thread whose number differs in the bits of `mask`, of the same 32. */
  shuffle(value: string, mask: string): string;
  readonly barrier: string;
  /** Put before a loop of known length whose counter picks registers. */
  readonly unroll: string;
  helper(
    result: Scalar | 'bool',
    name: string,
    parameters: readonly (readonly [Scalar, string])[],
    body: string,
  ): string;
  assemble(parts: Parts): string;
}
