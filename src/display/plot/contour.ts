// In: a function of the plane, or heights on a grid. Out: a map of it with lines of equal height.
import { ValueError } from '../../errors.js';
import { type Matrix, rowsOf } from '../data.js';
import { formatShort } from '../numbers.js';
import { type HeatmapOptions, heatmap } from './heatmap.js';
import { isolines } from './isolines.js';
import { Plot, rounded } from './plot.js';
import type { Spec } from './theme.js';

/** Options of {@link contour}. */
export interface ContourOptions extends Omit<HeatmapOptions, 'rowNames' | 'columnNames' | 'numbers' | 'upward'> {
  /** Ends of the axes. Default −1 to 1. */
  xRange?: readonly [low: number, high: number];
  yRange?: readonly [low: number, high: number];
  /** How many lines, or their heights. Default 10. */
  levels?: number | readonly number[];
  /** Colours and lines by the logarithm of the height, for surfaces that rise by powers. Heights must be positive. */
  log?: boolean;
  /** Points of the grid in each direction, for a function. Default 120. */
  resolution?: number;
}

/** Enough for a line to look smooth. */
const mostPoints = 60;

type Height = (x: number, y: number) => number;

const between = ([low, high]: readonly [number, number], share: number): number => low + (high - low) * share;

/**
 * A surface from above: colour and lines of equal height.
 * @param surface height at (x, y), or rows of heights from the lowest y to the highest.
 * @throws ValueError when no height is finite, or `log` meets heights that are not positive.
 * @example overlay([contour((x, y) => x ** 2 + 10 * y ** 2), paths({ SGD: steps })])
 */
export function contour(surface: Height | Matrix, options: ContourOptions = {}): Plot {
  const { xRange = [-1, 1], yRange = [-1, 1], resolution = 120, levels = 10, log = false } = options;
  const grid = typeof surface === 'function' ? sample(surface, xRange, yRange, resolution) : rowsOf('contour', surface);
  const heights = log ? grid.map((row) => row.map(Math.log10)) : grid;
  const flat = heights.flat().filter(Number.isFinite);
  if (flat.length === 0) {
    throw new ValueError(
      'contour: no finite height',
      log ? 'With log, heights must be positive; add a small number.' : 'Check the function and its ranges.',
    );
  }
  const low = flat.reduce((a, b) => Math.min(a, b));
  const high = flat.reduce((a, b) => Math.max(a, b));
  const at =
    typeof levels === 'number'
      ? Array.from({ length: levels }, (_, i) => low + ((i + 1) * (high - low)) / (levels + 1))
      : levels.map((level) => (log ? Math.log10(level) : level));
  const label = options.valueLabel ?? 'height';
  const ground = heatmap(heights, {
    colorMap: 'viridis',
    range: [low, high],
    ...options,
    xRange,
    yRange,
    valueLabel: log ? `log₁₀ ${label}` : label,
  });
  const rows = lineRows(heights, at, xRange, yRange);
  const lines: Spec = {
    data: { values: rows },
    mark: { type: 'line', strokeWidth: 1, opacity: 0.55, color: '#ffffff', clip: true },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: options.xLabel ?? null },
      y: { field: 'y', type: 'quantitative', title: options.yLabel ?? null },
      detail: { field: 'line', type: 'nominal' },
      order: { field: 'order', type: 'quantitative' },
    },
  };
  const layer = Array.isArray(ground.view.layer) ? ground.view.layer : [];
  const [from, to] = log ? [10 ** low, 10 ** high] : [low, high];
  return new Plot(
    { ...ground.view, layer: [...layer, lines] },
    `${options.title ?? label}: ${formatShort(from)} … ${formatShort(to)}`,
  );
}

function sample(
  height: Height,
  xRange: readonly [number, number],
  yRange: readonly [number, number],
  count: number,
): number[][] {
  const along = (range: readonly [number, number]) =>
    Array.from({ length: count }, (_, i) => between(range, (i + 0.5) / count));
  const across = along(xRange);
  return along(yRange).map((y) => across.map((x) => height(x, y)));
}

/** Points of all lines; grid points stand in the middle of the map's cells. */
function lineRows(
  heights: number[][],
  levels: readonly number[],
  xRange: readonly [number, number],
  yRange: readonly [number, number],
): Spec[] {
  const [wide, tall] = [heights[0]!.length, heights.length];
  let line = 0;
  return levels.flatMap((level) =>
    isolines(heights, level).flatMap((points) => {
      line++;
      const every = Math.ceil(points.length / mostPoints);
      const kept = points.filter((_, i) => i % every === 0 || i === points.length - 1);
      return kept.map(([x, y], order) => ({
        x: rounded(between(xRange, (x + 0.5) / wide)),
        y: rounded(between(yRange, (y + 0.5) / tall)),
        line,
        order,
      }));
    }),
  );
}
