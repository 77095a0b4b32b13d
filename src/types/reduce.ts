// In: a shape, axes and whether they stay with length 1. Out: the shape of a reduction, or a message.
import type { Shape } from '../shape.js';
import type { AxisAt, Blurred, Knows, NoAxis, With, Without } from './axes.js';
import type { Arg, IsOpen, Named, Out, ShapeOf } from './shape.js';

/** A shape reduced over axes (all where undefined). */
export type Reduced<S extends Shape, Axes, Keep> = boolean extends Keep
  ? Shape
  : Axes extends undefined
    ? Keep extends true
      ? With<S, number, 1>
      : []
    : Shape extends S
      ? Shape
      : Axes extends number
        ? Knows<S, Axes> extends false
          ? Shape
          : [AxisAt<S['length'], Axes>] extends [never]
            ? NoAxis<S, Axes>
            : Collapse<S, AxisAt<S['length'], Axes>, Keep>
        : Axes extends readonly number[]
          ? number extends Axes['length']
            ? Shape
            : Several<S, Axes, Keep>
          : Shape;

type Several<
  S extends Shape,
  Axes extends readonly number[],
  Keep,
  Gone extends number = never,
> = Axes extends readonly [infer First extends number, ...infer Rest extends readonly number[]]
  ? Knows<S, First> extends false
    ? Shape
    : [AxisAt<S['length'], First>] extends [never]
      ? NoAxis<S, First>
      : Several<S, Rest, Keep, Gone | AxisAt<S['length'], First>>
  : Collapse<S, Gone, Keep>;

type Collapse<S extends Shape, Gone extends number, Keep> = Keep extends true ? With<S, Gone, 1> : Without<S, Gone>;

/** S, or a message where it has no such axis. */
export type Along<S extends Shape, Axis extends number> =
  Knows<S, Axis> extends true ? ([AxisAt<S['length'], Axis>] extends [never] ? NoAxis<S, Axis> : S) : S;

/** S with another length along an axis, or a message. */
export type Resized<S extends Shape, Axis extends number, N extends number> =
  IsOpen<S> extends true
    ? Shape
    : Knows<S, Axis> extends true
      ? [AxisAt<S['length'], Axis>] extends [never]
        ? NoAxis<S, Axis>
        : With<S, AxisAt<S['length'], Axis>, N>
      : Blurred<S>;

/** The axes of a reduction as given, or the message of the one that is not there. */
export type AxesFor<Op extends string, T, Axes, Keep> = Arg<Named<Op, Reduced<ShapeOf<T>, Axes, Keep>>, Axes>;
/** What a reduction gives. */
export type Over<T, Axes, Keep> = Out<Reduced<ShapeOf<T>, Axes, Keep>>;
/** An axis as given, or the message that it is not there. */
export type AxisFor<Op extends string, T, Axis extends number> = Arg<Named<Op, Along<ShapeOf<T>, Axis>>, Axis>;
/** As `AxisFor`, where the length along the axis becomes N. */
export type AxisOf<Op extends string, T, Axis extends number, N extends number> = Arg<
  Named<Op, Resized<ShapeOf<T>, Axis, N>>,
  Axis
>;
/** A shape with length N along an axis. */
export type Cut<T, Axis extends number, N extends number> = Out<Resized<ShapeOf<T>, Axis, N>>;
