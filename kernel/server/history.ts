// Cells that ran → a bounded file of lines, shared by all notebooks; and the entries that a client asks for.
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HistoryRequest } from '../wire/requests.js';

const MAX_KEPT = 5000;
/** Cells are written some time after they began, together: the disk is not to be in their way. */
const SAVE_MS = 300;
const MAX_OF_SUBSHELL = 500;

/** session, line number in it, source. */
export type HistoryEntry = [session: number, line: number, source: string];

export function historyPath(): string {
  const data = process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share');
  return join(data, 'gradlab', 'history.jsonl');
}

export class History {
  readonly #path: string;
  #entries: HistoryEntry[] = [];
  readonly #subshells = new Map<string, HistoryEntry[]>();
  #session = 1;
  #loaded: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #unsaved: [line: number, source: string][] = [];
  #saving: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Remembers a cell, one of a subshell only as long as the kernel runs; a file that cannot be written costs only the memory of this cell, which is logged. */
  add(line: number, source: string, subshell?: string): void {
    if (subshell !== undefined) {
      const own = this.#subshells.get(subshell) ?? [];
      this.#subshells.set(subshell, [...own, [0, line, source] satisfies HistoryEntry].slice(-MAX_OF_SUBSHELL));
      return;
    }
    this.#unsaved.push([line, source]);
    this.#saving ??= setTimeout(() => void this.save(), SAVE_MS).unref();
  }

  /** Resolves when all cells so far are in the file. */
  save(): Promise<void> {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    const unsaved = this.#unsaved.splice(0);
    this.#writing = this.#writing
      .then(() => this.#load())
      .then(() => (unsaved.length > 0 ? this.#append(unsaved) : undefined))
      .catch((error: unknown) => console.error(`history: ${String(error)}`));
    return this.#writing;
  }

  async #append(cells: readonly [line: number, source: string][]): Promise<void> {
    const entries = cells.map(([line, source]): HistoryEntry => [this.#session, line, source]);
    this.#entries.push(...entries);
    if (this.#entries.length > MAX_KEPT * 2) this.#entries = this.#entries.slice(-MAX_KEPT);
    await mkdir(dirname(this.#path), { recursive: true });
    await appendFile(this.#path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
  }

  /** A subshell's own cells come last, as the newest. */
  async find(request: HistoryRequest, subshell?: string): Promise<HistoryEntry[]> {
    await this.#load();
    await this.save();
    const own = subshell === undefined ? [] : (this.#subshells.get(subshell) ?? []);
    if (request.access === 'range') return this.#range(request, own);
    const entries = [...this.#entries, ...own];
    const found = request.access === 'search' ? search(entries, request) : entries;
    return found.slice(Math.max(0, found.length - request.count));
  }

  #range({ session, start, stop }: HistoryRequest, own: readonly HistoryEntry[]): HistoryEntry[] {
    const isOwn = session === 0 && own.length > 0;
    const wanted = isOwn || session > 0 ? session : this.#session + session;
    return (isOwn ? own : this.#entries).filter(([of, line]) => of === wanted && line >= start && line < stop);
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#read();
    return this.#loaded;
  }

  async #read(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      throw error;
    }
    const entries = text.split('\n').flatMap(parseEntry);
    this.#session = (entries.at(-1)?.[0] ?? 0) + 1;
    this.#entries = entries.slice(-MAX_KEPT);
    if (entries.length > MAX_KEPT * 2) {
      await writeFile(this.#path, this.#entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
    }
  }
}

function search(entries: readonly HistoryEntry[], { pattern, unique }: HistoryRequest): HistoryEntry[] {
  const glob = globExpression(pattern);
  const found = entries.filter(([, , source]) => glob.test(source));
  if (!unique) return found;
  return [...new Map(found.map((entry) => [entry[2], entry])).values()];
}

/** A line that another kernel was cut off in is left out. */
function parseEntry(line: string): HistoryEntry[] {
  if (line === '') return [];
  try {
    const value: unknown = JSON.parse(line);
    if (!Array.isArray(value)) return [];
    const [session, number, source] = value as unknown[];
    if (typeof session !== 'number' || typeof number !== 'number' || typeof source !== 'string') return [];
    return [[session, number, source]];
  } catch {
    return [];
  }
}

/** `*` is any text, `?` any character. */
function globExpression(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`);
}
