// In: shapes of images and kernels, and how the window moves. Out: the shape of a convolution or pooling, or a message.
import type { Shape } from '../shape.js';
import type { Minus, Plus, Quotient, Times } from './digits.js';
import type { IsOpen, MayEqual, Show } from './shape.js';

/** The option for spatial axis `At`. */
export type Each<Value, At extends number> = Value extends number
  ? Value
  : Value extends readonly number[]
    ? Value[At] & number
    : number;
/** Positions of a window on one axis: ⌊(n + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1; `null` for none. */
type Positions<
  N extends number,
  K extends number,
  Stride extends number,
  Padding,
  Dilation extends number,
> = number extends N | K | Stride | Dilation
  ? number
  : Padding extends 'same'
    ? Quotient<Plus<N, Minus<Stride, 1> & number>, Stride>
    : Padding extends number
      ? number extends Padding
        ? number
        : Minus<Plus<N, Times<2, Padding>>, Plus<Times<Dilation, Minus<K, 1> & number>, 1>> extends infer Room
          ? Room extends number
            ? Plus<Quotient<Room, Stride>, 1>
            : null
          : never
      : number;

/** The spatial axes of a window's result, or null where it is larger than one of them. */
type Windows<
  Spatial extends Shape,
  K,
  Stride,
  Padding,
  Dilation,
  Done extends number[] = [],
> = Spatial extends readonly [infer N extends number, ...infer Rest extends Shape]
  ? Positions<
      N,
      Each<K, Done['length']>,
      Each<Stride, Done['length']>,
      Padding extends 'same' ? 'same' : Each<Padding, Done['length']>,
      Each<Dilation, Done['length']>
    > extends infer Length
    ? Length extends number
      ? Windows<Rest, K, Stride, Padding, Dilation, [...Done, Length]>
      : null
    : never
  : Done;

/** Axes of unknown length. */
export type Unknowns = { 1: [number]; 2: [number, number]; 3: [number, number, number] };

/** How the window of a convolution moves; each for all spatial axes or one for each. */
export interface Moves<Stride = unknown, Padding = unknown, Dilation = unknown, Groups = unknown> {
  stride: Stride;
  padding: Padding;
  dilation: Dilation;
  groups: Groups;
}

/** A convolution of `Rank` spatial axes: S [n, c, …] with weights W [o, c / groups, …]. */
export type Convolved<Rank extends 1 | 2 | 3, S extends Shape, W extends Shape, M extends Moves> = W extends readonly [
  infer O extends number,
  infer C extends number,
  ...infer K extends Unknowns[Rank],
]
  ? Convolution<`conv${Rank}d with weight ${Show<W>}`, Rank, S, Times<C, Each<M['groups'], 0>>, O, K, M>
  : IsOpen<W> extends true
    ? [number, number, ...Unknowns[Rank]]
    : `conv${Rank}d: input ${Show<S>}, weight ${Show<W>}: both need ${AxesOf[Rank]} axes`;

/** A convolution of S [n, inputs, …] to [n, outputs, …]; `What` names it in messages. */
export type Convolution<
  What extends string,
  Rank extends 1 | 2 | 3,
  S extends Shape,
  I extends number,
  O extends number,
  K,
  M extends Moves,
> = S extends readonly [infer N extends number, infer C extends number, ...infer Spatial extends Unknowns[Rank]]
  ? MayEqual<C, I> extends false
    ? `${What}: input ${Show<S>} has ${C} channels where ${I} are wanted`
    : Windows<Spatial, K, M['stride'], M['padding'], M['dilation']> extends infer Lengths extends Shape
      ? [N, O, ...Lengths]
      : `${What}: a kernel of ${ShowExtent<K>} on ${Show<Spatial>}: the kernel is larger than the padded input`
  : IsOpen<S> extends true
    ? [number, O, ...Unknowns[Rank]]
    : `${What}: input ${Show<S>}: it takes ${AxesOf[Rank]} axes`;
type AxesOf = { 1: 3; 2: 4; 3: 5 };

/** Pooling over the last `Rank` axes. */
export type Pooled<
  Op extends string,
  Rank extends 1 | 2 | 3,
  S extends Shape,
  K,
  M extends Moves,
> = S extends readonly [...infer Lead extends Shape, ...Unknowns[Rank]]
  ? S extends readonly [...Lead, ...infer Spatial extends Shape]
    ? Windows<Spatial, K, M['stride'], M['padding'], M['dilation']> extends infer Lengths extends Shape
      ? [...Lead, ...Lengths]
      : `${Op}: a window of ${ShowExtent<K>} on ${Show<Spatial>}: the window is larger than the padded input`
    : Shape
  : IsOpen<S> extends true
    ? Shape
    : `${Op}: input ${Show<S>}: it needs at least ${Rank} axes`;
type ShowExtent<K> = K extends number ? `${K}` : K extends Shape ? Show<K> : '?';
