// A kernel's source while it is written: lines, and what they use: memory, parameters, helpers, shared arrays.
import type { DType } from '../../dtype.js';
import type { Buffer, ScalarRef } from '../../fuse/kernel.js';
import type { Writer } from './arithmetic.js';
import { type Call, type Dialect, type Helper, type Scalar, type Shared, scalarOf } from './dialect.js';
import { literal } from './literal.js';
import type { Binding, Dispatch, Limits, Parameter } from './rendered.js';
import { countable } from './space.js';

/** The numbers that each run brings, laid out for all kernels of a schedule. */
export class ParameterBlock {
  readonly #at = new Map<string, Parameter>();
  bytes = 0;

  /** The word where a number lies. */
  word(scalar: number, dtype: DType): number {
    const key = `${scalar} ${dtype}`;
    let parameter = this.#at.get(key);
    if (!parameter) {
      const size = dtype === 'float64' ? 8 : 4;
      parameter = { scalar, dtype, at: Math.ceil(this.bytes / size) * size };
      this.bytes = parameter.at + size;
      this.#at.set(key, parameter);
    }
    return parameter.at / 4;
  }

  get list(): readonly Parameter[] {
    return [...this.#at.values()];
  }
}

/** What all kernels of a schedule are written for. */
export interface Target {
  readonly dialect: Dialect;
  readonly limits: Limits;
  readonly buffers: readonly Buffer[];
  readonly parameters: ParameterBlock;
  /** A new buffer of the renderer's own. */
  scratch(dtype: DType, length: number): number;
}

export class Source implements Writer {
  readonly dialect: Dialect;
  readonly limits: Limits;
  readonly #bindings = new Map<number, { name: string; writes: boolean; quads: boolean }>();
  readonly #helpers = new Map<string, Helper>();
  readonly #shared: Shared[] = [];
  readonly #lines: string[] = [];
  #indent = 1;
  #usesParameters = false;
  #usesStatus = false;

  constructor(
    readonly target: Target,
    /** The kernel's place in the schedule. */
    readonly kernel: number,
    readonly entry: string,
  ) {
    this.dialect = target.dialect;
    this.limits = target.limits;
  }

  line(text: string): void {
    this.#lines.push(`${'  '.repeat(this.#indent)}${text}`);
  }
  /** `head { … }` */
  block(head: string, body: () => void): void {
    this.line(head ? `${head} {` : '{');
    this.#indent++;
    body();
    this.#indent--;
    this.line('}');
  }
  /** A loop over a u32. */
  loop(name: string, from: string, to: string, step: string, body: () => void): void {
    this.block(`for (${this.dialect.variable('u32', name, from)} ${name} < ${to}; ${name} += ${step})`, body);
  }
  /** A loop of known length, to be written out by the compiler. */
  unrolled(name: string, count: number, body: (name: string) => void): void {
    if (count === 1) {
      this.line('{');
      this.#indent++;
      this.constant('u32', name, '0u');
      body(name);
      this.#indent--;
      this.line('}');
      return;
    }
    if (this.dialect.unroll) this.line(this.dialect.unroll);
    this.loop(name, '0u', `${count}u`, '1u', () => body(name));
  }
  constant(type: string, name: string, value: string): string {
    this.line(this.dialect.constant(type, name, value));
    return name;
  }
  variable(type: Scalar, name: string, value: string): string {
    this.line(this.dialect.variable(type, name, value));
    return name;
  }
  shared(type: Scalar, name: string, length: number): string {
    if (!this.#shared.some((known) => known.name === name)) this.#shared.push({ name, type, length });
    return name;
  }
  barrier(): void {
    this.line(this.dialect.barrier);
  }

  use({ text, needs }: Call): string {
    const take = (helper: Helper): void => {
      if (this.#helpers.has(helper.name)) return;
      helper.needs.forEach(take);
      this.#helpers.set(helper.name, helper);
    };
    needs.forEach(take);
    return text;
  }

  /** The name of a buffer; with `quads` its elements are vectors of four. */
  memory(buffer: number, writes = false, quads = false): string {
    const known = this.#bindings.get(buffer);
    if (!known) countable(this.target.buffers[buffer]!.length);
    const name = known?.name ?? `b${this.#bindings.size}`;
    this.#bindings.set(buffer, { name, writes: writes || (known?.writes ?? false), quads });
    return name;
  }
  dtypeOf(buffer: number): DType {
    return this.target.buffers[buffer]!.dtype;
  }
  load(buffer: number, index: string): string {
    return this.dialect.loaded(this.dtypeOf(buffer), `${this.memory(buffer)}[${index}]`);
  }
  store(buffer: number, index: string, value: string): void {
    const memory = this.memory(buffer, true);
    this.line(`${memory}[${index}] = ${this.dialect.stored(this.target.buffers[buffer]!.dtype, value)};`);
  }

  /** A number of the plan, or one that each run brings. */
  scalar(ref: ScalarRef, dtype: DType): string {
    if ('scalar' in ref) return this.parameter(ref.scalar, dtype);
    const type = scalarOf[dtype];
    const value = type === 'f32' ? Math.fround(ref.value) : ref.value;
    if ((type === 'f32' || type === 'f64') && !Number.isFinite(value))
      return this.use(this.dialect.nonFinite(type, value));
    return literal(value, dtype);
  }
  parameter(scalar: number, dtype: DType): string {
    this.#usesParameters = true;
    const at = this.target.parameters.word(scalar, dtype);
    if (dtype === 'float64') return this.dialect.wideParameter(at);
    const word = `parameters[${at}]`;
    const type = scalarOf[dtype];
    return type === 'u32' ? word : this.dialect.fromBits(type === 'f32' ? 'f32' : 'i32', word);
  }

  /** Reports an index out of range. */
  report(index: string, limit: string): void {
    this.#usesStatus = true;
    [`1u`, `${this.kernel}u`, `u32(${index})`, limit].forEach((value, i) => {
      this.line(`status[${i}] = ${value};`);
    });
  }

  /** The launch of `groups` workgroups of `threads`. */
  dispatch(threads: number, groups: number): Dispatch {
    const { gridPerAxis } = this.limits;
    const folded = groups > gridPerAxis;
    const groupsX = folded ? Math.ceil(groups / Math.ceil(groups / gridPerAxis)) : groups;
    const groupsY = Math.ceil(groups / groupsX);
    const bindings = [...this.#bindings].map(([buffer, { name, writes, quads }]) => ({
      buffer,
      name,
      writes,
      quads,
      dtype: this.target.buffers[buffer]!.dtype,
      readOnly: this.target.buffers[buffer]!.leaf !== undefined,
    }));
    const source = this.dialect.assemble({
      entry: this.entry,
      threads,
      groupsX,
      folded,
      bindings,
      parameters: this.#usesParameters,
      status: this.#usesStatus,
      shared: this.#shared,
      helpers: [...this.#helpers.values()],
      body: [...(folded ? [`  if (group >= ${groups}u) { return; }`] : []), ...this.#lines].join('\n'),
    });
    return {
      kernel: this.kernel,
      source,
      entry: this.entry,
      workgroup: [threads, 1, 1],
      grid: [groupsX, groupsY, 1],
      bindings: bindings.map(({ buffer, writes, dtype }): Binding => ({ buffer, writes, dtype })),
      parameters: this.#usesParameters,
      status: this.#usesStatus,
    };
  }
}
