// In: a function of the plane, or heights on a grid. Out: heights at grid points and anywhere between them.
import { ValueError } from '../../errors.js';
import { type Matrix, rowsOf } from '../data.js';

/** The ends of an axis. */
export type Range = readonly [low: number, high: number];
/** The height above a point of the plane. */
export type Height = (x: number, y: number) => number;

/** A surface above a rectangle: rows of heights from the lowest y to the highest. */
export interface Ground {
  readonly xRange: Range;
  readonly yRange: Range;
  /** Ends of the heights. */
  readonly zRange: Range;
  /** Coordinates of the columns and of the rows. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly heights: readonly (readonly number[])[];
  at: Height;
}

export const between = ([low, high]: Range, share: number): number => low + (high - low) * share;
/** Where `value` lies in a range: 0 at its low end, 1 at its high end. */
export const shareOf = ([low, high]: Range, value: number): number => (value - low) / (high - low);

const spread = (range: Range, count: number): number[] =>
  Array.from({ length: count }, (_, i) => between(range, i / (count - 1)));

/** Heights between grid points, straight along both axes. */
function bilinear(rows: readonly (readonly number[])[], xRange: Range, yRange: Range): Height {
  const cell = (range: Range, value: number, count: number): [index: number, rest: number] => {
    const at = shareOf(range, value) * (count - 1);
    const index = Math.min(Math.max(Math.floor(at), 0), count - 2);
    return [index, at - index];
  };
  return (x, y) => {
    const [column, across] = cell(xRange, x, rows[0]!.length);
    const [row, up] = cell(yRange, y, rows.length);
    const [low, high] = [rows[row]!, rows[row + 1]!];
    const lower = low[column]! + (low[column + 1]! - low[column]!) * across;
    const upper = high[column]! + (high[column + 1]! - high[column]!) * across;
    return lower + (upper - lower) * up;
  };
}

/** How a surface is read. */
export interface GroundOptions {
  xRange: Range;
  yRange: Range;
  /** Grid points along each axis, for a function. */
  resolution: number;
  /** Heights by their logarithm to base 10. */
  log: boolean;
  /** Heights beyond are drawn at the end that they pass. */
  zRange?: Range;
}

/** @throws ValueError for an empty range, too small a grid, or heights of which none is finite. */
export function groundOf(surface: Height | Matrix, options: GroundOptions): Ground {
  const { xRange, yRange, log, resolution } = options;
  for (const [name, [low, high]] of Object.entries({ xRange, yRange })) {
    if (!(high > low))
      throw new ValueError(`surface: ${name} from ${low} to ${high}`, 'Give two numbers, the smaller one first.');
  }
  const raw = typeof surface === 'function' ? surface : bilinear(checkedRows(surface), xRange, yRange);
  const scaled: Height = log ? (x, y) => Math.log10(raw(x, y)) : raw;
  const [x, y] = [spread(xRange, resolution), spread(yRange, resolution)];
  const free = y.map((v) => x.map((u) => scaled(u, v)));
  const finite = free.flat().filter(Number.isFinite);
  if (finite.length === 0) {
    throw new ValueError(
      'surface: no finite height',
      log ? 'With log, heights must be positive; add a small number.' : 'Check the function and its ranges.',
    );
  }
  const found: Range = [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
  const given = options.zRange?.map((z) => (log ? Math.log10(z) : z)) as [number, number] | undefined;
  const [low, high] = given ?? found;
  const zRange: Range = high > low ? [low, high] : [low - 0.5, high + 0.5];
  const held: Height = (u, v) => Math.min(Math.max(scaled(u, v), zRange[0]), zRange[1]);
  return { xRange, yRange, zRange, x, y, heights: y.map((v) => x.map((u) => held(u, v))), at: held };
}

function checkedRows(matrix: Matrix): number[][] {
  const rows = rowsOf('surface', matrix);
  if (rows.length > 1 && rows[0]!.length > 1) return rows;
  throw new ValueError(
    `surface: ${rows.length} × ${rows[0]?.length ?? 0} heights`,
    'Give at least two rows of two numbers.',
  );
}
