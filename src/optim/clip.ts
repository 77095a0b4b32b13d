// In: parameters with gradients. Out: gradients of bounded size, and penalties on the size of weights.
import { awaitLoss } from '../boundary.js';
import { zeros } from '../create.js';
import { ValueError } from '../errors.js';
import { noGrad, type Parameter, type Tensor } from '../tensor.js';
import { listed } from './optimizer.js';

/** |t|ᵖ summed, or the largest |t| for p = ∞. */
const power = (t: Tensor, p: number): Tensor =>
  p === Number.POSITIVE_INFINITY ? t.abs().max() : p === 2 ? t.mul(t).sum() : t.abs().pow(p).sum();
const sumOf = (list: readonly Tensor[]): Tensor => (list.length ? list.reduce((a, b) => a.add(b)) : zeros([]));

/**
 * Scales all gradients down so that their common norm is at most `maxNorm`. Call it between `backward()` and `step()`.
 * @param options `p`: order of the norm, 2 by default.
 * @returns the norm before, computed with the step.
 */
export function clipGradNorm(parameters: Iterable<Parameter>, maxNorm: number, options: { p?: number } = {}): Tensor {
  const { p = 2 } = options;
  if (!(maxNorm > 0)) throw new ValueError(`clipGradNorm: maxNorm = ${maxNorm}`, 'It must be positive.');
  return noGrad(() => {
    const list = [...listed('clipGradNorm', parameters)].filter((parameter) => parameter.grad);
    const powers = list.map((parameter) => power(parameter.grad!, p));
    const norm =
      p === Number.POSITIVE_INFINITY
        ? powers.length
          ? powers.reduce((a, b) => a.maximum(b))
          : zeros([])
        : sumOf(powers).pow(1 / p);
    const scale = norm.add(1e-6).reciprocal().mul(maxNorm).minimum(1);
    for (const parameter of list) parameter.grad = parameter.grad!.mul(scale);
    awaitLoss(norm);
    return norm;
  });
}

/** Limits every element of every gradient to [−limit, limit]. Call it between `backward()` and `step()`. */
export function clipGradValue(parameters: Iterable<Parameter>, limit: number): void {
  if (!(limit > 0)) throw new ValueError(`clipGradValue: limit = ${limit}`, 'It must be positive.');
  noGrad(() => {
    for (const parameter of listed('clipGradValue', parameters))
      if (parameter.grad) parameter.grad = parameter.grad.clamp(-limit, limit);
  });
}

/** Σ |weight|, to be scaled and added to a loss: drives weights to exactly 0. */
export const l1Penalty = (parameters: Iterable<Parameter>): Tensor =>
  sumOf([...listed('l1Penalty', parameters)].map((p) => p.abs().sum()));
/** Σ weight², to be scaled and added to a loss: keeps weights small. */
export const l2Penalty = (parameters: Iterable<Parameter>): Tensor =>
  sumOf([...listed('l2Penalty', parameters)].map((p) => p.mul(p).sum()));
