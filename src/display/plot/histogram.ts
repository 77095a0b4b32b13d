// In: many numbers. Out: a plot of how often each size occurs.
import { ValueError } from '../../errors.js';
import { formatShort } from '../numbers.js';
import { sparkline } from '../thin.js';
import { type Series, seriesOf } from './line.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import type { Spec } from './theme.js';

/** Options of {@link histogram}. */
export interface HistogramOptions extends PlotOptions {
  /** How many bars. Default: by the rule of Freedman and Diaconis, from 10 to 60. */
  bins?: number;
  /** Ends of the number axis; what lies outside is not counted. Default: those of the data. */
  range?: readonly [low: number, high: number];
  /** Shares of each list rather than counts, so that lists of different lengths compare. Default false. */
  share?: boolean;
}

/** Bars of width 2 · IQR / ∛n (Freedman and Diaconis, 1981). */
function goodBins(sorted: number[], low: number, high: number): number {
  const quartile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
  const width = (2 * (quartile(0.75) - quartile(0.25))) / Math.cbrt(sorted.length);
  return width > 0 ? Math.min(60, Math.max(10, Math.ceil((high - low) / width))) : 20;
}

/** How many of `values` fall into each of `bins` equal parts of [low, high]. */
function count(values: number[], low: number, high: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (value < low || value > high) continue;
    counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]!++;
  }
  return counts;
}

/**
 * Counts of numbers in equal bins; several lists lie over each other, see-through.
 * @param series one list or tensor, or several by name; NaN and infinity are left out and reported in the subtitle.
 * @throws ValueError when there is no finite number or `bins` is no count.
 */
export function histogram(series: Series, options: HistogramOptions = {}): Plot {
  const lists = seriesOf(series).map(([name, values]) => ({
    name,
    finite: values.filter(Number.isFinite),
    all: values.length,
  }));
  const sorted = lists.flatMap(({ finite }) => finite).sort((a, b) => a - b);
  if (sorted.length === 0) throw new ValueError('histogram: no finite number', 'Give at least one.');
  const [first, last] = options.range ?? [sorted[0]!, sorted.at(-1)!];
  const [low, high] = last > first ? [first, last] : [first - 0.5, first + 0.5];
  const { bins = goodBins(sorted, low, high), xLabel = 'value', share = false } = options;
  const { yLabel = share ? 'share' : 'count' } = options;
  if (!(Number.isInteger(bins) && bins > 0))
    throw new ValueError(`histogram: ${bins} bins`, 'Give a whole number, 1 or more.');
  const width = (high - low) / bins;
  const counted = lists.map(({ name, finite }) => {
    const counts = count(finite, low, high, bins);
    return { name, counts: share ? counts.map((n) => n / Math.max(1, finite.length)) : counts };
  });
  const rows = counted.flatMap(({ name, counts }) =>
    counts.map(
      (n, i): Spec => ({
        from: rounded(low + i * width),
        to: rounded(low + (i + 1) * width),
        count: share ? rounded(n) : n,
        ...(name && { series: name }),
      }),
    ),
  );
  const lost = lists.reduce((sum, { all, finite }) => sum + all - finite.length, 0);
  const subtitle = options.subtitle ?? (lost > 0 ? `${lost} not finite` : undefined);
  const named = lists.some(({ name }) => name !== '');
  const view: Spec = {
    ...frame({ ...options, ...(subtitle && { subtitle }) }),
    data: { values: rows },
    mark: { type: 'bar', tooltip: true, binSpacing: 0.5, ...(named && { opacity: 0.6 }) },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        bin: 'binned',
        title: xLabel,
        scale: { domain: [low, high], nice: false },
        axis: { grid: false },
      },
      x2: { field: 'to' },
      y: {
        field: 'count',
        type: 'quantitative',
        title: yLabel,
        stack: null,
        ...(share && { axis: { format: '.0%' } }),
      },
      ...(named && { color: { field: 'series', type: 'nominal', title: null, sort: null } }),
    },
  };
  const lines = counted.map(
    ({ name, counts }) => `${name}${name && '  '}${sparkline(counts)}  ${formatShort(low)} … ${formatShort(high)}`,
  );
  return new Plot(view, [options.title ?? `histogram of ${sorted.length} numbers`, ...lines].join('\n'));
}
