// In: the loss of each element. Out: their mean, their sum, or all of them.
import { ShapeError, show, ValueError } from '../../errors.js';
import { sameShape } from '../../shape.js';
import type { Tensor } from '../../tensor.js';

/** What becomes of the losses of the elements. */
export type Reduction = 'mean' | 'sum' | 'none';
/** Options that every loss has. */
export interface LossOptions {
  /** Default `'mean'`. */
  reduction?: Reduction;
}

/** Applies a reduction. Throws ValueError for an unknown one. */
export function reduceLoss(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  switch (reduction) {
    case 'mean':
      return losses.mean();
    case 'sum':
      return losses.sum();
    case 'none':
      return losses;
    default:
      throw new ValueError(`reduction '${String(reduction satisfies never)}'`, "Use 'mean', 'sum' or 'none'.");
  }
}

/** Throws unless prediction and target have one shape, so that no broadcast hides a mistake. */
export function checkSame(loss: string, prediction: Tensor, target: Tensor): void {
  if (sameShape(prediction.shape, target.shape)) return;
  const hint =
    prediction.size === target.size
      ? 'They hold equally many numbers: reshape one, for example prediction.squeeze(-1).'
      : 'Each prediction needs its target.';
  throw new ShapeError(`${loss}: prediction ${show(prediction.shape)}, target ${show(target.shape)}`, hint);
}
