// In: what may be chosen. Out: points of the unit cube and the choices that they stand for.
import { ValueError } from '../../errors.js';

/** Numbers from `low` to `high`, evenly or (`log`) evenly in their logarithm; `integer` rounds. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
  readonly integer?: boolean;
}
/** One hyperparameter: a list of choices or a range. */
export type Dimension = readonly (string | number | boolean)[] | Range;
/** Hyperparameters by name. */
export type Space = Readonly<Record<string, Dimension>>;
/** One value of each hyperparameter of a space. */
export type Choice<S extends Space> = { readonly [K in keyof S]: S[K] extends readonly (infer V)[] ? V : number };

/** Throws ValueError for empty lists and ranges that are none. */
export function checkSpace(space: Space): void {
  for (const [name, dimension] of Object.entries(space)) {
    if (
      isList(dimension)
        ? dimension.length === 0
        : !(dimension.low < dimension.high) || (dimension.log && !(dimension.low > 0))
    ) {
      throw new ValueError(
        `hyperparameter ${name}: ${JSON.stringify(dimension)}`,
        'Give at least one choice, or low < high (and low > 0 with log).',
      );
    }
  }
}

export const isList = (dimension: Dimension): dimension is readonly (string | number | boolean)[] =>
  Array.isArray(dimension);

/** The value of a dimension at u in [0, 1). */
export function valueAt(dimension: Dimension, u: number): string | number | boolean {
  if (isList(dimension)) return dimension[Math.min(dimension.length - 1, Math.floor(u * dimension.length))]!;
  const { low, high, log, integer } = dimension;
  const value = log ? low * (high / low) ** u : low + (high - low) * u;
  return integer ? Math.min(high, Math.max(low, Math.round(value))) : value;
}

/** The choice at a point of the unit cube, one coordinate a dimension. */
export function choiceAt<S extends Space>(space: S, point: readonly number[]): Choice<S>;
export function choiceAt(space: Space, point: readonly number[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(space).map(([name, dimension], i) => [name, valueAt(dimension, point[i]!)]));
}

/** Coordinates of a choice for measuring distances: ranges 0 to 1, lists one coordinate for each entry. */
export function coordinates(space: Space, choice: Readonly<Record<string, unknown>>): number[] {
  return Object.entries(space).flatMap(([name, dimension]) => {
    const value = choice[name];
    if (isList(dimension)) return dimension.map((entry) => (entry === value ? Math.SQRT1_2 : 0));
    const { low, high, log } = dimension;
    const v = Number(value);
    return [log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low)];
  });
}
