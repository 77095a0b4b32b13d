// What crosses from the renderer to a GPU runtime: source text, and how to launch it.
import type { DType } from '../../dtype.js';

/** One launch. */
export interface Dispatch {
  /** The kernel of the schedule that this is part of, for profiles. */
  readonly kernel: number;
  /** Complete source of one function; equal sources are one pipeline. */
  readonly source: string;
  readonly entry: string;
  /** Threads of a workgroup, and workgroups, per axis. */
  readonly workgroup: readonly [number, number, number];
  readonly grid: readonly [number, number, number];
  /**
   * Buffers in the order of the parameters: those of the schedule, then scratch of the renderer's own (see `Rendered.memory`).
   * `dtype` is that of the elements.
   */
  readonly bindings: readonly Binding[];
  /** Whether the parameter block is the next binding. */
  readonly parameters: boolean;
  /** Whether the status buffer is the last binding: four 32-bit words {flag, kernel, index, limit}, written where an index is out of range. */
  readonly status: boolean;
}

export interface Binding {
  readonly buffer: number;
  readonly writes: boolean;
  readonly dtype: DType;
}

/** A number that each run writes into the parameter block: entry `scalar` of the run's scalars, converted to `dtype`. */
export interface Parameter {
  readonly scalar: number;
  readonly dtype: DType;
  /** Byte of the block; aligned for the dtype. */
  readonly at: number;
}

/** A schedule as source text. */
export interface Rendered {
  readonly dispatches: readonly Dispatch[];
  readonly parameters: readonly Parameter[];
  readonly parameterBytes: number;
  /** Places in one arena of the buffers that are neither leaves nor outputs. */
  readonly memory: { readonly offsets: ReadonlyMap<number, Place>; readonly bytes: number };
}

/** Bytes of the arena. */
export interface Place {
  readonly offset: number;
  readonly bytes: number;
}

/** What the device allows. */
export interface Limits {
  /** Buffers that one dispatch may bind, those for parameters and status included. */
  readonly storageBuffers: number;
  readonly workgroupThreads: number;
  readonly sharedBytes: number;
  readonly gridPerAxis: number;
  /** Of places in the arena, in bytes. */
  readonly alignment: number;
  readonly f16: boolean;
  readonly subgroups: boolean;
}
