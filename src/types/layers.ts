// In: what a layer is made with, and the shape of its input. Out: the shape of its output, or a message.
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Minus, Plus, Times } from './digits.js';
import type { Matmul, Turned } from './product.js';
import type { Flattened } from './reshape.js';
import type { IsOpen, Length, MayEqual, Out, Phantom, ShapeOf, Show } from './shape.js';
import type { Convolution, Each, Moves, Pooled, Unknowns } from './window.js';

/** Where a layer says to the compiler, as a `Flow`, what it does to shapes. */
export declare const flow: unique symbol;
/** A rule of the table below by name, with what the layer is made with. */
export type Flow = readonly [rule: keyof Rules<never, never>, ...made: unknown[]];

/** What layers made with `F` do to a shape S. */
interface Rules<F extends readonly unknown[], S extends Shape> {
  same: S;
  linear: Affine<S, F[1], F[2]>;
  embedding: [...S, F[1] & number];
  /** Rank, inputs, outputs, kernel, moves. */
  conv: Convolution<
    `conv${F[1] & Rank}d(${Length<F[2] & number>}, ${Length<F[3] & number>})`,
    F[1] & Rank,
    S,
    F[2] & number,
    F[3] & number,
    F[4],
    F[5] & Moves
  >;
  /** Rank, inputs, outputs, kernel, moves, output padding. */
  convTranspose: Transposition<F[1] & Rank, S, F[2] & number, F[3] & number, F[4], F[5] & Moves, F[6]>;
  /** Name, rank, kernel, moves. */
  pool: Pooled<F[1] & string, F[2] & Rank, S, F[3], F[4] & Moves>;
  /** Rank, size. */
  adaptivePool: Adapted<F[1] & Rank, S, F[2]>;
  /** First and last axis. */
  flatten: Flattened<S, F[1] & number, F[2] & number>;
  /** Shape of a sample. */
  unflatten: [S, F[1]] extends readonly [readonly [infer N extends number, ...Shape], infer Sample extends Shape]
    ? [N, ...Sample]
    : Shape;
  /** Name, number of channels on axis 1. */
  channels: S extends readonly [number, infer C extends number, ...Shape]
    ? MayEqual<C, F[2]> extends false
      ? `${F[1] & string}(${F[2] & number}): input ${Show<S>} has ${C} channels where ${F[2] & number} are wanted`
      : S
    : S;
  /** Name, length of the last axis. */
  last: S extends readonly [...Shape, infer L extends number]
    ? MayEqual<L, F[2]> extends false
      ? `${F[1] & string}(${F[2] & number}): input ${Show<S>}: the last axis must be ${F[2] & number}`
      : S
    : S;
  sequential: F[1] extends infer L extends readonly unknown[] ? Chained<L, S> : Shape;
}
type Rank = 1 | 2 | 3;

type Affine<S extends Shape, I, O> = S extends readonly [...infer Lead extends Shape, infer Last extends number]
  ? MayEqual<Last, I> extends false
    ? `linear(${Length<I & number>}, ${Length<O & number>}): input ${Show<S>}: the last axis must be ${I & number}`
    : [...Lead, O & number]
  : S extends readonly []
    ? `linear(${Length<I & number>}, ${Length<O & number>}): input []: the last axis must be ${Length<I & number>}`
    : [...number[], O & number];

type Adapted<R extends Rank, S extends Shape, Size> = S extends readonly [...infer Lead extends Shape, ...Unknowns[R]]
  ? [...Lead, ...Spread<Unknowns[R], Size>]
  : Shape;
type Spread<Axes extends Shape, Size> = {
  [K in keyof Axes]: Size extends Shape ? Size[K & keyof Size] & number : Size;
};

type Transposition<
  R extends Rank,
  S extends Shape,
  I extends number,
  O extends number,
  K,
  M extends Moves,
  Extra,
> = S extends readonly [infer N extends number, infer C extends number, ...infer Spatial extends Unknowns[R]]
  ? MayEqual<C, I> extends false
    ? `convTranspose${R}d(${I}, ${Length<O>}): input ${Show<S>} has ${C} channels where ${I} are wanted`
    : [N, O, ...Grown<Spatial, K, M, Extra>]
  : IsOpen<S> extends true
    ? [number, O, ...Unknowns[R]]
    : `convTranspose${R}d(${I}, ${Length<O>}): input ${Show<S>}: it takes [batch, channels, …spatial]`;
/** (n − 1)·stride + dilation·(k − 1) + 1 + outputPadding − 2·padding, axis by axis. */
type Grown<Spatial extends Shape, K, M extends Moves, Extra, Done extends number[] = []> = Spatial extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? Grown<
      Rest,
      K,
      M,
      Extra,
      [
        ...Done,
        Less<
          Plus<
            Times<Less<N, 1>, Each<M['stride'], Done['length']>>,
            Plus<
              Times<Each<M['dilation'], Done['length']>, Less<Each<K, Done['length']>, 1>>,
              Plus<Each<Extra, Done['length']>, 1>
            >
          >,
          Times<2, Each<M['padding'], Done['length']>>
        >,
      ]
    >
  : Done;
type Less<A extends number, B extends number> = Minus<A, B> extends infer D extends number ? D : number;

/** The result of layers one after the other. */
type Chained<L extends readonly unknown[], S extends Shape, At extends 0[] = []> = number extends L['length']
  ? Shape
  : L extends readonly [infer First, ...infer Rest]
    ? Through<First, S> extends infer Next
      ? Next extends Shape
        ? Chained<Rest, Next, [...At, 0]>
        : `layer ${At['length']}, ${Next & string}`
      : never
    : S;

/** What a layer, or any module with a `forward`, makes of a shape. */
type Through<L, S extends Shape> = L extends { readonly [flow]: Phantom<infer F extends Flow> }
  ? Result<F, S>
  : L extends { forward(...inputs: never[]): Tensor<infer O> }
    ? O
    : Shape;

/** Layers as they came, but for the first that cannot take what the one before gives: a message in its place. */
export type Chain<L extends readonly unknown[]> = number extends L['length'] ? L : Checked<L, Shape>;
type Checked<L extends readonly unknown[], S extends Shape, Done extends readonly unknown[] = []> = L extends readonly [
  infer First,
  ...infer Rest,
]
  ? Through<First, S> extends infer Next
    ? Next extends Shape
      ? Checked<Rest, Next, [...Done, First]>
      : [...Done, Next, ...Rest]
    : never
  : Done;

/** The last length of a shape, or the only one. */
export type Last<S> = S extends number ? S : S extends readonly [...Shape, infer N extends number] ? N : number;
/** How well queries [..., queries, d] fit keys [..., keys, d]: [..., queries, keys]. */
export type Scores<Q, K> = Matmul<ShapeOf<Q>, Turned<ShapeOf<K>>>;

/** What a layer says that it does. */
type FlowOf<L> = L extends { readonly [flow]: Phantom<infer F extends Flow> } ? F : never;
/** The input of a layer as given, or the message why it does not fit: a tensor too, so that subclasses may take any tensor. */
export type Into<L, T> = Result<FlowOf<L>, ShapeOf<T>> extends infer R extends string ? R & Tensor : T;
/** The shape of a layer's output. */
export type From<L, T> = Out<Result<FlowOf<L>, ShapeOf<T>>>;
type Result<F extends Flow, S extends Shape> = Rules<F, S>[F[0]];
