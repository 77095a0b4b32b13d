// execute_requests → one after the other: rewritten, type-checked, run in the session, and answered.

import type { CellSyntaxError, RewrittenCell } from '../cell/index.js';
import type { ErrorReport, JsonObject, SessionEvent } from '../contract.js';
import { CellCode, type Debugging } from '../debug/index.js';
import type { CellDiagnostic, KnownNames } from '../types/index.js';
import type { Message } from '../wire/message.js';
import type { ExecuteRequest } from '../wire/requests.js';
import type { History } from './history.js';
import type { Language } from './language.js';
import { MagicError, type MagicHost, perform, splitCell, type TypecheckMode } from './magics.js';
import type { Outbox } from './outbox.js';
import type { StreamName } from './session-process.js';
import type { Sessions } from './sessions.js';
import { Shell } from './shell.js';
import { type ErrorContent, highlight, Tracebacks } from './traceback.js';

type Done = Extract<SessionEvent, { type: 'done' }>;

interface Queued {
  message: Message;
  request: ExecuteRequest;
  /** Resolves when it is answered. */
  answered: () => void;
  aborted: boolean;
}

export interface CellsOptions {
  outbox: Outbox;
  language: Language;
  sessions: Sessions;
  history: History;
  folder: string;
  debugger: Debugging;
}

export class Cells {
  readonly tracebacks = new Tracebacks();
  readonly #outbox: Outbox;
  readonly #language: Language;
  readonly #sessions: Sessions;
  readonly #history: History;
  readonly #folder: string;
  readonly #queue: Queued[] = [];
  /** Names of earlier cells, and what they are. */
  #names = new Map<string, string>();
  /** Names that expressions in the debugger defined, and no cell. */
  #undeclared = new Set<string>();
  readonly #debugger: Debugging;
  #typecheck: TypecheckMode = 'strict';
  #shell: Shell | undefined;
  #count = 0;
  #hidden = 0;
  #running: Message | undefined;
  /** Whether the queue is being worked off; `#running` is empty between two cells. */
  #isAnswering = false;
  /** An interrupt that came before the session had the cell. */
  #interrupted = false;

  constructor({ outbox, language, sessions, history, folder, debugger: adapter }: CellsOptions) {
    this.#debugger = adapter;
    this.#folder = folder;
    this.#outbox = outbox;
    this.#language = language;
    this.#sessions = sessions;
    this.#history = history;
  }

  /** The request that runs now. */
  get running(): Message | undefined {
    return this.#running;
  }

  get names(): readonly string[] {
    return [...this.#names.keys(), ...this.#undeclared];
  }

  execute(message: Message, request: ExecuteRequest): Promise<void> {
    return new Promise((answered) => {
      this.#queue.push({ message, request, answered, aborted: false });
      if (!this.#isAnswering) void this.#next();
    });
  }

  interrupt(): void {
    if (this.#running) this.#interrupted = true;
    this.#shell?.interrupt();
    this.#sessions.interrupt();
  }

  /** Something else than a cell defined these. */
  define(names: readonly string[]): void {
    for (const name of names) if (!this.#names.has(name)) this.#undeclared.add(name);
  }

  /** The session that had the cells' variables is gone. */
  forget(): void {
    this.#names = new Map();
    this.#undeclared.clear();
    this.#language.reset().catch((error: unknown) => console.error('the checker cannot forget:', error));
  }

  async #next(): Promise<void> {
    this.#isAnswering = true;
    for (let queued = this.#queue.shift(); queued; queued = this.#queue.shift()) {
      const { message, request, answered } = queued;
      this.#outbox.publish('status', message, { execution_state: 'busy' });
      if (queued.aborted) this.#outbox.reply('shell', 'execute_reply', message, { status: 'aborted' });
      else await this.#answer(message, request);
      this.#outbox.publish('status', message, { execution_state: 'idle' });
      answered();
    }
    this.#isAnswering = false;
  }

  async #answer(message: Message, request: ExecuteRequest): Promise<void> {
    const metadata = { started: new Date().toISOString() };
    this.#running = message;
    this.#interrupted = false;
    if (request.storeHistory) this.#count += 1;
    if (!request.silent) {
      this.#outbox.publish('execute_input', message, { code: request.code, execution_count: this.#count });
    }
    if (request.storeHistory && request.code.trim() !== '') this.#history.add(this.#count, request.code);
    const content = await this.#run(message, request);
    if (content.status === 'error' && request.stopOnError) await this.#abortQueue();
    this.#running = undefined;
    const counted = { ...content, execution_count: this.#count };
    this.#outbox.reply('shell', 'execute_reply', message, counted, metadata);
  }

  /** What was sent before the client could know of the error does not run; some of it may still stand in the socket. */
  async #abortQueue(): Promise<void> {
    await turn();
    await turn();
    for (const queued of this.#queue) queued.aborted = true;
  }

  /** Everything between the request and its reply, whose content it answers. */
  async #run(message: Message, request: ExecuteRequest): Promise<JsonObject> {
    const name = request.storeHistory ? `Cell [${this.#count}]` : `Cell [${this.#count}.${++this.#hidden}]`;
    const run = this.#sessions.begin(message, request.allowStdin);
    const question = /^\s*\?{1,2}\s*([\w$.]+)\s*$/.exec(request.code);
    if (question) return this.#page(question[1] ?? '');
    let done: Done | ErrorContent;
    try {
      done = await this.#perform(request, name, run);
    } catch (failure) {
      if (!(failure instanceof MagicError)) {
        // What fails here is the kernel, not the cell; it must still answer.
        console.error(failure);
      }
      done = this.tracebacks.render(reportOf(failure));
    }
    this.#sessions.flush();
    if ('ename' in done) return this.#error(message, request, done);
    if (done.problem) return this.#error(message, request, this.tracebacks.render(done.problem));
    return { status: 'ok', payload: [], user_expressions: this.#outcomes(done) };
  }

  /** Magics first, then the code. */
  async #perform(request: ExecuteRequest, name: string, run: number): Promise<Done | ErrorContent> {
    const { magics, code, timed } = splitCell(request.code, new Set(this.#names.keys()));
    const host = this.#host(run);
    for (const magic of magics) {
      await perform(magic, host);
      this.#typecheck = host.typecheck;
      if (this.#interrupted) return STOPPED;
    }
    const prepared = await this.#prepare(code, name, run);
    if ('ename' in prepared) return prepared;
    await this.#debugger.beforeRun(new CellCode(name, code, prepared.code, prepared.map, request.code));
    if (this.#interrupted) return STOPPED;
    const order = { type: 'run', run, name, count: this.#count, silent: request.silent, code: prepared.code } as const;
    const done = await this.#sessions.run(run, { ...order, expressions: await this.#expressions(request, name) });
    if (timed && !('ename' in done)) this.#sessions.print(run, 'stdout', `${done.milliseconds.toPrecision(4)} ms\n`);
    return done;
  }

  #host(run: number): MagicHost {
    const print = (name: StreamName, text: string): void => this.#sessions.print(run, name, text);
    this.#shell = new Shell(this.#folder, print);
    return {
      print: (text) => print('stdout', text),
      names: () => [...this.#names].map(([name, kind]) => ({ name, kind })),
      forget: () => {
        this.#sessions.reset();
        this.forget();
      },
      modulesChanged: async () => (await this.#language.checker()).invalidate(),
      typecheck: this.#typecheck,
      shell: this.#shell,
    };
  }

  /** `?name`: what hovering would show, in the pager. */
  async #page(name: string): Promise<JsonObject> {
    const checker = await this.#language.checker();
    const found = await checker.inspect(name, name.length, 1);
    const text = found?.text ?? `nothing is known of ${name}`;
    const data = { 'text/plain': text, ...(found ? { 'text/markdown': found.markdown } : {}) };
    return { status: 'ok', payload: [{ source: 'page', data, start: 0 }], user_expressions: {} };
  }

  #error(message: Message, request: ExecuteRequest, error: ErrorContent): JsonObject {
    if (!request.silent) this.#outbox.publish('error', message, error);
    return { status: 'error', ...error };
  }

  /** Rewritten and checked code, or why there is none. */
  async #prepare(source: string, name: string, run: number): Promise<RewrittenCell | ErrorContent> {
    const [{ CellSyntaxError }, checker] = await Promise.all([this.#language.cell(), this.#language.checker()]);
    const text = { id: run, source };
    // The compiler's own process checks while this one rewrites.
    const found = this.#typecheck === 'off' ? undefined : checker.check(text, this.#known());
    let cell: RewrittenCell;
    try {
      await turn();
      cell = await this.#language.rewrite(source, name, new Set(this.#names.keys()));
    } catch (error) {
      await found;
      if (!(error instanceof CellSyntaxError)) throw error;
      return syntaxError(name, error);
    }
    const blocking = (await found)?.filter((diagnostic) => diagnostic.blocking) ?? [];
    if (blocking.length > 0) {
      const error = typeErrors(name, blocking);
      if (this.#typecheck === 'strict') return error;
      this.#sessions.print(run, 'stderr', `${error.traceback.join('\n')}\n`);
    }
    this.tracebacks.add(name, { source, map: cell.map });
    checker.commit(text);
    for (const declared of cell.declares) {
      if (!declared.ambient) {
        this.#names.set(declared.name, declared.kind);
        this.#undeclared.delete(declared.name);
      }
    }
    return cell;
  }

  #known(): KnownNames {
    return { extraNames: [...this.#sessions.globals, ...this.#undeclared] };
  }

  async #expressions(
    request: ExecuteRequest,
    name: string,
  ): Promise<{ key: string; code?: string; problem?: ErrorReport }[]> {
    const rewritten: { key: string; code?: string; problem?: ErrorReport }[] = [];
    for (const [key, source] of Object.entries(request.userExpressions)) {
      try {
        rewritten.push({
          key,
          code: (await this.#language.rewrite(source, `${name} ${key}`, new Set(this.#names.keys()))).code,
        });
      } catch (error) {
        rewritten.push({ key, problem: reportOf(error) });
      }
    }
    return rewritten;
  }

  #outcomes(done: Done): JsonObject {
    const outcomes: JsonObject = {};
    for (const [key, outcome] of Object.entries(done.expressions)) {
      outcomes[key] =
        'problem' in outcome
          ? { status: 'error', ...this.tracebacks.render(outcome.problem) }
          : { status: 'ok', data: outcome.data, metadata: outcome.metadata };
    }
    return outcomes;
  }
}

function syntaxError(name: string, { message, line, codeFrame }: CellSyntaxError): ErrorContent {
  const traceback = [`\x1b[1;31mSyntaxError\x1b[0m: ${message}`, '', `\x1b[36m${name}, line ${line}\x1b[0m`];
  return { ename: 'SyntaxError', evalue: message, traceback: [...traceback, highlight(codeFrame)] };
}

const STOPPED: ErrorContent = {
  ename: 'Interrupted',
  evalue: 'the cell was stopped before it ran',
  traceback: ['\x1b[1;31mInterrupted\x1b[0m: the cell was stopped before it ran'],
};

function typeErrors(name: string, diagnostics: readonly CellDiagnostic[]): ErrorContent {
  const traceback: string[] = [];
  for (const { code, message, line, column, frame } of diagnostics) {
    if (traceback.length > 0) traceback.push('');
    traceback.push(`\x1b[1;31mTS${code}\x1b[0m: ${message}`, '', `\x1b[36m${name}, line ${line}:${column}\x1b[0m`);
    traceback.push(highlight(frame));
  }
  const [first] = diagnostics;
  return { ename: `TS${first?.code ?? ''}`, evalue: first?.message ?? '', traceback };
}

function reportOf(error: unknown): ErrorReport {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack ?? '' };
  return { name: 'Error', message: String(error), stack: '' };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
