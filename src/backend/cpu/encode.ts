// Schedule to program: the flat int32 records that the native library runs (native/program.h has the format).
import { bytesPerElement, type DType } from '../../dtype.js';
import type {
  Access,
  ContractKernel,
  Instruction,
  LoopKernel,
  LoopSchedule,
  Program,
  ReduceKernel,
  RoutineKernel,
  RowReduction,
  ScalarRef,
  ScanKernel,
  Strided,
} from '../../fuse/kernel.js';
import { planMemory } from '../../fuse/memory.js';
import { need } from '../../ops.js';
import { sizeOf } from '../../shape.js';

/** Numbers of names, as the library lists them. */
export interface Numbering {
  opcode(name: string): number;
  kind(name: string): number;
}

/** A program and what a run must bring: slot 0 is the arena, then leaves, then outputs. */
export interface Encoded {
  readonly words: Int32Array;
  readonly arenaBytes: number;
  /** Numbers that follow the run's own scalars. */
  readonly literals: readonly number[];
  readonly kinds: readonly string[];
}

/** Plans have no 16-bit dtypes (see fuse/widen.ts), but leaves and results may be of such numbers, kept as float32. */
const codes: Record<DType, number> = { float32: 0, float16: 0, bfloat16: 0, float64: 1, int32: 2, uint32: 3, bool: 4 };
/** Suffixes of opcodes; a bool is an i32 of 0 or 1 in a register. */
const suffix: Record<DType, string> = {
  float32: 'f32',
  float16: 'f32',
  bfloat16: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'u32',
  bool: 'i32',
};
const castName = (dtype: DType): string => (dtype === 'bool' ? 'bool' : suffix[dtype]);

/** What the packed forms of A and B depend on. */
const operandKeys = ({ dims, a, b }: ContractKernel): [string, string] => {
  const key = ({ buffer, offset }: ContractKernel['a'], side: 'm' | 'n', strides: 'strideA' | 'strideB'): string =>
    `${buffer} ${offset} ${dims
      .filter(({ role }) => role === side || role === 'k')
      .map((d) => `${d.role} ${d.size} ${d[strides]}`)
      .join()}`;
  return [key(a, 'm', 'strideA'), key(b, 'n', 'strideB')];
};

class Encoder {
  readonly #words: number[] = [];
  readonly #literals: number[] = [];
  readonly #memory: ReturnType<typeof planMemory>;
  /** How many contractions read a leaf in the same way. */
  readonly #readers = new Map<string, number>();

  constructor(
    readonly schedule: LoopSchedule,
    readonly numbering: Numbering,
    readonly scalarCount: number,
    readonly leafCount: number,
    /** How often a leaf's packed form serves for each contraction that reads it: in a body, never or at every step. */
    serves: (leaf: number) => number,
  ) {
    this.#memory = planMemory(schedule);
    for (const kernel of schedule.kernels) {
      if (kernel.kind !== 'contract') continue;
      for (const [i, key] of operandKeys(kernel).entries()) {
        const { leaf } = schedule.buffers[(i === 0 ? kernel.a : kernel.b).buffer]!;
        if (leaf !== undefined) this.#readers.set(key, (this.#readers.get(key) ?? 0) + serves(leaf));
      }
    }
  }

  encode(): Encoded {
    const kinds: string[] = [];
    for (const kernel of this.schedule.kernels) {
      const kind =
        kernel.kind === 'loop'
          ? kernel.rowDims > 0
            ? 'row'
            : 'map'
          : kernel.kind === 'routine'
            ? kernel.op
            : kernel.kind;
      kinds.push(kind);
      const at = this.#words.length;
      this.#words.push(this.numbering.kind(kind), 0);
      if (kernel.kind === 'loop') this.#loop(kernel);
      else if (kernel.kind === 'reduce') this.#reduce(kernel);
      else if (kernel.kind === 'contract') this.#contract(kernel);
      else if (kernel.kind === 'scan') this.#scan(kernel);
      else this.#routine(kernel);
      this.#words[at + 1] = this.#words.length - at;
    }
    return { words: Int32Array.from(this.#words), arenaBytes: this.#memory.bytes, literals: this.#literals, kinds };
  }

  #push(...values: readonly number[]): void {
    for (const value of values) this.#words.push(value);
  }

  #scalar(ref: ScalarRef): number {
    if ('scalar' in ref) return ref.scalar;
    const found = this.#literals.findIndex((v) => Object.is(v, ref.value));
    return this.scalarCount + (found >= 0 ? found : this.#literals.push(ref.value) - 1);
  }

  /** Slot and offset in elements. */
  #place(buffer: number, offset: number): [number, number] {
    const { leaf, output, dtype } = this.schedule.buffers[buffer]!;
    if (leaf !== undefined) return [1 + leaf, offset];
    if (output !== undefined) return [1 + this.leafCount + output, offset];
    return [0, this.#memory.offsets.get(buffer)! / bytesPerElement(dtype) + offset];
  }

  #view(access: Access): void {
    const { dtype } = this.schedule.buffers[access.buffer]!;
    const { bounds } = access;
    this.#push(
      ...this.#place(access.buffer, access.offset),
      codes[dtype],
      bounds ? this.#scalar({ value: bounds.fill }) : -1,
      ...access.strides,
    );
    if (bounds) this.#push(...bounds.lo, ...bounds.hi);
  }

  /** Physical registers: first those given, the inputs, the constants; then temporaries, reused when their value is dead. */
  #registers(program: Program, given: number): { place: number[]; count: number; levels: number[] } {
    const place = new Array<number>(program.registers.length).fill(-1);
    const levels: number[] = [];
    const claim = (register: number): void => {
      place[register] = levels.push(program.registers[register]!.level === 'row' ? 1 : 0) - 1;
    };
    for (let i = 0; i < given; i++) claim(i);
    for (const input of program.inputs) claim(input.register);
    for (const constant of program.constants) claim(constant.register);
    const lastUse = new Map<number, number>();
    program.instructions.forEach((instruction, i) => {
      for (const arg of instruction.args) lastUse.set(arg, i);
    });
    for (const output of program.outputs) lastUse.set(output.register, Number.POSITIVE_INFINITY);
    const first = levels.length;
    const free = new Map<string, number[]>();
    const classOf = (register: number): string => {
      const { dtype, level } = program.registers[register]!;
      return `${suffix[dtype]} ${level}`;
    };
    program.instructions.forEach((instruction, i) => {
      const dying = [...new Set(instruction.args)].filter((arg) => lastUse.get(arg) === i && place[arg]! >= first);
      const pool = free.get(classOf(instruction.dst)) ?? [];
      const reused = pool.pop();
      if (reused === undefined) claim(instruction.dst);
      else place[instruction.dst] = reused;
      for (const arg of dying) {
        const name = classOf(arg);
        const list = free.get(name) ?? [];
        list.push(place[arg]!);
        free.set(name, list);
      }
    });
    return { place, count: levels.length, levels };
  }

  #instruction(instruction: Instruction, place: readonly number[]): void {
    const { numbering } = this;
    const at = (k: number): number => (k < instruction.args.length ? place[instruction.args[k] ?? 0]! : -1);
    const emit = (name: string, a = at(0), b = at(1), c = at(2)): void =>
      this.#push(numbering.opcode(name), place[instruction.dst]!, a, b, c);
    switch (instruction.op) {
      case 'iota':
        return emit('iota', -1, -1, -1);
      case 'random':
        return emit('philox', -1, instruction.scalar, -1);
      case 'expand':
        return emit('expand');
      case 'reduce':
        return emit(`r${instruction.reduction}`);
      case 'where':
        return emit(instruction.dtype === 'float64' ? 'where_f64' : 'where');
      case 'cast':
        return emit(`cast_${castName(instruction.dtype)}_${castName(instruction.to)}`);
      case 'not':
        return emit(instruction.dtype === 'bool' ? 'not_bool' : `not_${suffix[instruction.dtype]}`);
      case 'reciprocal':
        return emit(`recip_${suffix[instruction.dtype]}`);
      default:
        return emit(`${instruction.op}_${suffix[instruction.dtype]}`);
    }
  }

  #outputs(program: Program, place: readonly number[]): void {
    for (const output of program.outputs) {
      this.#push(place[output.register]!);
      this.#view(output.access);
    }
  }
  #inputs(program: Program): void {
    for (const input of program.inputs) this.#view(input.access);
  }
  #constants(program: Program): void {
    for (const constant of program.constants)
      this.#push(this.#scalar(constant.value), codes[program.registers[constant.register]!.dtype]);
  }
  #code(program: Program, place: readonly number[]): void {
    for (const instruction of program.instructions) this.#instruction(instruction, place);
  }

  #loop({ dims, rowDims, program }: LoopKernel): void {
    const { place, count, levels } = this.#registers(program, 0);
    this.#push(dims.length, ...(rowDims > 0 ? [rowDims] : []), ...dims);
    this.#push(
      program.inputs.length,
      program.outputs.length,
      program.constants.length,
      count,
      program.instructions.length,
    );
    if (rowDims > 0) this.#push(...levels);
    this.#inputs(program);
    this.#outputs(program, place);
    this.#constants(program);
    this.#code(program, place);
  }

  #reduce({ kept, reduced, before, reduction, register, dtype, after }: ReduceKernel): void {
    const first = this.#registers(
      { ...before, outputs: [{ register, access: { buffer: 0, offset: 0, strides: [], bounds: null } }] },
      0,
    );
    this.#push(kept.length, reduced.length, ...kept, ...reduced);
    this.#push(before.inputs.length, before.constants.length, first.count, before.instructions.length);
    this.#inputs(before);
    this.#constants(before);
    this.#code(before, first.place);
    this.#push(1, this.#reduction(reduction), first.place[register]!, codes[dtype]);
    const second = this.#registers(after, 1);
    this.#push(after.inputs.length, after.constants.length, second.count, after.instructions.length);
    this.#inputs(after);
    this.#constants(after);
    this.#code(after, second.place);
    this.#push(after.outputs.length);
    this.#outputs(after, second.place);
  }
  #reduction(name: RowReduction): number {
    return this.numbering.opcode(`r${name}`);
  }

  #contract(kernel: ContractKernel): void {
    const { dims, dtype, a, b, after } = kernel;
    const roles = { batch: 0, m: 1, n: 2, k: 3 };
    const { place, count } = this.#registers(after, 1);
    this.#push(dims.length);
    for (const d of dims) this.#push(roles[d.role], d.size, d.strideA, d.strideB);
    const [first, second] = operandKeys(kernel).map((key) => (this.#readers.get(key) ?? 0) > 1);
    this.#push(
      codes[dtype],
      (first ? 1 : 0) | (second ? 2 : 0),
      ...this.#place(a.buffer, a.offset),
      ...this.#place(b.buffer, b.offset),
    );
    this.#push(after.inputs.length, after.outputs.length, after.constants.length, count, after.instructions.length);
    this.#inputs(after);
    this.#outputs(after, place);
    this.#constants(after);
    this.#code(after, place);
  }

  #scan({ steps, reverse, parts, body, carried, scanned, leaves, outputs, scratch, scratchBytes }: ScanKernel): void {
    const inner = new Encoder(body, this.numbering, 0, leaves.length, (leaf) =>
      leaf < carried + scanned ? 0 : steps,
    ).encode();
    const firstLiteral = this.scalarCount + this.#literals.length;
    this.#literals.push(...inner.literals);
    const strided = ({ buffer, offset, step, part }: Strided): number[] => {
      const { dtype } = this.schedule.buffers[buffer]!;
      return [...this.#place(buffer, offset), codes[dtype], step, part];
    };
    this.#push(steps, reverse ? 1 : 0, parts, carried, leaves.length, outputs.length, firstLiteral);
    this.#push(...strided({ buffer: scratch, offset: 0, step: 0, part: scratchBytes / 4 }));
    for (const leaf of leaves) this.#push(...strided(leaf));
    for (const output of outputs) this.#push(...strided(output), output.turns);
    this.#push(...inner.words);
  }

  #routine({ op, attributes: a, shape, dtype, operands, output }: RoutineKernel): void {
    const [x, y] = operands as [RoutineKernel['operands'][number], RoutineKernel['operands'][number]];
    const place = (access: Access): [number, number] => this.#place(access.buffer, access.offset);
    switch (op) {
      case 'gather': {
        const axis = need(a.axis, 'axis');
        this.#push(shape.length, ...shape, axis, x.shape[axis]!);
        this.#view(x.access);
        this.#view(y.access);
        this.#view(output);
        return;
      }
      case 'scatterAdd': {
        const axis = need(a.axis, 'axis');
        this.#push(x.shape.length, ...x.shape, axis, shape[axis]!, sizeOf(shape));
        this.#view(output);
        this.#view(y.access);
        this.#view(x.access);
        return;
      }
      case 'poolTake':
      case 'poolPut': {
        const kernel = need(a.kernel, 'kernel');
        const rank = kernel.length;
        const one = kernel.map(() => 1);
        const outside = op === 'poolTake' ? shape : y.shape;
        this.#push(rank, sizeOf(x.shape.slice(0, -rank)), ...x.shape.slice(-rank), ...outside.slice(-rank), ...kernel);
        this.#push(...(a.stride ?? one), ...(a.low ?? one.map(() => 0)), ...(a.dilation ?? one));
        this.#push(codes[dtype], ...place(x.access), ...place(y.access), ...place(output));
        return;
      }
      case 'fold': {
        const kernel = need(a.kernel, 'kernel');
        const rank = kernel.length;
        const one = kernel.map(() => 1);
        const lead = shape.length - rank;
        const positions = x.shape.slice(lead, lead + rank);
        this.#push(rank, sizeOf(shape.slice(0, lead)), ...shape.slice(lead), ...positions, ...kernel);
        this.#push(...(a.stride ?? one), ...one.map(() => 0), ...(a.dilation ?? one));
        // The leading axes are one batch: the operand is dense over them (see the schedule's choice of what is stored).
        const { strides } = x.access;
        const last = x.shape.slice(0, lead).findLastIndex((n) => n !== 1);
        this.#view({ ...x.access, strides: [strides[last] ?? 0, ...strides.slice(lead)] });
        this.#push(...place(output));
        return;
      }
      case 'argsort': {
        const length = shape[shape.length - 1] ?? 1;
        this.#push(
          length === 0 ? 0 : sizeOf(shape) / length,
          length,
          a.descending ? 1 : 0,
          codes[x.dtype],
          ...place(x.access),
          ...place(output),
        );
        return;
      }
      case 'cumsum':
        this.#push(shape.length, ...shape, need(a.axis, 'axis'), 0);
        this.#view(x.access);
        this.#view(output);
        return;
      default:
        op satisfies never;
    }
  }
}

/** Encodes a schedule for the native library. */
export const encode = (schedule: LoopSchedule, numbering: Numbering, scalarCount: number, leafCount: number): Encoded =>
  new Encoder(schedule, numbering, scalarCount, leafCount, () => 1).encode();
