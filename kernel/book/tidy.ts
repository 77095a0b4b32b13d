// A notebook that was just run → the same, with what reads well where nothing runs and without what changes by itself.
import { stripVTControlCharacters } from 'node:util';
import type { JsonObject } from '../contract.js';
import { isObject } from '../wire/json.js';

const viewMime = 'application/vnd.jupyter.widget-view+json';

export interface Book extends JsonObject {
  cells: JsonObject[];
}

export function isBook(json: JsonObject): json is Book {
  return Array.isArray(json.cells) && json.cells.every(isObject);
}

/** Tidies in place: notebook and cell metadata, colour codes, views of widgets that no kernel holds any more. */
export function tidy(book: Book): void {
  const { kernelspec, language_info } = isObject(book.metadata) ? book.metadata : {};
  book.metadata = { ...(isObject(kernelspec) && { kernelspec }), ...(isObject(language_info) && { language_info }) };
  for (const cell of book.cells) {
    if (isObject(cell.metadata)) {
      const { execution, ...kept } = cell.metadata;
      cell.metadata = kept;
    }
    if (cell.cell_type === 'code') cell.outputs = outputsOf(cell).flatMap(tidyOutput);
  }
}

/** The outputs of a cell, as stored. */
export const outputsOf = (cell: JsonObject): JsonObject[] =>
  Array.isArray(cell.outputs) ? cell.outputs.filter(isObject) : [];

/** Text as notebooks store it: a list of lines, or one string. */
export const joined = (text: unknown): string => (Array.isArray(text) ? text.join('') : String(text ?? ''));

const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

function tidyOutput(output: JsonObject): JsonObject[] {
  if (output.output_type === 'stream')
    return [{ ...output, text: lines(stripVTControlCharacters(joined(output.text))) }];
  if (!isObject(output.data)) return [output];
  const { [viewMime]: view, ...data } = output.data;
  if (Object.keys(data).length === 0) return [];
  // The place of an output that was taken away.
  if (Object.keys(data).length === 1 && joined(data['text/plain']) === '') return [];
  if (view === undefined || data['text/html'] !== undefined) return [{ ...output, data }];
  const still = controlsText(joined(data['text/plain']));
  return still ? [{ ...output, data: { 'text/html': lines(stillHtml(still)), 'text/plain': lines(still) } }] : [];
}

/** `VBox(FloatSlider(rate): 0.1, Checkbox(on): true)` → `rate: 0.1 · on: true`. */
function controlsText(text: string): string {
  const found = [...text.matchAll(/\w+\(([^():]+)\): ((?:'[^']*'|\[[^\]]*\]|[^,()])+)/g)];
  return found.map(([, label, value]) => `${label}: ${value}`).join(' · ');
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const stillHtml = (text: string): string =>
  `<div style="opacity:.75">⇆ ${escaped(text)} <i>(run the cell to move them)</i></div>`;
