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

/** Rows and columns of C that a thread computes: large blocks reuse more, small ones make more tiles. */
export function blockOf(kernel: ContractKernel): readonly [number, number] {
  const [m, n, batch] = [sizeOfRole(kernel, 'm'), sizeOfRole(kernel, 'n'), sizeOfRole(kernel, 'batch')];
  const fitting = (size: number): number => (size > 64 ? 8 : size > 32 ? 4 : size > 16 ? 2 : 1);
  let [rows, columns] = [fitting(m), fitting(n)];
  const tiles = (): number => Math.ceil(m / (side * rows)) * Math.ceil(n / (side * columns)) * batch;
  while (tiles() < enoughTiles && rows * columns > 4) {
    if (rows >= columns) rows /= 2;
    else columns /= 2;
  }
  return [rows, columns];
}

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
    const { m, n, k, batch } = this.#spaces;
    const [rows, columns] = this.#block;
    const across = Math.ceil(n.size / (side * columns));
    const down = Math.ceil(m.size / (side * rows));
    source.constant('u32', 'column', `thread % ${side}u`);
    source.constant('u32', 'line', `thread / ${side}u`);
    source.constant('u32', 'n0', across === 1 ? '0u' : `group % ${across}u * ${side * columns}u`);
    source.constant('u32', 'm0', down === 1 ? '0u' : `group / ${across}u % ${down}u * ${side * rows}u`);
    source.constant('u32', 'batch', batch.size === 1 ? '0u' : `group / ${unsigned(across * down)}`);
    const at = new Position({ space: batch, coordinates: batch.coordinates(source, 'batch', 'p') });
    source.line(source.dialect.array(this.#type, 'c', rows * columns));
    source.unrolled('i', rows * columns, () => source.line(`c[i] = ${literal(0, this.kernel.dtype)};`));
    source.loop('k0', '0u', unsigned(k.size), `${this.#depth}u`, () => {
      this.#fill('a', m, rows, 'm', at);
      this.#fill('b', n, columns, 'n', at);
      source.barrier();
      this.#multiply();
      source.barrier();
    });
    this.#finish(at);
    return source.dispatch(side * side, across * down * batch.size);
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
      const e = source.constant('u32', 'e', `s * ${side * side}u + thread`);
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

  #multiply(): void {
    const source = this.#source;
    const [rows, columns] = this.#block;
    source.loop('kt', '0u', `${this.#depth}u`, '1u', () => {
      source.line(source.dialect.array(this.#type, 'a', rows));
      source.line(source.dialect.array(this.#type, 'b', columns));
      source.unrolled('i', rows, () =>
        source.line(`a[i] = tile_a[kt * ${side * rows + 4}u + ${this.#own('line', rows, 'i')}];`),
      );
      source.unrolled('j', columns, () =>
        source.line(`b[j] = tile_b[kt * ${side * columns + 4}u + ${this.#own('column', columns, 'j')}];`),
      );
      source.unrolled('i', rows, () => {
        source.unrolled('j', columns, () => source.line(`c[i * ${columns}u + j] += a[i] * b[j];`));
      });
    });
  }

  #finish(batch: Position): void {
    const source = this.#source;
    const { after } = this.kernel;
    const { m, n } = this.#spaces;
    const [rows, columns] = this.#block;
    const registers = new Registers(source, after);
    registers.constants();
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

export const contract = (kernel: ContractKernel, place: number, target: Target): Dispatch[] => [
  new Contraction(kernel, place, target).render(),
];
