// In: what a reader answered. Out: the same kept in progress.json beside the notebook, and what was kept before.
import { DataError } from '../../errors.js';
import { JsonFile } from './store.js';

/** What is kept of one exercise, quiz or prediction. */
export interface Entry {
  /** Different answers so far that were wrong. */
  readonly tries: number;
  readonly passed: boolean;
  /** Of a quiz: questions answered rightly at the first go, and all of them. Of a prediction: what was said. */
  readonly note?: string;
}

interface Held {
  readonly [id: string]: Entry;
}

const isRecord = (value: unknown): value is { [key: string]: unknown } => typeof value === 'object' && value !== null;

function parse(json: unknown): Held {
  if (!isRecord(json)) return {};
  const entries = Object.entries(json).flatMap(([id, entry]): [string, Entry][] => {
    if (!isRecord(entry) || typeof entry.tries !== 'number' || typeof entry.passed !== 'boolean') return [];
    const { tries, passed, note } = entry;
    return [[id, { tries, passed, ...(typeof note === 'string' && { note }) }]];
  });
  return Object.fromEntries(entries);
}

const file = new JsonFile('progress.json', parse);
const none: Entry = { tries: 0, passed: false };
/** What could not be written still counts until the kernel ends. */
const unwritten = new Map<string, Entry>();
const key = (id: string): string => `${file.path} ${id}`;

/** What is kept of `id`. */
export function recall(id: string): Entry {
  const held = file.read();
  return unwritten.get(key(id)) ?? (Object.hasOwn(held, id) ? held[id]! : none);
}

/** Keeps a change to what is kept of `id`. Answers the new entry, and a sentence where the file cannot be written. */
export function remember(id: string, change: (entry: Entry) => Entry): { entry: Entry; problem?: string } {
  try {
    const entry = file.update((held) => ({ ...held, [id]: change(Object.hasOwn(held, id) ? held[id]! : none) }))[id]!;
    unwritten.delete(key(id));
    return { entry };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const entry = change(recall(id));
    unwritten.set(key(id), entry);
    return { entry, problem: `Progress is not kept: ${error.message}` };
  }
}
