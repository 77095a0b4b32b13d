// In: a shape and indices. Out: the shape of what they pick, as far as it is known without reading texts.
import type { Shape } from '../shape.js';

/** The shape of `t.at(...indices)`: numbers pick, `':'` keeps, `'a:b'` cuts to an unknown length, `null` adds an axis. */
export type Indexed<
  S extends Shape,
  Indices extends readonly unknown[],
  Done extends number[] = [],
> = number extends S['length']
  ? Shape
  : Indices extends readonly [infer First, ...infer Rest]
    ? First extends null
      ? Indexed<S, Rest, [...Done, 1]>
      : S extends readonly [infer N extends number, ...infer More extends Shape]
        ? First extends number
          ? Indexed<More, Rest, Done>
          : First extends ':'
            ? Indexed<More, Rest, [...Done, N]>
            : First extends `${string}:${string}`
              ? Indexed<More, Rest, [...Done, number]>
              : Shape
        : `at: too many indices`
    : Indices extends readonly []
      ? [...Done, ...S]
      : Shape;

/** Whole slices taken along an axis: the axis replaced by the axes of the indices. */
export type Taken<S extends Shape, Indices extends Shape, Axis extends number> = number extends S['length']
  ? Shape
  : Axis extends 0
    ? S extends readonly [number, ...infer Rest extends Shape]
      ? [...Indices, ...Rest]
      : Shape
    : Shape;

/** The shape of nested or typed arrays, read off their first elements. */
export type Nesting<V, Depth extends 0[] = []> = Depth['length'] extends 8
  ? Shape
  : [V] extends [number | boolean]
    ? []
    : [V] extends [ArrayBufferView]
      ? [number]
      : [V] extends [readonly unknown[]]
        ? V extends readonly []
          ? [0]
          : Nesting<V[0], [...Depth, 0]> extends infer Inner extends Shape
            ? [V['length'], ...Inner]
            : Shape
        : Shape;
