// In: gradients. Out: steps of Adam's relatives: Adamax, NAdam, RAdam, Lion.
import type { Tensor } from '../tensor.js';
import { checkBetas } from './adam.js';
import { decayed } from './adaptive.js';
import { type BaseOptions, checkOption, Optimizer, type Parameters, type State } from './optimizer.js';

/** Options of Adam's relatives. */
export interface MomentOptions extends BaseOptions {
  /** Default 0.002 (Adamax, NAdam), 0.001 (RAdam), 0.0001 (Lion). */
  lr?: number;
  /** Default [0.9, 0.999]; Lion [0.9, 0.99]. */
  betas?: readonly [number, number];
  /** Default 1e-8; unused by Lion. */
  eps?: number;
  /** Pull towards 0 through the gradient; Lion: directly. Default 0. */
  weightDecay?: number;
}

abstract class Moments<Options extends MomentOptions> extends Optimizer<Options> {
  protected check(o: Required<Options>): void {
    checkBetas(o.betas!);
    checkOption('eps', o.eps!);
    checkOption('weightDecay', o.weightDecay!);
  }
  protected slots(): Record<string, number> {
    return { mean: 0, square: 0 };
  }
}
/** m ← m + (1 − β)·(g − m), stored. */
function average({ slots }: State, g: Tensor, beta: number): Tensor {
  const mean = slots.mean!.add(g.sub(slots.mean!).mul(1 - beta));
  slots.mean!.replace(mean);
  return mean;
}
/** v ← β·v + (1 − β)·g², stored. */
function averageSquare({ slots }: State, g: Tensor, beta: number): Tensor {
  const square = slots.square!.mul(beta).add(g.mul(g).mul(1 - beta));
  slots.square!.replace(square);
  return square;
}

/** Parameter and gradient after weight decay, through the one or the other. */
const pulled = (
  p: Tensor,
  g: Tensor,
  { lr, weightDecay, decoupled }: Required<RAdamOptions>,
): readonly [Tensor, Tensor] =>
  decoupled && weightDecay !== 0 ? [p.mul(1 - lr * weightDecay), g] : [p, decayed(p, g, weightDecay)];

/** Adamax (Kingma and Ba, 2015), as PyTorch's: Adam with the largest gradient, decayed, in place of the mean square. */
export class Adamax extends Moments<MomentOptions> {
  constructor(parameters: Parameters<MomentOptions>, options: MomentOptions = {}) {
    super(parameters, { lr: 0.002, maximize: false, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, ...options });
  }
  protected override slots(): Record<string, number> {
    return { mean: 0, peak: 0 };
  }
  protected update(p: Tensor, gradient: Tensor, state: State, o: Required<MomentOptions>): Tensor {
    const g = decayed(p, gradient, o.weightDecay);
    const mean = average(state, g, o.betas[0]);
    const peak = state.slots.peak!.mul(o.betas[1]).maximum(g.abs().add(o.eps));
    state.slots.peak!.replace(peak);
    return p.sub(mean.div(peak).mul(o.lr / (1 - o.betas[0] ** state.step)));
  }
}

/** Options of `nAdam`. */
export interface NAdamOptions extends MomentOptions {
  /** How fast the momentum warms up. Default 0.004. */
  momentumDecay?: number;
  /** Whether weight decay acts on the parameters directly. Default false. */
  decoupled?: boolean;
}
/** NAdam (Dozat, 2016), as PyTorch's: Adam with Nesterov's look ahead and a momentum that warms up. */
export class NAdam extends Moments<NAdamOptions> {
  readonly #products = new WeakMap<State, { step: number; product: number }>();

  constructor(parameters: Parameters<NAdamOptions>, options: NAdamOptions = {}) {
    super(parameters, {
      lr: 0.002,
      maximize: false,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      momentumDecay: 0.004,
      decoupled: false,
      ...options,
    });
  }
  /** μ₁·…·μₜ, from that of the step before where it is known. */
  #product(state: State, momentum: (step: number) => number): number {
    const known = this.#products.get(state);
    let { step, product } = known && known.step < state.step ? known : { step: 0, product: 1 };
    while (step < state.step) product *= momentum(++step);
    this.#products.set(state, { step, product });
    return product;
  }
  protected update(p: Tensor, gradient: Tensor, state: State, o: Required<NAdamOptions>): Tensor {
    const [beta1, beta2] = o.betas;
    const momentum = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * o.momentumDecay));
    const [now, next, product] = [momentum(state.step), momentum(state.step + 1), this.#product(state, momentum)];
    const [start, g] = pulled(p, gradient, o);
    const mean = average(state, g, beta1);
    const denominator = averageSquare(state, g, beta2)
      .mul(1 / (1 - beta2 ** state.step))
      .sqrt()
      .add(o.eps);
    const step = g.mul((o.lr * (1 - now)) / (1 - product)).add(mean.mul((o.lr * next) / (1 - product * next)));
    return start.sub(step.div(denominator));
  }
}

/** Options of `rAdam`. */
export interface RAdamOptions extends MomentOptions {
  /** Whether weight decay acts on the parameters directly. Default false. */
  decoupled?: boolean;
}
/** RAdam (Liu et al., 2020), as PyTorch's: Adam that trusts its mean square only once that is certain enough. */
export class RAdam extends Moments<RAdamOptions> {
  constructor(parameters: Parameters<RAdamOptions>, options: RAdamOptions = {}) {
    super(parameters, {
      lr: 0.001,
      maximize: false,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      decoupled: false,
      ...options,
    });
  }
  protected update(p: Tensor, gradient: Tensor, state: State, o: Required<RAdamOptions>): Tensor {
    const [beta1, beta2] = o.betas;
    const [start, g] = pulled(p, gradient, o);
    const mean = average(state, g, beta1);
    const square = averageSquare(state, g, beta2);
    const { step } = state;
    const rate = o.lr / (1 - beta1 ** step);
    const correction = 1 - beta2 ** step;
    const limit = 2 / (1 - beta2) - 1;
    const length = limit - (2 * step * beta2 ** step) / correction;
    if (length <= 5) return start.sub(mean.mul(rate));
    const rectified = Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
    return start.sub(mean.div(square.sqrt().add(o.eps)).mul(rate * rectified * Math.sqrt(correction)));
  }
}

/** Lion (Chen et al., 2023): steps of one size, in the direction of the sign of a momentum. */
export class Lion extends Moments<MomentOptions> {
  constructor(parameters: Parameters<MomentOptions>, options: MomentOptions = {}) {
    super(parameters, { lr: 1e-4, maximize: false, betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0, ...options });
  }
  protected override slots(): Record<string, number> {
    return { mean: 0 };
  }
  protected update(p: Tensor, g: Tensor, { slots }: State, o: Required<MomentOptions>): Tensor {
    const mean = slots.mean!;
    const direction = mean
      .mul(o.betas[0])
      .add(g.mul(1 - o.betas[0]))
      .sign();
    mean.replace(mean.mul(o.betas[1]).add(g.mul(1 - o.betas[1])));
    return (o.weightDecay === 0 ? p : p.mul(1 - o.lr * o.weightDecay)).sub(direction.mul(o.lr));
  }
}

/** Adamax. */
export const adamax = (parameters: Parameters<MomentOptions>, options?: MomentOptions): Adamax =>
  new Adamax(parameters, options);
/** NAdam. */
export const nAdam = (parameters: Parameters<NAdamOptions>, options?: NAdamOptions): NAdam =>
  new NAdam(parameters, options);
/** RAdam. */
export const rAdam = (parameters: Parameters<RAdamOptions>, options?: RAdamOptions): RAdam =>
  new RAdam(parameters, options);
/** Lion; wants a learning rate 3 to 10 times smaller than Adam's. */
export const lion = (parameters: Parameters<MomentOptions>, options?: MomentOptions): Lion =>
  new Lion(parameters, options);
