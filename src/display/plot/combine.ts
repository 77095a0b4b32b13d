// In: plots. Out: one plot, with them over each other or side by side.
import { ValueError } from '../../errors.js';
import { Plot, type PlotOptions } from './plot.js';
import type { Spec } from './theme.js';

const texts = (plots: readonly Plot[]): string => plots.map((plot) => plot.text).join('\n\n');

/**
 * Plots drawn over each other on shared axes, the first at the bottom.
 * @example overlay(heatmap(grid, { xRange: [-2, 2], yRange: [-2, 2] }), scatter(points, { classes: labels }))
 */
export function overlay(plots: readonly Plot[], options: PlotOptions = {}): Plot {
  if (plots.length === 0) throw new ValueError('overlay: no plots', 'Give at least one.');
  const layer = plots.map(({ view }) => {
    const { width: _width, height: _height, title: _title, ...rest } = view;
    return rest;
  });
  const { width, height, title } = plots[0]!.view;
  const heading = options.title
    ? { text: options.title, ...(options.subtitle && { subtitle: options.subtitle }) }
    : title;
  const view: Spec = {
    width: options.width ?? width,
    height: options.height ?? height,
    ...(heading !== undefined && { title: heading }),
    layer,
    resolve: { scale: { color: 'independent', shape: 'independent' } },
  };
  return new Plot(view, texts(plots));
}

/** Plots beside each other in lines of `columns` (all in one by default), each with axes and colours of its own. */
export function plotsBeside(
  plots: readonly Plot[],
  { columns = plots.length, title }: { columns?: number; title?: string } = {},
): Plot {
  if (plots.length === 0) throw new ValueError('plotsBeside: no plots', 'Give at least one.');
  const view: Spec = {
    ...(title && { title }),
    concat: plots.map((plot) => plot.view),
    columns,
    spacing: 30,
    resolve: { scale: { color: 'independent', shape: 'independent' } },
  };
  return new Plot(view, texts(plots));
}
