// In: gradients. Out: steps against them, with momentum.
import { ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { type BaseOptions, checkOption, Optimizer, type Parameters, type State } from './optimizer.js';

/** Options of `sgd`. */
export interface SGDOptions extends BaseOptions {
  /** Default 0.001. */
  lr?: number;
  /** Share of the last step that goes on. Default 0. */
  momentum?: number;
  /** Share of the gradient that the momentum leaves out. Default 0. */
  dampening?: number;
  /** Looks ahead along the momentum. Default false. */
  nesterov?: boolean;
  /** Adds weightDecay · parameter to the gradient. Default 0. */
  weightDecay?: number;
}

/** Stochastic gradient descent, as PyTorch's: v ← μ·v + (1 − dampening)·g; p ← p − lr·v (Nesterov: p − lr·(g + μ·v)). */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: Parameters<SGDOptions>, options: SGDOptions = {}) {
    super(parameters, {
      lr: 0.001,
      maximize: false,
      momentum: 0,
      dampening: 0,
      nesterov: false,
      weightDecay: 0,
      ...options,
    });
  }
  protected check({ momentum, weightDecay, nesterov, dampening }: Required<SGDOptions>): void {
    checkOption('momentum', momentum);
    checkOption('weightDecay', weightDecay);
    if (nesterov && (momentum <= 0 || dampening !== 0))
      throw new ValueError('SGD: Nesterov without momentum, or with dampening', 'Give momentum > 0 and dampening 0.');
  }
  protected slots({ momentum }: Required<SGDOptions>): Record<string, number> {
    return momentum === 0 ? {} : { momentum: 0 };
  }
  protected update(p: Tensor, gradient: Tensor, { step, slots }: State, o: Required<SGDOptions>): Tensor {
    const g = o.weightDecay === 0 ? gradient : gradient.add(p.mul(o.weightDecay));
    const { momentum } = slots;
    if (!momentum) return p.sub(g.mul(o.lr));
    const v = momentum.mul(o.momentum).add(step === 1 ? g : g.mul(1 - o.dampening));
    momentum.replace(v);
    return p.sub((o.nesterov ? g.add(v.mul(o.momentum)) : v).mul(o.lr));
  }
}
/** Stochastic gradient descent. @example sgd(model.parameters(), { lr: 0.1, momentum: 0.9 }) */
export const sgd = (parameters: Parameters<SGDOptions>, options?: SGDOptions): SGD => new SGD(parameters, options);
