// In: the text of a CSV file. Out: a table whose columns are read as texts, numbers, categories or a tensor.
import { CsvError, parse } from 'csv-parse/sync';
import { fromArray } from '../../create.js';
import { DataError, ValueError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import { readIfThere } from '../cache.js';

/** Options of the CSV readers. */
export interface CsvOptions {
  /** What stands between fields. Default `','`. */
  delimiter?: string;
  /** Names of the columns where the file has none in its first line. */
  columns?: readonly string[];
  /** Fields that mean "not known". Default: empty, `NA`, `NaN`, `null`. */
  missing?: readonly string[];
  /** What to call the file in errors. */
  name?: string;
}

/** A column of categories: the number of each row's, and what the numbers mean. */
export interface Categories {
  /** int32 [rows], −1 where the field is missing. */
  readonly codes: Int32Array;
  /** In the order of their characters. */
  readonly names: readonly string[];
}

/** Rows of named fields. */
export class Table {
  readonly #index: ReadonlyMap<string, number>;
  readonly #missing: ReadonlySet<string>;

  /** @param rows fields in the order of `columns`. @throws ValueError for a column that comes twice. */
  constructor(
    readonly columns: readonly string[],
    readonly rows: readonly (readonly string[])[],
    missing: Iterable<string> = defaultMissing,
    readonly name = 'table',
  ) {
    this.#index = new Map(columns.map((column, i) => [column, i]));
    this.#missing = new Set(missing);
    if (this.#index.size !== columns.length)
      throw new DataError(
        `${name}: a column comes twice in ${columns.join(', ')}`,
        'Give { columns } with different names.',
      );
  }
  /** How many rows. */
  get length(): number {
    return this.rows.length;
  }
  #at(column: string): number {
    const index = this.#index.get(column);
    if (index === undefined)
      throw new ValueError(`${this.name} has no column '${column}'`, `It has ${this.columns.join(', ')}.`);
    return index;
  }
  /** The fields of a column, null where missing. @throws ValueError for a column that is not there. */
  texts(column: string): (string | null)[] {
    const at = this.#at(column);
    return this.rows.map((row) => (this.#missing.has(row[at]!) ? null : row[at]!));
  }
  /** The numbers of a column, NaN where missing. @throws DataError where a field is no number. */
  numbers(column: string): Float64Array {
    return Float64Array.from(this.texts(column), (text, i) => {
      const value = text === null ? Number.NaN : Number(text);
      if (text !== null && (text.trim() === '' || Number.isNaN(value)))
        throw new DataError(
          `${this.name}: row ${i + 1}, column '${column}': '${text.slice(0, 40)}' is no number`,
          'Correct it, or list what means "not known" in { missing }.',
        );
      return value;
    });
  }
  /** The different texts of a column, numbered. */
  categories(column: string): Categories {
    const texts = this.texts(column);
    const names = [...new Set(texts.filter((text) => text !== null))].sort();
    const codes = new Map<string | null, number>(names.map((text, i) => [text, i]));
    return { codes: Int32Array.from(texts, (text) => codes.get(text) ?? -1), names };
  }
  /** Columns of numbers side by side, float32 [rows, columns], NaN where missing. */
  tensor(...columns: readonly string[]): Tensor {
    const values = columns.map((column) => this.numbers(column));
    const out = new Float32Array(this.length * columns.length);
    for (let i = 0; i < this.length; i++)
      for (let j = 0; j < columns.length; j++) out[i * columns.length + j] = values[j]![i]!;
    return fromArray(out, [this.length, columns.length], 'float32');
  }
  /** The rows for which `keep` holds, given their fields by column. */
  filter(keep: (row: Readonly<Record<string, string | null>>) => boolean): Table {
    const texts = this.columns.map((column): [string, (string | null)[]] => [column, this.texts(column)]);
    const rows = this.rows.filter((_, i) =>
      keep(Object.fromEntries(texts.map(([column, fields]) => [column, fields[i]!]))),
    );
    return new Table(this.columns, rows, this.#missing, this.name);
  }
  /** The rows in which nothing is missing; with `columns`, nothing of these. */
  complete(...columns: readonly string[]): Table {
    const wanted = columns.length > 0 ? columns : this.columns;
    for (const column of wanted) this.#at(column);
    return this.filter((row) => wanted.every((column) => row[column] !== null));
  }
}

const defaultMissing: readonly string[] = ['', 'NA', 'NaN', 'null'];

/** What was wrong, in words for a reader: the line, and the kind of mistake. */
function csvError(error: CsvError, name: string): DataError {
  const line: unknown = Reflect.get(error, 'lines');
  return new DataError(
    `${name}${typeof line === 'number' ? `, line ${line}` : ''}: ${error.message.slice(0, 200)}`,
    'Check quotes, the delimiter and the number of fields there.',
    { cause: error },
  );
}

/**
 * Reads CSV as RFC 4180 has it: fields in quotes may hold delimiters, line ends and doubled quotes. The first line names the
 * columns. Empty lines do not count.
 * @param content text, or the bytes of one in UTF-8.
 * @throws DataError for open quotes, rows of another length than the first, columns that come twice, and bytes that are no UTF-8; ValueError for a delimiter that is not one character.
 */
export function readCsv(content: string | Uint8Array, options: CsvOptions = {}): Table {
  const { delimiter = ',', missing = defaultMissing, name = 'CSV data' } = options;
  if (delimiter.length !== 1) throw new ValueError(`readCsv: the delimiter '${delimiter}'`, 'Use one character.');
  const text = typeof content === 'string' ? content : decodeText(content, name);
  let rows: string[][];
  try {
    rows = parse(text, { delimiter, bom: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n', '\r'] });
  } catch (error) {
    if (error instanceof CsvError) throw csvError(error, name);
    throw error;
  }
  const columns = options.columns ?? rows.shift();
  if (!columns) throw new DataError(`${name} is empty`, 'The first line should name the columns.');
  const first = rows.findIndex((row) => row.length !== columns.length);
  if (first >= 0)
    throw new DataError(
      `${name}: row ${first + 1} has ${rows[first]!.length} fields, but there are ${columns.length} columns`,
      'Give as many { columns } as there are fields, and the right { delimiter }.',
    );
  return new Table(columns, rows, missing, name);
}

/** A file's text. @throws DataError for bytes that are no UTF-8. */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`${name} is not a text in UTF-8`, 'Save it in UTF-8.', { cause });
  }
}

/** Reads a CSV file; see `readCsv`. @throws DataError where it cannot be read. @example const table = await loadCsv('penguins.csv') */
export async function loadCsv(path: string, options: CsvOptions = {}): Promise<Table> {
  const bytes = await readIfThere(path);
  if (!bytes) throw new DataError(`there is no file ${path}`, 'Check its name and folder.');
  return readCsv(bytes, { name: path, ...options });
}
