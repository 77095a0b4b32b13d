// A checker over cells goes in; a short way to run and ask it comes out, for tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CellChecker, type CellDiagnostic, createChecker } from '../../kernel/types/index.js';

export const ENGINES = ['native', 'typescript-6'] as const;

/** A notebook in a new, empty folder. */
export class TypedNotebook {
  readonly folder = mkdtempSync(join(tmpdir(), 'gradlab-test-'));
  #checker: CellChecker | undefined;
  #count = 0;

  constructor(readonly engine: (typeof ENGINES)[number]) {}

  async open(): Promise<CellChecker> {
    this.#checker ??= await createChecker({ folder: this.folder, engine: this.engine });
    return this.#checker;
  }

  get checker(): CellChecker {
    if (this.#checker === undefined) throw new Error('open the notebook first');
    return this.#checker;
  }

  check(source: string): Promise<CellDiagnostic[]> {
    return this.checker.check({ id: ++this.#count, source });
  }

  /** Checks each cell and then commits it; the last one's findings as `line:column TS1234 message`. */
  async run(...cells: string[]): Promise<string[]> {
    let findings: CellDiagnostic[] = [];
    for (const source of cells) {
      findings = await this.check(source);
      this.checker.commit({ id: this.#count, source });
    }
    return findings.map(({ line, column, code, message }) => `${line}:${column} TS${code} ${message}`);
  }

  /** Completions at `|` in a source. */
  async complete(marked: string, extraNames: string[] = []): Promise<string[]> {
    const { source, cursor } = unmarked(marked);
    const { matches, start, end } = await this.checker.complete(source, cursor, { extraNames });
    return matches.map(({ text }) => source.slice(0, start) + text + source.slice(end));
  }

  /** The text about `|` in a source. */
  async inspect(marked: string, detail: 0 | 1 = 0): Promise<string | undefined> {
    const { source, cursor } = unmarked(marked);
    return (await this.checker.inspect(source, cursor, detail))?.text;
  }

  close(): void {
    this.#checker?.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function unmarked(marked: string): { source: string; cursor: number } {
  const cursor = marked.indexOf('|');
  return { source: marked.slice(0, cursor) + marked.slice(cursor + 1), cursor };
}
