// In: gradients. Out: steps scaled by the size of past gradients: Adagrad, Adadelta, RMSprop.
import type { Tensor } from '../tensor.js';
import { type BaseOptions, checkOption, Optimizer, type Parameters, type State } from './optimizer.js';

/** Adds weightDecay · parameter to the gradient. */
export const decayed = (p: Tensor, g: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? g : g.add(p.mul(weightDecay));

/** Options of `adagrad`. */
export interface AdagradOptions extends BaseOptions {
  /** Default 0.01. */
  lr?: number;
  /** The rate at step t is lr / (1 + (t − 1) · lrDecay). Default 0. */
  lrDecay?: number;
  weightDecay?: number;
  /** First value of the sums. Default 0. */
  initialAccumulator?: number;
  /** Default 1e-10. */
  eps?: number;
}
/** Adagrad (Duchi et al., 2011), as PyTorch's: s ← s + g²; p ← p − lrₜ·g/(√s + ε). */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(parameters: Parameters<AdagradOptions>, options: AdagradOptions = {}) {
    super(parameters, {
      lr: 0.01,
      maximize: false,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulator: 0,
      eps: 1e-10,
      ...options,
    });
  }
  protected check(o: Required<AdagradOptions>): void {
    for (const name of ['lrDecay', 'weightDecay', 'initialAccumulator', 'eps'] as const) checkOption(name, o[name]);
  }
  protected slots({ initialAccumulator }: Required<AdagradOptions>): Record<string, number> {
    return { sum: initialAccumulator };
  }
  protected update(p: Tensor, gradient: Tensor, { step, slots }: State, o: Required<AdagradOptions>): Tensor {
    const g = decayed(p, gradient, o.weightDecay);
    const sum = slots.sum!.add(g.mul(g));
    slots.sum!.replace(sum);
    return p.sub(g.div(sum.sqrt().add(o.eps)).mul(o.lr / (1 + (step - 1) * o.lrDecay)));
  }
}

/** Options of `adadelta`. */
export interface AdadeltaOptions extends BaseOptions {
  /** Default 1. */
  lr?: number;
  /** Decay of the mean squares. Default 0.9. */
  rho?: number;
  /** Default 1e-6. */
  eps?: number;
  weightDecay?: number;
}
/** Adadelta (Zeiler, 2012), as PyTorch's: Δ = √(d + ε)/√(s + ε)·g with running means s of g² and d of Δ². */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(parameters: Parameters<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(parameters, { lr: 1, maximize: false, rho: 0.9, eps: 1e-6, weightDecay: 0, ...options });
  }
  protected check({ rho, eps, weightDecay }: Required<AdadeltaOptions>): void {
    checkOption('rho', rho, 0, 1);
    checkOption('eps', eps);
    checkOption('weightDecay', weightDecay);
  }
  protected slots(): Record<string, number> {
    return { square: 0, delta: 0 };
  }
  protected update(p: Tensor, gradient: Tensor, { slots }: State, o: Required<AdadeltaOptions>): Tensor {
    const g = decayed(p, gradient, o.weightDecay);
    const square = slots.square!.mul(o.rho).add(g.mul(g).mul(1 - o.rho));
    const delta = slots.delta!.add(o.eps).sqrt().div(square.add(o.eps).sqrt()).mul(g);
    slots.square!.replace(square);
    slots.delta!.replace(slots.delta!.mul(o.rho).add(delta.mul(delta).mul(1 - o.rho)));
    return p.sub(delta.mul(o.lr));
  }
}

/** Options of `rmsProp`. */
export interface RMSpropOptions extends BaseOptions {
  /** Default 0.01. */
  lr?: number;
  /** Decay of the mean square. Default 0.99. */
  alpha?: number;
  /** Default 1e-8. */
  eps?: number;
  weightDecay?: number;
  /** Default 0. */
  momentum?: number;
  /** Subtracts the squared mean, so that the divisor is a standard deviation. Default false. */
  centered?: boolean;
}
/** RMSprop (Hinton, 2012), as PyTorch's: s ← α·s + (1 − α)·g²; p ← p − lr·g/(√s + ε), with momentum if asked. */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: Parameters<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(parameters, {
      lr: 0.01,
      maximize: false,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      ...options,
    });
  }
  protected check({ alpha, eps, weightDecay, momentum }: Required<RMSpropOptions>): void {
    checkOption('alpha', alpha, 0, 1);
    checkOption('eps', eps);
    checkOption('weightDecay', weightDecay);
    checkOption('momentum', momentum);
  }
  protected slots({ momentum, centered }: Required<RMSpropOptions>): Record<string, number> {
    return { square: 0, ...(momentum > 0 && { momentum: 0 }), ...(centered && { mean: 0 }) };
  }
  protected update(p: Tensor, gradient: Tensor, { slots }: State, o: Required<RMSpropOptions>): Tensor {
    const g = decayed(p, gradient, o.weightDecay);
    const square = slots.square!.mul(o.alpha).add(g.mul(g).mul(1 - o.alpha));
    slots.square!.replace(square);
    let variance = square;
    if (slots.mean) {
      const mean = slots.mean.add(g.sub(slots.mean).mul(1 - o.alpha));
      slots.mean.replace(mean);
      variance = square.sub(mean.mul(mean));
    }
    const scaled = g.div(variance.sqrt().add(o.eps));
    if (!slots.momentum) return p.sub(scaled.mul(o.lr));
    const v = slots.momentum.mul(o.momentum).add(scaled);
    slots.momentum.replace(v);
    return p.sub(v.mul(o.lr));
  }
}

/** Adagrad. */
export const adagrad = (parameters: Parameters<AdagradOptions>, options?: AdagradOptions): Adagrad =>
  new Adagrad(parameters, options);
/** Adadelta. */
export const adadelta = (parameters: Parameters<AdadeltaOptions>, options?: AdadeltaOptions): Adadelta =>
  new Adadelta(parameters, options);
/** RMSprop. */
export const rmsProp = (parameters: Parameters<RMSpropOptions>, options?: RMSpropOptions): RMSprop =>
  new RMSprop(parameters, options);
