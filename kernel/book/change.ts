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
  if (measured) return JSON.stringify([rest.output_type, isObject(rest.data) ? Object.keys(rest.data).sort() : []]);
  return masked(JSON.stringify(canonical(rest)));
}

/** The same in one form: keys in order, texts in one piece. Programs that save notebooks differ in both. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value))
    return value.length > 0 && value.every((line) => typeof line === 'string') ? joined(value) : value.map(canonical);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, canonical(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

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
