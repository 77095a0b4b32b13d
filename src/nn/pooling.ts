// In: [n, c, …spatial]. Out: [n, c, …spatial′], each window reduced to its largest element or its mean.
import type { Extent, PoolOptions, Tensor } from '../tensor.js';
import { extents } from './conv.js';
import { Module } from './module.js';

abstract class Pool extends Module {
  constructor(
    readonly kernel: Extent,
    readonly options: PoolOptions = {},
  ) {
    super();
  }
  abstract override forward(x: Tensor): Tensor;
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
export class MaxPool1d extends Pool {
  forward(x: Tensor): Tensor {
    return x.maxPool1d(this.kernel, this.options);
  }
}
/** Largest element of each window over the last two axes. */
export class MaxPool2d extends Pool {
  forward(x: Tensor): Tensor {
    return x.maxPool2d(this.kernel, this.options);
  }
}
/** Largest element of each window over the last three axes. */
export class MaxPool3d extends Pool {
  forward(x: Tensor): Tensor {
    return x.maxPool3d(this.kernel, this.options);
  }
}
/** Mean of each window over the last axis; padding counts as zeros. */
export class AvgPool1d extends Pool {
  forward(x: Tensor): Tensor {
    return x.avgPool1d(this.kernel, this.options);
  }
}
/** Mean of each window over the last two axes; padding counts as zeros. */
export class AvgPool2d extends Pool {
  forward(x: Tensor): Tensor {
    return x.avgPool2d(this.kernel, this.options);
  }
}
/** Mean of each window over the last three axes; padding counts as zeros. */
export class AvgPool3d extends Pool {
  forward(x: Tensor): Tensor {
    return x.avgPool3d(this.kernel, this.options);
  }
}

/** Largest element of each window of the last axis. Stride: the kernel by default. */
export const maxPool1d = (kernel: Extent, options?: PoolOptions): MaxPool1d => new MaxPool1d(kernel, options);
/** Largest element of each window of [n, c, h, w]. Stride: the kernel by default. */
export const maxPool2d = (kernel: Extent, options?: PoolOptions): MaxPool2d => new MaxPool2d(kernel, options);
/** Largest element of each window of [n, c, d, h, w]. Stride: the kernel by default. */
export const maxPool3d = (kernel: Extent, options?: PoolOptions): MaxPool3d => new MaxPool3d(kernel, options);
/** Mean of each window of the last axis. Stride: the kernel by default. */
export const avgPool1d = (kernel: Extent, options?: PoolOptions): AvgPool1d => new AvgPool1d(kernel, options);
/** Mean of each window of [n, c, h, w]. Stride: the kernel by default. */
export const avgPool2d = (kernel: Extent, options?: PoolOptions): AvgPool2d => new AvgPool2d(kernel, options);
/** Mean of each window of [n, c, d, h, w]. Stride: the kernel by default. */
export const avgPool3d = (kernel: Extent, options?: PoolOptions): AvgPool3d => new AvgPool3d(kernel, options);
