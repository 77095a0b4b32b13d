// In: records. Out: a table with one row each, numbers of a column written alike.
import { ValueError } from '../errors.js';
import { displayMethod, type MimeData } from './bundle.js';
import { type Cell, type Column, gridHtml, gridText } from './grid.js';
import { formatNumbers, formatWhole } from './numbers.js';

/** What a table shows in a cell. */
export type Value = string | number | boolean | null | undefined;
/** One row, by name of the column. */
export interface TableRecord {
  readonly [column: string]: Value;
}

/** Options of {@link table}. */
export interface TableOptions {
  /** Columns and their order. Default: all, as they first occur. */
  columns?: readonly string[];
  /** Columns in which the best row stands out, such as `{ accuracy: 'max', seconds: 'min' }`. */
  best?: { readonly [column: string]: 'max' | 'min' };
  /** Columns of shares from 0 to 1, written as per cent with a bar. */
  shares?: readonly string[];
  /** Below the table. */
  caption?: string;
  /** The most rows to show. Default 100. */
  limit?: number;
}

const missing = '–';

/** A table that shows itself. */
export class Table {
  readonly #columns: readonly Column[];
  readonly #rows: readonly (readonly Cell[])[];
  readonly #caption: string;

  /** @internal */
  constructor(columns: readonly Column[], rows: readonly (readonly Cell[])[], caption: string) {
    this.#columns = columns;
    this.#rows = rows;
    this.#caption = caption;
  }

  /** What a terminal shows. */
  get text(): string {
    return gridText(this.#columns, this.#rows) + (this.#caption ? `\n${this.#caption}` : '');
  }
  /** The table as HTML without style sheets. */
  html(): string {
    return gridHtml(this.#columns, this.#rows, this.#caption);
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    return { 'text/html': this.html(), 'text/plain': this.text };
  }
}

const isNumber = (value: Value): value is number => typeof value === 'number';

/** `1,416 B`, `70.3 %`, `45.6 % ± 1.8`, `2e-9`; not `01`, which is a name. */
const written = /^[-−]?(?!0\d)\d[\d,]*(\.\d+)?(e[-+]?\d+)?([ \u00a0]?[%a-zA-Zµ]{1,5})?( ± [\d.]+)?$/;

/** Whether a column is one of numbers, also of such as stand in texts with their units. */
const isNumeric = (values: readonly Value[]): boolean =>
  values.some(isNumber) ||
  (values.some((value) => typeof value === 'string' && written.test(value)) &&
    values.every((value) => value == null || value === missing || (typeof value === 'string' && written.test(value))));

/** The texts of a column: numbers with one precision, a tick for true. */
function textsOf(values: readonly Value[], share: boolean): string[] {
  const numbers = values.filter(isNumber);
  const written = share ? numbers.map((v) => `${(v * 100).toFixed(1)} %`) : formatColumn(numbers);
  let next = 0;
  return values.map((value) => {
    if (isNumber(value)) return written[next++]!;
    if (typeof value === 'boolean') return value ? '✓' : '✗';
    return value ?? missing;
  });
}

const formatColumn = (numbers: number[]): string[] =>
  numbers.every((v) => Number.isSafeInteger(v)) ? numbers.map(formatWhole) : formatNumbers(numbers);

function bestRow(values: readonly Value[], wanted: 'max' | 'min' | undefined): number | undefined {
  const numbers = values.filter(isNumber).filter(Number.isFinite);
  if (!wanted || numbers.length < 2) return undefined;
  return wanted === 'max' ? Math.max(...numbers) : Math.min(...numbers);
}

/**
 * Records as a table: numbers aligned, missing values as a dash.
 * @throws ValueError when there is no record, or a named column does not exist.
 * @example table([{ net: 'MLP', accuracy: 0.97 }, { net: 'CNN', accuracy: 0.99 }], { best: { accuracy: 'max' } })
 */
export function table(records: readonly TableRecord[], options: TableOptions = {}): Table {
  if (records.length === 0) throw new ValueError('table: no records', 'Give at least one object.');
  const { best = {}, shares = [], limit = 100, caption = '' } = options;
  const known = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const names = options.columns ?? known;
  for (const name of [...names, ...Object.keys(best), ...shares]) {
    if (!known.includes(name))
      throw new ValueError(`table: no column '${name}'`, `The records have ${known.join(', ')}.`);
  }
  const shown = records.slice(0, limit);
  const columns = names.map((name): { column: Column; cells: Cell[] } => {
    const values = shown.map((record) => record[name]);
    const share = shares.includes(name);
    const top = bestRow(values, best[name]);
    const cells = textsOf(values, share).map((text, i): Cell => {
      const value = values[i];
      return { text, strong: top !== undefined && value === top, ...(share && isNumber(value) && { share: value }) };
    });
    return { column: { heading: name, right: isNumeric(values) }, cells };
  });
  const left = records.length > shown.length ? `first ${shown.length} of ${formatWhole(records.length)} rows` : '';
  const rows = shown.map((_, i) => columns.map(({ cells }) => cells[i]!));
  return new Table(
    columns.map(({ column }) => column),
    rows,
    [caption, left].filter(Boolean).join(' · '),
  );
}
