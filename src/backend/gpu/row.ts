// Rows: chains of reductions over short axes with elementwise work between them; a team of threads a row.
import type { Instruction, LoopKernel } from '../../fuse/kernel.js';
import { Accumulator, combine } from './accumulate.js';
import { scalarOf } from './dialect.js';
import { unsigned } from './literal.js';
import { Registers } from './program.js';
import type { Dispatch } from './rendered.js';
import { Source, type Target } from './source.js';
import { Position, Space } from './space.js';

/** Elements that a thread keeps of all held registers together. */
const mostHeld = 64;

/** Sweeps over the row: a register belongs to the first at which its operands are known. */
function stagesOf({ program }: LoopKernel): number[] {
  const stages = new Array<number>(program.registers.length).fill(0);
  for (const instruction of program.instructions) {
    const own = Math.max(0, ...instruction.args.map((arg) => stages[arg]!));
    stages[instruction.dst] = instruction.op === 'reduce' ? own + 1 : own;
  }
  return stages;
}

class Rows {
  readonly #source: Source;
  readonly #registers: Registers;
  readonly #outer: Space;
  readonly #inner: Space;
  readonly #length: number;
  readonly #rows: number;
  readonly #threads: number;
  readonly #team: number;
  /** Elements of a row that a thread works on. */
  readonly #each: number;
  readonly #stages: readonly number[];
  readonly #held: ReadonlySet<number>;
  readonly #writers = new Map<number, Instruction>();
  #row: Position = new Position();

  constructor(
    readonly kernel: LoopKernel,
    place: number,
    target: Target,
  ) {
    const { dims, rowDims, program } = kernel;
    const all = dims.map((_, d) => d);
    const accesses = [...program.inputs, ...program.outputs].map(({ access }) => access);
    this.#source = new Source(target, place, 'row');
    this.#registers = new Registers(this.#source, program);
    this.#outer = new Space(dims, all.slice(0, dims.length - rowDims), accesses);
    this.#inner = new Space(dims, all.slice(dims.length - rowDims), accesses);
    this.#length = this.#inner.size;
    this.#rows = this.#outer.size;
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, this.#length / 4)));
    this.#threads = Math.min(256, target.limits.workgroupThreads);
    this.#team = Math.min(this.#threads, wanted);
    this.#each = Math.ceil(this.#length / this.#team);
    this.#stages = stagesOf(kernel);
    for (const instruction of program.instructions) this.#writers.set(instruction.dst, instruction);
    this.#held = this.#choose();
  }

  #isFull(register: number): boolean {
    return this.kernel.program.registers[register]!.level === 'full';
  }
  #isConstant(register: number): boolean {
    return this.kernel.program.constants.some((constant) => constant.register === register);
  }

  /** Values per element that a later sweep needs again; none where they are too many to keep: they are computed anew. */
  #choose(): Set<number> {
    const { program } = this.kernel;
    const held = new Set<number>();
    const used = (register: number, stage: number): void => {
      if (!this.#isFull(register) || this.#isConstant(register) || this.#stages[register]! >= stage) return;
      const writer = this.#writers.get(register);
      if (writer?.op === 'expand') return;
      held.add(register);
    };
    for (const instruction of program.instructions) {
      const stage = instruction.op === 'reduce' ? this.#stages[instruction.args[0]]! : this.#stages[instruction.dst]!;
      if (this.#isFull(instruction.dst) || instruction.op === 'reduce')
        for (const arg of instruction.args) used(arg, stage);
    }
    return held.size * this.#each <= mostHeld ? held : new Set();
  }

  render(): Dispatch {
    const source = this.#source;
    const { program } = this.kernel;
    const perGroup = this.#threads / this.#team;
    const whole = this.#rows % perGroup === 0;
    const rank = this.#team === 1 ? '0u' : perGroup === 1 ? 'thread' : `thread % ${this.#team}u`;
    source.constant('u32', 'rank', rank);
    const place = perGroup === 1 ? 'group' : `group * ${perGroup}u + thread / ${this.#team}u`;
    if (whole) source.constant('u32', 'row', place);
    else {
      source.constant('u32', 'place', place);
      source.constant('u32', 'row', source.dialect.select(`place < ${this.#rows}u`, 'place', `${this.#rows - 1}u`));
    }
    this.#row = new Position({ space: this.#outer, coordinates: this.#outer.coordinates(source, 'row', 'o') });
    this.#registers.constants();
    for (const { register, access } of program.inputs)
      if (!this.#isFull(register)) this.#registers.load(register, access, this.#row);
    for (const register of this.#held)
      source.line(source.dialect.array(scalarOf[program.registers[register]!.dtype], `held${register}`, this.#each));
    const last = Math.max(...this.#stages);
    for (let stage = 0; stage <= last; stage++) {
      this.#rowInstructions(stage);
      this.#sweep(stage, whole);
    }
    const stores = program.outputs.filter(({ register }) => !this.#isFull(register));
    if (stores.length > 0) {
      source.block(`if (rank == 0u${whole ? '' : ` && place < ${this.#rows}u`})`, () => {
        for (const { register, access } of stores)
          source.store(access.buffer, this.#row.address(access), this.#registers.name(register));
      });
    }
    return source.dispatch(this.#threads, Math.ceil(this.#rows / perGroup));
  }

  /** What is known once a row, after the sweep before. */
  #rowInstructions(stage: number): void {
    for (const instruction of this.kernel.program.instructions) {
      if (this.#isFull(instruction.dst) || instruction.op === 'reduce' || this.#stages[instruction.dst] !== stage)
        continue;
      this.#registers.compute(instruction, 'row');
    }
  }

  #sweep(stage: number, whole: boolean): void {
    const { program } = this.kernel;
    const source = this.#source;
    const reduces = program.instructions.filter(
      (instruction) => instruction.op === 'reduce' && this.#stages[instruction.args[0]] === stage,
    );
    const stores = program.outputs.filter(({ register }) => this.#isFull(register) && this.#stages[register] === stage);
    const holds = [...this.#held].filter((register) => this.#stages[register] === stage);
    if (reduces.length + stores.length + holds.length === 0) return;
    const accumulators = reduces.map((instruction) => {
      if (instruction.op !== 'reduce') throw new Error('no reduction');
      return new Accumulator(source, instruction.reduction, instruction.dtype, `a${instruction.dst}`);
    });
    for (const accumulator of accumulators) accumulator.declare();
    const element = (index: string): void => {
      const e = this.#team === 1 ? index : source.constant('u32', 'e', `${index} * ${this.#team}u + rank`);
      const body = (): void => {
        const at = this.#row.with(this.#inner, this.#inner.coordinates(source, e, 'e'));
        const value = (register: number): string => this.#value(register, stage, index, at);
        reduces.forEach((instruction, k) => {
          accumulators[k]!.add(value(instruction.args[0]!), e);
        });
        for (const register of holds) value(register);
        if (stores.length === 0) return;
        const store = (): void => {
          for (const { register, access } of stores)
            source.store(access.buffer, at.address(access), this.#registers.name(register));
        };
        for (const { register } of stores) value(register);
        if (whole) store();
        else source.block(`if (place < ${this.#rows}u)`, store);
      };
      if (this.#length % this.#team === 0) body();
      else source.block(`if (${e} < ${unsigned(this.#length)})`, body);
    };
    this.#registers.scope(() => {
      if (this.#held.size > 0 || this.#each <= 4) source.unrolled('k', this.#each, element);
      else source.loop('k', '0u', `${this.#each}u`, '1u', () => element('k'));
    });
    combine(source, accumulators, { threads: this.#threads, team: this.#team, stride: 1, rank: 'rank' });
    reduces.forEach((instruction, k) => {
      this.#registers.set(
        instruction.dst,
        source.constant(
          scalarOf[program.registers[instruction.dst]!.dtype],
          `r${instruction.dst}`,
          accumulators[k]!.result,
        ),
      );
    });
  }

  /** The value of a register for one element: known in this sweep, held from one before, or computed. */
  #value(register: number, stage: number, index: string, at: Position): string {
    const registers = this.#registers;
    if (registers.has(register)) return registers.name(register);
    if (this.#held.has(register) && this.#stages[register]! < stage) {
      registers.set(register, `held${register}[${index}]`);
      return registers.name(register);
    }
    const writer = this.#writers.get(register);
    if (writer) {
      for (const arg of writer.args) this.#value(arg, stage, index, at);
      registers.compute(writer, 'e');
    } else {
      const input = this.kernel.program.inputs.find((candidate) => candidate.register === register)!;
      registers.load(register, input.access, at);
    }
    if (this.#held.has(register) && this.#stages[register] === stage)
      this.#source.line(`held${register}[${index}] = ${registers.name(register)};`);
    return registers.name(register);
  }
}

export const row = (kernel: LoopKernel, place: number, target: Target): Dispatch[] => [
  new Rows(kernel, place, target).render(),
];
