// In: gradients. Out: steps scaled by running moments of each element.
import { ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { type BaseOptions, checkOption, Optimizer, type Parameters, type State } from './optimizer.js';

/** Options of `adam` and `adamW`. */
export interface AdamOptions extends BaseOptions {
  /** Default 0.001. */
  lr?: number;
  /** Decay of the mean and of the mean square of the gradients. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator, outside the root. Default 1e-8. */
  eps?: number;
  /** Pull towards 0: through the gradient (`adam`, default 0) or directly (`adamW`, default 0.01). */
  weightDecay?: number;
  /** Divides by the largest mean square so far (Reddi et al., 2018). Default false. */
  amsgrad?: boolean;
}

/** Checks the two decay rates; at 1 nothing would ever be averaged. */
export function checkBetas(betas: readonly [number, number]): void {
  if (!Array.isArray(betas) || betas.length !== 2)
    throw new ValueError(`optimizer option betas = ${JSON.stringify(betas)}`, 'Give two numbers: [0.9, 0.999].');
  for (const [i, beta] of betas.entries())
    if (!(beta >= 0 && beta < 1))
      throw new ValueError(`optimizer option betas[${i}] = ${beta}`, 'It must be 0 or more, and less than 1.');
}

/** Adam (Kingma and Ba, 2015), as PyTorch's: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²; p ← p − lr·m̂/(√v̂ + ε). */
export class Adam extends Optimizer<AdamOptions> {
  constructor(
    parameters: Parameters<AdamOptions>,
    options: AdamOptions = {},
    private readonly decoupled = false,
  ) {
    super(parameters, {
      lr: 0.001,
      maximize: false,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      amsgrad: false,
      ...options,
    });
  }
  protected check({ betas, eps, weightDecay }: Required<AdamOptions>): void {
    checkBetas(betas);
    checkOption('eps', eps);
    checkOption('weightDecay', weightDecay);
  }
  protected slots({ amsgrad }: Required<AdamOptions>): Record<string, number> {
    return { mean: 0, square: 0, ...(amsgrad && { peak: 0 }) };
  }
  protected update(parameter: Tensor, gradient: Tensor, { step, slots }: State, o: Required<AdamOptions>): Tensor {
    const [beta1, beta2] = o.betas;
    let [p, g] = [parameter, gradient];
    if (o.weightDecay !== 0) {
      if (this.decoupled) p = p.mul(1 - o.lr * o.weightDecay);
      else g = g.add(p.mul(o.weightDecay));
    }
    const mean = slots.mean!.add(g.sub(slots.mean!).mul(1 - beta1));
    const square = slots.square!.mul(beta2).add(g.mul(g).mul(1 - beta2));
    slots.mean!.replace(mean);
    slots.square!.replace(square);
    let divisor = square;
    if (slots.peak) {
      divisor = slots.peak.maximum(square);
      slots.peak.replace(divisor);
    }
    const denominator = divisor
      .sqrt()
      .mul(1 / Math.sqrt(1 - beta2 ** step))
      .add(o.eps);
    return p.sub(mean.div(denominator).mul(o.lr / (1 - beta1 ** step)));
  }
}
/** AdamW (Loshchilov and Hutter, 2019): Adam whose weight decay acts on the parameters directly, 0.01 by default. */
export class AdamW extends Adam {
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, { weightDecay: 0.01, ...options }, true);
  }
}

/** Adam. @example adam(model.parameters(), { lr: 1e-3 }) */
export const adam = (parameters: Parameters<AdamOptions>, options?: AdamOptions): Adam => new Adam(parameters, options);
/** AdamW: weight decay of 0.01 by default, applied to the parameters directly. */
export const adamW = (parameters: Parameters<AdamOptions>, options?: AdamOptions): AdamW =>
  new AdamW(parameters, options);
