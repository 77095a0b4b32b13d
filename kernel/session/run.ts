// One order to run → the cell's outputs, its result or its error, and `done` last.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import { type CellRuntime, createCellRuntime, createScope, type NotebookScope } from '../cell/scope.js';
import type { ErrorReport, ExpressionOutcome, JsonObject, RunOrder } from '../contract.js';
import { describe } from '../display/bundle.js';
import { awaited, rejectAwaits } from './awaits.js';
import { drawn, type RunContext, runIn, tellStopListeners } from './context.js';
import { Interrupted, reportError } from './errors.js';
import { Kind } from './frame.js';
import { createImporter, type Importer } from './imports.js';
import type { RingWriter } from './ring.js';

type Cell = (scope: NotebookScope, runtime: CellRuntime) => Promise<{ value: unknown } | undefined>;

interface Run {
  order: RunOrder;
  context: RunContext;
  finished: boolean;
  began: number;
}

type Ending =
  | { status: 'ok'; expressions: { [key: string]: ExpressionOutcome } }
  | { status: 'error' | 'interrupted'; problem: ErrorReport };

export class Runner {
  readonly importer: Importer;
  readonly #ring: RingWriter;
  readonly #environment = new Set(Object.getOwnPropertyNames(globalThis));
  readonly #meta: object;
  #scope: NotebookScope;
  #runtime: CellRuntime;
  /** One of each shell at most. */
  readonly #running = new Set<Run>();
  #latest = 0;
  #known = this.#environment.size;

  constructor(ring: RingWriter, folder: string, prepareImport: (specifier: string) => void) {
    this.#ring = ring;
    this.importer = createImporter(folder, prepareImport);
    this.#meta = {
      url: pathToFileURL(join(folder, 'notebook.ts')).href,
      dirname: folder,
      filename: join(folder, 'notebook.ts'),
      resolve: (specifier: string) => pathToFileURL(this.importer.require.resolve(specifier)).href,
    };
    this.#scope = createScope();
    this.#runtime = createCellRuntime(this.#scope, this.importer.load, this.#meta, awaited);
  }

  run(order: RunOrder): void {
    const run: Run = {
      order,
      context: { run: order.run, name: order.name, interrupted: false },
      finished: false,
      began: performance.now(),
    };
    this.#running.add(run);
    this.#latest = order.run;
    runIn(run.context, () => void this.#execute(run));
  }

  hasBegun(run: number): boolean {
    return this.#latest === run;
  }

  /** What cells declared. */
  get scope(): NotebookScope {
    return this.#scope;
  }

  get runtime(): CellRuntime {
    return this.#runtime;
  }

  /** Names that user code put on globalThis. */
  get globals(): string[] {
    return Object.getOwnPropertyNames(globalThis).filter((name) => !this.#environment.has(name));
  }

  /** Forgets what cells declared. */
  reset(): void {
    this.#scope = createScope();
    this.#runtime = createCellRuntime(this.#scope, this.importer.load, this.#meta, awaited);
  }

  /** Called in the middle of anything, so it does no more than note it. */
  markInterrupted(): void {
    for (const { context } of this.#running) context.interrupted = true;
  }

  /** Ends the interrupted runs, wherever their code is. */
  settleInterrupted(): void {
    for (const run of this.#running) if (run.context.interrupted) this.#stop(run);
  }

  #stop(run: Run): void {
    rejectAwaits(run.context);
    try {
      tellStopListeners(run.context);
    } finally {
      this.#finish(run, { status: 'interrupted', problem: reportError(new Interrupted('the cell was stopped')) });
    }
  }

  async #execute(run: Run): Promise<void> {
    try {
      const outcome = await this.#evaluate(run.order.code, run.order.name);
      if (run.context.pending?.size) await drawn(run.context);
      const result = outcome?.value === undefined || run.order.silent ? undefined : await describe(outcome.value);
      if (run.finished) return;
      const hasExpressions = run.order.expressions.length > 0;
      if (result && Object.keys(result.data).length > 0) {
        const content = { data: result.data, metadata: result.metadata ?? {}, execution_count: run.order.count };
        this.#ring.bundle(Kind.result, run.order.run, content, hasExpressions);
      }
      const expressions = hasExpressions ? await this.#expressions(run.order) : {};
      this.#finish(run, { status: 'ok', expressions });
    } catch (error) {
      // An output of a stopped cell can end it before the termination does.
      if (error instanceof Interrupted && run.context.interrupted && !run.finished) this.#stop(run);
      else this.#finish(run, { status: 'error', problem: reportError(error) });
    }
  }

  #evaluate(code: string, name: string): Promise<{ value: unknown } | undefined> {
    const script = new Script(code, {
      filename: name,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const cell: Cell = script.runInThisContext();
    return cell(this.#scope, this.#runtime);
  }

  async #expressions(order: RunOrder): Promise<{ [key: string]: ExpressionOutcome }> {
    const outcomes: { [key: string]: ExpressionOutcome } = {};
    for (const { key, code, problem } of order.expressions) {
      try {
        if (code === undefined) outcomes[key] = { problem: problem ?? reportError(new Error('nothing to evaluate')) };
        else outcomes[key] = await this.#expression(code, order.name);
      } catch (error) {
        outcomes[key] = { problem: reportError(error) };
      }
    }
    return outcomes;
  }

  async #expression(code: string, name: string): Promise<{ data: JsonObject; metadata: JsonObject }> {
    const bundle = await describe((await this.#evaluate(code, name))?.value);
    return { data: bundle.data, metadata: bundle.metadata ?? {} };
  }

  #finish(run: Run, ending: Ending): void {
    if (run.finished) return;
    this.#ring.json(Kind.event, run.order.run, {
      type: 'done',
      expressions: {},
      milliseconds: performance.now() - run.began,
      ...ending,
      globals: this.#newGlobals(),
    });
    // A termination before this line makes it say so once more, which the server passes over.
    run.finished = true;
    this.#running.delete(run);
  }

  #newGlobals(): string[] | undefined {
    const names = Object.getOwnPropertyNames(globalThis);
    if (names.length === this.#known) return undefined;
    this.#known = names.length;
    return this.globals;
  }
}
