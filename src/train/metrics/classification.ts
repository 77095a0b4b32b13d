// In: scores [n, classes, …] and labels [n, …]. Out: how often, and for which classes, the largest score is right.
import { arange, concat } from '../../create.js';
import { IndexError, ShapeError, show } from '../../errors.js';
import { crossEntropy } from '../../nn/losses/classification.js';
import { sameShape } from '../../shape.js';
import type { Tensor } from '../../tensor.js';
import type { Metric } from './metric.js';

/** Scores [n, classes, …] and labels [n, …] as rows [n·…, classes] and labels [n·…]. */
function rowsOf(name: string, scores: Tensor, labels: Tensor): { rows: Tensor; labels: Tensor } {
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

/** A share: what counts, and out of how many. */
const share = (counted: Tensor, count: number): Tensor => concat([counted.int().reshape(1), arange(1).add(count)]);

/** Share of samples whose largest score is at the label, 0 to 1. */
export const accuracy = (): Metric => ({
  name: 'accuracy',
  combine: 'add',
  observe(scores, target) {
    const { rows, labels } = rowsOf('accuracy', scores, target);
    return share(rows.argmax(1).eq(labels).sum(), labels.size);
  },
  result: ([right, count]) => right! / count!,
});

/** Share of samples whose label is among the `k` largest scores. */
export const topKAccuracy = (k = 5): Metric => ({
  name: `top${k}Accuracy`,
  combine: 'add',
  observe(scores, target) {
    const { rows, labels } = rowsOf('topKAccuracy', scores, target);
    return share(rows.topk(k, 1).indices.eq(labels.unsqueeze(1)).any(1).sum(), labels.size);
  },
  result: ([right, count]) => right! / count!,
});

/** e to the mean surprise: among how many equally likely tokens the model wavers. `ignoreIndex` marks labels that do not count. */
export const perplexity = (options: { ignoreIndex?: number } = {}): Metric => ({
  name: 'perplexity',
  combine: 'add',
  observe(scores, labels) {
    const losses = crossEntropy(scores, labels, { reduction: 'sum', ...options });
    const count =
      options.ignoreIndex === undefined ? arange(1).add(labels.size) : labels.ne(options.ignoreIndex).sum().reshape(1);
    return concat([losses.reshape(1), count.to(losses.dtype)]);
  },
  result: ([sum, count]) => Math.exp(sum! / count!),
});

/** Counts of labels (rows) by predictions (columns), [classes, classes] int32. */
export function confusionCounts(predictions: Tensor, labels: Tensor, classes: number): Tensor {
  if (!sameShape(predictions.shape, labels.shape))
    throw new ShapeError(
      `confusionCounts: predictions ${show(predictions.shape)}, labels ${show(labels.shape)}`,
      'Both hold one class for each sample; scores want .argmax(1).',
    );
  for (const [name, t] of [
    ['prediction', predictions],
    ['label', labels],
  ] as const) {
    const wrong = t.node.storage?.shared?.find((v) => v < 0 || v >= classes);
    if (wrong !== undefined)
      throw new IndexError(
        `confusionCounts: ${name} ${wrong} with ${classes} classes`,
        `They run from 0 to ${classes - 1}.`,
      );
  }
  return labels.reshape(-1).oneHot(classes).T.matmul(predictions.reshape(-1).oneHot(classes)).int();
}

/** How measures of classes become one: their mean, all samples together, or weighted by frequency; a number picks a class. */
export type Average = 'macro' | 'micro' | 'weighted' | number;

interface Counts {
  readonly hits: number;
  readonly predicted: number;
  readonly actual: number;
}
const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

function byClass(name: string, of: (counts: Counts) => number, average: Average): Metric {
  return {
    name,
    combine: 'add',
    observe(scores, target) {
      const { rows, labels } = rowsOf(name, scores, target);
      return confusionCounts(rows.argmax(1), labels, rows.shape[1]!);
    },
    result(matrix, [classes]) {
      const n = classes ?? 0;
      const counts = Array.from({ length: n }, (_, i): Counts => {
        let [predicted, actual] = [0, 0];
        for (let j = 0; j < n; j++) {
          predicted += matrix[j * n + i]!;
          actual += matrix[i * n + j]!;
        }
        return { hits: matrix[i * n + i]!, predicted, actual };
      });
      if (typeof average === 'number') {
        const one = counts[average];
        if (!one) throw new IndexError(`${name}: class ${average} of ${n}`, `Classes run from 0 to ${n - 1}.`);
        return of(one);
      }
      const total = (key: keyof Counts): number => counts.reduce((sum, c) => sum + c[key], 0);
      if (average === 'micro')
        return of({ hits: total('hits'), predicted: total('predicted'), actual: total('actual') });
      const weight = (c: Counts): number => (average === 'weighted' ? ratio(c.actual, total('actual')) : 1 / n);
      return counts.reduce((sum, c) => sum + weight(c) * of(c), 0);
    },
  };
}
const precisionOf = ({ hits, predicted }: Counts): number => ratio(hits, predicted);
const recallOf = ({ hits, actual }: Counts): number => ratio(hits, actual);

/** Of what is said to be a class, the share that is; 0 where nothing is said. Default: mean over classes. */
export const precision = (average: Average = 'macro'): Metric => byClass('precision', precisionOf, average);
/** Of what is a class, the share that is found. Default: mean over classes. */
export const recall = (average: Average = 'macro'): Metric => byClass('recall', recallOf, average);
/** Harmonic mean of precision and recall. Default: mean over classes. */
export const f1 = (average: Average = 'macro'): Metric =>
  byClass('f1', ({ hits, predicted, actual }) => ratio(2 * hits, predicted + actual), average);
