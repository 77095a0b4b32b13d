// In: the shapes of two factors. Out: the shape of their product, or a message.
import type { Shape } from '../shape.js';
import type { Broadcast } from './broadcast.js';
import type { MayEqual, Show } from './shape.js';

/** The shape of `a.matmul(b)`. */
export type Matmul<A extends Shape, B extends Shape> = A extends readonly []
  ? `matmul: ${Show<A>} × ${Show<B>}: scalars have no matrix product, use mul`
  : B extends readonly []
    ? `matmul: ${Show<A>} × ${Show<B>}: scalars have no matrix product, use mul`
    : Inner<A, B> extends [infer K extends number, infer L extends number]
      ? MayEqual<K, L> extends false
        ? `matmul: ${Show<A>} × ${Show<B>}: inner lengths ${K} and ${L} differ${Hint<K, B>}`
        : Outer<A, B>
      : Outer<A, B>;

/** The two lengths that must agree, where both are known. */
type Inner<A extends Shape, B extends Shape> = A extends readonly [...Shape, infer K]
  ? B extends readonly [infer L]
    ? [K, L]
    : B extends readonly [...Shape, infer L, number]
      ? [K, L]
      : null
  : B extends readonly [number, infer N extends number]
    ? [number, number, N]
    : null;

type Hint<K extends number, B extends Shape> = B extends readonly [...Shape, number, K]
  ? '; transpose the right side: a.matmul(b.T)'
  : '';

type Outer<A extends Shape, B extends Shape> = B extends readonly [number]
  ? A extends readonly [...infer Rows extends Shape, number]
    ? [...Rows]
    : Shape
  : B extends readonly [...infer BatchB extends Shape, number, infer N extends number]
    ? A extends readonly [number]
      ? [...BatchB, N]
      : A extends readonly [...infer BatchA extends Shape, infer M extends number, number]
        ? Batched<Broadcast<BatchA, BatchB>, M, N>
        : BatchB extends readonly []
          ? [...number[], N]
          : Shape
    : Shape;
type Batched<Batch, M extends number, N extends number> = Batch extends Shape
  ? [...Batch, M, N]
  : `matmul: ${Batch & string}`;

/** The last two axes swapped. */
export type Turned<S extends Shape> = S extends readonly [
  ...infer Lead extends Shape,
  infer M extends number,
  infer N extends number,
]
  ? [...Lead, N, M]
  : S extends readonly [] | readonly [number]
    ? S
    : Shape;

/** Every product of two vectors. */
export type OuterProduct<A extends Shape, B extends Shape> = [A, B] extends [
  readonly [infer M extends number],
  readonly [infer N extends number],
]
  ? [M, N]
  : Shape;
