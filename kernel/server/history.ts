// Cells that ran → a bounded file of lines, shared by all notebooks; and the entries that a client asks for.
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HistoryRequest } from '../wire/requests.js';

const MAX_KEPT = 5000;

/** session, line number in it, source. */
export type HistoryEntry = [session: number, line: number, source: string];

export function historyPath(): string {
  const data = process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share');
  return join(data, 'gradlab', 'history.jsonl');
}

export class History {
  readonly #path: string;
  #entries: HistoryEntry[] = [];
  #session = 1;
  #loaded: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Remembers a cell; a file that cannot be written costs only the memory of this cell, which is logged. */
  add(line: number, source: string): void {
    this.#writing = this.#writing
      .then(() => this.#load())
      .then(async () => {
        const entry: HistoryEntry = [this.#session, line, source];
        this.#entries.push(entry);
        await mkdir(dirname(this.#path), { recursive: true });
        await appendFile(this.#path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
      })
      .catch((error: unknown) => console.error(`history: ${String(error)}`));
  }

  async find(request: HistoryRequest): Promise<HistoryEntry[]> {
    await this.#load();
    await this.#writing;
    if (request.access === 'range') return this.#range(request);
    const found = request.access === 'search' ? this.#search(request) : this.#entries;
    return found.slice(Math.max(0, found.length - request.count));
  }

  #range({ session, start, stop }: HistoryRequest): HistoryEntry[] {
    const wanted = session > 0 ? session : this.#session + session;
    return this.#entries.filter(([of, line]) => of === wanted && line >= start && line < stop);
  }

  #search({ pattern, unique }: HistoryRequest): HistoryEntry[] {
    const glob = globExpression(pattern);
    const found = this.#entries.filter(([, , source]) => glob.test(source));
    if (!unique) return found;
    return [...new Map(found.map((entry) => [entry[2], entry])).values()];
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
