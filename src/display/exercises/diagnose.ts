// In: what a function answered in some cases and what it should have. Out: nothing, or how the two differ.
import { isDeepStrictEqual } from 'node:util';
import { type Block, blockOf, describeType } from './answers.js';

/**
 * Kinds of failure, in the order in which they are looked for:
 * `error` it threw · `type` another kind of value · `shape` · `nan` not finite · `sign` the negative · `scale` a constant
 * factor · `offset` a constant more or less · `transposed` · `order` the right numbers in other places · `rare` right in
 * most cases · `value` anything else.
 */
export type FailureKind =
  | 'error'
  | 'type'
  | 'shape'
  | 'nan'
  | 'sign'
  | 'scale'
  | 'offset'
  | 'transposed'
  | 'order'
  | 'rare'
  | 'value';

/** How an answer differs from the right one. */
export interface Difference {
  readonly kind: FailureKind;
  /** One sentence. */
  readonly says: string;
}

/** One case: the answer and the right one. */
export interface Outcome {
  readonly got: unknown;
  readonly want: unknown;
}

const near = (got: number, want: number, tolerance: number): boolean =>
  got === want ||
  (Number.isNaN(got) && Number.isNaN(want)) ||
  (Number.isFinite(want) && Math.abs(got - want) <= tolerance * (1 + Math.abs(want)));

const allNear = (got: readonly number[], want: readonly number[], tolerance: number): boolean =>
  got.length === want.length && got.every((value, i) => near(value, want[i]!, tolerance));

const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Whether an answer is right: numbers up to `tolerance · (1 + |right|)`, everything else exactly. */
export function agrees(got: unknown, want: unknown, tolerance: number): boolean {
  const [a, b] = [blockOf(got), blockOf(want)];
  if (a && b)
    return sameKind(a, b) && shapeText(a.shape) === shapeText(b.shape) && allNear(a.values, b.values, tolerance);
  if (a || b) return false;
  if (Array.isArray(got) && Array.isArray(want))
    return got.length === want.length && got.every((value, i) => agrees(value, want[i], tolerance));
  if (isPlain(got) && isPlain(want)) {
    const keys = Object.keys(want);
    return keys.length === Object.keys(got).length && keys.every((key) => agrees(got[key], want[key], tolerance));
  }
  return isDeepStrictEqual(got, want);
}

function isPlain(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** A number will do for a tensor without axes. */
const sameKind = (a: Block, b: Block): boolean => a.kind === b.kind || (a.shape.length === 0 && b.shape.length === 0);

/** The first difference that explains the cases; undefined where all are right. */
export function diagnose(outcomes: readonly Outcome[], tolerance: number): Difference | undefined {
  const wrong = outcomes.filter(({ got, want }) => !agrees(got, want, tolerance));
  const [first] = wrong;
  if (!first) return undefined;
  const pairs = wrong.map(({ got, want }): [Block | undefined, Block | undefined] => [blockOf(got), blockOf(want)]);
  const blocks = pairs.filter((pair): pair is [Block, Block] => pair[0] !== undefined && pair[1] !== undefined);
  if (blocks.length < pairs.length) return unlike(first);
  const [a, b] = blocks.find(([got, want]) => !sameKind(got, want)) ?? [];
  if (a && b) return { kind: 'type', says: `It answers ${kindText(a)}; ${kindText(b)} is wanted.` };
  return shapes(blocks) ?? values(blocks, outcomes.length, tolerance);
}

const kindText = ({ kind, shape }: Block): string =>
  kind === 'number' ? 'a number' : `${kind === 'array' ? 'an array' : 'a tensor'} of shape ${shapeText(shape)}`;

function unlike({ got, want }: Outcome): Difference {
  const [is, wanted] = [describeType(got), describeType(want)];
  if (is !== wanted) return { kind: 'type', says: `It answers ${is}; ${wanted} is wanted.` };
  return { kind: 'value', says: 'It is not equal to the right answer.' };
}

function shapes(blocks: readonly [Block, Block][]): Difference | undefined {
  const found = blocks.find(([got, want]) => shapeText(got.shape) !== shapeText(want.shape));
  if (!found) return undefined;
  const [got, want] = [shapeText(found[0].shape), shapeText(found[1].shape)];
  const turned = got === shapeText(found[1].shape.toReversed()) ? ' The axes are in the other order.' : '';
  return { kind: 'shape', says: `Its shape is ${got}; ${want} is wanted.${turned}` };
}

/** What is wrong with numbers of the right shapes; a kind must explain every case. */
function values(blocks: readonly [Block, Block][], cases: number, tolerance: number): Difference {
  const every = (test: (got: readonly number[], want: readonly number[], block: Block) => boolean): boolean =>
    blocks.every(([got, want]) => test(got.values, want.values, want));
  if (blocks.some(([got, want]) => got.values.some((v, i) => !Number.isFinite(v) && Number.isFinite(want.values[i]))))
    return { kind: 'nan', says: 'Some of its numbers are NaN or infinite.' };
  if (
    every((got, want) =>
      allNear(
        got.map((v) => -v),
        want,
        tolerance,
      ),
    )
  )
    return { kind: 'sign', says: 'The numbers are right except for their sign.' };
  const factor = constant(blocks, tolerance, 'factor');
  if (factor) return { kind: 'scale', says: `Every number is ${factor} times what it should be.` };
  if (constant(rowsOf(blocks), tolerance, 'factor'))
    return { kind: 'scale', says: 'Every row is what it should be times a number of its own.' };
  const offset = constant(blocks, tolerance, 'offset');
  if (offset) return { kind: 'offset', says: `Every number differs from the right one by ${offset}.` };
  if (every((got, want, { shape }) => allNear(got, transposed(want, shape), tolerance)))
    return { kind: 'transposed', says: 'It is the transpose of what it should be.' };
  if (
    blocks.some(([got]) => got.values.length > 1) &&
    every((got, want) => allNear(sorted(got), sorted(want), tolerance))
  )
    return { kind: 'order', says: 'The right numbers stand in the wrong places.' };
  if (blocks.length * 2 <= cases)
    return {
      kind: 'rare',
      says: `It is right in ${cases - blocks.length} of ${cases} cases, and wrong in the others.`,
    };
  return { kind: 'value', says: 'The numbers are not the right ones.' };
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

function transposed(values: readonly number[], shape: readonly number[]): number[] {
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || rows !== columns) return [];
  return values.map((_, i) => values[(i % columns) * columns + Math.floor(i / columns)]!);
}

/** The last axis of each case as a case of its own. */
const rowsOf = (blocks: readonly [Block, Block][]): [Block, Block][] =>
  blocks.flatMap(([got, want]) => {
    const length = want.shape.at(-1) ?? 1;
    return Array.from({ length: want.values.length / (length || 1) }, (_, row): [Block, Block] => {
      const part = ({ kind, values }: Block): Block => {
        return { kind, shape: [length], values: values.slice(row * length, (row + 1) * length) };
      };
      return [part(got), part(want)];
    });
  });

/** Below this size, a factor says nothing. */
const tiny = 1e-6;

/** The factor or offset of a case, the same for all cases or not; undefined where it varies. */
function constant(blocks: readonly [Block, Block][], tolerance: number, kind: 'factor' | 'offset'): string | undefined {
  const perCase: number[] = [];
  let several = false;
  for (const [got, want] of blocks) {
    const found = want.values.flatMap((w, i) => {
      if (kind === 'offset') return [got.values[i]! - w];
      // Every multiple of 0 is 0.
      if (Math.abs(w) <= tiny) return Math.abs(got.values[i]!) <= 10 * tiny ? [] : [Number.NaN];
      return [got.values[i]! / w];
    });
    const [first] = found;
    if (first === undefined || !found.every((value) => Number.isFinite(value) && near(value, first, 10 * tolerance)))
      return undefined;
    several ||= found.length > 1;
    perCase.push(first);
  }
  const [first = 0] = perCase;
  if (first === 0) return undefined;
  const other = perCase.find((value) => !near(value, first, 10 * tolerance));
  if (other === undefined) return several || perCase.length > 1 ? brief(first) : undefined;
  return several ? `a constant (${brief(first)} in one case, ${brief(other)} in another)` : undefined;
}

const brief = (value: number): string => Number(value.toPrecision(3)).toString();
