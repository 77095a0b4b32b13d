// In: plots. Out: one plot, with them over each other or side by side.
import { ValueError } from '../../errors.js';
import { isSpec, merge, Plot, type PlotOptions } from './plot.js';
import type { Spec } from './theme.js';

const texts = (plots: readonly Plot[]): string => plots.map((plot) => plot.text).join('\n\n');

/** The first view of a plot that has axes. */
function titlesOf(view: Spec): Spec {
  const inner = Array.isArray(view.layer) ? view.layer.filter(isSpec) : [];
  const encodings = [view, ...inner].map((part) => part.encoding).filter(isSpec);
  const titleOf = (axis: 'x' | 'y') => encodings.map((encoding) => encoding[axis]).find(isSpec)?.title ?? null;
  return { x: { title: titleOf('x') }, y: { title: titleOf('y') } };
}

const pick = (axes: Spec, encoding: Spec): Spec =>
  Object.fromEntries(Object.entries(axes).filter(([axis]) => axis in encoding));

/** A view that draws nothing outside the axes and names them as the first one does. */
function within(view: Spec, axes: Spec): Spec {
  const { mark, encoding, layer } = view;
  return {
    ...view,
    ...(isSpec(mark) && { mark: { ...mark, clip: true } }),
    ...(isSpec(encoding) && { encoding: merge(encoding, pick(axes, encoding)) }),
    ...(Array.isArray(layer) && { layer: layer.filter(isSpec).map((part) => within(part, axes)) }),
  };
}

/**
 * Plots drawn over each other on shared axes, the first at the bottom.
 * @example overlay(heatmap(grid, { xRange: [-2, 2], yRange: [-2, 2] }), scatter(points, { classes: labels }))
 */
export function overlay(plots: readonly Plot[], options: PlotOptions = {}): Plot {
  if (plots.length === 0) throw new ValueError('overlay: no plots', 'Give at least one.');
  const axes = titlesOf(plots[0]!.view);
  const layer = plots.map(({ view }, i) => {
    const { width: _width, height: _height, title: _title, ...rest } = view;
    return i === 0 ? rest : within(rest, axes);
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
