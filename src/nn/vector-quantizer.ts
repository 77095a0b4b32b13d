// In: vectors [..., size]. Out: the nearest vector of a learnt codebook for each, with a gradient that passes straight through.
import { ShapeError, show } from '../errors.js';
import { Parameter, type Tensor } from '../tensor.js';
import { checkCount } from './check.js';
import { uniform } from './init.js';
import { Module } from './module.js';

/** What a quantizer returns. */
export interface Quantized {
  /** The nearest codes, [..., size]; gradients go to the input unchanged. */
  readonly output: Tensor;
  /** Which codes, int32 [...]. */
  readonly indices: Tensor;
  /** Pulls codes to inputs and, with weight `commitment`, inputs to codes. Add it to the loss. */
  readonly loss: Tensor;
}

/** Vector quantizer of VQ-VAE (van den Oord et al., 2017). */
export class VectorQuantizer extends Module {
  readonly weight: Parameter;
  constructor(
    readonly codes: number,
    readonly size: number,
    readonly commitment = 0.25,
  ) {
    super();
    checkCount('vectorQuantizer', { codes, size });
    this.weight = new Parameter(uniform([codes, size], -1 / codes, 1 / codes));
  }
  /** @param x [..., size] */
  forward(x: Tensor): Quantized {
    if (x.shape[x.rank - 1] !== this.size)
      throw new ShapeError(
        `vectorQuantizer(${this.codes}, ${this.size}): input ${show(x.shape)}`,
        `The last axis must be ${this.size}; channels of images want .permute(0, 2, 3, 1).`,
      );
    const rows = x.reshape(-1, this.size).detach();
    const book = this.weight.detach();
    // |x − e|² without |x|², which is the same for all codes.
    const distance = book.mul(book).sum(1).sub(rows.matmul(book.T).mul(2)); // [rows, codes]
    const indices = distance.argmin(1).reshape(x.shape.slice(0, -1));
    const nearest = this.weight.take(indices);
    const gap = (a: Tensor, b: Tensor): Tensor => a.sub(b).square().mean();
    const loss = gap(nearest, x.detach()).add(gap(x, nearest.detach()).mul(this.commitment));
    return { output: x.add(nearest.sub(x).detach()), indices, loss };
  }
  override describe(): string {
    return `${this.codes} codes of ${this.size}`;
  }
}
/** A codebook of `codes` vectors of length `size`. */
export const vectorQuantizer = (codes: number, size: number, commitment?: number): VectorQuantizer =>
  new VectorQuantizer(codes, size, commitment);
