// The text of a cell → its code, its type errors, completions, hovers. TypeScript is loaded behind the first reply.
import type { RewrittenCell } from '../cell/index.js';
import type { CellChecker } from '../types/index.js';

type CellModule = typeof import('../cell/index.js');

export class Language {
  readonly #folder: string;
  #cell: Promise<CellModule> | undefined;
  #checker: Promise<CellChecker> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts loading; everything else does so by itself. */
  async load(): Promise<void> {
    await this.checker();
    (await this.cell()).isComplete('0');
  }

  cell(): Promise<CellModule> {
    this.#cell ??= import('../cell/index.js');
    return this.#cell;
  }

  checker(): Promise<CellChecker> {
    this.#checker ??= import('../types/index.js').then((types) => types.createChecker({ folder: this.#folder }));
    return this.#checker;
  }

  /** @throws CellSyntaxError */
  async rewrite(
    source: string,
    name: string,
    scope: ReadonlySet<string>,
    locals: ReadonlySet<string> = new Set(),
  ): Promise<RewrittenCell> {
    return (await this.cell()).rewriteCell(source, { name, url: name, scope, locals });
  }

  /** Forgets the cells that ran. */
  async reset(): Promise<void> {
    (await this.#checker)?.reset();
  }

  async dispose(): Promise<void> {
    (await this.#checker)?.dispose();
  }
}
