// In: what a model reached and what it cost. Out: a table of that; and one table of all chapters, kept beside the notebooks.
import { cpus } from 'node:os';
import { device } from '../../device.js';
import { displayMethod, type MimeData } from '../bundle.js';
import { formatCount, formatShare, formatShort } from '../numbers.js';
import { type Table, type TableRecord, table } from '../table.js';
import { JsonFile } from './store.js';

/** A model, or anything with parameters. */
export interface Sized {
  parameters(): readonly { readonly size: number; readonly bytes: number }[];
}

/** How many numbers a model learns, and how many bytes they take. */
export function sizeOf(model: Sized): { parameters: number; bytes: number } {
  const all = model.parameters();
  return { parameters: all.reduce((sum, p) => sum + p.size, 0), bytes: all.reduce((sum, p) => sum + p.bytes, 0) };
}

/** What a model reached and what it cost. */
export interface Cost {
  /** What it is, in a few words. */
  model: string;
  /** What it reached, by name; written as they are, so give shares as text such as `'99.0 %'`. */
  quality: { readonly [metric: string]: number | string };
  parameters: number;
  bytes: number;
  /** Absent where nothing is trained step by step. */
  msPerStep?: number;
  /** Of the whole training. */
  seconds?: number;
}

/** What runs here: device, processor and date. */
export function machine(): { device: string; processor: string; date: string } {
  const date = new Date().toISOString().slice(0, 10);
  return { device: device(), processor: cpus()[0]?.model.trim() ?? 'unknown', date };
}

/**
 * Quality beside cost, one row a model; below it, what ran it and when.
 * @throws ValueError where there is no row.
 * @example costTable([{ model: 'linear', quality: { accuracy: '84.0 %' }, ...sizeOf(linear), msPerStep: 0.8 }])
 */
export function costTable(costs: readonly Cost[]): Table {
  const rows = costs.map(({ model, quality, parameters, bytes, msPerStep, seconds }): TableRecord => {
    const time = seconds === undefined ? {} : { seconds: seconds.toFixed(1) };
    return {
      model,
      ...quality,
      parameters,
      bytes: unbroken(formatCount(bytes, 'B')),
      'ms a step': msPerStep === undefined ? '–' : formatShort(msPerStep),
      ...time,
    };
  });
  const { device, processor, date } = machine();
  return table(rows, { caption: `${device} on ${processor}, ${date}` });
}

/** One row of the scoreboard. */
export interface Score {
  /** Such as `'04'`. */
  chapter: string;
  model: string;
  /** What `value` is, such as `'test accuracy'`. */
  metric: string;
  value: number;
  /** Whether the value is a share of one, written as per cent. Default false. */
  share?: boolean;
  parameters: number;
  bytes: number;
  msPerStep: number;
  /** Default: what runs here. */
  device?: string;
}

/** Numbers stay beside their units. */
const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

interface Kept extends Score {
  readonly device: string;
  readonly date: string;
}

const isScore = (value: unknown): value is Kept => {
  if (typeof value !== 'object' || value === null) return false;
  const is = (type: string) => (key: string) => typeof Reflect.get(value, key) === type;
  return (
    ['chapter', 'model', 'metric', 'device', 'date'].every(is('string')) &&
    ['value', 'parameters', 'bytes', 'msPerStep'].every(is('number'))
  );
};

const file = new JsonFile('scoreboard.json', (json): readonly Kept[] =>
  Array.isArray(json) ? json.filter(isScore) : [],
);

const sameRow = (a: Score, b: Score): boolean =>
  a.chapter === b.chapter && a.model === b.model && a.metric === b.metric;

/** The models of all chapters, as they were last trained here. */
export class Scoreboard {
  /** Adds a row, or replaces the one of this chapter, model and metric. @throws DataError where the file cannot be written. */
  add(score: Score): this {
    const { device, processor, date } = machine();
    const kept: Kept = { ...score, device: score.device ?? `${device.split(' ')[0]}, ${processor}`, date };
    file.update((rows) =>
      [...rows.filter((row) => !sameRow(row, kept)), kept].toSorted((a, b) => a.chapter.localeCompare(b.chapter)),
    );
    return this;
  }

  /** The rows, by chapter. */
  get rows(): readonly Kept[] {
    return file.read();
  }

  get #table(): Table | undefined {
    const { rows } = this;
    if (rows.length === 0) return undefined;
    const records = rows.map(
      ({ chapter, model, metric, value, share, parameters, bytes, msPerStep, device, date }) => ({
        chapter,
        model,
        metric,
        value: unbroken(share ? formatShare(value) : formatShort(value)),
        parameters,
        bytes: unbroken(formatCount(bytes, 'B')),
        'ms a step': formatShort(msPerStep),
        'measured on': `${device}, ${date}`,
      }),
    );
    return table(records, { limit: 1000 });
  }
  /** What a terminal shows. */
  get text(): string {
    return this.#table?.text ?? 'The scoreboard is empty.';
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    return this.#table?.[displayMethod]() ?? { 'text/plain': this.text };
  }
}

/**
 * The models of all chapters, in `scoreboard.json` beside the notebooks.
 * @example scoreboard.add({ chapter: '04', model: 'CNN', metric: 'test accuracy', value: 0.99, share: true, ...sizeOf(network), msPerStep: 14 })
 */
export const scoreboard = new Scoreboard();
