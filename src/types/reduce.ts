// In: a shape, axes and whether they stay with length 1. Out: the shape of a reduction, or a message.
import type { Shape } from '../shape.js';
import type { AxisAt, Knows, NoAxis, With, Without } from './axes.js';
import type { Arg, IsOpen, Out, ShapeOf } from './shape.js';

/** A shape reduced over axes (all where undefined). */
export type Reduced<Op extends string, S extends Shape, Axes, Keep extends boolean = false> = boolean extends Keep
  ? Shape
  : Axes extends undefined
    ? Keep extends true
      ? With<S, number, 1>
      : []
    : Axes extends number
      ? Knows<S, Axes> extends false
        ? Shape
        : [AxisAt<S['length'], Axes>] extends [never]
          ? NoAxis<Op, S, Axes>
          : Collapse<S, AxisAt<S['length'], Axes>, Keep>
      : Axes extends readonly number[]
        ? number extends Axes['length']
          ? Shape
          : Several<Op, S, Axes, Keep>
        : Shape;

type Several<
  Op extends string,
  S extends Shape,
  Axes extends readonly number[],
  Keep extends boolean,
  Gone extends number = never,
> = Axes extends readonly [infer First extends number, ...infer Rest extends readonly number[]]
  ? Knows<S, First> extends false
    ? Shape
    : [AxisAt<S['length'], First>] extends [never]
      ? NoAxis<Op, S, First>
      : Several<Op, S, Rest, Keep, Gone | AxisAt<S['length'], First>>
  : Collapse<S, Gone, Keep>;

type Collapse<S extends Shape, Gone extends number, Keep> = Keep extends true ? With<S, Gone, 1> : Without<S, Gone>;

/** S, or a message where it has no such axis. */
export type Along<Op extends string, S extends Shape, Axis extends number> =
  Knows<S, Axis> extends true ? ([AxisAt<S['length'], Axis>] extends [never] ? NoAxis<Op, S, Axis> : S) : S;

/** S with another length along an axis, or a message. */
export type Resized<Op extends string, S extends Shape, Axis extends number, N extends number> =
  IsOpen<S> extends true
    ? Shape
    : Knows<S, Axis> extends true
      ? [AxisAt<S['length'], Axis>] extends [never]
        ? NoAxis<Op, S, Axis>
        : With<S, AxisAt<S['length'], Axis>, N>
      : { -readonly [K in keyof S]: number };

/** The axes of a reduction as given, or the message of the one that is not there. */
export type AxesFor<Op extends string, T, Axes> = Arg<Reduced<Op, ShapeOf<T>, Axes, true>, Axes>;
/** What a reduction gives. */
export type Over<Op extends string, T, Axes, Keep extends boolean> = Out<Reduced<Op, ShapeOf<T>, Axes, Keep>>;
/** An axis as given, or the message that it is not there. */
export type AxisFor<Op extends string, T, Axis extends number> = Arg<Along<Op, ShapeOf<T>, Axis>, Axis>;
