// In: any tensor. Out: in training, elements or whole channels set to 0 at random and the rest scaled up.
import { generator } from '../random.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { checkProbability } from './check.js';
import { Module } from './module.js';

/** x with parts of `shape` zeroed with probability p, the rest divided by 1 − p so that the mean stays. */
export function drop(x: Tensor, p: number, shape: Shape): Tensor {
  if (p === 0) return x;
  if (p === 1) return x.mul(0);
  const kept = generator().uniform(shape).ge(p);
  return x.mul(1 / (1 - p)).where(kept, 0);
}

/** Zeroes elements with probability p while training (Srivastava et al., 2014); does nothing in `eval()`. */
export class Dropout extends Module {
  declare readonly [flow]: t.Phantom<['same']>;
  constructor(readonly p = 0.5) {
    super();
    checkProbability('dropout', p);
  }
  forward<T extends Tensor>(x: T): Tensor<t.ShapeOf<T>>;
  forward(x: Tensor): Tensor {
    return this.training ? drop(x, this.p, x.shape) : x;
  }
  override describe(): string {
    return `p ${this.p}`;
  }
}

/** Zeroes whole channels (axes 0 and 1) with probability p while training; does nothing in `eval()`. */
export class Dropout2d extends Dropout {
  override forward<T extends Tensor>(x: T): Tensor<t.ShapeOf<T>>;
  override forward(x: Tensor): Tensor {
    return this.training
      ? drop(
          x,
          this.p,
          x.shape.map((n, i) => (i < 2 ? n : 1)),
        )
      : x;
  }
}

/** Zeroes elements with probability `p` (0.5 by default) while training. */
export const dropout = (p?: number): Dropout => new Dropout(p);
/** Zeroes whole channels of [n, c, h, w] with probability `p` (0.5 by default) while training. */
export const dropout2d = (p?: number): Dropout2d => new Dropout2d(p);
