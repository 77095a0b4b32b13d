// In: [n, c, …spatial]. Out: [n, c, …spatial′], each window reduced to its largest element or its mean.
import type { Extent, PoolOptions, Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { extents } from './conv.js';
import { Module } from './module.js';

abstract class Pool<
  Name extends string = string,
  R extends 1 | 2 | 3 = 1 | 2 | 3,
  K extends Extent = Extent,
  M extends t.Moves = t.Moves,
> extends Module {
  declare readonly [flow]: t.Phantom<['pool', Name, R, K, M]>;
  constructor(
    readonly kernel: K,
    readonly options: PoolOptions = {},
  ) {
    super();
  }
  forward<L extends Pool, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.From<L, T>>;
  forward(x: Tensor): Tensor {
    return this.reduce(x);
  }
  protected abstract reduce(x: Tensor): Tensor;
  override describe(): string {
    const { stride, padding } = this.options;
    return [
      extents(this.kernel, 1).join('×'),
      ...(stride === undefined ? [] : [`stride ${stride}`]),
      ...(padding ? [`padding ${padding}`] : []),
    ].join(', ');
  }
}

/** Largest element of each window over the last axis. */
export class MaxPool1d<K extends Extent = Extent, M extends t.Moves = t.Moves> extends Pool<'maxPool1d', 1, K, M> {
  protected reduce(x: Tensor): Tensor {
    return x.maxPool1d(this.kernel, this.options);
  }
}
/** Largest element of each window over the last two axes. */
export class MaxPool2d<K extends Extent = Extent, M extends t.Moves = t.Moves> extends Pool<'maxPool2d', 2, K, M> {
  protected reduce(x: Tensor): Tensor {
    return x.maxPool2d(this.kernel, this.options);
  }
}
/** Largest element of each window over the last three axes. */
export class MaxPool3d<K extends Extent = Extent, M extends t.Moves = t.Moves> extends Pool<'maxPool3d', 3, K, M> {
  protected reduce(x: Tensor): Tensor {
    return x.maxPool3d(this.kernel, this.options);
  }
}
/** Mean of each window over the last axis; padding counts as zeros. */
export class AvgPool1d<K extends Extent = Extent, M extends t.Moves = t.Moves> extends Pool<'avgPool1d', 1, K, M> {
  protected reduce(x: Tensor): Tensor {
    return x.avgPool1d(this.kernel, this.options);
  }
}
/** Mean of each window over the last two axes; padding counts as zeros. */
export class AvgPool2d<K extends Extent = Extent, M extends t.Moves = t.Moves> extends Pool<'avgPool2d', 2, K, M> {
  protected reduce(x: Tensor): Tensor {
    return x.avgPool2d(this.kernel, this.options);
  }
}
/** Mean of each window over the last three axes; padding counts as zeros. */
export class AvgPool3d<K extends Extent = Extent, M extends t.Moves = t.Moves> extends Pool<'avgPool3d', 3, K, M> {
  protected reduce(x: Tensor): Tensor {
    return x.avgPool3d(this.kernel, this.options);
  }
}

/** Largest element of each window of the last axis. Stride: the kernel by default. */
export const maxPool1d = <
  const K extends Extent,
  const Stride extends Extent = K,
  const Padding extends Extent = 0,
  const Dilation extends Extent = 1,
>(
  kernel: K,
  options?: PoolOptions<Stride, Padding, Dilation>,
): MaxPool1d<K, t.Moves<Stride, Padding, Dilation>> => new MaxPool1d(kernel, options);
/** Largest element of each window of [n, c, h, w]. Stride: the kernel by default. */
export const maxPool2d = <
  const K extends Extent,
  const Stride extends Extent = K,
  const Padding extends Extent = 0,
  const Dilation extends Extent = 1,
>(
  kernel: K,
  options?: PoolOptions<Stride, Padding, Dilation>,
): MaxPool2d<K, t.Moves<Stride, Padding, Dilation>> => new MaxPool2d(kernel, options);
/** Largest element of each window of [n, c, d, h, w]. Stride: the kernel by default. */
export const maxPool3d = <
  const K extends Extent,
  const Stride extends Extent = K,
  const Padding extends Extent = 0,
  const Dilation extends Extent = 1,
>(
  kernel: K,
  options?: PoolOptions<Stride, Padding, Dilation>,
): MaxPool3d<K, t.Moves<Stride, Padding, Dilation>> => new MaxPool3d(kernel, options);
/** Mean of each window of the last axis. Stride: the kernel by default. */
export const avgPool1d = <
  const K extends Extent,
  const Stride extends Extent = K,
  const Padding extends Extent = 0,
  const Dilation extends Extent = 1,
>(
  kernel: K,
  options?: PoolOptions<Stride, Padding, Dilation>,
): AvgPool1d<K, t.Moves<Stride, Padding, Dilation>> => new AvgPool1d(kernel, options);
/** Mean of each window of [n, c, h, w]. Stride: the kernel by default. */
export const avgPool2d = <
  const K extends Extent,
  const Stride extends Extent = K,
  const Padding extends Extent = 0,
  const Dilation extends Extent = 1,
>(
  kernel: K,
  options?: PoolOptions<Stride, Padding, Dilation>,
): AvgPool2d<K, t.Moves<Stride, Padding, Dilation>> => new AvgPool2d(kernel, options);
/** Mean of each window of [n, c, d, h, w]. Stride: the kernel by default. */
export const avgPool3d = <
  const K extends Extent,
  const Stride extends Extent = K,
  const Padding extends Extent = 0,
  const Dilation extends Extent = 1,
>(
  kernel: K,
  options?: PoolOptions<Stride, Padding, Dilation>,
): AvgPool3d<K, t.Moves<Stride, Padding, Dilation>> => new AvgPool3d(kernel, options);
