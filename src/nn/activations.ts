// In: any tensor. Out: a tensor of the same shape, bent element by element (softmax: along an axis).

import { full } from '../create.js';
import { ValueError } from '../errors.js';
import { Parameter, type Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { Module } from './module.js';

const { SQRT1_2, PI } = Math;
// Klambauer et al., "Self-normalizing neural networks" (2017).
const seluConstants = { scale: 1.0507009873554805, alpha: 1.6732632423543772 } as const;

/** min(x, 0), with the whole gradient at 0. */
const negative = (x: Tensor): Tensor => x.where(x.le(0), 0);

/** x where positive, slope·x elsewhere. */
export const leakyReluOf = (x: Tensor, slope = 0.01): Tensor => x.where(x.gt(0), x.mul(slope));
/** x where positive, α·(eˣ − 1) elsewhere; NaN stays. */
export const eluOf = (x: Tensor, alpha = 1): Tensor => negative(x).expm1().mul(alpha).where(x.le(0), x);
/** scale · elu(x, α) with the constants that keep mean 0 and variance 1. */
export const seluOf = (x: Tensor): Tensor => eluOf(x, seluConstants.alpha).mul(seluConstants.scale);
/** x·Φ(x), or the approximation by tanh. */
export function geluOf(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  if (approximate === 'none') return x.mul(x.mul(SQRT1_2).erf().add(1)).mul(0.5);
  const inner = x
    .mul(x)
    .mul(0.044715)
    .add(1)
    .mul(x)
    .mul(Math.sqrt(2 / PI));
  return x.mul(inner.tanh().add(1)).mul(0.5);
}
/** x·σ(x). */
export const siluOf = (x: Tensor): Tensor => x.mul(x.sigmoid());
/** ln(1 + e^(βx))/β, without overflow. */
export function softplusOf(x: Tensor, beta = 1): Tensor {
  const scaled = beta === 1 ? x : x.mul(beta);
  // By halves instead of |x| and max(x, 0), whose second derivatives at 0 are those of a kink.
  const right = scaled.gt(0);
  const out = scaled.where(right, 0).add(scaled.neg().where(right, scaled).exp().log1p());
  return beta === 1 ? out : out.mul(1 / beta);
}
/** x·tanh(softplus(x)). */
export const mishOf = (x: Tensor): Tensor => x.mul(softplusOf(x).tanh());
/** min(max(x + 3, 0), 6)/6; its gradient at ±3 is 0, as in PyTorch. */
export const hardsigmoidOf = (x: Tensor): Tensor => {
  const inside = x.abs().lt(3);
  const outside = x.detach().gt(0).to(x.dtype).where(x.isNaN().not(), Number.NaN);
  return x
    .mul(1 / 6)
    .add(0.5)
    .where(inside, outside);
};
/** x·hardsigmoid(x); its gradient is 0 at −3 and 1 at 3, as in PyTorch. */
export const hardswishOf = (x: Tensor): Tensor => {
  const near = x.where(x.abs().lt(3), 0);
  const bent = near.mul(near.add(3)).mul(1 / 6);
  return x
    .detach()
    .mul(0)
    .where(x.le(-3), bent.where(x.lt(3), x));
};

/** A layer without parameters that applies one function. */
abstract class Activation extends Module {
  declare readonly [flow]: t.Phantom<['same']>;
  forward<T extends Tensor>(x: T): Tensor<t.ShapeOf<T>> {
    return this.bend(x);
  }
  protected abstract bend(x: Tensor): Tensor;
}
/** max(x, 0). */
export class ReLU extends Activation {
  protected bend(x: Tensor): Tensor {
    return x.relu();
  }
}
/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends Activation {
  protected bend(x: Tensor): Tensor {
    return x.sigmoid();
  }
}
/** Hyperbolic tangent. */
export class Tanh extends Activation {
  protected bend(x: Tensor): Tensor {
    return x.tanh();
  }
}
/** x where positive, slope·x elsewhere. */
export class LeakyReLU extends Activation {
  constructor(readonly slope = 0.01) {
    super();
  }
  protected bend(x: Tensor): Tensor {
    return leakyReluOf(x, this.slope);
  }
  override describe(): string {
    return `slope ${this.slope}`;
  }
}
/** x where positive, α·(eˣ − 1) elsewhere. */
export class ELU extends Activation {
  constructor(readonly alpha = 1) {
    super();
  }
  protected bend(x: Tensor): Tensor {
    return eluOf(x, this.alpha);
  }
}
/** ELU with the constants that keep mean 0 and variance 1. */
export class SELU extends Activation {
  protected bend(x: Tensor): Tensor {
    return seluOf(x);
  }
}
/** x·Φ(x), Φ the normal distribution function. */
export class GELU extends Activation {
  constructor(readonly approximate: 'none' | 'tanh' = 'none') {
    super();
    if (approximate !== 'none' && approximate !== 'tanh')
      throw new ValueError(`gelu: approximate = '${approximate}'`, "Use 'none' or 'tanh'.");
  }
  protected bend(x: Tensor): Tensor {
    return geluOf(x, this.approximate);
  }
}
/** x·σ(x), also called swish. */
export class SiLU extends Activation {
  protected bend(x: Tensor): Tensor {
    return siluOf(x);
  }
}
/** ln(1 + e^(βx))/β. */
export class Softplus extends Activation {
  constructor(readonly beta = 1) {
    super();
  }
  protected bend(x: Tensor): Tensor {
    return softplusOf(x, this.beta);
  }
}
/** x·tanh(softplus(x)). */
export class Mish extends Activation {
  protected bend(x: Tensor): Tensor {
    return mishOf(x);
  }
}
/** x·min(max(x + 3, 0), 6)/6. */
export class Hardswish extends Activation {
  protected bend(x: Tensor): Tensor {
    return hardswishOf(x);
  }
}
/** eˣ / Σ eˣ along an axis. */
export class Softmax extends Activation {
  constructor(readonly axis = -1) {
    super();
  }
  protected bend(x: Tensor): Tensor {
    return x.softmax(this.axis);
  }
}
/** ln softmax along an axis. */
export class LogSoftmax extends Activation {
  constructor(readonly axis = -1) {
    super();
  }
  protected bend(x: Tensor): Tensor {
    return x.logSoftmax(this.axis);
  }
}
/** x where positive, slope·x elsewhere, with a learnt slope: one, or one for each channel (axis 1). */
export class PReLU extends Activation {
  readonly weight: Parameter;
  constructor(channels = 1, initial = 0.25) {
    super();
    this.weight = new Parameter(full([channels], initial));
  }
  protected bend(x: Tensor): Tensor {
    const slope =
      this.weight.size === 1
        ? this.weight
        : this.weight.reshape(x.shape.slice(1).map((_, i) => (i === 0 ? this.weight.size : 1)));
    return x.where(x.gt(0), x.mul(slope));
  }
}

/** max(x, 0). */
export const relu = (): ReLU => new ReLU();
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = (): Sigmoid => new Sigmoid();
/** Hyperbolic tangent. */
export const tanh = (): Tanh => new Tanh();
/** x where positive, `slope`·x (0.01) elsewhere. */
export const leakyRelu = (slope?: number): LeakyReLU => new LeakyReLU(slope);
/** x where positive, `alpha`·(eˣ − 1) elsewhere. */
export const elu = (alpha?: number): ELU => new ELU(alpha);
/** Self-normalizing ELU. */
export const selu = (): SELU => new SELU();
/** x·Φ(x); `'tanh'` is the faster approximation. */
export const gelu = (approximate?: 'none' | 'tanh'): GELU => new GELU(approximate);
/** x·σ(x). */
export const silu = (): SiLU => new SiLU();
/** ln(1 + e^(`beta`·x))/`beta`. */
export const softplus = (beta?: number): Softplus => new Softplus(beta);
/** x·tanh(softplus(x)). */
export const mish = (): Mish => new Mish();
/** x·min(max(x + 3, 0), 6)/6. */
export const hardswish = (): Hardswish => new Hardswish();
/** eˣ / Σ eˣ along `axis` (the last). */
export const softmax = (axis?: number): Softmax => new Softmax(axis);
/** ln softmax along `axis` (the last). */
export const logSoftmax = (axis?: number): LogSoftmax => new LogSoftmax(axis);
/** Leaky ReLU with a learnt slope: one, or one for each of `channels`. */
export const prelu = (channels?: number, initial?: number): PReLU => new PReLU(channels, initial);
