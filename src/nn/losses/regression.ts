// In: predicted and true numbers. Out: how far apart they are.
import { ShapeError, show, ValueError } from '../../errors.js';
import { sameShape } from '../../shape.js';
import type { Tensor } from '../../tensor.js';
import type * as t from '../../types/index.js';
import { checkSame, type LossOptions, reduceLoss } from './reduce.js';

/** Mean squared error: (prediction − target)². Shapes must be equal. */
export function mseLoss<P extends Tensor, T extends Tensor>(
  prediction: P,
  target: t.TargetFor<'mseLoss', P, T>,
  options?: LossOptions,
): Tensor;
export function mseLoss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkSame('mseLoss', prediction, target);
  const gap = prediction.sub(target);
  return reduceLoss(gap.mul(gap), options.reduction);
}

/** Mean absolute error: |prediction − target|. Shapes must be equal. */
export function l1Loss<P extends Tensor, T extends Tensor>(
  prediction: P,
  target: t.TargetFor<'l1Loss', P, T>,
  options?: LossOptions,
): Tensor;
export function l1Loss(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkSame('l1Loss', prediction, target);
  return reduceLoss(prediction.sub(target).abs(), options.reduction);
}

/** Huber (1964): ½d² where |d| ≤ δ, δ·(|d| − ½δ) beyond. δ = 1 by default. */
export function huberLoss<P extends Tensor, T extends Tensor>(
  prediction: P,
  target: t.TargetFor<'huberLoss', P, T>,
  options?: LossOptions & { delta?: number },
): Tensor;
export function huberLoss(prediction: Tensor, target: Tensor, options: LossOptions & { delta?: number } = {}): Tensor {
  checkSame('huberLoss', prediction, target);
  const { delta = 1 } = options;
  if (!(delta > 0)) throw new ValueError(`huberLoss: delta = ${delta}`, 'It must be positive.');
  const gap = prediction.sub(target).abs();
  return reduceLoss(
    gap
      .mul(gap)
      .mul(0.5)
      .where(gap.le(delta), gap.sub(delta / 2).mul(delta)),
    options.reduction,
  );
}

/**
 * Negative log-likelihood of a normal distribution with predicted mean and variance, at least `eps` (1e-6); `full` adds ½ ln 2π.
 * @param variance in the shape of the mean, or with one value for each row: a last axis of 1, or none.
 * @throws ShapeError for other shapes, ValueError for a negative variance in memory.
 */
export function gaussianNllLoss(
  mean: Tensor,
  target: Tensor,
  variance: Tensor,
  options: LossOptions & { full?: boolean; eps?: number } = {},
): Tensor {
  checkSame('gaussianNllLoss', mean, target);
  const { full = false, eps = 1e-6 } = options;
  const rows = mean.shape.slice(0, -1);
  const own = mean.rank > 0 && sameShape(variance.shape, rows) ? variance.unsqueeze(-1) : variance;
  if (!sameShape(own.shape, mean.shape) && !sameShape(own.shape, [...rows, 1]))
    throw new ShapeError(
      `gaussianNllLoss: mean ${show(mean.shape)}, variance ${show(variance.shape)}`,
      `The variance is ${show(mean.shape)}, or ${show([...rows, 1])} for one value a row.`,
    );
  const negative = variance.node.storage?.array.find((v) => v < 0);
  if (negative !== undefined)
    throw new ValueError(
      `gaussianNllLoss: a variance of ${negative}`,
      'It must be 0 or more: predict its logarithm and use .exp(), or nn.softplus().',
    );
  // The floor changes the value, not the gradient, as in PyTorch.
  const safe = own.add(own.maximum(eps).sub(own).detach());
  const gap = mean.sub(target);
  const losses = safe.log().add(gap.mul(gap).div(safe)).mul(0.5);
  return reduceLoss(full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, options.reduction);
}
