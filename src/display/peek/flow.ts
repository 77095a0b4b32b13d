// In: the sizes of gradients, layer by layer. Out: a plot that shows where they vanish or explode.
import { formatShort } from '../numbers.js';
import { frame, Plot, rounded } from '../plot/plot.js';
import type { Spec } from '../plot/theme.js';

/** Smaller ones are drawn here. */
const smallest = 1e-30;

/** A dot for each layer, from the input on, on a logarithmic axis. */
export function flowPlot(names: readonly string[], sizes: readonly number[]): Plot {
  const rows = names.map((name, i): Spec => ({ name, order: i, size: rounded(Math.max(sizes[i]!, smallest)) }));
  const view: Spec = {
    ...frame({ width: 300, height: Math.max(80, 24 * names.length) }),
    data: { values: rows },
    encoding: {
      y: { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 240, grid: true } },
      x: {
        field: 'size',
        type: 'quantitative',
        title: 'gradient (root mean square)',
        scale: { type: 'log', nice: true },
      },
    },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1, opacity: 0.5 },
        encoding: { order: { field: 'order', type: 'quantitative' } },
      },
      { mark: { type: 'point', tooltip: true, size: 60 } },
    ],
  };
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name, i) => `${name.padEnd(width)}  ${formatShort(sizes[i]!)}`);
  return new Plot(view, ['gradients from input to output (rms)', ...lines].join('\n'));
}
