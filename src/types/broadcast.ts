// In: two shapes. Out: the one to which both broadcast by NumPy's rule, or a message.
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Arg, Out, ShapeOf, Show } from './shape.js';

/** One axis: equal lengths, or one of them 1; an unknown length goes along with the other. */
type Meet<M, N> = M extends 1
  ? N
  : N extends 1
    ? M
    : number extends M
      ? N
      : number extends N
        ? M
        : M extends N
          ? M
          : never;

/** The shape to which A and B broadcast. */
export type Broadcast<Op extends string, A extends Shape, B extends Shape> = B extends readonly []
  ? A
  : A extends readonly []
    ? B
    : [A, B] extends [B, A]
      ? A
      : Aligned<Op, A, B, A, B>;

/** From the last axis on; X and Y are what is left of A and B. */
type Aligned<
  Op extends string,
  A extends Shape,
  B extends Shape,
  X extends Shape,
  Y extends Shape,
  Done extends number[] = [],
> = X extends readonly [...infer XS extends Shape, infer M extends number]
  ? Y extends readonly [...infer YS extends Shape, infer N extends number]
    ? [Meet<M, N>] extends [never]
      ? `${Op}: shapes ${Show<A>} and ${Show<B>} do not broadcast: axis -${[...Done, 0]['length']} is ${M} on the left and ${N} on the right`
      : Aligned<Op, A, B, XS, YS, [Meet<M, N> & number, ...Done]>
    : Y extends readonly []
      ? [...X, ...Done]
      : [...number[], ...Done]
  : X extends readonly []
    ? [...Y, ...Done]
    : [...number[], ...Done];

/** The other operand of an elementwise operation: a number or boolean as it is, a tensor that broadcasts. */
export type Other<Op extends string, T, U> = U extends Tensor ? Arg<Broadcast<Op, ShapeOf<T>, ShapeOf<U>>, U> : U;
/** What an elementwise operation of two operands gives. */
export type Both<Op extends string, T, U> = Out<Broadcast<Op, ShapeOf<T>, ShapeOf<U>>>;
