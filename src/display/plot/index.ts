// The plots, in the order in which a chapter uses them.
export { type BarOptions, bar } from './bar.js';
export { overlay, plotsBeside } from './combine.js';
export { type ConfusionOptions, confusionMatrix } from './confusion.js';
export { type HeatmapOptions, heatmap } from './heatmap.js';
export { type HistogramOptions, histogram } from './histogram.js';
export { type LineOptions, line, type Series } from './line.js';
export { Plot, type PlotOptions } from './plot.js';
export { type ScatterOptions, scatter } from './scatter.js';
