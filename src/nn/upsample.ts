// In: [n, c, …spatial]. Out: [n, c, …larger], by repetition or blending.
import { type InterpolateOptions, interpolate } from '../functions/resize.js';
import type { Tensor } from '../tensor.js';
import { Module } from './module.js';

/** Resizes the spatial axes; learns nothing. Followed by a convolution it is the usual alternative to a transposed one. */
export class Upsample extends Module {
  constructor(readonly options: InterpolateOptions) {
    super();
  }
  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
  override describe(): string {
    const { size, scale, mode = 'nearest' } = this.options;
    return `${size ? size.join('×') : `×${scale}`}, ${mode}`;
  }
}

/**
 * A layer that resizes [n, c, …] to `size` or by `scale`, `nearest` or `linear`.
 * @example upsample({ scale: 2, mode: 'linear' })
 */
export const upsample = (options: InterpolateOptions): Upsample => new Upsample(options);
