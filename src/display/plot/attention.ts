// In: attention weights. Out: heat maps, one for each head, with the words along both axes.
import { ShapeError, show } from '../../errors.js';
import type { Viewable } from '../tensor-view.js';
import { plotsBeside } from './combine.js';
import { heatmap } from './heatmap.js';
import type { Plot, PlotOptions } from './plot.js';

/** Options of {@link attentionMap}. */
export interface AttentionOptions extends PlotOptions {
  /** What is attended to, along the horizontal axis. */
  keys?: readonly string[];
  /** What attends, along the vertical axis. Default: `keys`, for self-attention. */
  queries?: readonly string[];
  /** Maps in a line. Default 3. */
  columns?: number;
}

/** Pixels for all maps of a line. */
const lineWidth = 820;

/**
 * Who attends to whom: rows are queries, columns are keys, dark is much.
 * @param weights `[queries, keys]` or `[heads, queries, keys]`, each row summing to 1.
 * @throws ShapeError for another number of axes; ValueError when the words do not fit.
 */
export function attentionMap(weights: Viewable, options: AttentionOptions = {}): Plot {
  const { keys, columns = 3, xLabel = 'attends to', yLabel = 'word', title } = options;
  const { shape } = weights;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new ShapeError(
      `attentionMap: shape ${show(shape)}`,
      'Give [queries, keys] or [heads, queries, keys]; index the batch first.',
    );
  }
  const [heads, rows, width] = shape.length === 3 ? [shape[0]!, shape[1]!, shape[2]!] : [1, shape[0]!, shape[1]!];
  const queries = options.queries ?? (rows === width ? keys : undefined);
  const values = weights.dataSync();
  /** Several maps share a line. */
  const side = Math.max(
    90,
    Math.min(34 * Math.max(rows, width), Math.floor(lineWidth / Math.min(columns, heads)) - 70),
  );
  const small = heads > 1 ? { width: side, height: Math.round((side * rows) / width) } : {};
  const maps = Array.from({ length: heads }, (_, head) => {
    const matrix = Array.from({ length: rows }, (_, row) =>
      Array.from(values.subarray((head * rows + row) * width, (head * rows + row + 1) * width)),
    );
    return heatmap(matrix, {
      ...small,
      ...options,
      ...(heads > 1 && { title: `head ${head}` }),
      ...(keys && { columnNames: keys }),
      ...(queries && { rowNames: queries }),
      colorMap: 'blues',
      range: [0, 1],
      valueLabel: 'weight',
      xLabel,
      yLabel,
      numbers: heads === 1 && rows * width <= 64,
      legend: heads === 1,
    });
  });
  return heads === 1 ? maps[0]! : plotsBeside(maps, { columns: Math.min(columns, heads), ...(title && { title }) });
}
