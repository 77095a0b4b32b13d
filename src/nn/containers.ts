// In: layers. Out: one module that holds or chains them.
import type { Shape } from '../shape.js';
import type { Parameter, Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { type Layer, Module } from './module.js';

/** Layers one after the other, named by position as in PyTorch: `0.weight`. */
export class Sequential<L extends readonly Layer[] = readonly Layer[]> extends Module {
  declare readonly [flow]: t.Phantom<['sequential', L]>;
  readonly layers: readonly Layer[];

  constructor(...layers: L) {
    super();
    this.layers = layers;
  }
  override *members(): Generator<[string, Parameter | Module]> {
    for (let i = 0; i < this.layers.length; i++) yield [String(i), this.layers[i]!];
  }
  forward<L extends Sequential, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.From<L, T>>;
  forward(this: Sequential, x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }
}
/** Chains layers: the output of each is the input of the next. One that cannot take it is an error where it is written. */
export function sequential<const L extends readonly Layer[]>(...layers: t.Chain<L>): Sequential<L>;
export function sequential(...layers: readonly Layer[]): Sequential {
  return new Sequential(...layers);
}

/** Joins the axes from `from` (1, after the batch) to `to` (the last) into one. */
export class Flatten<P extends number = number, Q extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['flatten', P, Q]>;
  readonly first: number;
  readonly last: number;

  constructor(first?: P, last?: Q) {
    super();
    this.first = first ?? 1;
    this.last = last ?? -1;
  }
  forward<L extends Flatten, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.From<L, T>>;
  forward(x: Tensor): Tensor {
    return x.flatten(this.first, this.last);
  }
}
/** Joins the axes after the batch into one: [n, c, h, w] → [n, c·h·w]. */
export const flatten = <P extends number = 1, Q extends number = -1>(from?: P, to?: Q): Flatten<P, Q> =>
  new Flatten(from, to);

/** Gives each sample another shape. */
export class Unflatten<S extends Shape = Shape> extends Module {
  declare readonly [flow]: t.Phantom<['unflatten', S]>;
  constructor(readonly shape: readonly [...S]) {
    super();
  }
  forward<L extends Unflatten, T extends Tensor>(this: L, x: T): Tensor<t.From<L, T>>;
  forward(this: Unflatten, x: Tensor): Tensor {
    return x.reshape([x.shape[0] ?? 1, ...this.shape]);
  }
  override describe(): string {
    return `[${this.shape.join(', ')}]`;
  }
}
/** Gives each sample the shape `shape`: [n, …] → [n, ...shape]. */
export const unflatten = <const S extends Shape>(shape: readonly [...S]): Unflatten<S> => new Unflatten(shape);

/** Returns its input. */
export class Identity extends Module {
  declare readonly [flow]: t.Phantom<['same']>;
  forward<T extends Tensor>(x: T): T {
    return x;
  }
}
export const identity = (): Identity => new Identity();

/** A function of tensors as a layer without parameters. */
export class Lambda<S extends Shape = Shape> extends Module {
  constructor(readonly body: (x: Tensor) => Tensor<S>) {
    super();
  }
  forward(x: Tensor): Tensor<S> {
    return this.body(x);
  }
}
/** Wraps a function for `sequential`. @example sequential(linear(2, 8), lambda((x) => x.sin())) */
export const lambda = <S extends Shape>(body: (x: Tensor) => Tensor<S>): Lambda<S> => new Lambda(body);
