// In: two tensors [..., a] and [..., b]. Out: [..., outputs], linear in each.
import { ShapeError, show } from '../errors.js';
import { Parameter, type Tensor } from '../tensor.js';
import { checkCount } from './check.js';
import { defaultUniform } from './init.js';
import type { LinearOptions } from './linear.js';
import { Module } from './module.js';

/** yₖ = xᵀ·Wₖ·z + bₖ, with W [outputs, left, right]. */
export class Bilinear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly left: number,
    readonly right: number,
    readonly outputs: number,
    options: LinearOptions = {},
  ) {
    super();
    checkCount('bilinear', { left, right, outputs });
    this.weight = new Parameter(defaultUniform([outputs, left, right], left));
    this.bias = (options.bias ?? true) ? new Parameter(defaultUniform([outputs], left)) : null;
  }
  /** @param x [..., left] @param z [..., right] @returns [..., outputs] */
  forward(x: Tensor, z: Tensor): Tensor {
    const { left, right, outputs } = this;
    if (x.shape[x.rank - 1] !== left || z.shape[z.rank - 1] !== right) {
      throw new ShapeError(
        `bilinear(${left}, ${right}, ${outputs}): inputs ${show(x.shape)} and ${show(z.shape)}`,
        `The last axes must be ${left} and ${right}.`,
      );
    }
    const mixed = x.matmul(this.weight.permute(1, 0, 2).reshape(left, outputs * right)); // [..., outputs·right]
    const y = mixed
      .reshape([...x.shape.slice(0, -1), outputs, right])
      .mul(z.unsqueeze(-2))
      .sum(-1);
    return this.bias ? y.add(this.bias) : y;
  }
  override describe(): string {
    return `${this.left} × ${this.right} → ${this.outputs}`;
  }
}
/** A layer linear in each of two inputs. */
export const bilinear = (left: number, right: number, outputs: number, options?: LinearOptions): Bilinear =>
  new Bilinear(left, right, outputs, options);
