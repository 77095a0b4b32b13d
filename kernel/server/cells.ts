// execute_requests → one after the other in each shell: rewritten, type-checked, run in the session, and answered.
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { RewrittenCell } from '../cell/index.js';
import type { ErrorReport, JsonObject, SessionEvent } from '../contract.js';
import { CellCode, type Debugging } from '../debug/index.js';
import type { KnownNames } from '../types/index.js';
import type { Message } from '../wire/message.js';
import type { ExecuteRequest } from '../wire/requests.js';
import { advise } from './advice.js';
import { reportOf, STOPPED, syntaxError, typeErrors } from './failures.js';
import type { History } from './history.js';
import { Lane } from './lane.js';
import type { Language } from './language.js';
import { MagicError, type MagicHost, perform, splitCell, type TypecheckMode } from './magics.js';
import type { Outbox } from './outbox.js';
import type { StreamName } from './session-process.js';
import type { Sessions } from './sessions.js';
import { Shell } from './shell.js';
import { type ErrorContent, Tracebacks } from './traceback.js';

type Done = Extract<SessionEvent, { type: 'done' }>;

export interface CellsOptions {
  outbox: Outbox;
  language: Language;
  sessions: Sessions;
  history: History;
  folder: string;
  /** Until a cell says otherwise. */
  typecheck: TypecheckMode;
  debugger: Debugging;
}

export class Cells {
  readonly tracebacks = new Tracebacks();
  readonly #outbox: Outbox;
  readonly #language: Language;
  readonly #sessions: Sessions;
  readonly #history: History;
  readonly #folder: string;
  /** Names of earlier cells, and what they are. */
  #names = new Map<string, string>();
  /** Names that expressions in the debugger defined, and no cell. */
  #undeclared = new Set<string>();
  /** Names that would be there had their cells, whose types do not fit, run: name → cell. */
  readonly #unrun = new Map<string, string>();
  readonly #debugger: Debugging;
  #typecheck: TypecheckMode;
  #hidden = 0;
  /** The kernel's own shell under undefined, and subshells under their ids. */
  readonly #lanes = new Map<string | undefined, Lane>();

  constructor({ outbox, language, sessions, history, folder, typecheck, debugger: adapter }: CellsOptions) {
    this.#typecheck = typecheck;
    this.#debugger = adapter;
    this.#folder = folder;
    this.#outbox = outbox;
    this.#language = language;
    this.#sessions = sessions;
    this.#history = history;
    this.#open(undefined);
  }

  /** The requests that run now, one of each shell at most. */
  get running(): Message[] {
    return [...this.#lanes.values()].flatMap(({ running }) => running ?? []);
  }

  get subshells(): string[] {
    return [...this.#lanes.keys()].filter((id) => id !== undefined);
  }

  /** Answers the new subshell's id. Its cells take turns with those of other shells whenever they await something. */
  createSubshell(): string {
    const id = randomUUID();
    this.#open(id);
    return id;
  }

  /** What waits in it is not run any more; what runs in it goes on. @throws UnknownSubshell */
  deleteSubshell(id: string): void {
    this.lane(id).abort();
    this.#lanes.delete(id);
  }

  /** @throws UnknownSubshell */
  lane(subshell: string | undefined): Lane {
    const lane = this.#lanes.get(subshell);
    if (!lane) throw new UnknownSubshell(`there is no subshell ${subshell}; create_subshell_request makes one`);
    return lane;
  }

  get names(): readonly string[] {
    return [...this.#names.keys(), ...this.#undeclared];
  }

  execute(message: Message, request: ExecuteRequest): Promise<void> {
    return this.lane(message.subshell).execute(message, request);
  }

  interrupt(): void {
    for (const lane of this.#lanes.values()) lane.interrupt();
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
    this.#unrun.clear();
    this.#language.reset().catch((error: unknown) => console.error('the checker cannot forget:', error));
  }

  #open(subshell: string | undefined): void {
    this.#lanes.set(subshell, new Lane(subshell, this.#outbox, (...asked) => this.#answer(...asked)));
  }

  async #answer(lane: Lane, message: Message, request: ExecuteRequest): Promise<void> {
    const metadata = { started: new Date().toISOString() };
    lane.running = message;
    lane.interrupted = false;
    if (request.storeHistory) lane.count += 1;
    const count = lane.count;
    if (!request.silent) {
      this.#outbox.publish('execute_input', message, { code: request.code, execution_count: count });
    }
    if (request.storeHistory && request.code.trim() !== '') this.#history.add(count, request.code, lane.subshell);
    const content = await this.#run(lane, message, request);
    if (content.status === 'error' && request.stopOnError) await this.#abortQueue(lane);
    lane.running = undefined;
    this.#outbox.reply('shell', 'execute_reply', message, { ...content, execution_count: count }, metadata);
  }

  /** What was sent before the client could know of the error does not run; some of it may still stand in the socket. */
  async #abortQueue(lane: Lane): Promise<void> {
    await turn();
    await turn();
    lane.abort();
  }

  /** Everything between the request and its reply, whose content it answers. */
  async #run(lane: Lane, message: Message, request: ExecuteRequest): Promise<JsonObject> {
    const name = this.#nameOf(lane, request);
    const run = this.#sessions.begin(message, request.allowStdin);
    const question = /^\s*\?{1,2}\s*([\w$.]+)\s*$/.exec(request.code);
    if (question) return this.#page(question[1] ?? '');
    let done: Done | ErrorContent;
    try {
      done = await this.#perform(lane, request, name, run);
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
  async #perform(lane: Lane, request: ExecuteRequest, name: string, run: number): Promise<Done | ErrorContent> {
    const { magics, code, timed } = splitCell(request.code, this.#names);
    const host = this.#host(lane, run);
    for (const magic of magics) {
      await perform(magic, host);
      this.#typecheck = host.typecheck;
      if (lane.interrupted) return STOPPED;
    }
    const { objectInParentheses } = await this.#language.cell();
    const source = objectInParentheses(code);
    const prepared = await this.#prepare(source, name, run);
    if ('ename' in prepared) return prepared;
    await this.#debugger.beforeRun(new CellCode(name, source, prepared.code, prepared.map, request.code));
    if (lane.interrupted) return STOPPED;
    const order = { type: 'run', run, name, count: lane.count, silent: request.silent, code: prepared.code } as const;
    const done = await this.#sessions.run(run, { ...order, expressions: await this.#expressions(request, name) });
    if (timed && !('ename' in done)) this.#sessions.print(run, 'stdout', `${done.milliseconds.toPrecision(4)} ms\n`);
    return done;
  }

  /** Unlike any other, as errors of an earlier cell must not be shown in its text. */
  #nameOf({ count, subshell }: Lane, { storeHistory }: ExecuteRequest): string {
    const number = storeHistory ? `${count}` : `${count}.${++this.#hidden}`;
    return subshell === undefined ? `Cell [${number}]` : `Cell [${number}] of subshell ${subshell.slice(0, 4)}`;
  }

  #host(lane: Lane, run: number): MagicHost {
    const print = (name: StreamName, text: string): void => this.#sessions.print(run, name, text);
    const shell = new Shell(this.#folder, print);
    lane.shell = shell;
    return {
      print: (text) => print('stdout', text),
      names: () => [...this.#names].map(([name, kind]) => ({ name, kind })),
      forget: () => {
        this.#sessions.reset();
        this.forget();
      },
      modulesChanged: async () => (await this.#language.checker()).invalidate(),
      typecheck: this.#typecheck,
      shell,
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
      cell = await this.#language.rewrite(source, name, this.#names);
    } catch (error) {
      await found;
      if (!(error instanceof CellSyntaxError)) throw error;
      return syntaxError(name, error);
    }
    const blocking = (await found)?.filter((diagnostic) => diagnostic.blocking) ?? [];
    if (blocking.length > 0) {
      const others = { names: [...this.names, ...this.#sessions.globals], unrun: this.#unrun };
      const error = typeErrors(
        name,
        blocking.map((each) => advise(each, others)),
      );
      if (this.#typecheck === 'strict') {
        for (const declared of cell.declares) if (!declared.ambient) this.#unrun.set(declared.name, name);
        return error;
      }
      this.#sessions.print(run, 'stderr', `${error.traceback.join('\n')}\n`);
    }
    this.tracebacks.add(name, { source, map: cell.map }, cell.declares.length === 0);
    checker.commit(text);
    for (const declared of cell.declares) {
      if (!declared.ambient) {
        this.#names.set(declared.name, declared.kind);
        this.#undeclared.delete(declared.name);
        this.#unrun.delete(declared.name);
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
          code: (await this.#language.rewrite(source, `${name} ${key}`, this.#names)).code,
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

/** A request names a subshell that does not exist, or no longer. */
export class UnknownSubshell extends Error {
  override name = 'UnknownSubshell';
}
