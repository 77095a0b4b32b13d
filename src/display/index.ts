// gradlab/display: tensors, pictures, plots, tables, and what changes while a cell runs.
import '../backends.js';

export { type Displayable, displayMethod, type MimeData } from './bundle.js';
export { type ColorMap, categories } from './colors.js';
export type { Matrix, Numbers } from './data.js';
export * from './exercises/index.js';
export { GraphView, type GraphViewOptions, graphView } from './graph/view.js';
export { ImageGrid, type ImageGridOptions, imageGrid, type Title } from './image.js';
export { LivePlot, type LivePlotOptions, livePlot, type StepRecord } from './live-plot.js';
export { type LiveValue, LiveView, liveView } from './live-view.js';
export type { Gates } from './peek/gates.js';
export { type GateMapOptions, Peek, type PeekOptions, peek } from './peek/peek.js';
export type { Drawable } from './piece.js';
export * from './plot/index.js';
export { type Showable, SideBySide, sideBySide } from './side-by-side.js';
export { type Figure, Surface, type SurfaceOptions, surface } from './surface/surface.js';
export { Table, type TableOptions, type TableRecord, table } from './table.js';
export { tensorBundle, tensorText, type Viewable } from './tensor-view.js';
