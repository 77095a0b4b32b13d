// In: scores, or vectors of things that belong together or not. Out: how far a margin is missed.
import { ValueError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import { checkSame, type LossOptions, reduceLoss } from './reduce.js';

/** max(0, 1 − y·score) with y = ±1, as of support vector machines; `squared` squares it. */
export function hingeLoss(scores: Tensor, target: Tensor, options: LossOptions & { squared?: boolean } = {}): Tensor {
  checkSame('hingeLoss', scores, target);
  const missed = scores.mul(target).neg().add(1).maximum(0);
  return reduceLoss(options.squared ? missed.mul(missed) : missed, options.reduction);
}

/** ‖a − b + ε‖ₚ along the last axis: never exactly 0, so that it has a gradient everywhere. */
const distance = (a: Tensor, b: Tensor, p: number, eps: number): Tensor => a.sub(b).add(eps).norm(p, -1);

/** Options of `tripletMarginLoss`. */
export interface TripletOptions extends LossOptions {
  /** Default 1. */
  margin?: number;
  /** Order of the norm. Default 2. */
  p?: number;
  /** Added to differences. Default 1e-6. */
  eps?: number;
  /** Also compares the positive with the negative. Default false. */
  swap?: boolean;
}
/** max(0, d(anchor, positive) − d(anchor, negative) + margin) of vectors [..., size]. */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletOptions = {},
): Tensor {
  checkSame('tripletMarginLoss', anchor, positive);
  checkSame('tripletMarginLoss', anchor, negative);
  const { margin = 1, p = 2, eps = 1e-6, swap = false } = options;
  if (!(margin > 0)) throw new ValueError(`tripletMarginLoss: margin = ${margin}`, 'It must be positive.');
  const near = distance(anchor, positive, p, eps);
  let far = distance(anchor, negative, p, eps);
  if (swap) far = far.minimum(distance(positive, negative, p, eps));
  return reduceLoss(near.sub(far).add(margin).maximum(0), options.reduction);
}

/**
 * Contrastive loss of pairs (Hadsell et al., 2006): ½·y·d² + ½·(1 − y)·max(0, margin − d)².
 * @param a [..., size] @param b [..., size] @param same 1 for pairs that belong together, 0 for others, [...]
 */
export function contrastiveLoss(
  a: Tensor,
  b: Tensor,
  same: Tensor,
  options: LossOptions & { margin?: number; eps?: number } = {},
): Tensor {
  checkSame('contrastiveLoss', a, b);
  const d = distance(a, b, 2, options.eps ?? 1e-6);
  checkSame('contrastiveLoss', d, same);
  const y = same.to(d.dtype);
  const gap = d
    .neg()
    .add(options.margin ?? 1)
    .maximum(0);
  return reduceLoss(y.mul(d).mul(d).add(y.neg().add(1).mul(gap).mul(gap)).mul(0.5), options.reduction);
}
