// Text, bytes or specifications in one format → a value that shows itself in that format.
import type { JsonObject } from '../contract.js';
import { type Displayable, JUPYTER_DISPLAY, toText } from './bundle.js';
import { imageMime } from './image.js';
import { escapeHtml } from './table.js';

/** A value that shows itself as `data`, a MIME bundle. As the last expression of a cell, or through `display()`. */
export class Rich implements Displayable {
  readonly data: JsonObject;
  readonly metadata: JsonObject;

  constructor(data: JsonObject, metadata: JsonObject = {}) {
    this.data = data;
    this.metadata = metadata;
  }

  [JUPYTER_DISPLAY](): { data: JsonObject; metadata: JsonObject } {
    return { data: this.data, metadata: this.metadata };
  }
}

type Text = string | TemplateStringsArray;

function fill(text: Text, values: readonly unknown[], insert: (value: unknown) => string): string {
  if (typeof text === 'string') return text;
  return text.reduce((all, part, index) => all + insert(values[index - 1]) + part);
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' && !(value instanceof Rich) ? toText(value) : String(value);
}

/** The plain form of a long text only names it, so that it does not travel twice. */
function brief(text: string, kind: string): string {
  return text.length <= 10_000 ? text : `[${kind}, ${text.length} characters]`;
}

/** Strings are escaped; what `html` made is inserted as it is, also in arrays. */
function insertHtml(value: unknown): string {
  if (Array.isArray(value)) return value.map(insertHtml).join('');
  if (value instanceof Rich) {
    const inner = value.data['text/html'] ?? value.data['image/svg+xml'];
    if (typeof inner === 'string') return inner;
  }
  return escapeHtml(plain(value));
}

/** HTML: ``html`<b>${name}</b>` `` escapes what is inserted; `html(text)` takes the text as it is. */
export function html(text: Text, ...values: unknown[]): Rich {
  const markup = fill(text, values, insertHtml);
  return new Rich({ 'text/html': markup, 'text/plain': brief(markup, 'HTML') });
}

/** Markdown, with formulas between dollar signs. */
export function md(text: Text, ...values: unknown[]): Rich {
  const markdown = dedent(fill(text, values, plain));
  return new Rich({ 'text/markdown': markdown, 'text/plain': brief(markdown, 'Markdown') });
}

/** An SVG picture. */
export function svg(text: Text, ...values: unknown[]): Rich {
  const markup = fill(text, values, insertHtml).trim();
  return new Rich({ 'image/svg+xml': markup, 'text/plain': '[SVG]' });
}

/** A formula, with or without its dollar signs. As a tag, backslashes need no doubling. */
export function latex(text: Text, ...values: unknown[]): Rich {
  const source =
    typeof text === 'string' ? text : text.raw.reduce((all, part, index) => all + plain(values[index - 1]) + part);
  const formula = /^\s*(\$|\\begin)/.test(source) ? source : `$$${source}$$`;
  return new Rich({ 'text/latex': formula, 'text/plain': source });
}

/**
 * The bytes of a PNG, JPEG, GIF, WebP or BMP file, with an optional size in pixels.
 * @throws TypeError when the bytes are none of these.
 */
export function image(bytes: Uint8Array, options: { width?: number; height?: number } = {}): Rich {
  const mime = imageMime(bytes);
  if (!mime) {
    throw new TypeError(
      'image(bytes): these bytes do not start like a PNG, JPEG, GIF, WebP or BMP file; for SVG text call svg(text)',
    );
  }
  return new Rich(
    { [mime]: Buffer.from(bytes).toString('base64'), 'text/plain': `[${mime}, ${bytes.length} bytes]` },
    { [mime]: options },
  );
}

/** A collapsible tree of any JSON value. */
export function json(value: unknown, options: { expanded?: boolean } = {}): Rich {
  return new Rich({ 'application/json': value, 'text/plain': toText(value) }, { 'application/json': options });
}

/** Plain text, without the quotes that a string result has. */
export function text(value: unknown): Rich {
  return new Rich({ 'text/plain': typeof value === 'string' ? value : toText(value) });
}

/** A Vega-Lite specification. */
export function vegaLite(spec: JsonObject): Rich {
  return new Rich({ 'application/vnd.vegalite.v5+json': spec, 'text/plain': '[Vega-Lite chart]' });
}

/** A Vega specification. */
export function vega(spec: JsonObject): Rich {
  return new Rich({ 'application/vnd.vega.v5+json': spec, 'text/plain': '[Vega chart]' });
}

/** A Plotly figure: `{ data, layout }`. JupyterLab shows it with the jupyterlab-plotly extension. */
export function plotly(figure: { data: unknown[]; layout?: JsonObject }): Rich {
  return new Rich({ 'application/vnd.plotly.v1+json': figure, 'text/plain': '[Plotly figure]' });
}

/** JavaScript that the notebook's page runs. */
export function javascript(code: string): Rich {
  return new Rich({ 'application/javascript': code, 'text/plain': '[JavaScript]' });
}

/** A page inside the notebook. */
export function iframe(url: string, options: { width?: number | string; height?: number | string } = {}): Rich {
  const { width = '100%', height = 400 } = options;
  const size = `width="${escapeHtml(String(width))}" height="${escapeHtml(String(height))}"`;
  return new Rich({
    'text/html': `<iframe src="${escapeHtml(url)}" ${size} frameborder="0" allowfullscreen></iframe>`,
    'text/plain': url,
  });
}

/** Removes the indentation that all lines share, so that Markdown can be indented with the code around it. */
function dedent(markdown: string): string {
  const lines = markdown.replace(/^\n/, '').split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const common = Math.min(...indents);
  return Number.isFinite(common) ? lines.map((line) => line.slice(common)).join('\n') : markdown;
}
