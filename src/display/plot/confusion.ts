// In: true and predicted classes, or their counts. Out: a plot of which class is taken for which.
import { IndexError, ShapeError } from '../../errors.js';
import { cssRange } from '../colors.js';
import { isNumbers, type Matrix, type Numbers, numbersOf, rowsOf, sameLength } from '../data.js';
import { formatShare } from '../numbers.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import { angleFor } from './scale.js';
import type { Spec } from './theme.js';

/** Options of {@link confusionMatrix}. */
export interface ConfusionOptions extends PlotOptions {
  /** Names of the classes, by label. Default: the labels. */
  classes?: readonly string[];
}

function count(labels: number[], predictions: number[], names: number | undefined): number[][] {
  sameLength('confusionMatrix', ['labels', labels.length], ['predictions', predictions.length]);
  const size = names ?? Math.max(...labels, ...predictions) + 1;
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  labels.forEach((label, i) => {
    const row = counts[label];
    const guess = predictions[i]!;
    if (!row || row[guess] === undefined) {
      throw new IndexError(
        `confusionMatrix: label ${label} and prediction ${guess} at position ${i}, but ${size} classes`,
        `Labels run from 0 to ${size - 1}; pass class numbers, such as logits.argmax(1).`,
      );
    }
    row[guess]!++;
  });
  return counts;
}

/** Counts of each true class (rows) by predicted class (columns), coloured by the share of the true class. */
export function confusionMatrix(labels: Numbers, predictions: Numbers, options?: ConfusionOptions): Plot;
/** As above, from counts `[true, predicted]` that exist already. */
export function confusionMatrix(counts: Matrix, options?: ConfusionOptions): Plot;
export function confusionMatrix(
  first: Numbers | Matrix,
  second: Numbers | ConfusionOptions = {},
  options: ConfusionOptions = {},
): Plot {
  if (!isNumbers(second)) return draw(rowsOf('confusionMatrix', isMatrix(first)), second);
  if (!isNumbers(first))
    throw new ShapeError('confusionMatrix: labels are nested', 'Give one class number for each sample.');
  return draw(count(numbersOf(first), numbersOf(second), options.classes?.length), options);
}

function isMatrix(counts: Numbers | Matrix): Matrix {
  if (!isNumbers(counts) || ('dataSync' in counts && counts.shape.length === 2)) return counts;
  throw new ShapeError(
    'confusionMatrix: labels without predictions',
    'Give labels and predictions, or a matrix of counts.',
  );
}

function draw(counts: number[][], options: ConfusionOptions): Plot {
  const size = counts.length;
  const names = options.classes ?? counts.map((_, i) => String(i));
  const total = counts.flat().reduce((sum, n) => sum + n, 0);
  const right = counts.reduce((sum, row, i) => sum + row[i]!, 0);
  const values = counts.flatMap((row, i) => {
    const all = row.reduce((sum, n) => sum + n, 0);
    return row.map(
      (n, j): Spec => ({
        true: names[i],
        predicted: names[j],
        count: n,
        share: rounded(all ? n / all : 0),
        text: n ? String(n) : '',
      }),
    );
  });
  const side = Math.min(420, Math.max(160, size * 38));
  const axis = { domain: false, ticks: false };
  const labelAngle = angleFor(names, side / size);
  const view: Spec = {
    ...frame({
      width: side,
      height: side,
      title: 'Confusion matrix',
      subtitle: `${formatShare(right / total)} of ${total} right`,
      ...options,
    }),
    data: { values },
    encoding: {
      x: {
        field: 'predicted',
        type: 'ordinal',
        sort: null,
        title: options.xLabel ?? 'predicted class',
        scale: { paddingInner: 0.04 },
        axis: { ...axis, labelAngle },
      },
      y: {
        field: 'true',
        type: 'ordinal',
        sort: null,
        title: options.yLabel ?? 'true class',
        scale: { paddingInner: 0.04 },
        axis,
      },
    },
    layer: [
      {
        mark: { type: 'rect', tooltip: true },
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            title: 'share of row',
            scale: { domain: [0, 1], range: cssRange('blues') },
            legend: { format: '.0%', gradientLength: 120, gradientThickness: 12 },
          },
          tooltip: [{ field: 'true' }, { field: 'predicted' }, { field: 'count' }, { field: 'share', format: '.1%' }],
        },
      },
      {
        mark: { type: 'text', fontSize: size > 12 ? 9 : 12 },
        encoding: {
          text: { field: 'text' },
          color: { condition: { test: 'datum.share > 0.5', value: '#ffffff' }, value: '#1a1a1a' },
        },
      },
    ],
  };
  return new Plot(view, describe(counts, names, right / total));
}

function describe(counts: number[][], names: readonly string[], accuracy: number): string {
  const width = Math.max(...names.map((name) => name.length), ...counts.flat().map((n) => String(n).length)) + 1;
  const head = `${'true\\predicted'.padEnd(14)}${names.map((name) => name.padStart(width)).join('')}`;
  const lines = counts.map((row, i) => `${names[i]!.padEnd(14)}${row.map((n) => String(n).padStart(width)).join('')}`);
  return [`confusion matrix, ${formatShare(accuracy)} right`, head, ...lines].join('\n');
}
