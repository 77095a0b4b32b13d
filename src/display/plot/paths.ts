// In: points in the order of time. Out: a plot of the ways they went: optimizers on a surface, a latent code that moves.
import { ValueError } from '../../errors.js';
import { wayColors } from '../colors.js';
import { isMatrix, type Matrix, rowsOf } from '../data.js';
import { formatShort } from '../numbers.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import type { Spec } from './theme.js';

/** Longer ways keep every n-th point and their last. */
const mostPoints = 300;

/**
 * Ways through the plane, start marked with a ring and end with a dot.
 * @param ways n rows [x, y], or several by name.
 * @throws ValueError when a way is empty or its rows are not pairs.
 */
export function paths(ways: Matrix | { readonly [name: string]: Matrix }, options: PlotOptions = {}): Plot {
  const named = isMatrix(ways) ? [['', ways] as const] : Object.entries(ways);
  const read = named.map(([name, way]) => ({ name, points: rowsOf('paths', way) }));
  for (const { name, points } of read) {
    if (points.length === 0 || points[0]!.length !== 2) {
      throw new ValueError(
        `paths: ${name || 'the way'} has ${points.length} points of ${points[0]?.length ?? 0} numbers`,
        'Give at least one row [x, y].',
      );
    }
  }
  const rows = read.flatMap(({ name, points }) => {
    const every = Math.ceil(points.length / mostPoints);
    return points.flatMap(([x, y], step): Spec[] =>
      step % every === 0 || step === points.length - 1
        ? [{ x: rounded(x!), y: rounded(y!), step, ...(name && { way: name }), end: step === points.length - 1 }]
        : [],
    );
  });
  const color = read.some(({ name }) => name)
    ? { color: { field: 'way', type: 'nominal', title: null, sort: null, scale: { range: [...wayColors] } } }
    : { color: { value: wayColors[0] } };
  const { xLabel = 'x', yLabel = 'y' } = options;
  const view: Spec = {
    ...frame(options),
    data: { values: rows },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: xLabel, scale: { zero: false } },
      y: { field: 'y', type: 'quantitative', title: yLabel, scale: { zero: false } },
      ...color,
    },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 4, color: '#ffffff', opacity: 0.8, clip: true },
        encoding: {
          order: { field: 'step', type: 'quantitative' },
          color: null,
          ...(named.some(([name]) => name) && { detail: { field: 'way', type: 'nominal' } }),
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2, clip: true },
        encoding: { order: { field: 'step', type: 'quantitative' } },
      },
      {
        transform: [{ filter: 'datum.step == 0' }],
        mark: { type: 'point', filled: false, size: 70, strokeWidth: 2, clip: true },
      },
      {
        transform: [{ filter: 'datum.end' }],
        mark: { type: 'point', size: 70, stroke: '#ffffff', strokeWidth: 1, tooltip: true, clip: true },
      },
    ],
  };
  const lines = read.map(({ name, points }) => {
    const text = (point: number[]) => `(${point.map(formatShort).join(', ')})`;
    return `${name}${name && ': '}${text(points[0]!)} → ${text(points.at(-1)!)} in ${points.length - 1} steps`;
  });
  return new Plot(view, [options.title ?? `${yLabel} over ${xLabel}`, ...lines].join('\n'));
}
