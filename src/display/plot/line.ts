// In: numbers over an index or over x. Out: a plot of lines.
import { ValueError } from '../../errors.js';
import { isNumbers, type Numbers, numbersOf, sameLength } from '../data.js';
import { formatShort } from '../numbers.js';
import { sparkline, thin } from '../thin.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import { axisOf, scaleOf } from './scale.js';
import type { Spec } from './theme.js';

/** One list of numbers, or several by name. */
export type Series = Numbers | { readonly [name: string]: Numbers };

/** Options of {@link line}. */
export interface LineOptions extends PlotOptions {
  /** Where the numbers stand. Default: 0, 1, 2, … */
  x?: Numbers;
  /** Default `'linear'`. */
  xScale?: 'linear' | 'log';
  /** Default `'linear'`. */
  yScale?: 'linear' | 'log';
  /** Ends of the vertical axis. Default: those of the data. */
  yRange?: readonly [low: number, high: number];
  /** Marks each number. Default: only where there are fewer than 30. */
  points?: boolean;
}

/** Finer than the screen's pixels. */
const mostColumns = 400;
/** Above this many points, tips on each would slow the browser down. */
const mostTips = 400;
/** Longer lines are noisy and drawn thinner. */
const dense = 300;

/** Names and numbers; a single list has no name. */
export const seriesOf = (series: Series): [name: string, values: number[]][] =>
  isNumbers(series)
    ? [['', numbersOf(series)]]
    : Object.entries(series).map(([name, values]) => [name, numbersOf(values)]);

/**
 * Lines through numbers; long ones are thinned to what a screen can show.
 * @param series one list or tensor, or several by name; NaN leaves a gap.
 * @throws ValueError when there is nothing to draw or x does not fit.
 * @example line({ train: losses, test: testLosses }, { xLabel: 'epoch', yLabel: 'loss (nats)', yScale: 'log' })
 */
export function line(series: Series, options: LineOptions = {}): Plot {
  const lists = seriesOf(series);
  if (lists.every(([, values]) => values.length === 0)) throw new ValueError('line: no numbers', 'Give at least one.');
  const x = options.x && numbersOf(options.x);
  const rows: Spec[] = [];
  const drawn: [at: number, value: number][] = [];
  for (const [name, values] of lists) {
    if (x) sameLength('line', ['x', x.length], [name || 'y', values.length]);
    for (const [i, value] of thin(values, mostColumns)) {
      const at = x?.[i] ?? i;
      drawn.push([at, value]);
      rows.push({ x: rounded(at), y: rounded(value), ...(name && { series: name }) });
    }
  }
  const named = lists.some(([name]) => name !== '');
  const longest = Math.max(...lists.map(([, values]) => values.length));
  const dots = options.points ?? longest < 30;
  const { xLabel = 'index', yLabel = 'value', xScale, yScale, yRange } = options;
  const view: Spec = {
    ...frame(options),
    data: { values: rows },
    mark: {
      type: 'line',
      tooltip: true,
      clip: yRange !== undefined,
      ...(longest > dense && { strokeWidth: 1.2 }),
      ...(dots ? { point: true } : rows.length <= mostTips && { point: 'transparent' }),
    },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: xLabel,
        scale: scaleOf(xScale),
        axis: {
          grid: false,
          ...axisOf(
            xScale,
            drawn.map(([at]) => at),
          ),
        },
      },
      y: {
        field: 'y',
        type: 'quantitative',
        title: yLabel,
        scale: scaleOf(yScale, yRange),
        axis: axisOf(yScale, yRange ?? drawn.map(([, value]) => value)),
      },
      ...(named && {
        color: { field: 'series', type: 'nominal', title: null, sort: null, legend: { symbolType: 'stroke' } },
      }),
    },
  };
  return new Plot(view, describe(lists, options));
}

function describe(lists: [string, number[]][], { title, yLabel = 'value', xLabel = 'index' }: LineOptions): string {
  const width = Math.max(...lists.map(([name]) => name.length));
  const lines = lists.map(([name, values]) => {
    const ends = values.length > 0 ? `${formatShort(values[0]!)} → ${formatShort(values.at(-1)!)}` : 'empty';
    return `${name.padEnd(width)}${width > 0 ? '  ' : ''}${sparkline(values)}  ${ends}`;
  });
  return [title ?? `${yLabel} over ${xLabel}`, ...lines].join('\n');
}
