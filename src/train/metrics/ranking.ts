// In: scores of a yes/no question and the answers. Out: how well the scores put the yes before the no, whatever the threshold.
import { ShapeError, show, ValueError } from '../../errors.js';
import { sameShape } from '../../shape.js';
import { Tensor } from '../../tensor.js';
import type { Metric } from './metric.js';

/** A point of a curve over all thresholds. */
export interface CurvePoint {
  readonly threshold: number;
  /** Share of the negatives that are taken for positives. */
  readonly falsePositiveRate: number;
  /** Share of the positives that are found: recall. */
  readonly truePositiveRate: number;
  readonly precision: number;
}

/** Points at every threshold, from the strictest on; equal scores are one threshold. */
export function thresholds(scores: ArrayLike<number>, labels: ArrayLike<number>): CurvePoint[] {
  const unknown = Array.from(scores).findIndex(Number.isNaN);
  if (unknown >= 0) throw new ValueError(`a curve over scores: score ${unknown} is NaN`, 'NaN has no rank.');
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const positives = order.reduce((sum, i) => sum + (labels[i]! > 0 ? 1 : 0), 0);
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0)
    throw new ValueError(
      `a curve over ${positives} positive and ${negatives} negative samples`,
      'Both kinds are needed.',
    );
  const points: CurvePoint[] = [];
  let [hits, misses] = [0, 0];
  order.forEach((i, place) => {
    if (labels[i]! > 0) hits++;
    else misses++;
    const next = order[place + 1];
    if (next !== undefined && scores[next] === scores[i]) return;
    points.push({
      threshold: scores[i]!,
      falsePositiveRate: misses / negatives,
      truePositiveRate: hits / positives,
      precision: hits / (hits + misses),
    });
  });
  return points;
}

/** One score a sample: [n], [n, 1], or the difference of two logits [n, 2]. */
function pairs(name: string, scores: Tensor, labels: Tensor): Tensor {
  const flat =
    scores.rank === 2 && scores.shape[1] === 2
      ? scores.at(':', 1).sub(scores.at(':', 0))
      : scores.rank === 2 && scores.shape[1] === 1
        ? scores.squeeze(1)
        : scores;
  const answers = labels.rank === 2 && labels.shape[1] === 1 ? labels.squeeze(1) : labels;
  if (flat.rank !== 1 || !sameShape(flat.shape, answers.shape))
    throw new ShapeError(
      `${name}: scores ${show(scores.shape)}, labels ${show(labels.shape)}`,
      'It takes one score, or two logits, for each 0/1 label.',
    );
  return Tensor.stack([flat, answers.to(flat.dtype)], 1);
}
const ranking = (name: string, of: (points: CurvePoint[]) => number): Metric => ({
  name,
  combine: 'join',
  observe: (scores, labels) => pairs(name, scores, labels),
  result: (rows) =>
    of(
      thresholds(
        rows.filter((_, i) => i % 2 === 0),
        rows.filter((_, i) => i % 2 === 1),
      ),
    ),
});

/** Area under the curve of true over false positives: the chance that a yes scores above a no, ties counting half. */
export const rocAuc = (): Metric =>
  ranking('rocAuc', (points) => {
    let [area, x, y] = [0, 0, 0];
    for (const p of points) {
      area += ((p.falsePositiveRate - x) * (p.truePositiveRate + y)) / 2;
      [x, y] = [p.falsePositiveRate, p.truePositiveRate];
    }
    return area;
  });

/** Mean of the precisions at which recall grows, weighted by how much it does. */
export const averagePrecision = (): Metric =>
  ranking('averagePrecision', (points) => {
    let [sum, recall] = [0, 0];
    for (const p of points) {
      sum += (p.truePositiveRate - recall) * p.precision;
      recall = p.truePositiveRate;
    }
    return sum;
  });
