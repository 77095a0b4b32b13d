// What a schedule is made of: buffers, and kernels that say what to compute without saying how.
import type { DType } from '../dtype.js';
import type { BinaryName, UnaryName } from '../op-names.js';
import type { Attributes } from '../ops.js';
import type { Bounds } from './view.js';

/** Memory that kernels read and write; dense. */
export interface Buffer {
  readonly dtype: DType;
  readonly length: number;
  /** Where the values come from or go to; both absent for scratch memory. */
  readonly leaf?: number;
  readonly output?: number;
}

/** How the iteration space of a kernel addresses a buffer. */
export interface Access {
  readonly buffer: number;
  readonly offset: number;
  /** Per axis of the iteration space, in elements. */
  readonly strides: readonly number[];
  readonly bounds: Bounds | null;
}

/** A number known when the plan is compiled, or the place of one that each run brings. */
export type ScalarRef = { readonly scalar: number } | { readonly value: number };

export type RowReduction = 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin';

/** Instructions read and write virtual registers; `dtype` is that of the operands (of the result for `cast`, see `to`). */
export type Instruction =
  | {
      readonly op: UnaryName | BinaryName;
      readonly dtype: DType;
      readonly dst: number;
      readonly args: readonly number[];
    }
  | { readonly op: 'where'; readonly dtype: DType; readonly dst: number; readonly args: readonly number[] }
  | {
      readonly op: 'cast';
      readonly dtype: DType;
      readonly to: DType;
      readonly dst: number;
      readonly args: readonly number[];
    }
  | { readonly op: 'iota'; readonly dst: number; readonly args: readonly [] }
  | { readonly op: 'random'; readonly scalar: number; readonly dst: number; readonly args: readonly [] }
  | { readonly op: 'expand'; readonly dtype: DType; readonly dst: number; readonly args: readonly [number] }
  | {
      readonly op: 'reduce';
      readonly reduction: RowReduction;
      readonly dtype: DType;
      readonly dst: number;
      readonly args: readonly [number];
    };

/** A virtual register: one value per element, or one per row. */
export interface Register {
  readonly dtype: DType;
  readonly level: 'full' | 'row';
}

/** Elementwise code over an iteration space. */
export interface Program {
  readonly registers: readonly Register[];
  readonly inputs: readonly { readonly register: number; readonly access: Access }[];
  readonly constants: readonly { readonly register: number; readonly value: ScalarRef }[];
  readonly instructions: readonly Instruction[];
  readonly outputs: readonly { readonly register: number; readonly access: Access }[];
}

/** Elementwise over `dims`; the last `rowDims` of them form rows, over which the program may reduce. */
export interface LoopKernel {
  readonly kind: 'loop';
  readonly dims: readonly number[];
  readonly rowDims: number;
  readonly program: Program;
}

/** Elementwise over kept and reduced dims, reduction over the latter, then elementwise over the kept. */
export interface ReduceKernel {
  readonly kind: 'reduce';
  readonly kept: readonly number[];
  readonly reduced: readonly number[];
  readonly before: Program;
  readonly reduction: RowReduction;
  readonly register: number;
  readonly dtype: DType;
  /** Register 0 is the reduction's result. */
  readonly after: Program;
}

/** Σ over k of A·B for all batch, m and n; then elementwise. */
export interface ContractKernel {
  readonly kind: 'contract';
  readonly dtype: DType;
  readonly dims: readonly {
    readonly role: 'batch' | 'm' | 'n' | 'k';
    readonly size: number;
    readonly strideA: number;
    readonly strideB: number;
  }[];
  readonly a: { readonly buffer: number; readonly offset: number };
  readonly b: { readonly buffer: number; readonly offset: number };
  /** Register 0 is the product; accesses have a stride for each of `dims`, 0 for k. */
  readonly after: Program;
}

/** An operation with its own loop. Operands are views over the shape they have in the graph. */
export interface RoutineKernel {
  readonly kind: 'routine';
  readonly op: 'gather' | 'scatterAdd' | 'poolTake' | 'poolPut' | 'fold' | 'argsort' | 'cumsum';
  readonly attributes: Attributes;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly operands: readonly { readonly access: Access; readonly shape: readonly number[]; readonly dtype: DType }[];
  readonly output: Access;
}

export type Kernel = LoopKernel | ReduceKernel | ContractKernel | RoutineKernel;

/** Kernels in the order in which they run. */
export interface Schedule {
  readonly buffers: readonly Buffer[];
  readonly kernels: readonly Kernel[];
}

/** Where a leaf or output of a loop's body lies; `step` and `part` are distances in elements. */
export interface Strided {
  readonly buffer: number;
  readonly offset: number;
  readonly step: number;
  readonly part: number;
}

/** A schedule that runs once a step, for parts of the rows apart. */
export interface ScanKernel {
  readonly kind: 'scan';
  readonly steps: number;
  /** True where the last step comes first. */
  readonly reverse: boolean;
  readonly parts: number;
  readonly body: Schedule;
  readonly carried: number;
  readonly scanned: number;
  /** By leaf of the body; a carried value is read here at the first step, and later from the output of the step before. */
  readonly leaves: readonly Strided[];
  /** By output of the body; with `turns` the steps take turns in so many places. */
  readonly outputs: readonly (Strided & { readonly turns: number })[];
  /** Memory for the body's own scratch, `scratchBytes` for each part. */
  readonly scratch: number;
  readonly scratchBytes: number;
}

/** A schedule that may have loops. */
export interface LoopSchedule {
  readonly buffers: readonly Buffer[];
  readonly kernels: readonly (Kernel | ScanKernel)[];
}
