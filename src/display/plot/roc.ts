// In: true classes (0 or 1) and scores. Out: a plot of hits against false alarms at every threshold.
import { ValueError } from '../../errors.js';
import { type Numbers, numbersOf, sameLength } from '../data.js';
import { formatShort } from '../numbers.js';
import { type Series, seriesOf } from './line.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import type { Spec } from './theme.js';

/** Corners of the curve, and the area below it. */
interface Roc {
  points: [falseAlarms: number, hits: number][];
  area: number;
}

/** Equal scores pass the threshold together, so that ties count half (Fawcett, 2006). */
function rocOf(labels: number[], scores: number[]): Roc {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const positives = labels.filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  const points: Roc['points'] = [[0, 0]];
  let [hits, alarms, area] = [0, 0, 0];
  order.forEach((index, i) => {
    if (labels[index] === 1) hits++;
    else alarms++;
    if (i + 1 < order.length && scores[order[i + 1]!] === scores[index]) return;
    const [x, y] = [alarms / negatives, hits / positives];
    const [lastX, lastY] = points.at(-1)!;
    area += ((x - lastX) * (y + lastY)) / 2;
    points.push([x, y]);
  });
  return { points, area };
}

const isCorner = (points: Roc['points'], i: number): boolean => {
  const [before, here, after] = [points[i - 1], points[i]!, points[i + 1]];
  return (
    !before || !after || (here[0] - before[0]) * (after[1] - here[1]) !== (here[1] - before[1]) * (after[0] - here[0])
  );
};

/**
 * The receiver operating characteristic with the area below it, against the diagonal of chance.
 * @param labels 1 for what should score high, 0 for the rest.
 * @param scores one list or tensor, or several by name.
 * @throws ValueError when a label is neither 0 nor 1, or all are alike.
 */
export function rocCurve(labels: Numbers, scores: Series, options: PlotOptions = {}): Plot {
  const truth = numbersOf(labels);
  const odd = truth.find((label) => label !== 0 && label !== 1);
  if (odd !== undefined) throw new ValueError(`rocCurve: label ${odd}`, 'Labels are 0 or 1.');
  if (new Set(truth).size < 2)
    throw new ValueError(`rocCurve: all ${truth.length} labels are ${truth[0] ?? 'missing'}`, 'It takes both classes.');
  const curves = seriesOf(scores).map(([name, values]) => {
    sameLength('rocCurve', ['labels', truth.length], [name || 'scores', values.length]);
    return { name, ...rocOf(truth, values) };
  });
  const label = (name: string, area: number) => `${name}${name && ' · '}AUC ${formatShort(area)}`;
  const rows = curves.flatMap(({ name, area, points }) =>
    points
      .filter((_, i) => isCorner(points, i))
      .map(([x, y], order): Spec => ({ x: rounded(x), y: rounded(y), order, curve: label(name, area) })),
  );
  const axis = (field: string, title: string) => ({ field, type: 'quantitative', title, scale: { domain: [0, 1] } });
  const view: Spec = {
    ...frame({ width: 260, height: 260, ...options }),
    encoding: {
      x: axis('x', options.xLabel ?? 'false positive rate'),
      y: axis('y', options.yLabel ?? 'true positive rate'),
    },
    layer: [
      {
        data: {
          values: [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ],
        },
        mark: { type: 'line', strokeDash: [4, 4], strokeWidth: 1, color: '#888888' },
      },
      {
        data: { values: rows },
        mark: { type: 'line', tooltip: true },
        encoding: {
          order: { field: 'order', type: 'quantitative' },
          color: { field: 'curve', type: 'nominal', title: null, sort: null },
        },
      },
    ],
  };
  return new Plot(
    view,
    [options.title ?? 'ROC curve', ...curves.map(({ name, area }) => label(name, area))].join('\n'),
  );
}
