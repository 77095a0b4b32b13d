// Iteration spaces: their indices, and where in memory these lead.
import { DeviceError } from '../../errors.js';
import type { Access } from '../../fuse/kernel.js';
import { sizeOf } from '../../shape.js';
import { unsigned } from './literal.js';
import type { Source } from './source.js';

/** How a space addresses something: a stride per dim, and bounds where outside of them memory is not touched. */
export type Steps = Pick<Access, 'strides' | 'bounds'>;

const isBounded = ({ bounds }: Steps, d: number, size: number): boolean =>
  bounds !== null && (bounds.lo[d]! > 0 || bounds.hi[d]! < size);

/**
 * Groups of neighbouring dims that everything which is addressed goes through as if they were one.
 * Dims of length 1 disappear, unless bounds have them.
 */
export function mergedDims(dims: readonly number[], over: readonly number[], steps: readonly Steps[]): number[][] {
  const groups: number[][] = [];
  for (const d of over) {
    if (dims[d] === 1 && !steps.some((s) => isBounded(s, d, 1))) continue;
    const group = groups[groups.length - 1];
    const last = group?.[group.length - 1];
    const joins =
      last !== undefined &&
      steps.every(
        (s) =>
          s.strides[last] === s.strides[d]! * dims[d]! &&
          !isBounded(s, last, dims[last]!) &&
          !isBounded(s, d, dims[d]!),
      );
    if (joins) group!.push(d);
    else groups.push([d]);
  }
  return groups;
}

/** Kernels count in 32 bits. @throws DeviceError for a number of elements beyond that */
export function countable(size: number): number {
  if (size <= 0xffffffff) return size;
  throw new DeviceError(
    `a kernel over ${size} elements, and kernels of GPUs count to 2³²`,
    "Split the tensor, or compute there: device('cpu').",
  );
}

/** Some dims of a space under one linear index, the last dim fastest. */
export class Space {
  readonly size: number;
  readonly #groups: readonly (readonly number[])[];
  readonly #sizes: readonly number[];

  /**
   * @param over places of the dims.
   * @param steps everything that will be addressed through it.
   */
  constructor(
    readonly dims: readonly number[],
    over: readonly number[],
    steps: readonly Steps[],
  ) {
    this.size = countable(sizeOf(over.map((d) => dims[d]!)));
    this.#groups = mergedDims(dims, over, steps);
    this.#sizes = this.#groups.map((group) => sizeOf(group.map((d) => dims[d]!)));
  }

  /** Writes the indices of the dims for a linear index; a name for each group. */
  coordinates(source: Source, linear: string, prefix: string): string[] {
    const count = this.#groups.length;
    const names: string[] = new Array(count);
    let rest = linear;
    for (let g = count - 1; g >= 0; g--) {
      const size = unsigned(this.#sizes[g]!);
      names[g] = g === 0 ? rest : source.constant('u32', `${prefix}${g}`, `${rest} % ${size}`);
      if (g > 0) rest = g === 1 ? source.constant('u32', `${prefix}0`, `${rest} / ${size}`) : `(${rest} / ${size})`;
    }
    return names;
  }

  /** The terms that these indices add to an address. */
  terms({ strides }: Steps, coordinates: readonly string[]): string[] {
    return this.#groups.flatMap((group, g) => {
      const stride = strides[group[group.length - 1]!]!;
      const i = coordinates[g]!;
      return stride === 0 ? [] : [term(stride, i)];
    });
  }

  /** What has to hold for the indices to be in bounds. */
  conditions(steps: Steps, coordinates: readonly string[]): string[] {
    const { bounds } = steps;
    if (!bounds) return [];
    return this.#groups.flatMap((group, g) => {
      const d = group[group.length - 1]!;
      if (group.length > 1 || !isBounded(steps, d, this.dims[d]!)) return [];
      const [low, high] = [Math.max(0, bounds.lo[d]!), Math.max(0, bounds.hi[d]!)];
      const i = coordinates[g]!;
      return [...(low > 0 ? [`${i} >= ${low}u`] : []), ...(high < this.dims[d]! ? [`${i} < ${high}u`] : [])];
    });
  }

  /** The stride of the fastest dim that is more than one long; 0 where there is none. */
  innerStride({ strides }: Steps): number {
    const group = this.#groups[this.#groups.length - 1];
    return group ? strides[group[group.length - 1]!]! : 0;
  }
  get innerSize(): number {
    return this.#sizes[this.#sizes.length - 1] ?? 1;
  }
}

/** A signed term of an address. */
export function term(stride: number, index: string): string {
  const size = Math.abs(stride);
  return `${stride < 0 ? '-' : '+'} ${size === 1 ? index : `${unsigned(size)} * ${index}`}`;
}

/** A sum of an offset and terms with signs, as an expression; u32, in which what passes below zero comes back. */
export function sum(offset: number, terms: readonly string[]): string {
  const last = offset === 0 ? [] : [`${offset < 0 ? '-' : '+'} ${unsigned(Math.abs(offset))}`];
  const [first, ...rest] = [
    ...terms.filter((term) => term.startsWith('+')),
    ...last,
    ...terms.filter((term) => term.startsWith('-')),
  ];
  if (first === undefined) return '0u';
  return [first.startsWith('+ ') ? first.slice(2) : `0u ${first}`, ...rest].join(' ');
}

/** Where the indices of some spaces lead: the expression of an address, and of being in bounds. */
export class Position {
  readonly #parts: { readonly space: Space; readonly coordinates: readonly string[] }[];

  constructor(...parts: { readonly space: Space; readonly coordinates: readonly string[] }[]) {
    this.#parts = parts;
  }
  with(space: Space, coordinates: readonly string[]): Position {
    return new Position(...this.#parts, { space, coordinates });
  }
  address({ offset, ...steps }: Access): string {
    return sum(
      offset,
      this.#parts.flatMap(({ space, coordinates }) => space.terms(steps, coordinates)),
    );
  }
  inside(steps: Steps): string {
    return this.#parts.flatMap(({ space, coordinates }) => space.conditions(steps, coordinates)).join(' && ');
  }
}
