// Cells go in, in the order in which they run; their type errors, completions and explanations come out.
import { copiedOffset, outputOffset, type Segment, sourceOffset } from '../cell/edits.js';
import { CellSyntaxError } from '../cell/errors.js';
import { type ParsedCell, parseCell, parseUnfinishedCell } from '../cell/parse.js';
import { Book, type CellModule, MODULE_NAME, type ModuleOptions } from './book.js';
import { completeCell } from './completion.js';
import type { Cell, CellChecker, CellCompletions, CellDiagnostic, Inspection, KnownNames } from './contract.js';
import type { Finding, Proposal, TypeEngine } from './engine.js';
import { diagnosticsOf, missesModule } from './findings.js';
import { inspectCell } from './inspection.js';
import { LocalModules } from './local.js';
import { CURRENT, CURRENT_JSX, type Workspace } from './workspace.js';

export type StartEngine = (workspace: Workspace) => Promise<TypeEngine>;

const FEW_MODULES = 64;
/** While nobody waits, the next check's modules are loaded. */
const IDLE_MS = 150;
/** A notebook that was written for tslab, which never checked strictly. */
const USES_TSLAB = /\b(?:from|require\()\s*(['"])tslab\1/;
/** A module that was missing is looked for on the disk again after this time. */
const MISSING_MS = 2000;

export class Checker implements CellChecker {
  readonly engine: TypeEngine['name'];
  readonly #folder: string;
  readonly #workspace: Workspace;
  readonly #start: StartEngine;
  readonly #book = new Book();
  readonly #local = new LocalModules();
  #running: Promise<TypeEngine>;
  #queue: Promise<unknown> = Promise.resolve();
  /** The book's, or more; twice as many modules are worth a look at which ones are needed. */
  #sizeAfterSweep = FEW_MODULES;
  #stale = false;
  #lookedForMissing = 0;
  #idle: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(folder: string, workspace: Workspace, start: StartEngine, first: TypeEngine) {
    this.engine = first.name;
    this.#folder = folder;
    this.#workspace = workspace;
    this.#start = start;
    this.#running = Promise.resolve(first);
  }

  check({ source }: Cell, known: KnownNames = {}): Promise<CellDiagnostic[]> {
    return this.#inTurn(async () => {
      const cell = parseOrNothing(source);
      if (cell === undefined) return [];
      if (USES_TSLAB.test(source) && !this.#workspace.isLenient) {
        this.#workspace.relax();
        this.#stale = true;
      }
      let module = await this.#show(cell, known);
      let findings = await this.#findings();
      if (missesModule(findings) && Date.now() - this.#lookedForMissing > MISSING_MS) {
        this.#stale = true;
        module = await this.#show(cell, known);
        findings = await this.#findings();
        this.#lookedForMissing = Date.now();
      }
      const { strictAny } = this.#workspace.settings;
      return diagnosticsOf(findings, cell.lines, strictAny, (offset) => cellOffset(module, offset)).map((each) => ({
        ...each,
        message: this.#readable(each.message),
      }));
    });
  }

  commit({ source }: Cell): void {
    void this.#inTurn(async () => {
      // First the cell is to run.
      await new Promise((resolve) => setImmediate(resolve));
      const cell = parseOrNothing(source);
      if (cell === undefined) return;
      if (!Book.carries(cell)) return;
      const module = this.#book.commit(cell, this.#folder, this.#implied(cell));
      if (module) this.#workspace.write(module.name, module.text);
      if (this.#book.size > 2 * this.#sizeAfterSweep) this.#sweep();
      this.#whenIdle();
    });
  }

  complete(source: string, cursor: number, { extraNames = [] }: KnownNames = {}): Promise<CellCompletions> {
    return this.#inTurn(async () => {
      const cell = parseUnfinishedCell(source);
      return completeCell({
        cell,
        cursor,
        folder: this.#folder,
        extraNames: [...extraNames],
        proposals: async (prefix) => {
          const module = await this.#show(cell, { extraNames, prefix });
          const offset = outputOffset(module.segments, module.text, cursor);
          const found = offset === undefined ? [] : await (await this.#engine()).proposals(offset);
          const own = found.filter(({ name }) => !name.startsWith(MODULE_NAME));
          return own.map((proposal) => inCell(proposal, module.segments));
        },
        readable: (text) => this.#readable(text),
      });
    });
  }

  inspect(source: string, cursor: number, detail: 0 | 1): Promise<Inspection | undefined> {
    return this.#inTurn(async () => {
      const cell = parseUnfinishedCell(source);
      return inspectCell({
        cell,
        cursor,
        detail,
        readable: (text) => this.#readable(text),
        hover: async (at) => {
          const module = await this.#show(cell, {});
          const offset = outputOffset(module.segments, module.text, at);
          return offset === undefined ? undefined : (await this.#engine()).hover(offset);
        },
        members: async (expression) => {
          const asked = parseUnfinishedCell(`${source}\n;(${expression}).`);
          const module = await this.#show(asked, {});
          const offset = outputOffset(module.segments, module.text, asked.source.length);
          return offset === undefined ? [] : (await this.#engine()).proposals(offset);
        },
      });
    });
  }

  invalidate(): void {
    this.#stale = true;
  }

  reset(): void {
    void this.#inTurn(async () => this.#book.reset());
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#idle);
    void this.#running.then((engine) => engine.dispose()).catch(() => {});
    this.#workspace.dispose();
  }

  /** One at a time: all share the open file. A failed one does not hold up the next. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    const result = this.#queue.then(() => work().catch((error: unknown) => this.#again(work, error)));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** An engine that died in the middle is started again, once. */
  async #again<T>(work: () => Promise<T>, error: unknown): Promise<T> {
    const engine = await this.#running.catch(() => undefined);
    if (this.#disposed || engine?.isAlive) throw error;
    return work();
  }

  /** Makes a cell the open file of an engine that knows the disk as it is. */
  async #show(cell: ParsedCell, options: ModuleOptions): Promise<CellModule> {
    const module = this.#module(cell, options);
    const engine = await this.#engine();
    engine.changed(this.#local.changes());
    this.#local.follow(module.localModules);
    engine.open(this.#workspace.path(cell.jsx ? CURRENT_JSX : CURRENT), module.text);
    return module;
  }

  #module(cell: ParsedCell, options: ModuleOptions): CellModule {
    return this.#book.module(cell, this.#folder, { ...options, implied: this.#implied(cell) });
  }

  #implied(cell: ParsedCell): string[] {
    const factory = this.#workspace.settings.jsx?.factory ?? 'React';
    return cell.jsx ? [factory.split('.')[0] ?? factory] : [];
  }

  #sweep(): void {
    for (const module of this.#book.sweep()) this.#workspace.remove(module);
    this.#sizeAfterSweep = Math.max(FEW_MODULES, this.#book.size);
  }

  async #findings(): Promise<readonly Finding[]> {
    return (await this.#engine()).findings();
  }

  async #engine(): Promise<TypeEngine> {
    if (!this.#stale && (await this.#running.catch(() => undefined))?.isAlive) return this.#running;
    this.#stale = false;
    const old = await this.#running.catch(() => undefined);
    old?.dispose();
    this.#workspace.refresh();
    this.#running = this.#start(this.#workspace);
    return this.#running;
  }

  /** Loads what the next cell may need, while the reader looks at the result of this one. */
  #whenIdle(): void {
    if (this.#disposed) return;
    this.#idle = setTimeout(() => {
      this.#inTurn(async () => {
        if (!this.#book.importFresh()) return;
        await this.#show(parseCell(''), {});
        await this.#findings();
      }).catch(() => {}); // an engine that failed is started again, and its failure told, by the next check
    }, IDLE_MS);
    this.#idle.unref();
  }

  /** Messages as if the cells were the notebook: without the paths of our own files. */
  #readable(text: string): string {
    return text
      .replaceAll(`${this.#folder}/./`, './')
      .replaceAll(`${this.#folder}/../`, '../')
      .replaceAll(new RegExp(`(typeof )?${MODULE_NAME}\\w+\\.?`, 'g'), '')
      .replaceAll('(alias) ', '')
      .replaceAll(/\s*^import (\S+) = \1$/gm, '')
      .replaceAll(/(typeof )?import\("[^"]*\/(?:cell\d+|current)(?:\.tsx?)?"\)\.?/g, '');
  }
}

function parseOrNothing(source: string): ParsedCell | undefined {
  try {
    return parseCell(source);
  } catch (error) {
    if (error instanceof CellSyntaxError) return undefined;
    throw error;
  }
}

function cellOffset({ start, end, segments }: CellModule, offset: number): number | undefined {
  return offset < start || offset >= end ? undefined : sourceOffset(segments, offset);
}

function inCell(proposal: Proposal, segments: readonly Segment[]): Proposal {
  const { edit, ...rest } = proposal;
  if (edit === undefined) return proposal;
  const start = copiedOffset(segments, edit.start);
  return start === undefined ? rest : { ...rest, edit: { start, end: start + edit.end - edit.start, text: edit.text } };
}
