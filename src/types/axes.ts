// In: shapes and axes, which may count from the end. Out: shapes with axes removed, added, replaced, swapped; or messages.
import type { Shape } from '../shape.js';
import type { Show } from './shape.js';

/** The axis `-1`, `-2`, … of a shape with so many axes. */
interface FromEnd {
  '-1': [never, 0, 1, 2, 3, 4, 5, 6, 7];
  '-2': [never, never, 0, 1, 2, 3, 4, 5, 6];
  '-3': [never, never, never, 0, 1, 2, 3, 4, 5];
  '-4': [never, never, never, never, 0, 1, 2, 3, 4];
  '-5': [never, never, never, never, never, 0, 1, 2, 3];
  '-6': [never, never, never, never, never, never, 0, 1, 2];
  '-7': [never, never, never, never, never, never, never, 0, 1];
  '-8': [never, never, never, never, never, never, never, never, 0];
}
/** Axes below a rank. */
type Below = [
  never,
  0,
  0 | 1,
  0 | 1 | 2,
  0 | 1 | 2 | 3,
  0 | 1 | 2 | 3 | 4,
  0 | 1 | 2 | 3 | 4 | 5,
  0 | 1 | 2 | 3 | 4 | 5 | 6,
  0 | 1 | 2 | 3 | 4 | 5 | 6 | 7,
];

/** An axis counted from the start, in a shape with `Rank` axes; never where there is no such axis. */
export type AxisAt<Rank extends number, Axis extends number> = `${Axis}` extends keyof FromEnd
  ? FromEnd[`${Axis}`][Rank & keyof Below]
  : Axis & Below[Rank & keyof Below];

/** True where both the rank of S and the axis are known, up to 8 axes. */
export type Knows<S extends Shape, Axis extends number> = number extends Axis | S['length']
  ? false
  : `${S['length']}` extends keyof Below
    ? true
    : false;

/** The message about an axis that is not there. */
export type NoAxis<S extends Shape, Axis extends number> = `axis ${Axis} of ${Show<S>}, which has ${S['length']} axes`;

/** S without the axes in the union `Gone`. */
export type Without<S extends Shape, Gone, At extends 0[] = [], Kept extends number[] = []> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Without<Rest, Gone, [...At, 0], At['length'] extends Gone ? Kept : [...Kept, First]>
  : Kept;

/** S with length N at the axes in the union `Axis`. */
export type With<S extends Shape, Axis extends number, N extends number> = {
  -readonly [K in keyof S]: K extends `${Axis}` ? N : S[K];
};

/** S with an axis of length N put in before axis `At` (which may be the rank). */
export type Insert<
  S extends Shape,
  At extends number,
  N extends number,
  Done extends number[] = [],
> = Done['length'] extends At
  ? [...Done, N, ...S]
  : S extends readonly [infer First extends number, ...infer Rest extends Shape]
    ? Insert<Rest, At, N, [...Done, First]>
    : Done;

/** S with the axes P and Q swapped. */
export type Swap<S extends Shape, P extends number, Q extends number> = {
  -readonly [K in keyof S]: K extends `${P}` ? S[Q] : K extends `${Q}` ? S[P] : S[K];
};

/** Shapes of one rank with unknown lengths. */
export type Blurred<S extends Shape> = { -readonly [K in keyof S]: number };
