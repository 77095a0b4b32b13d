// The text of a cell → its code, its type errors, completions, hovers. TypeScript is loaded behind the first reply.
import type { RewrittenCell } from '../cell/index.js';
import type { CellChecker, FolderSettings } from '../types/index.js';

type CellModule = typeof import('../cell/index.js');

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

  /** Starts loading; everything else does so by itself. */
  async load(): Promise<void> {
    // The compiler's process starts while this one loads its parser.
    const { checker } = await this.#loadTypes();
    (await this.cell()).isComplete('0');
    await (await checker).check({ id: 0, source: '0' });
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
    scope: ReadonlySet<string>,
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
