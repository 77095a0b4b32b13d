// In: [..., …spatial] of any size. Out: [..., …size], windows chosen so that the size comes out.
import { ShapeError, show } from '../errors.js';
import { type Extent, Tensor } from '../tensor.js';
import { extents } from './conv.js';
import { Module } from './module.js';

/** Reduces axis `axis` to `size` windows: window i spans ⌊i·n/size⌋ to ⌈(i + 1)·n/size⌉, as PyTorch's. */
function adapt(x: Tensor, axis: number, size: number, reduce: (t: Tensor, axis: number) => Tensor): Tensor {
  const n = x.shape[axis]!;
  if (n % size === 0) {
    const split = x.reshape([...x.shape.slice(0, axis), size, n / size, ...x.shape.slice(axis + 1)]);
    return reduce(split, axis + 1);
  }
  const windows = Array.from({ length: size }, (_, i) => {
    const [from, to] = [Math.floor((i * n) / size), Math.ceil(((i + 1) * n) / size)];
    return reduce(x.narrow(axis, from, to - from), axis);
  });
  return Tensor.stack(windows, axis);
}

abstract class AdaptivePool extends Module {
  constructor(
    private readonly rank: 1 | 2 | 3,
    readonly size: Extent,
    private readonly reduce: (t: Tensor, axis: number) => Tensor,
  ) {
    super();
  }
  forward(x: Tensor): Tensor {
    if (x.rank < this.rank)
      throw new ShapeError(`${this.constructor.name}: input ${show(x.shape)}`, `It needs at least ${this.rank} axes.`);
    // From the last axis on, so that the first of equal elements is the first in memory.
    return extents(this.size, this.rank, `${this.constructor.name}: size`, 1).reduceRight(
      (t, size, i) => adapt(t, x.rank - this.rank + i, size, this.reduce),
      x,
    );
  }
  override describe(): string {
    return extents(this.size, this.rank).join('×');
  }
}
const mean = (t: Tensor, axis: number): Tensor => t.mean(axis);
/** The first of the largest, so that equal elements do not share its gradient. */
const max = (t: Tensor, axis: number): Tensor => t.gather(t.argmax(axis, true), axis).squeeze(axis);

/** Means over windows of the last axis. */
export class AdaptiveAvgPool1d extends AdaptivePool {
  constructor(size: Extent = 1) {
    super(1, size, mean);
  }
}
/** Means over windows of the last two axes. */
export class AdaptiveAvgPool2d extends AdaptivePool {
  constructor(size: Extent = 1) {
    super(2, size, mean);
  }
}
/** Largest elements of windows of the last axis. */
export class AdaptiveMaxPool1d extends AdaptivePool {
  constructor(size: Extent = 1) {
    super(1, size, max);
  }
}
/** Largest elements of windows of the last two axes. */
export class AdaptiveMaxPool2d extends AdaptivePool {
  constructor(size: Extent = 1) {
    super(2, size, max);
  }
}
/** Means over `size` (1) windows of the last axis. */
export const adaptiveAvgPool1d = (size?: Extent): AdaptiveAvgPool1d => new AdaptiveAvgPool1d(size);
/** Means over `size` (1) windows of the last two axes; size 1 is global average pooling. */
export const adaptiveAvgPool2d = (size?: Extent): AdaptiveAvgPool2d => new AdaptiveAvgPool2d(size);
/** Largest elements of `size` (1) windows of the last axis. */
export const adaptiveMaxPool1d = (size?: Extent): AdaptiveMaxPool1d => new AdaptiveMaxPool1d(size);
/** Largest elements of `size` (1) windows of the last two axes. */
export const adaptiveMaxPool2d = (size?: Extent): AdaptiveMaxPool2d => new AdaptiveMaxPool2d(size);
