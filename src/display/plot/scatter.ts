// In: points, perhaps with classes or amounts. Out: a plot of dots.
import { ValueError } from '../../errors.js';
import { isNames, type Matrix, type Numbers, numbersOf, rowsOf, sameLength } from '../data.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import { scaleOf } from './scale.js';
import type { Spec } from './theme.js';

/** Options of {@link scatter}. */
export interface ScatterOptions extends PlotOptions {
  /** Class of each point as a whole number or a name: it gets a colour of its own. */
  classes?: Numbers | readonly string[];
  /** Names of the classes, by number. */
  classNames?: readonly string[];
  /** Amount at each point, shown on a colour scale. */
  amounts?: Numbers;
  /** What `amounts` are, with the unit. */
  amountLabel?: string;
  /** Writes the name of its class at each point in place of a dot; for names of one or two letters. Default false. */
  named?: boolean;
  /** Area of a dot in square pixels. Default 36. */
  size?: number;
  xScale?: 'linear' | 'log';
  yScale?: 'linear' | 'log';
  /** Ends of the axes. Default: those of the data. */
  xRange?: readonly [low: number, high: number];
  yRange?: readonly [low: number, high: number];
}

/** Smaller dots, in square pixels, would be all edge. */
const tiny = 20;

/** As thin an edge as that of the dots. */
const legend = { symbolStrokeWidth: 0.6 };

const className = (value: number | string, names: readonly string[] | undefined): string =>
  typeof value === 'number' ? (names?.[value] ?? String(value)) : value;

function pointsOf(points: Matrix | { x: Numbers; y: Numbers }): [x: number[], y: number[]] {
  if ('x' in points && 'y' in points) {
    const [x, y] = [numbersOf(points.x), numbersOf(points.y)];
    sameLength('scatter', ['x', x.length], ['y', y.length]);
    return [x, y];
  }
  const rows = rowsOf('scatter', points);
  if (rows.some((row) => row.length !== 2)) {
    throw new ValueError(`scatter: points of ${rows[0]!.length} numbers`, 'Give two for each, [x, y].');
  }
  return [rows.map((row) => row[0]!), rows.map((row) => row[1]!)];
}

/**
 * Dots in the plane.
 * @param points `{ x, y }`, or a matrix of n rows [x, y].
 * @throws ValueError when lengths differ, or names are wanted where there are no classes.
 * @example scatter(points, { classes: labels, xLabel: 'x₁', yLabel: 'x₂' })
 */
export function scatter(points: Matrix | { x: Numbers; y: Numbers }, options: ScatterOptions = {}): Plot {
  const [x, y] = pointsOf(points);
  const { classes, named = false, amounts, size, xScale, yScale, xRange, yRange, xLabel = 'x', yLabel = 'y' } = options;
  const kinds =
    classes && (isNames(classes) ? [...classes] : numbersOf(classes)).map((v) => className(v, options.classNames));
  const colors = amounts && numbersOf(amounts);
  if (named && !kinds) throw new ValueError('scatter: named points without classes', 'Give classes: their names.');
  if (kinds) sameLength('scatter', ['points', x.length], ['classes', kinds.length]);
  if (colors) sameLength('scatter', ['points', x.length], ['amounts', colors.length]);
  const rows = x.map(
    (value, i): Spec => ({
      x: rounded(value),
      y: rounded(y[i]!),
      ...(kinds && { class: kinds[i] }),
      ...(colors && { amount: rounded(colors[i]!) }),
    }),
  );
  const view: Spec = {
    ...frame(options),
    data: { values: rows },
    mark: {
      tooltip: true,
      clip: xRange !== undefined || yRange !== undefined,
      ...(named
        ? { type: 'text', fontWeight: 600, ...(size && { fontSize: Math.round(2 * Math.sqrt(size)) }) }
        : { type: 'point', stroke: '#ffffff', strokeWidth: size && size < tiny ? 0.15 : 0.6, ...(size && { size }) }),
    },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: xLabel, scale: scaleOf(xScale, xRange) },
      y: { field: 'y', type: 'quantitative', title: yLabel, scale: scaleOf(yScale, yRange) },
      ...(kinds && {
        color: { field: 'class', type: 'nominal', title: null, legend: named ? null : legend },
        ...(named ? { text: { field: 'class' } } : { shape: { field: 'class', type: 'nominal', title: null, legend } }),
      }),
      ...(colors && { color: { field: 'amount', type: 'quantitative', title: options.amountLabel ?? 'amount' } }),
    },
  };
  const groups = kinds ? `, ${new Set(kinds).size} classes` : '';
  return new Plot(view, `${options.title ?? `${yLabel} over ${xLabel}`}: ${x.length} points${groups}`);
}
