// In: the shapes of what a loss compares. Out: the first one's shape, or a message.
import type { Shape } from '../shape.js';
import type { Without } from './axes.js';
import type { Unified } from './reshape.js';
import type { Arg, IsOpen, ShapeOf, Show } from './shape.js';

type Fit<A extends Shape, B extends Shape> = true extends IsOpen<A> | IsOpen<B>
  ? true
  : B['length'] extends A['length']
    ? Unified<A, B>
    : false;

/** A target as given, or the message that its shape is not that of the prediction. */
export type TargetFor<Op extends string, P, T> = Arg<
  Fit<ShapeOf<P>, ShapeOf<T>> extends false
    ? `${Op}: prediction ${Show<ShapeOf<P>>}, target ${Show<ShapeOf<T>>}: they must have one shape`
    : Shape,
  T
>;

/** Labels [batch, …] or probabilities [batch, classes, …] as given for scores [batch, classes, …], or a message. */
export type LabelsFor<Op extends string, S, T> = Arg<
  true extends
    | Fit<Without<ShapeOf<S>, ShapeOf<S>['length'] extends 1 ? 0 : 1>, ShapeOf<T>>
    | Fit<ShapeOf<S>, ShapeOf<T>>
    ? Shape
    : IsOpen<ShapeOf<S>> extends true
      ? Shape
      : `${Op}: scores ${Show<ShapeOf<S>>}, labels ${Show<ShapeOf<T>>}: scores are [batch, classes, …], labels [batch, …]`,
  T
>;
