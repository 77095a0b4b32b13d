// The text of a cell → its code, its type errors, completions, hovers. TypeScript is loaded behind the first reply.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Names, RewrittenCell } from '../cell/index.js';
import type { CellChecker, FolderSettings } from '../types/index.js';

type CellModule = typeof import('../cell/index.js');

/** A few milliseconds each, with time for the user's cells between. */
const REHEARSALS = 12;
const PAUSE_MS = 20;
/** So long after the start nobody waits for the first cell any more. */
const SETTLED_MS = 3000;
/** What many cells are made of. */
const TYPICAL = `import { a, type B } from 'node:fs';
enum Color { Red, Green = 'green' }
interface Shape<T> { name: string; area(): T }
abstract class Base implements Shape<number> {
  static #count = 0;
  constructor(public readonly name: string, private size?: number) { Base.#count++; }
  abstract area(): number;
  get label(): string { return \`\${this.name} \${this.size ?? 0}\`; }
}
const [first, { second = 2, ...rest }] = await Promise.all([1, { second: 3 } as { second?: number }]);
for (const each of [1, 2]) if (each > 1) console.log(first satisfies number, second!, rest);
function twice<T extends number>(x: T, ...more: T[]): number { try { return x * 2 } finally { more.pop() } }
type Name = keyof typeof Color;
twice(1)`;

interface Types {
  checker: Promise<CellChecker>;
  settings: FolderSettings;
}

export class Language {
  readonly #folder: string;
  #cell: Promise<CellModule> | undefined;
  #types: Promise<Types> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the compiler's process; everything else does so by itself. */
  async begin(): Promise<void> {
    await (await this.#loadTypes()).checker;
  }

  /** Loads the parser, too, while the compiler reads the libraries' types. Keeps this process busy for a while. */
  async load(): Promise<void> {
    await this.begin();
    (await this.cell()).isComplete('0');
    await (await this.checker()).check({ id: 0, source: '0' });
    this.#rehearse().catch((error: unknown) => console.error(`rehearsal: ${error}`));
  }

  /** Code that has run is faster, and can be kept for the next start. */
  async #rehearse(): Promise<void> {
    const { keepTypeScript } = await this.cell();
    for (let time = 0; time < REHEARSALS; time++) {
      await sleep(PAUSE_MS, undefined, { ref: false });
      await this.rewrite(`${TYPICAL} + ${time}`, 'typical', new Set(['twice']));
    }
    await sleep(SETTLED_MS, undefined, { ref: false });
    keepTypeScript();
  }

  cell(): Promise<CellModule> {
    this.#cell ??= import('../cell/index.js');
    return this.#cell;
  }

  async checker(): Promise<CellChecker> {
    return (await this.#loadTypes()).checker;
  }

  /** @throws CellSyntaxError */
  async rewrite(
    source: string,
    name: string,
    scope: Names,
    locals: ReadonlySet<string> = new Set(),
  ): Promise<RewrittenCell> {
    const [{ rewriteCell }, { settings }] = await Promise.all([this.cell(), this.#loadTypes()]);
    const { jsx, legacyDecorators } = settings;
    return rewriteCell(source, { name, url: name, scope, locals, legacyDecorators, ...(jsx ? { jsx } : {}) });
  }

  /** Forgets the cells that ran. */
  async reset(): Promise<void> {
    (await (await this.#types)?.checker)?.reset();
  }

  async dispose(): Promise<void> {
    (await (await this.#types)?.checker)?.dispose();
  }

  #loadTypes(): Promise<Types> {
    this.#types ??= import('../types/index.js').then((types) => ({
      checker: types.createChecker({ folder: this.#folder }),
      settings: types.folderSettings(this.#folder),
    }));
    return this.#types;
  }
}
