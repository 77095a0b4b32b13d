// In: a shape and what to make of it. Out: the new shape, or a message.
import type { Shape } from '../shape.js';
import type { AxisAt, Blurred, Insert, Knows, NoAxis, Swap, With, Without } from './axes.js';
import type { Divide, Plus } from './digits.js';
import type { IsOpen, MayEqual, ShapeOf, Show, Size } from './shape.js';

/** Numbers given one by one or as one list. */
export type Listed = readonly number[] | readonly [Shape];
/** The numbers of such arguments. */
export type ListOf<Args> = Args extends readonly [infer List extends Shape] ? List : Args extends Shape ? Args : Shape;

/** S as `Wanted`, where one length may be −1. */
export type Reshaped<S extends Shape, Wanted extends Shape> =
  IsOpen<Wanted> extends true
    ? Shape
    : -1 extends Wanted[number]
      ? Filled<S, Wanted, Size<Without<Wanted, Free<Wanted>>>>
      : MayEqual<Size<S>, Size<Wanted>> extends true
        ? With<Wanted, never, 0>
        : `reshape: ${Show<S>} to ${Show<Wanted>}: ${Size<S>} elements are not ${Size<Wanted>}`;

/** Where −1 stands. */
type Free<Wanted extends Shape, At extends 0[] = []> = Wanted extends readonly [
  infer First,
  ...infer Rest extends Shape,
]
  ? (number extends First ? never : First extends -1 ? At['length'] : never) | Free<Rest, [...At, 0]>
  : never;
type Filled<S extends Shape, Wanted extends Shape, Rest extends number> =
  Divide<OpenSize<S>, Rest> extends [infer N extends number, infer Left]
    ? Left extends 0
      ? With<Wanted, Free<Wanted>, N>
      : number extends Left
        ? With<Wanted, Free<Wanted>, number>
        : `reshape: ${Show<S>} to ${Show<Wanted>}: ${Size<S>} elements do not divide by ${Rest}`
    : never;
type OpenSize<S extends Shape> = IsOpen<S> extends true ? number : Size<S>;

/** The axes from `From` to `To` (both included) as one. */
export type Flattened<S extends Shape, From extends number, To extends number> = S extends readonly []
  ? [1]
  : [Knows<S, From>, Knows<S, To>] extends [true, true]
    ? [AxisAt<S['length'], From>] extends [never]
      ? `flatten: ${NoAxis<S, From>}`
      : [AxisAt<S['length'], To>] extends [never]
        ? `flatten: ${NoAxis<S, To>}`
        : Joined<S, AxisAt<S['length'], From>, AxisAt<S['length'], To>>
    : [IsOpen<S>, From, To] extends [true, 1, -1]
      ? [number, number]
      : [IsOpen<S>, From, To] extends [true, 0, -1]
        ? [number]
        : Shape;
type Joined<
  S extends Shape,
  From extends number,
  To extends number,
  Before extends number[] = [],
> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? Before['length'] extends From
    ? Group<S, To, Before>
    : Joined<Rest, From, To, [...Before, First]>
  : Shape;
type Group<
  S extends Shape,
  To extends number,
  Before extends number[],
  Inside extends number[] = [],
> = S extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? [...Before, ...Inside]['length'] extends To
    ? [...Before, Size<[...Inside, First]>, ...Rest]
    : Group<Rest, To, Before, [...Inside, First]>
  : Shape;

/** Axes P and Q swapped. */
export type Transposed<S extends Shape, P extends number, Q extends number> = S extends readonly [] | readonly [number]
  ? S
  : [Knows<S, P>, Knows<S, Q>] extends [true, true]
    ? [AxisAt<S['length'], P>] extends [never]
      ? `transpose: ${NoAxis<S, P>}`
      : [AxisAt<S['length'], Q>] extends [never]
        ? `transpose: ${NoAxis<S, Q>}`
        : Swap<S, AxisAt<S['length'], P>, AxisAt<S['length'], Q>>
    : IsOpen<S> extends true
      ? Shape
      : Blurred<S>;

/** Axis i of the result is axis Axes[i]. */
export type Permuted<S extends Shape, Axes extends Shape> =
  IsOpen<S> extends true
    ? Shape
    : number extends Axes[number]
      ? Blurred<S>
      : Axes['length'] extends S['length']
        ? Picked<S, Axes> extends infer Lengths extends Shape
          ? Lengths
          : `permute: axes ${Show<Axes>} for shape ${Show<S>}: name each of the ${S['length']} axes once`
        : `permute: axes ${Show<Axes>} for shape ${Show<S>}: name each of the ${S['length']} axes once`;
type Picked<
  S extends Shape,
  Axes extends Shape,
  Used extends number = never,
  Done extends number[] = [],
> = Axes extends readonly [infer First extends number, ...infer Rest extends Shape]
  ? [AxisAt<S['length'], First>] extends [never]
    ? null
    : AxisAt<S['length'], First> extends Used
      ? null
      : Picked<S, Rest, Used | AxisAt<S['length'], First>, [...Done, S[AxisAt<S['length'], First>]]>
  : Done;

/** Without axes of length 1: all, or the one named. */
export type Squeezed<S extends Shape, Axis> =
  IsOpen<S> extends true
    ? Shape
    : Axis extends number
      ? Knows<S, Axis> extends true
        ? [AxisAt<S['length'], Axis>] extends [never]
          ? `squeeze: ${NoAxis<S, Axis>}`
          : SqueezedAt<S, AxisAt<S['length'], Axis>>
        : Shape
      : number extends S[number]
        ? Shape
        : WithoutOnes<S>;
type SqueezedAt<S extends Shape, At extends number> = number extends S[At]
  ? Shape
  : S[At] extends 1
    ? Without<S, At>
    : S;
type WithoutOnes<S extends Shape, Done extends number[] = []> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? WithoutOnes<Rest, First extends 1 ? Done : [...Done, First]>
  : Done;

/** With a new axis of length N, such as 1, at `Axis` of the result. */
export type Inserted<Op extends string, S extends Shape, Axis extends number, N extends number = 1> =
  IsOpen<S> extends true
    ? Axis extends -1
      ? [...S, N]
      : Shape
    : Knows<[...S, N], Axis> extends true
      ? [AxisAt<[...S, N]['length'] & number, Axis>] extends [never]
        ? `${Op}: ${NoAxis<S, Axis>}`
        : Insert<S, AxisAt<[...S, N]['length'] & number, Axis>, N>
      : Blurred<[...S, N]>;

/** S broadcast to `Wanted`, where −1 keeps a length. */
export type Expanded<S extends Shape, Wanted extends Shape> =
  IsOpen<Wanted> extends true
    ? Shape
    : IsOpen<S> extends true
      ? With<Wanted, never, 0>
      : ExpandFrom<S, Wanted> extends infer R extends Shape
        ? R
        : `expand: ${Show<S>} to ${Show<Wanted>}: only axes of length 1 can be repeated`;
type ExpandFrom<S extends Shape, Wanted extends Shape, Done extends number[] = []> = Wanted extends readonly [
  ...infer WS extends Shape,
  infer W extends number,
]
  ? S extends readonly [...infer SS extends Shape, infer N extends number]
    ? number extends W
      ? ExpandFrom<SS, WS, [number, ...Done]>
      : W extends -1
        ? ExpandFrom<SS, WS, [N, ...Done]>
        : N extends 1
          ? ExpandFrom<SS, WS, [W, ...Done]>
          : MayEqual<N, W> extends true
            ? ExpandFrom<SS, WS, [W, ...Done]>
            : null
    : ExpandFrom<S, WS, [W, ...Done]>
  : S extends readonly []
    ? Done
    : null;

/** Shapes joined along an axis that they have. */
export type Concatenated<Shapes extends readonly Shape[], Axis extends number> = number extends Shapes['length']
  ? Shapes[number] extends infer S extends Shape
    ? IsOpen<S> extends true
      ? Shape
      : Blurred<S>
    : Shape
  : Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
    ? Knows<First, Axis> extends true
      ? [AxisAt<First['length'], Axis>] extends [never]
        ? `concat: ${NoAxis<First, Axis>}`
        : JoinAll<First, Rest, AxisAt<First['length'], Axis>>
      : Shape
    : Shape;
type JoinAll<S extends Shape, Rest extends readonly Shape[], At extends number> = Rest extends readonly [
  infer Next extends Shape,
  ...infer More extends readonly Shape[],
]
  ? IsOpen<Next> extends true
    ? JoinAll<With<S, At, number>, More, At>
    : Next['length'] extends S['length']
      ? Unified<Without<S, At>, Without<Next, At>> extends true
        ? JoinAll<With<S, At, Plus<S[At], Next[At]>>, More, At>
        : `concat: ${Show<S>} and ${Show<Next>} along axis ${At}: all other axes must be equal`
      : `concat: ${Show<S>} and ${Show<Next>} along axis ${At}: they differ in the number of axes`
  : S;
/** True where two shapes of one rank may be one. */
export type Unified<A extends Shape, B extends Shape> = A extends readonly [infer M, ...infer AS extends Shape]
  ? B extends readonly [infer N, ...infer BS extends Shape]
    ? MayEqual<M, N> extends false
      ? false
      : Unified<AS, BS>
    : false
  : true;

/** Shapes joined along a new axis. */
export type Stacked<Shapes extends readonly Shape[], Axis extends number> = number extends Shapes['length']
  ? Shapes[number] extends infer S extends Shape
    ? IsOpen<S> extends true
      ? Shape
      : Inserted<'stack', Blurred<S>, Axis, number>
    : Shape
  : Shapes extends readonly [infer First extends Shape, ...infer Rest extends readonly Shape[]]
    ? OneShape<First, Rest> extends infer S
      ? S extends Shape
        ? Inserted<'stack', S, Axis, Shapes['length']>
        : S
      : never
    : Shape;
type OneShape<S extends Shape, Rest extends readonly Shape[]> = Rest extends readonly [
  infer Next extends Shape,
  ...infer More extends readonly Shape[],
]
  ? IsOpen<Next> extends true
    ? OneShape<S, More>
    : IsOpen<S> extends true
      ? OneShape<Next, More>
      : Next['length'] extends S['length']
        ? Unified<S, Next> extends true
          ? OneShape<S, More>
          : `stack: ${Show<S>} and ${Show<Next>}: they must have one shape`
        : `stack: ${Show<S>} and ${Show<Next>}: they must have one shape`
  : S;

/** The shapes of tensors. */
export type ShapesOf<L extends readonly unknown[]> = {
  -readonly [K in keyof L]: ShapeOf<L[K]> extends infer S extends Shape ? S : Shape;
};
