// Any value → a MIME bundle: its own description if it has one, else what a reader of a notebook expects to see.
import { inspect } from 'node:util';
import type { JsonObject, MimeBundle } from '../contract.js';
import { imageMime } from './image.js';
import { isRecords, recordsTable } from './table.js';
import { deservesTree, tree } from './tree.js';

/** The method by which a value describes itself; it may answer a promise. Shared with Deno's kernel. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for('Jupyter.display');

export interface Displayable {
  [JUPYTER_DISPLAY](): unknown;
}

/** Nobody reads further; a notebook keeps all of it. */
const MOST_TEXT = 100_000;

/** Answers at once where the value allows, so that displays in busy loops appear. */
export function describe(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (isDisplayable(value)) {
    const described = value[JUPYTER_DISPLAY]();
    return isPromise(described) ? described.then((bundle) => toBundle(bundle, value)) : toBundle(described, value);
  }
  return describePlain(value);
}

export function toText(value: unknown): string {
  const text = inspect(value, { depth: 4, breakLength: 100, maxStringLength: 10_000 });
  const more = text.length - MOST_TEXT;
  return more > 0 ? `${text.slice(0, MOST_TEXT)}… ${more} more characters` : text;
}

function describePlain(value: unknown): MimeBundle {
  const text = toText(value);
  const data: JsonObject = { 'text/plain': text };
  if (value instanceof Uint8Array) {
    const mime = imageMime(value);
    if (mime) data[mime] = Buffer.from(value).toString('base64');
  } else if (isRecords(value)) {
    data['text/html'] = recordsTable(value);
  } else if (isObject(value) && typeof value.$schema === 'string') {
    const mime = vegaMime(value.$schema);
    if (mime) data[mime] = value;
  } else if (deservesTree(value, text)) {
    data['text/html'] = tree(value);
  }
  return { data };
}

/** JupyterLab's core renders no newer MIME type than these; specifications of newer versions mostly work in it. */
function vegaMime(schema: string): string | undefined {
  if (schema.includes('/schema/vega-lite/')) return 'application/vnd.vegalite.v5+json';
  if (schema.includes('/schema/vega/')) return 'application/vnd.vega.v5+json';
  return undefined;
}

function toBundle(described: unknown, value: unknown): MimeBundle {
  if (described === undefined) return { data: {} };
  if (!isObject(described)) return { data: { 'text/plain': toText(described) } };
  const wrapped = isObject(described.data) && !Object.keys(described).some((key) => key.includes('/'));
  const given = wrapped && isObject(described.data) ? described.data : described;
  const data: JsonObject = {};
  for (const [mime, content] of Object.entries(given)) {
    const payload = payloadOf(mime, content);
    if (payload !== undefined) data[mime] = payload;
  }
  data['text/plain'] ??= `[${value?.constructor?.name ?? 'Object'}]`;
  return wrapped && isObject(described.metadata) ? { data, metadata: described.metadata } : { data };
}

/** Notebook files hold text under each type that is not JSON; a file with anything else there cannot be opened. */
function payloadOf(mime: string, content: unknown): unknown {
  if (content instanceof Uint8Array) return Buffer.from(content).toString('base64');
  if (content === undefined || typeof content === 'string' || /[/+]json$/.test(mime)) return content;
  return Array.isArray(content) && content.every((line) => typeof line === 'string') ? content : toText(content);
}

function isDisplayable(value: unknown): value is Displayable {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof Reflect.get(value, JUPYTER_DISPLAY) === 'function'
  );
}

function isPromise(value: unknown): value is Promise<unknown> {
  return isObject(value) && typeof value.then === 'function';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
