// In: types of tensors and of what is computed from their shapes. Out: shapes, arguments, and text for messages.
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Times } from './digits.js';

/**
 * Carries a type that no value holds. Two of them are assignable where either's type is assignable to the other's, so that
 * a tensor of unknown lengths goes wherever one of known lengths is wanted: only what cannot fit is an error.
 */
export interface Phantom<T> {
  accepts(value: T): void;
}

/** A rule gives a shape, or the message that says why there is none. */
export type Result = Shape | string;

/** The argument as it came, or the message of the rule that it breaks. */
export type Arg<R, Given> = R extends string ? R : Given;
/** A rule's message with the name of the operation before it. */
export type Named<Op extends string, R> = R extends string ? `${Op}: ${R}` : R;
/** Arguments as they came, or the message of the rule that they break in the place of each. */
export type Args<R, Given extends readonly unknown[]> = R extends string ? readonly R[] : Given;
/** The shape that a rule gives; unknown where it gives none. Written so that its constraint is seen without looking into R. */
export type Out<R> = Plain<R> extends infer S extends Shape ? S : Shape;
type Plain<R> = [R] extends [string] ? Shape : number[] extends R ? Shape : Exclude<R, string>;

/** The shape of a tensor; numbers and booleans are scalars. */
export type ShapeOf<T> = T extends Tensor<infer S extends Shape> ? S : [];

/** True where the number of axes is not known. */
export type IsOpen<S extends Shape> = number extends S['length'] ? true : false;

/** A shape as messages show it: `[64, 784]`, with `?` for an unknown length and `…` for unknown axes. */
export type Show<S extends Shape> = Lengths<S> extends infer Text extends string ? `[${Text}]` : never;
type Lengths<S extends Shape> = S extends readonly []
  ? ''
  : S extends readonly [infer Only extends number]
    ? Length<Only>
    : S extends readonly [infer First extends number, ...infer Rest extends Shape]
      ? `${Length<First>}, ${Lengths<Rest>}`
      : S extends readonly [...infer Rest extends Shape, infer Last extends number]
        ? `${Lengths<Rest>}, ${Length<Last>}`
        : '…';
/** A length as messages show it. */
export type Length<N extends number> = number extends N ? '?' : `${N}`;

/** The product of the lengths; `number` where one is unknown. */
export type Size<S extends Shape> = S extends readonly []
  ? 1
  : S extends readonly [infer Only extends number]
    ? Only
    : IsKnown<S> extends true
      ? Product<S>
      : number;
type IsKnown<S extends Shape> = number extends S[number] ? false : true;
type Product<S extends Shape, Sum extends number = 1> = S extends readonly [
  infer First extends number,
  ...infer Rest extends Shape,
]
  ? Product<Rest, Times<Sum, First>>
  : Sum;

/** True where two lengths may be one. */
export type MayEqual<M, N> = M extends N ? true : N extends M ? true : false;
