// In: a model that trains. Out: a slowly moving average of its weights.
import { awaitBuffer } from '../boundary.js';
import { isFloat } from '../dtype.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { Module, type StateDict } from '../nn/module.js';
import { sameShape } from '../shape.js';
import { noGrad, Parameter, type Tensor } from '../tensor.js';

/** Options of `ema`. */
export interface EMAOptions {
  /** Averages the real-valued buffers (running statistics) too; otherwise the model's own count. Default false. */
  buffers?: boolean;
}

/** Exponential moving average of the weights of a model: a ← d·a + (1 − d)·w after each step. Often better than the weights. */
export class EMA {
  readonly #pairs: readonly { name: string; parameter: Parameter; average: Parameter }[];
  /** @param decay d, just below 1. Default 0.999. */
  constructor(
    model: Module,
    readonly decay = 0.999,
    options: EMAOptions = {},
  ) {
    if (!(decay >= 0 && decay <= 1)) throw new ValueError(`EMA: decay = ${decay}`, 'It must lie between 0 and 1.');
    if (!(model instanceof Module))
      throw new ValueError('EMA was given no model', 'Pass a layer or a model: ema(model).');
    const averaged = [...model.namedParameters(), ...(options.buffers ? model.namedBuffers() : [])];
    this.#pairs = averaged
      .filter(([, parameter]) => isFloat(parameter.dtype))
      .map(([name, parameter]) => ({ name, parameter, average: new Parameter(parameter.detach(), false) }));
  }
  /** Takes in the present weights. Call it after `optimizer.step()`. */
  update(): void {
    noGrad(() => {
      for (const { parameter, average } of this.#pairs) {
        average.replace(average.mul(this.decay).add(parameter.mul(1 - this.decay)));
        awaitBuffer(average);
      }
    });
  }
  /** The averages, in the order of `model.parameters()`, then of the buffers. */
  get values(): Tensor[] {
    return this.#pairs.map(({ average }) => average.detach());
  }
  /** The averages by the names of the model; they do not change when training goes on. */
  stateDict(): StateDict {
    return Object.fromEntries(this.#pairs.map(({ name, average }) => [name, average.detach()]));
  }
  /** Takes over what `stateDict` gave. @throws ValueError for a missing name, ShapeError where a shape differs. Nothing is changed then. */
  loadStateDict(state: Readonly<StateDict>): void {
    const values = this.#pairs.map(({ name, average }) => {
      const value = state[name];
      if (!value)
        throw new ValueError(
          `EMA.loadStateDict: '${name}' is missing`,
          'Make the average of the same model, with the same options, as when it was saved.',
        );
      if (!sameShape(value.shape, average.shape))
        throw new ShapeError(
          `EMA.loadStateDict: '${name}' is ${show(value.shape)} in the dictionary and ${show(average.shape)} here`,
          'Build the model with the sizes that it was saved with.',
        );
      return value;
    });
    this.#pairs.forEach(({ average }, i) => {
      average.assign(values[i]!.detach().to(average.dtype));
    });
  }
  /** Runs `body` with the averages in the model, and puts the weights back. */
  async with<T>(body: () => T | Promise<T>): Promise<T> {
    const weights = this.#pairs.map(({ parameter }) => parameter.detach());
    for (const { parameter, average } of this.#pairs) parameter.assign(average);
    try {
      return await body();
    } finally {
      this.#pairs.forEach(({ parameter }, i) => {
        parameter.assign(weights[i]!);
      });
    }
  }
}
/** A moving average of a model's weights. */
export const ema = (model: Module, decay?: number, options?: EMAOptions): EMA => new EMA(model, decay, options);
