// In: two shapes. Out: the one to which both broadcast by NumPy's rule, or a message.
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Arg, Named, Out, ShapeOf, Show } from './shape.js';

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
export type Broadcast<A extends Shape, B extends Shape> = B extends readonly []
  ? A
  : A extends readonly []
    ? B
    : [A, B] extends [B, A]
      ? A
      : Aligned<A, B, A, B>;

/** From the last axis on; X and Y are what is left of A and B. */
type Aligned<
  A extends Shape,
  B extends Shape,
  X extends Shape,
  Y extends Shape,
  Done extends number[] = [],
> = X extends readonly [...infer XS extends Shape, infer M extends number]
  ? Y extends readonly [...infer YS extends Shape, infer N extends number]
    ? [Meet<M, N>] extends [never]
      ? `shapes ${Show<A>} and ${Show<B>} do not broadcast: axis -${[...Done, 0]['length']} is ${M} on the left and ${N} on the right`
      : Aligned<A, B, XS, YS, [Meet<M, N> & number, ...Done]>
    : Y extends readonly []
      ? [...X, ...Done]
      : [...number[], ...Done]
  : X extends readonly []
    ? [...Y, ...Done]
    : [...number[], ...Done];

/** A scalar, such as a number beside a tensor. */
export type Scalar = Tensor<[]>;
/** The other operand of an elementwise operation: a number, a boolean, or a tensor that broadcasts. */
export type Other<Op extends string, T, U> = U extends Scalar
  ? Scalar extends U
    ? U | number | boolean
    : Beside<Op, T, U>
  : Beside<Op, T, U>;
type Beside<Op extends string, T, U> = Arg<Named<Op, Broadcast<ShapeOf<T>, ShapeOf<U>>>, U | number | boolean>;
/** What an elementwise operation of two operands gives. */
export type Both<T, U> = Out<Broadcast<ShapeOf<T>, ShapeOf<U>>>;
