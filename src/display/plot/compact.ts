// In: Vega-Lite JSON. Out: the same plot with long tables as text, since notebooks give every field of a row a line of its own.
import { isSpec } from './plot.js';
import type { Spec } from './theme.js';

/** Shorter tables stay as they are. */
const fewest = 24;

type Flat = string | number | boolean | null;
const isFlat = (value: unknown): value is Flat =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);

/** How Vega reads a column back; undefined where it is of mixed kinds. */
function kindOf(values: readonly Flat[]): 'number' | 'string' | 'boolean' | undefined {
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  const [kind = 'number'] = kinds;
  if (kinds.size > 1) return undefined;
  return kind === 'number' || kind === 'string' || kind === 'boolean' ? kind : undefined;
}

const quoted = (value: Flat): string => {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** The rows as CSV, or undefined where CSV would not give them back. */
function asText(rows: readonly unknown[]): Spec | undefined {
  if (rows.length < fewest || !rows.every(isSpec)) return undefined;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const parse: Spec = {};
  const columns: Flat[][] = [];
  for (const name of names) {
    const values = rows.map((row) => row[name] ?? null);
    if (!values.every(isFlat)) return undefined;
    const kind = kindOf(values);
    // Vega reads an empty text as a missing one.
    if (!kind || values.includes('')) return undefined;
    parse[name] = kind;
    columns.push(values);
  }
  const lines = rows.map((_, i) => columns.map((column) => quoted(column[i]!)).join(','));
  return { values: [names.map(quoted).join(','), ...lines].join('\n'), format: { type: 'csv', parse } };
}

/** Long tables anywhere in `spec` as text. */
export function compact(spec: Spec): Spec {
  return Object.fromEntries(
    Object.entries(spec).map(([key, value]) => {
      if (key === 'data' && isSpec(value) && Array.isArray(value.values) && !value.format)
        return [key, asText(value.values) ?? value];
      if (Array.isArray(value)) return [key, value.map((item: unknown) => (isSpec(item) ? compact(item) : item))];
      return [key, isSpec(value) ? compact(value) : value];
    }),
  );
}
