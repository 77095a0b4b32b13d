// The plots, in the order in which the chapters need them.

export { type AttentionOptions, attentionMap } from './attention.js';
export { type BarOptions, bar } from './bar.js';
export { boxPlot } from './box.js';
export { overlay, plotsBeside } from './combine.js';
export { type ConfusionOptions, confusionMatrix } from './confusion.js';
export { type ContourOptions, contour } from './contour.js';
export { type HeatmapOptions, heatmap } from './heatmap.js';
export { type HistogramOptions, histogram } from './histogram.js';
export { type LineOptions, line, type Series } from './line.js';
export { paths } from './paths.js';
export { Plot, type PlotOptions } from './plot.js';
export { rocCurve } from './roc.js';
export { type ScatterOptions, scatter } from './scatter.js';
