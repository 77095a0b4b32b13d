// In: what a chart wants to draw, as Vega-Lite JSON. Out: a plot that shows itself: interactive, as a static picture, as text.

import { displayMethod, draftMethod, type MimeData } from '../bundle.js';
import { compact } from './compact.js';
import { renderSvg } from './render.js';
import { config, embedOptions, paper, plotSize, type Spec } from './theme.js';

/** JupyterLab renders no newer type. */
export const vegaLiteMime = 'application/vnd.vegalite.v5+json';
const schema = 'https://vega.github.io/schema/vega-lite/v5.json';

/** Options that every plot takes. */
export interface PlotOptions {
  /** Above the plot. */
  title?: string;
  /** Under the title, smaller. */
  subtitle?: string;
  /** Width of the plotting area in pixels. Default 420. */
  width?: number;
  /** Height of the plotting area in pixels. Default 250. */
  height?: number;
  /** Text of the horizontal axis, with its unit, such as `time (ms)`. */
  xLabel?: string;
  /** Text of the vertical axis, with its unit. */
  yLabel?: string;
}

/** Whether `value` is a JSON object. */
export const isSpec = (value: unknown): value is Spec =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` laid over `under`, objects merged. */
export function merge(under: Spec, over: Spec): Spec {
  const out: Spec = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    out[key] = isSpec(below) && isSpec(value) ? merge(below, value) : value;
  }
  return out;
}

/** A plot. Notebooks show it; elsewhere take `svg()`, `spec` or `text`. */
export class Plot {
  /** The drawing without data sources, theme or schema: what `overlay` and `sideBySide` combine. @internal */
  readonly view: Spec;
  /** What a terminal shows. */
  readonly text: string;

  /** @internal */
  constructor(view: Spec, text: string) {
    this.view = view;
    this.text = text;
  }

  /** Complete Vega-Lite JSON (schema 5), data included; needs no network. */
  get spec(): Spec {
    return { $schema: schema, usermeta: { embedOptions }, config, ...compact(this.view) };
  }
  /** The plot as an SVG picture, dark on white. */
  svg(): Promise<string> {
    return renderSvg({ ...this.spec, config: merge(config, paper) }, this.text);
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  async [displayMethod](): Promise<MimeData> {
    return { ...this[draftMethod](), 'image/svg+xml': await this.svg() };
  }
  /** Without the picture, which takes ten times as long as the rest. */
  [draftMethod](): MimeData {
    return { [vegaLiteMime]: this.spec, 'text/plain': this.text };
  }
}

/** Title and size as Vega-Lite wants them. */
export function frame({ title, subtitle, width = plotSize.width, height = plotSize.height }: PlotOptions): Spec {
  const heading = title || subtitle ? { title: { text: title ?? '', ...(subtitle && { subtitle }) } } : {};
  return { ...heading, width, height };
}

/** Five significant digits are finer than any screen and halve the file. NaN and infinity leave a gap. */
export const rounded = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null);
