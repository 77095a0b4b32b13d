// In: two distributions. Out: how much one says that the other does not.
import type { Tensor } from '../../tensor.js';
import { checkSame, reduceLoss } from './reduce.js';

/**
 * Kullback–Leibler divergence Σ target · (ln target − input).
 * @param input logarithms of the model's probabilities.
 * @param target probabilities, or their logarithms with `logTarget`.
 * @param options `reduction`: 'batchMean' divides the sum by the batch, which is the mathematical value; 'mean' (the default, as in PyTorch) by all elements.
 */
export function klDivLoss(
  input: Tensor,
  target: Tensor,
  options: { reduction?: 'mean' | 'sum' | 'none' | 'batchMean'; logTarget?: boolean } = {},
): Tensor {
  checkSame('klDivLoss', input, target);
  const { reduction = 'mean', logTarget = false } = options;
  // 0 · ln 0 is 0.
  const losses = logTarget
    ? target.exp().mul(target.sub(input))
    : target.mul(target.where(target.gt(0), 1).log().sub(input));
  return reduction === 'batchMean' ? losses.sum().mul(1 / (input.shape[0] ?? 1)) : reduceLoss(losses, reduction);
}
