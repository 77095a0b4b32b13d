// In: a model that trains. Out: a slowly moving average of its weights.
import { awaitBuffer } from '../boundary.js';
import { ValueError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { noGrad, Parameter, type Tensor } from '../tensor.js';

/** Exponential moving average of the weights of a model: a ← d·a + (1 − d)·w after each step. Often better than the weights. */
export class EMA {
  readonly #pairs: readonly { parameter: Parameter; average: Parameter }[];
  /** @param decay d, just below 1. Default 0.999. */
  constructor(
    model: Module,
    readonly decay = 0.999,
  ) {
    if (!(decay >= 0 && decay <= 1)) throw new ValueError(`EMA: decay = ${decay}`, 'It must lie between 0 and 1.');
    this.#pairs = model
      .parameters()
      .map((parameter) => ({ parameter, average: new Parameter(parameter.detach(), false) }));
  }
  /** Takes in the present weights. Call it after `optimizer.step()`. */
  update(): void {
    noGrad(() => {
      for (const { parameter, average } of this.#pairs) {
        average.assign(average.mul(this.decay).add(parameter.mul(1 - this.decay)));
        awaitBuffer(average);
      }
    });
  }
  /** The averages, in the order of `model.parameters()`. */
  get values(): Tensor[] {
    return this.#pairs.map(({ average }) => average.detach());
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
export const ema = (model: Module, decay?: number): EMA => new EMA(model, decay);
