// A chapter as it was saved and as it was just run → which cells' outputs are to be saved anew.
import type { JsonObject } from '../contract.js';
import { isObject } from '../wire/json.js';
import { type Book, joined, outputsOf } from './tidy.js';

/** Cells that only measure have this tag. */
const measuredTag = 'measured';

const isMeasured = ({ metadata }: JsonObject): boolean =>
  isObject(metadata) && Array.isArray(metadata.tags) && metadata.tags.includes(measuredTag);

/** What differs from run to run without meaning: times, rates, dates, ids. */
function masked(text: string): string {
  return text
    .replace(/(\d[\d.,]*(e-?\d+)?\s?(ns|µs|ms|steps\/s|it\/s|s|min|h)\b\s?)+/g, '#')
    .replace(/\d{4}-\d\d-\d\d/g, '#')
    .replace(/[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}/g, '#');
}

/** What of an output counts as its content. Of a cell that measures, only what kinds of things it shows. */
function content(output: JsonObject, measured: boolean): string {
  const { execution_count, ...rest } = output;
  if (!measured) return masked(JSON.stringify(isObject(rest.data) ? { ...rest, data: textsOf(rest.data) } : rest));
  return JSON.stringify([rest.output_type, isObject(rest.data) ? Object.keys(rest.data).sort() : []]);
}

/** Texts in one form, lists of lines or not. */
const textsOf = (data: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(data)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([mime, value]) => [mime, Array.isArray(value) ? joined(value) : value]),
  );

const same = (before: JsonObject, after: JsonObject): boolean => {
  const measured = isMeasured(after);
  const [a, b] = [before, after].map((cell) => outputsOf(cell).map((output) => content(output, measured)));
  return JSON.stringify(a) === JSON.stringify(b);
};

/** Puts the saved outputs back where a run changed nothing. Answers the numbers of the code cells that it changed, from 1. */
export function keepUnchanged(before: Book, after: Book): number[] {
  const saved = new Map(before.cells.map((cell) => [cell.id, cell]));
  const code = after.cells.filter((cell) => cell.cell_type === 'code');
  const differs = code.map((cell) => {
    const old = saved.get(cell.id);
    return !old || joined(old.source) !== joined(cell.source) || !same(old, cell);
  });
  if (!differs.includes(true)) return [];
  return code.flatMap((cell, i) => {
    if (differs[i] || isMeasured(cell)) return [i + 1];
    cell.outputs = outputsOf(saved.get(cell.id) ?? {});
    return [];
  });
}
