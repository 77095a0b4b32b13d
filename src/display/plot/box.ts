// In: repeated results by name, such as one for each seed. Out: a plot of boxes with the results themselves as points.
import { ValueError } from '../../errors.js';
import { type Numbers, numbersOf } from '../data.js';
import { formatShort } from '../numbers.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import { angleFor } from './scale.js';
import type { Spec } from './theme.js';

const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/**
 * Boxes from the first to the third quartile with the median, whiskers to the extremes, and every result as a point.
 * @param groups results by name, in the order given.
 * @throws ValueError when there is no group or an empty one.
 * @example boxPlot({ SGD: [0.91, 0.9, 0.92], Adam: [0.97, 0.96, 0.97] }, { yLabel: 'test accuracy' })
 */
export function boxPlot(groups: { readonly [name: string]: Numbers }, options: PlotOptions = {}): Plot {
  const lists = Object.entries(groups).map(([name, values]) => ({ name, values: numbersOf(values) }));
  const empty = lists.find(({ values }) => values.length === 0);
  if (lists.length === 0 || empty)
    throw new ValueError(
      `boxPlot: ${empty ? `'${empty.name}' is empty` : 'no groups'}`,
      'Give at least one number for each name.',
    );
  const rows = lists.flatMap(({ name, values }) =>
    values.map((value, seed): Spec => ({ name, value: rounded(value), seed })),
  );
  const { xLabel, yLabel = 'value' } = options;
  const amount = { field: 'value', type: 'quantitative', title: yLabel, scale: { zero: false } };
  const color = { color: { field: 'name', type: 'nominal', legend: null, sort: null } };
  const plotWidth = options.width ?? Math.min(480, 80 * lists.length + 40);
  const labelAngle = angleFor(
    lists.map(({ name }) => name),
    plotWidth / lists.length,
  );
  const view: Spec = {
    ...frame({ ...options, width: plotWidth }),
    data: { values: rows },
    encoding: { x: { field: 'name', type: 'nominal', sort: null, title: xLabel ?? null, axis: { labelAngle } } },
    layer: [
      {
        mark: {
          type: 'boxplot',
          extent: 'min-max',
          size: 36,
          box: { opacity: 0.35 },
          median: { color: '#7f7f7f', strokeWidth: 2 },
          rule: { color: '#7f7f7f' },
          ticks: false,
        },
        encoding: { y: amount, ...color },
      },
      {
        mark: { type: 'point', size: 26, tooltip: true, stroke: '#ffffff', strokeWidth: 0.6 },
        encoding: { y: amount, xOffset: { field: 'seed', type: 'nominal', scale: { paddingOuter: 3 } }, ...color },
      },
    ],
  };
  const width = Math.max(...lists.map(({ name }) => name.length));
  const lines = lists.map(({ name, values }) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return `${name.padEnd(width)}  median ${formatShort(median(values))}, ${formatShort(low)} … ${formatShort(high)}, n ${values.length}`;
  });
  return new Plot(view, [options.title ?? yLabel, ...lines].join('\n'));
}
