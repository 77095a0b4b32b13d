// In: statistics of predictions and targets, batch by batch. Out: one number for a whole set, not a mean of batch means.
import type { Tensor } from '../../tensor.js';

/** A measure over a whole set. Statistics of the batches are added up, or joined row by row, and then summed up once. */
export interface Metric {
  /** Key in histories and plots. */
  readonly name: string;
  /** What becomes of the statistics of two batches. */
  readonly combine: 'add' | 'join';
  /** Statistics of one batch, on the lazy graph. */
  observe(prediction: Tensor, target: Tensor): Tensor;
  /** The measure from all statistics, flat; `shape` is that of one batch's (joined along axis 0). */
  result(statistics: Float64Array, shape: readonly number[]): number;
}

/** Gathers a metric's statistics over the batches of a set. */
export class Tally {
  #values: Float64Array | null = null;
  #parts: Float64Array[] = [];
  #shape: readonly number[] = [];

  constructor(readonly metric: Metric) {}

  /** Adds the computed statistics of a batch. */
  add(statistics: Tensor): void {
    const values = Float64Array.from(statistics.dataSync());
    this.#shape = statistics.shape;
    if (this.metric.combine === 'join') this.#parts.push(values);
    else if (this.#values) for (let i = 0; i < values.length; i++) this.#values[i] = this.#values[i]! + values[i]!;
    else this.#values = values;
  }
  /** The measure so far; NaN before the first batch. */
  result(): number {
    if (this.metric.combine === 'add') return this.#values ? this.metric.result(this.#values, this.#shape) : Number.NaN;
    if (this.#parts.length === 0) return Number.NaN;
    const all = new Float64Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return this.metric.result(all, [-1, ...this.#shape.slice(1)]);
  }
}
