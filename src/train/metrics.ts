// In: predictions and targets, batch by batch. Out: one number for a whole set, not a mean of batch means.
import { concat } from '../create.js';
import { ShapeError, show } from '../errors.js';
import { sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';

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

/** Scores [n, classes, …] and labels [n, …], as rows [n·…, classes] and labels [n·…]. */
export function rowsOf(name: string, scores: Tensor, labels: Tensor): { rows: Tensor; labels: Tensor } {
  const wanted = scores.shape.filter((_, i) => i !== 1);
  if (scores.rank < 2 || !sameShape(labels.shape, wanted)) {
    throw new ShapeError(
      `${name}: scores ${show(scores.shape)}, labels ${show(labels.shape)}`,
      'Scores are [batch, classes, …] and labels [batch, …].',
    );
  }
  const last = scores.rank === 2 ? scores : scores.permute([0, ...scores.shape.slice(2).map((_, i) => i + 2), 1]);
  return { rows: last.reshape(-1, scores.shape[1]!), labels: labels.reshape(-1) };
}

/** Share of samples whose largest score is at the label, 0 to 1. */
export function accuracy(): Metric {
  return {
    name: 'accuracy',
    combine: 'add',
    observe(scores, target) {
      const { rows, labels } = rowsOf('accuracy', scores, target);
      const right = rows.argmax(1).eq(labels).sum().to('float64');
      return concat([right.reshape(1), right.mul(0).add(labels.size).reshape(1)]);
    },
    result: ([right, count]) => right! / count!,
  };
}
