// In: [..., inputs]. Out: [..., outputs], an affine map of the last axis.
import { ShapeError, show } from '../errors.js';
import { Parameter, type Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { checkCount } from './check.js';
import { defaultUniform } from './init.js';
import { Module } from './module.js';

/** Options of `linear`. */
export interface LinearOptions {
  /** Adds a learnt constant to each output. Default true. */
  bias?: boolean;
}

/** y = x·Wᵀ + b, with W [outputs, inputs] as in PyTorch. */
export class Linear<I extends number = number, O extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['linear', I, O]>;
  readonly weight: Parameter<[O, I]>;
  readonly bias: Parameter<[O]> | null;

  constructor(
    readonly inputs: I,
    readonly outputs: O,
    options: LinearOptions = {},
  ) {
    super();
    checkCount('linear', { inputs, outputs });
    this.weight = new Parameter(defaultUniform([outputs, inputs], inputs));
    this.bias = (options.bias ?? true) ? new Parameter(defaultUniform([outputs], inputs)) : null;
  }

  /** @param x [..., inputs] @returns [..., outputs] @throws ShapeError when the last axis differs. */
  forward<L extends Linear, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.From<L, T>>;
  forward(this: Linear, x: Tensor): Tensor {
    if (x.shape[x.rank - 1] !== this.inputs) {
      throw new ShapeError(
        `linear(${this.inputs}, ${this.outputs}): input ${show(x.shape)}`,
        `The last axis must be ${this.inputs}; images want nn.flatten() before, or make the layer with ${x.shape[x.rank - 1] ?? 1} inputs.`,
      );
    }
    const y = x.matmul(this.weight.T);
    return this.bias ? y.add(this.bias) : y;
  }
  override describe(): string {
    return `${this.inputs} → ${this.outputs}${this.bias ? '' : ', no bias'}`;
  }
}

/** A layer y = x·Wᵀ + b over the last axis. Weights start uniform on ±1/√inputs. */
export const linear = <I extends number, O extends number>(
  inputs: I,
  outputs: O,
  options?: LinearOptions,
): Linear<I, O> => new Linear(inputs, outputs, options);
