// An array of records → an HTML table, as a data person expects it.
import { inspect } from 'node:util';

const MAX_ROWS = 60;
const EDGE_ROWS = 10;
const MAX_COLUMNS = 30;

type PlainRecord = { [column: string]: unknown };

/** At least two plain objects that share their columns and hold mostly plain cells; such arrays read better as tables. */
export function isRecords(value: unknown): value is PlainRecord[] {
  if (!Array.isArray(value) || value.length < 2) return false;
  const sample = value.slice(0, 50);
  const first = sample[0];
  if (!isPlain(first)) return false;
  const columns = Object.keys(first);
  if (columns.length === 0 || columns.length > MAX_COLUMNS) return false;
  const isRow = (row: unknown): boolean => {
    if (!isPlain(row) || !columns.some((column) => column in row)) return false;
    const cells = Object.values(row);
    return cells.filter(isCell).length >= cells.length / 2 && !cells.some((value) => typeof value === 'function');
  };
  return sample.every(isRow);
}

export function recordsTable(rows: readonly PlainRecord[]): string {
  const columns = [...new Set(rows.slice(0, 50).flatMap((row) => Object.keys(row)))].slice(0, MAX_COLUMNS);
  const head = `<tr><th></th>${columns.map((column) => `<th>${escapeHtml(column)}</th>`).join('')}</tr>`;
  const line = (row: PlainRecord, index: number): string =>
    `<tr><th>${index}</th>${columns.map((column) => cell(row[column])).join('')}</tr>`;
  const elided = rows.length > MAX_ROWS;
  const body = elided
    ? [
        ...rows.slice(0, EDGE_ROWS).map(line),
        `<tr><th>⋮</th>${columns.map(() => '<td>⋮</td>').join('')}</tr>`,
        ...rows.slice(-EDGE_ROWS).map((row, index) => line(row, rows.length - EDGE_ROWS + index)),
      ]
    : rows.map(line);
  const size = elided ? `<p>${rows.length} rows × ${columns.length} columns</p>` : '';
  return `<table class="dataframe"><thead>${head}</thead><tbody>${body.join('')}</tbody></table>${size}`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function cell(value: unknown): string {
  if (value === undefined) return '<td></td>';
  const align = typeof value === 'number' || typeof value === 'bigint' ? ' style="text-align:right"' : '';
  const text = value instanceof Date ? value.toISOString() : isCell(value) ? String(value) : inner(value);
  return `<td${align}>${escapeHtml(text.length > 200 ? `${text.slice(0, 200)}…` : text)}</td>`;
}

/** One line; none of the value's own code runs. */
function inner(value: unknown): string {
  const options = { depth: 0, customInspect: false, showProxy: true, maxArrayLength: 5, maxStringLength: 30 };
  return inspect(value, { ...options, breakLength: Number.POSITIVE_INFINITY });
}

function isCell(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function') || value instanceof Date;
}

function isPlain(value: unknown): value is PlainRecord {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
