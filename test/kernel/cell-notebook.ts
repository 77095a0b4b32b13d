// Cells go in; what they evaluate to comes out: the kernel's session in small, without processes.
import { createRequire } from 'node:module';
import vm from 'node:vm';
import {
  analyse,
  createCellRuntime,
  createScope,
  type ModuleNamespace,
  type NotebookScope,
  parseCell,
  type RewriteOptions,
  rewriteCell,
} from '../../kernel/cell/index.js';

export class TestNotebook {
  readonly scope: NotebookScope;
  readonly declared = new Set<string>();
  readonly modules: Record<string, ModuleNamespace>;
  readonly options: Partial<RewriteOptions>;
  #count = 0;

  constructor(
    modules: Record<string, ModuleNamespace> = {},
    options: Partial<RewriteOptions> = {},
    globals: object = {},
  ) {
    this.modules = modules;
    this.options = options;
    const require = createRequire(import.meta.url);
    this.scope = createScope(Object.assign(Object.create(globalThis), { require }, globals));
  }

  /** Rewrites and runs a cell; resolves to its value. What it declared stays, also when it throws. */
  async run(source: string): Promise<unknown> {
    const number = ++this.#count;
    const { code, declares } = rewriteCell(source, {
      name: `Cell [${number}]`,
      url: `cell-${number}.js`,
      scope: this.declared,
      ...this.options,
    });
    for (const { name, ambient } of declares) if (!ambient) this.declared.add(name);
    const cell: unknown = vm.runInThisContext(code);
    if (typeof cell !== 'function') throw new Error(`the code is not one function:\n${code}`);
    const runtime = createCellRuntime(this.scope, (specifier) => this.#load(specifier), { url: 'file:///book/' });
    const result: unknown = await cell(this.scope, runtime);
    return typeof result === 'object' && result !== null && 'value' in result ? result.value : undefined;
  }

  async #load(specifier: string): Promise<ModuleNamespace> {
    return this.modules[specifier] ?? ((await import(specifier)) as ModuleNamespace);
  }
}

/** Runs cells one after another in one notebook; resolves to the last one's value. */
export async function evaluate(...cells: string[]): Promise<unknown> {
  const notebook = new TestNotebook();
  let value: unknown;
  for (const cell of cells) value = await notebook.run(cell);
  return value;
}

/** `name:kind` of all that a cell declares. */
export function declarations(source: string): string[] {
  return analyse(parseCell(source)).declares.map(({ name, kind }) => `${name}:${kind}`);
}
