// The look of every plot. Text takes the front end's own colour and the ground is left to it, so that one plot reads on light and on dark.
import { categories, cssRange } from '../colors.js';

/** JSON of Vega-Lite. */
export type Spec = { [key: string]: unknown };

const fonts = '-apple-system, "Segoe UI", Helvetica, Arial, sans-serif';
/** Between black and white: lines that read on both. */
const quiet = '#888888';

/** JupyterLab's colour of text, or VS Code's; it follows when the theme is switched. */
const ink = 'var(--jp-ui-font-color1, var(--vscode-foreground, #777777))';

/** As many as there are colours: Vega's own, then a hexagon and a star. */
const shapes = [
  'circle',
  'square',
  'triangle-up',
  'cross',
  'diamond',
  'triangle-right',
  'triangle-down',
  'triangle-left',
  'M0.9,0L0.45,0.78L-0.45,0.78L-0.9,0L-0.45,-0.78L0.45,-0.78Z',
  'M0,-1L0.24,-0.33L0.95,-0.31L0.39,0.13L0.59,0.81L0,0.42L-0.59,0.81L-0.39,0.13L-0.95,-0.31L-0.24,-0.33Z',
] as const;

/** Size of the plotting area in pixels. */
export const plotSize = { width: 420, height: 250 } as const;

/** What every plot sends along. */
export const config: Spec = {
  font: fonts,
  background: 'transparent',
  padding: 8,
  view: { stroke: null },
  style: { 'guide-label': { fill: ink }, 'guide-title': { fill: ink } },
  title: {
    color: ink,
    anchor: 'start',
    fontSize: 14,
    fontWeight: 600,
    offset: 10,
    subtitleColor: quiet,
    subtitleFontSize: 12,
    subtitlePadding: 4,
  },
  axis: {
    domainColor: quiet,
    tickColor: quiet,
    gridColor: quiet,
    gridOpacity: 0.25,
    labelFontSize: 11,
    labelPadding: 4,
    labelSeparation: 8,
    tickSize: 4,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
  },
  mark: { color: categories[0] },
  axisBand: { grid: false, domain: false, ticks: false },
  legend: {
    titleLimit: 400,
    labelLimit: 400,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    symbolStrokeWidth: 3,
    offset: 12,
  },
  line: { strokeWidth: 2, strokeJoin: 'round', strokeCap: 'round' },
  point: { filled: true, size: 36, opacity: 0.85 },
  rule: { color: quiet },
  range: {
    category: [...categories],
    symbol: [...shapes],
    heatmap: cssRange('viridis'),
    ramp: cssRange('viridis'),
    diverging: cssRange('diverging'),
  },
};

/** What a static picture needs instead of the front end's theme: dark ink on white paper. */
export const paper: Spec = {
  background: '#ffffff',
  style: { 'guide-label': { fill: '#333333' }, 'guide-title': { fill: '#333333' } },
  title: { color: '#222222', subtitleColor: '#666666' },
};

/** How front ends should draw: as SVG, without the menu. */
export const embedOptions = { renderer: 'svg', actions: false } as const;
