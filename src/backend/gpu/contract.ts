// Contractions: tiles of A and B in shared memory, a block of products a thread, then elementwise work on the result.
import type { ContractKernel } from '../../fuse/kernel.js';
import { type Scalar, scalarOf } from './dialect.js';
import { literal, unsigned } from './literal.js';
import { Registers } from './program.js';
import type { Dispatch } from './rendered.js';
import { Source, type Target } from './source.js';
import { Position, Space, type Steps } from './space.js';

type Role = ContractKernel['dims'][number]['role'];

/** Threads of a workgroup along each side of its tile. */
const side = 16;
/** Tiles of which a device of many processors should have this many. */
export const enoughTiles = 128;

export const sizeOfRole = ({ dims }: ContractKernel, role: Role): number =>
  dims.reduce((n, d) => (d.role === role ? n * d.size : n), 1);

const tilesIn = (kernel: ContractKernel, [rows, columns]: readonly [number, number]): number =>
  Math.ceil(sizeOfRole(kernel, 'm') / (side * rows)) *
  Math.ceil(sizeOfRole(kernel, 'n') / (side * columns)) *
  sizeOfRole(kernel, 'batch');

/** Rows and columns of C that a thread computes: large blocks reuse more, small ones make more tiles. */
function blockOf(kernel: ContractKernel): readonly [number, number] {
  const fitting = (size: number): number => (size > 64 ? 8 : size > 32 ? 4 : size > 16 ? 2 : 1);
  let [rows, columns] = [fitting(sizeOfRole(kernel, 'm')), fitting(sizeOfRole(kernel, 'n'))];
  while (tilesIn(kernel, [rows, columns]) < enoughTiles && rows * columns > 16) {
    if (rows >= columns) rows /= 2;
    else columns /= 2;
  }
  return [rows, columns];
}

/** Tiles, each a workgroup. */
export const tilesOf = (kernel: ContractKernel): number => tilesIn(kernel, blockOf(kernel));

class Contraction {
  readonly #source: Source;
  readonly #type: Scalar;
  readonly #block: readonly [number, number];
  /** Elements of k in a tile. */
  readonly #depth: number;
  readonly #a: Steps;
  readonly #b: Steps;
  readonly #spaces: Readonly<Record<Role, Space>>;

  constructor(
    readonly kernel: ContractKernel,
    place: number,
    target: Target,
    /** Of k; the first dim counts them. */
    readonly slices: number,
  ) {
    const { dims, after } = kernel;
    this.#source = new Source(target, place, 'contract');
    this.#type = scalarOf[kernel.dtype];
    this.#block = blockOf(kernel);
    this.#a = { strides: dims.map((d) => d.strideA), bounds: null };
    this.#b = { strides: dims.map((d) => d.strideB), bounds: null };
    const steps = [this.#a, this.#b, ...[...after.inputs, ...after.outputs].map(({ access }) => access)];
    const sizes = dims.map((d) => d.size);
    const over = (role: Role): Space =>
      new Space(
        sizes,
        dims.flatMap((d, i) => (d.role === role ? [i] : [])),
        steps,
      );
    this.#spaces = { batch: over('batch'), m: over('m'), n: over('n'), k: over('k') };
    this.#depth = Math.min(16, 2 ** Math.ceil(Math.log2(this.#spaces.k.size)));
  }

  render(): Dispatch {
    const source = this.#source;
    const { m, n, batch } = this.#spaces;
    const [rows, columns] = this.#block;
    const across = Math.ceil(n.size / (side * columns));
    const down = Math.ceil(m.size / (side * rows));
    source.constant('u32', 'column', `thread % ${side}u`);
    source.constant('u32', 'line', `thread / ${side}u`);
    source.constant('u32', 'n0', across === 1 ? '0u' : `group % ${across}u * ${side * columns}u`);
    source.constant('u32', 'm0', down === 1 ? '0u' : `group / ${across}u % ${down}u * ${side * rows}u`);
    source.constant('u32', 'batch', batch.size === 1 ? '0u' : `group / ${unsigned(across * down)}`);
    const at = new Position({ space: batch, coordinates: batch.coordinates(source, 'batch', 'p') });
    for (let i = 0; i < rows * columns; i++) source.variable(this.#type, `c${i}`, literal(0, this.kernel.dtype));
    const [from, to] = this.#range();
    source.loop('k0', from, to, `${this.#depth}u`, () => {
      this.#fill('a', m, rows, 'm', at);
      this.#fill('b', n, columns, 'n', at);
      source.barrier();
      this.#multiply();
      source.barrier();
    });
    this.#finish(at);
    return source.dispatch(side * side, across * down * batch.size);
  }

  /** The part of k that a workgroup goes through. */
  #range(): [string, string] {
    const { k, batch } = this.#spaces;
    if (this.slices === 1) return ['0u', unsigned(k.size)];
    const length = this.#depth * Math.ceil(k.size / this.slices / this.#depth);
    const from = this.#source.constant(
      'u32',
      'first',
      `batch / ${unsigned(batch.size / this.slices)} * ${unsigned(length)}`,
    );
    const end = this.#source.constant('u32', 'end', `${from} + ${unsigned(length)}`);
    return [
      from,
      this.#source.constant(
        'u32',
        'last',
        this.#source.dialect.select(`${end} < ${unsigned(k.size)}`, end, unsigned(k.size)),
      ),
    ];
  }

  #alongK(operand: 'a' | 'b'): boolean {
    const { k, m, n } = this.#spaces;
    const steps = operand === 'a' ? this.#a : this.#b;
    const own = operand === 'a' ? m : n;
    return own.innerStride(steps) !== 1 && k.innerStride(steps) === 1;
  }

  /** Copies a tile of an operand into shared memory, in the order in which it lies in memory; zeros outside of it. */
  #fill(operand: 'a' | 'b', space: Space, count: number, name: 'm' | 'n', batch: Position): void {
    const source = this.#source;
    const { k } = this.#spaces;
    const length = side * count;
    const steps = operand === 'a' ? this.#a : this.#b;
    const { buffer, offset } = this.kernel[operand];
    // Padded, so that storing along k meets different banks.
    const pitch = length + 4;
    const tile = source.shared(this.#type, `tile_${operand}`, pitch * this.#depth);
    const total = length * this.#depth;
    const each = Math.ceil(total / (side * side));
    source.unrolled('s', each, () => {
      source.constant('u32', 'e', `s * ${side * side}u + thread`);
      const copy = (): void => {
        const [along, across] = this.#alongK(operand)
          ? [`e % ${this.#depth}u`, `e / ${this.#depth}u`]
          : [`e / ${length}u`, `e % ${length}u`];
        source.constant('u32', 'kt', along);
        source.constant('u32', `${name}t`, across);
        source.constant('u32', 'k', 'k0 + kt');
        source.constant('u32', name, `${name}0 + ${name}t`);
        const conditions = [
          ...(space.size % length === 0 ? [] : [`${name} < ${unsigned(space.size)}`]),
          ...(k.size % this.#depth === 0 ? [] : [`k < ${unsigned(k.size)}`]),
        ];
        const value = (): string => {
          const at = batch
            .with(space, space.coordinates(source, name, `${name}_`))
            .with(k, k.coordinates(source, 'k', 'k_'));
          return source.load(buffer, at.address({ buffer, offset, ...steps }));
        };
        source.variable(this.#type, 'value', literal(0, this.kernel.dtype));
        if (conditions.length > 0)
          source.block(`if (${conditions.join(' && ')})`, () => source.line(`value = ${value()};`));
        else source.line(`value = ${value()};`);
        source.line(`${tile}[kt * ${pitch}u + ${name}t] = value;`);
      };
      if (total % (side * side) === 0) copy();
      else source.block(`if (e < ${total}u)`, copy);
    });
  }

  /** A thread's rows or columns of the tile: runs of four side by side, so that they are read together. */
  #own(thread: string, count: number, index: string): string {
    if (count === 1) return thread;
    if (count <= 4) return `${thread} * ${count}u + ${index}`;
    return `${thread} * 4u + ${index} / 4u * ${4 * side}u + ${index} % 4u`;
  }

  /** Every product of a thread is a line of its own: arrays are kept in registers by no promise of the language. */
  #multiply(): void {
    const source = this.#source;
    const [rows, columns] = this.#block;
    const take = (name: string, tile: string, thread: string, count: number): void => {
      for (let i = 0; i < count; i++) {
        const place = count <= 4 ? i : Math.floor(i / 4) * 4 * side + (i % 4);
        const at = `kt * ${side * count + 4}u + ${thread}${count > 1 ? ` * ${Math.min(count, 4)}u` : ''}`;
        source.constant(this.#type, `${name}${i}`, `${tile}[${at}${place > 0 ? ` + ${place}u` : ''}]`);
      }
    };
    if (source.dialect.unroll) source.line(source.dialect.unroll);
    source.loop('kt', '0u', `${this.#depth}u`, '1u', () => {
      take('x', 'tile_a', 'line', rows);
      take('y', 'tile_b', 'column', columns);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) source.line(`c${i * columns + j} += x${i} * y${j};`);
    });
  }

  #finish(batch: Position): void {
    const source = this.#source;
    const { after } = this.kernel;
    const { m, n } = this.#spaces;
    const [rows, columns] = this.#block;
    const registers = new Registers(source, after);
    registers.constants();
    source.line(source.dialect.array(this.#type, 'c', rows * columns));
    for (let i = 0; i < rows * columns; i++) source.line(`c[${i}] = c${i};`);
    source.unrolled('i', rows, () => {
      source.unrolled('j', columns, () => {
        source.constant('u32', 'm', `m0 + ${this.#own('line', rows, 'i')}`);
        source.constant('u32', 'n', `n0 + ${this.#own('column', columns, 'j')}`);
        const conditions = [
          ...(m.size % (side * rows) === 0 ? [] : [`m < ${unsigned(m.size)}`]),
          ...(n.size % (side * columns) === 0 ? [] : [`n < ${unsigned(n.size)}`]),
        ];
        const body = (): void => {
          const at = batch.with(m, m.coordinates(source, 'm', 'm_')).with(n, n.coordinates(source, 'n', 'n_'));
          registers.scope(() => {
            registers.set(0, source.constant(this.#type, 'r0', `c[i * ${columns}u + j]`));
            for (const { register, access } of after.inputs) registers.load(register, access, at);
            for (const instruction of after.instructions) registers.compute(instruction, '0u');
            for (const { register, access } of after.outputs)
              source.store(access.buffer, at.address(access), registers.name(register));
          });
        };
        if (conditions.length > 0) source.block(`if (${conditions.join(' && ')})`, body);
        else body();
      });
    });
  }
}

export const contract = (kernel: ContractKernel, place: number, target: Target, slices = 1): Dispatch[] => [
  new Contraction(kernel, place, target, slices).render(),
];
