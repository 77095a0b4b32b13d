// In: layers. Out: one module that holds or chains them.
import type { Parameter, Tensor } from '../tensor.js';
import { type Layer, Module } from './module.js';

/** Layers one after the other, named by position as in PyTorch: `0.weight`. */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    this.layers = layers;
  }
  override *members(): Generator<[string, Parameter | Module]> {
    for (let i = 0; i < this.layers.length; i++) yield [String(i), this.layers[i]!];
  }
  forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }
}
/** Chains layers: the output of each is the input of the next. */
export const sequential = (...layers: readonly Layer[]): Sequential => new Sequential(...layers);

/** Joins the axes from `from` (1, after the batch) to `to` (the last) into one. */
export class Flatten extends Module {
  constructor(
    readonly first = 1,
    readonly last = -1,
  ) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.flatten(this.first, this.last);
  }
}
/** Joins the axes after the batch into one: [n, c, h, w] → [n, c·h·w]. */
export const flatten = (from?: number, to?: number): Flatten => new Flatten(from, to);

/** Gives each sample another shape. */
export class Unflatten extends Module {
  constructor(readonly shape: readonly number[]) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x.reshape([x.shape[0] ?? 1, ...this.shape]);
  }
  override describe(): string {
    return `[${this.shape.join(', ')}]`;
  }
}
/** Gives each sample the shape `shape`: [n, …] → [n, ...shape]. */
export const unflatten = (shape: readonly number[]): Unflatten => new Unflatten(shape);

/** Returns its input. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
export const identity = (): Identity => new Identity();

/** A function of tensors as a layer without parameters. */
export class Lambda extends Module {
  constructor(readonly body: (x: Tensor) => Tensor) {
    super();
  }
  forward(x: Tensor): Tensor {
    return this.body(x);
  }
}
/** Wraps a function for `sequential`. @example sequential(linear(2, 8), lambda((x) => x.sin())) */
export const lambda = (body: (x: Tensor) => Tensor): Lambda => new Lambda(body);
