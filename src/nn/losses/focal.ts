// In: logits and targets. Out: cross-entropy in which easy samples count less (Lin et al., 2017).
import type { Tensor } from '../../tensor.js';
import { binaryCrossEntropyWithLogits, crossEntropy } from './classification.js';
import { type LossOptions, reduceLoss } from './reduce.js';

/** Options of the focal losses. */
export interface FocalOptions extends LossOptions {
  /** How fast easy samples fade. Default 2; 0 gives cross-entropy. */
  gamma?: number;
}

/** (1 − p)^γ · −ln p at the label, with p = softmax(logits). @param logits [n, classes, …] @param labels [n, …] */
export function focalLoss(logits: Tensor, labels: Tensor, options: FocalOptions & { weight?: Tensor } = {}): Tensor {
  const { gamma = 2, weight, reduction } = options;
  const surprise = crossEntropy(logits, labels, { reduction: 'none' });
  const losses = surprise.neg().expm1().neg().pow(gamma).mul(surprise);
  return reduceLoss(weight ? losses.mul(weight.take(labels)) : losses, reduction);
}

/** Focal loss of independent yes/no targets; `alpha` (0.25) weighs the positive class against the negative, null not at all. */
export function binaryFocalLoss(
  logits: Tensor,
  target: Tensor,
  options: FocalOptions & { alpha?: number | null } = {},
): Tensor {
  const { gamma = 2, alpha = 0.25, reduction } = options;
  const surprise = binaryCrossEntropyWithLogits(logits, target, { reduction: 'none' });
  const y = target.to(logits.dtype);
  const p = logits.sigmoid();
  const wrong = p.mul(y.neg().add(1)).add(logits.neg().sigmoid().mul(y));
  const losses = surprise.mul(wrong.pow(gamma));
  return reduceLoss(alpha === null ? losses : losses.mul(y.mul(2 * alpha - 1).add(1 - alpha)), reduction);
}
