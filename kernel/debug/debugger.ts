// Debug requests on the control channel → replies; stops and resumptions of the session → debug events.
import type { JsonObject } from '../contract.js';
import { Fields, MalformedMessage } from '../wire/json.js';
import type { Message } from '../wire/message.js';
import { Breakpoints } from './breakpoints.js';
import { CellCode, type MappedCode } from './cell-code.js';
import { callInspector, INSPECTOR, type InspectorCommand, type InspectorMessage, type Variable } from './contract.js';
import { Engine, type Step } from './engine.js';
import { Expressions, type Rewrite } from './expressions.js';
import { EvaluationError } from './paused.js';
import { CAPABILITIES, forJupyterLab, parseRequest, type Request, THREAD, wantedBreakpoints } from './protocol.js';
import { NAMING, pathOfCell, Sources } from './sources.js';
import { awaits } from './syntax.js';
import { Target, TargetError } from './target.js';

export interface DebuggerOptions {
  /** To the session's inspector. */
  send(command: InspectorCommand): void;
  /** A debug event. Its parent is the latest debug request, so that front ends do not take it for output of a cell. */
  publish(parent: Message | undefined, event: JsonObject): void;
  rewrite: Rewrite;
  /** A cell's text without what is no TypeScript in it; lines stay. */
  plain(text: string): string;
  /** Whether a cell runs. */
  isBusy(): boolean;
  /** An expression defined variables that later cells may use. */
  define(names: readonly string[]): void;
}

type Handler = (args: Fields, request: Request) => Promise<JsonObject | undefined> | JsonObject | undefined;

export class Debugger {
  readonly #options: DebuggerOptions;
  readonly #target: Target;
  readonly #sources = new Sources();
  readonly #expressions: Expressions;
  readonly #breakpoints: Breakpoints;
  readonly #engine: Engine;
  #client = '';
  #seq = 0;
  #latest: Message | undefined;
  /** Requests that change breakpoints wait for each other. */
  #changes: Promise<unknown> = Promise.resolve();

  readonly #handlers: { [command: string]: Handler } = {
    debugInfo: () => ({
      ...NAMING,
      isStarted: this.#engine.isStarted,
      breakpoints: this.#breakpoints.list(),
      stoppedThreads: this.#engine.paused ? [THREAD] : [],
      richRendering: true,
      exceptionPaths: [],
      copyToGlobals: true,
    }),
    initialize: async (args) => {
      this.#client = args.string('clientID', '');
      // Already here, as in ipykernel: JupyterLab believes whatever debugInfo says between this and attach.
      await this.#engine.start();
      return CAPABILITIES;
    },
    attach: async () => {
      await this.#engine.start();
      this.#publish('initialized', {});
      return undefined;
    },
    dumpCell: (args) => ({ sourcePath: this.#sources.tell(args.string('code')) }),
    setBreakpoints: async (args, { arguments: given }) => {
      const path = new Fields(args.object('source'), 'source').string('path');
      return { breakpoints: await this.#breakpoints.replace(path, wantedBreakpoints(given)) };
    },
    setExceptionBreakpoints: async (_args, { arguments: { filters } }) => {
      await this.#engine.stopAt(new Set(Array.isArray(filters) ? filters.map(String) : []));
      return {};
    },
    configurationDone: () => ({}),
    source: (args) => {
      const path = new Fields(args.object('source', {}), 'source').string('path', '');
      const content = this.#sources.textOf(path);
      if (content === undefined) throw new TargetError(`no cell or imported file is known as ${path}`);
      return { content, mimeType: 'text/typescript' };
    },
    modules: () => {
      const modules = this.#sources.files().map((path, id) => ({ id, name: path, path }));
      return { modules, totalModules: modules.length };
    },
    threads: () => ({ threads: [{ id: THREAD, name: 'session' }] }),
    stackTrace: (args) => {
      const frames = this.#engine.paused?.stackFrames ?? [];
      const start = args.number('startFrame', 0);
      const levels = args.number('levels', 0);
      return { stackFrames: frames.slice(start, levels > 0 ? start + levels : undefined), totalFrames: frames.length };
    },
    scopes: async (args) => ({ scopes: await this.#engine.stop().scopes(args.number('frameId')) }),
    variables: async (args) => {
      const page = pageOf(args);
      const reference = args.number('variablesReference');
      const { paused } = this.#engine;
      const variables = paused
        ? await paused.variables(reference, page)
        : parse<Variable[]>(await this.#engine.evaluate(callInspector('variables', reference, page)));
      return { variables: this.#named(variables) };
    },
    setVariable: async (args) => {
      const name = args.string('name');
      const reference = args.number('variablesReference');
      const paused = this.#engine.stop();
      const { code } = await this.#expressions.atOnce(args.string('value'), await paused.localNames(undefined));
      const text =
        (await paused.assign(reference, name, code)) ??
        (await paused.evaluate(`${INSPECTOR}.assign(${reference}, ${JSON.stringify(name)}, ${code})`));
      return parse<JsonObject>(text);
    },
    evaluate: async (args) => {
      const source = args.string('expression');
      const frameId = args.number('frameId', 0) || undefined;
      const text = await this.#inFrame(
        source,
        frameId,
        (value) => `${INSPECTOR}.describe(${value}, ${quoted(source)})`,
      );
      const [variable] = this.#named([parse<Variable>(text)]);
      return { ...variable, result: variable?.value };
    },
    exceptionInfo: () => {
      const { description, className } = this.#engine.stop().thrown;
      const [first = ''] = description.split(/\n +at /);
      return {
        exceptionId: className,
        description: first,
        breakMode: this.#engine.filters.has('raised') ? 'always' : 'unhandled',
        details: { message: first, typeName: className, stackTrace: description },
      };
    },
    inspectVariables: async () => {
      const { paused } = this.#engine;
      if (paused) {
        const reference = Number(await paused.evaluate(callInspector('globals')));
        return { variables: this.#named(await paused.variables(reference, {})) };
      }
      const forget = callInspector('forget', this.#options.isBusy());
      const text = await this.#engine.evaluate(`(${forget}, ${INSPECTOR}.variables(${INSPECTOR}.globals(), {}))`);
      return { variables: this.#named(parse<Variable[]>(text)) };
    },
    richInspectVariables: async (args) => {
      const frameId = args.number('frameId', 0) || undefined;
      const patient = this.#engine.paused === undefined && !this.#options.isBusy();
      const shown = (value: string): string => `${INSPECTOR}.rich(${value}, ${patient})`;
      const bundle = parse<JsonObject>(await this.#inFrame(args.string('variableName'), frameId, shown));
      return { data: bundle.data, metadata: bundle.metadata ?? {} };
    },
    copyToGlobals: async (args) => {
      const name = identifier(args.string('dstVariableName'));
      const source = identifier(args.string('srcVariableName'));
      const defined = (value: string): string => `${INSPECTOR}.define(${quoted(name)}, ${value})`;
      await this.#inFrame(source, args.number('srcFrameId', 0) || undefined, defined);
      this.#options.define([name]);
      return {};
    },
    continue: async () => {
      await this.#engine.continue();
      return { allThreadsContinued: true };
    },
    next: () => this.#step('Debugger.stepOver'),
    stepIn: () => this.#step('Debugger.stepInto'),
    stepOut: () => this.#step('Debugger.stepOut'),
    pause: async () => {
      await this.#engine.pause();
      return undefined;
    },
    disconnect: async () => {
      this.#breakpoints.clear();
      await this.#engine.end();
      return undefined;
    },
  };

  constructor(options: DebuggerOptions) {
    this.#options = options;
    this.#target = new Target(options.send);
    this.#expressions = new Expressions(options.rewrite);
    const none = new Set<string>();
    this.#breakpoints = new Breakpoints(this.#target, this.#sources, this.#expressions, async (text) => {
      const source = options.plain(text);
      const { code, map } = await options.rewrite(source, 'breakpoints', none);
      return new CellCode('breakpoints', source, code, map, text);
    });
    this.#engine = new Engine(this.#target, this.#sources, {
      stopped: (reason, text) =>
        this.#publish('stopped', { reason, threadId: THREAD, allThreadsStopped: true, ...(text ? { text } : {}) }),
      continued: () => this.#publish('continued', { threadId: THREAD, allThreadsContinued: true }),
    });
  }

  /** Answers the content of a `debug_request`: the content of its reply. */
  async handle(message: Message): Promise<JsonObject> {
    this.#latest = message;
    const request = parseRequest(message.content);
    const reply = { type: 'response', seq: ++this.#seq, request_seq: request.seq, command: request.command };
    try {
      const body = await this.#answer(request);
      return { ...reply, success: true, ...(body ? { body } : { body: {} }) };
    } catch (error) {
      if (!isExpected(error)) console.error('debugger:', error);
      const text = error instanceof Error ? error.message : String(error);
      return { ...reply, success: false, message: text, body: { error: { id: 1, format: text, showUser: true } } };
    }
  }

  /** This cell is about to run: resolves when its breakpoints are set. */
  async beforeRun(cell: CellCode): Promise<void> {
    this.#sources.add(cell);
    if (!this.#engine.isStarted) return;
    await this.#changes;
    await this.#prepare(() => this.#breakpoints.beforeRun(pathOfCell(cell.text), cell));
  }

  /** This file of TypeScript is about to be loaded: resolves when its breakpoints are set. */
  async beforeLoad(path: string, module: MappedCode): Promise<void> {
    this.#sources.addModule(path, module);
    if (!this.#engine.isStarted) return;
    await this.#prepare(() => this.#breakpoints.beforeLoad(path));
  }

  /** A debugger that is switched off in the middle of this leaves code to run without it. */
  async #prepare(setBreakpoints: () => Promise<void>): Promise<void> {
    try {
      await this.#engine.start();
      await setBreakpoints();
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      if (this.#engine.isStarted) console.error('breakpoints could not be set:', error.message);
    }
  }

  receive(message: InspectorMessage): void {
    this.#target.receive(message);
  }

  /** The user's stop has ended what ran: what is awaited may never come. */
  stopped(): void {
    this.#target.abandonPromises();
  }

  /** The session died. */
  forget(): void {
    this.#target.fail();
    this.#sources.forgetScripts();
    this.#breakpoints.forgetSet();
    this.#engine.forget();
  }

  #answer(request: Request): Promise<JsonObject | undefined> {
    const { command } = request;
    const handler = Object.hasOwn(this.#handlers, command) ? this.#handlers[command] : undefined;
    if (!handler) throw new TargetError(`the request "${command.slice(0, 80)}" is not supported`);
    if (!this.#engine.isStarted && !WITHOUT_ATTACH.has(command)) {
      throw new TargetError(`"${command}" needs the debugger: send initialize and attach first`);
    }
    const answer = async () => handler(new Fields(request.arguments, command), request);
    if (!CHANGES.has(command)) return answer();
    const change = this.#changes.then(answer);
    this.#changes = change.catch(() => undefined);
    return change;
  }

  async #step(step: Step): Promise<undefined> {
    await this.#engine.step(step);
  }

  /** Runs `source` where a frame stands, or in the notebook, and answers what `use` makes of its value. */
  async #inFrame(source: string, frameId: number | undefined, use: (value: string) => string): Promise<string> {
    const { paused } = this.#engine;
    if (!paused) {
      const { code, declares } = await this.#expressions.inTime(source);
      const text = await this.#engine.evaluate(`${code}.then((value) => ${use('value')})`, true);
      this.#options.define(declares);
      return text;
    }
    if (awaits(source)) throw new EvaluationError('await: nothing else can run while the session is stopped');
    const { code, declares } = await this.#expressions.atOnce(source, await paused.localNames(frameId));
    const text = await paused.evaluate(use(code), frameId);
    this.#options.define(declares);
    return text;
  }

  #named(variables: readonly Variable[]): Variable[] {
    return variables.map((variable) => (this.#client === 'jupyterlab' ? forJupyterLab(variable) : variable));
  }

  #publish(event: string, body: JsonObject): void {
    this.#options.publish(this.#latest, { type: 'event', seq: ++this.#seq, event, body });
  }
}

/** Also with the debugger off. */
const WITHOUT_ATTACH: ReadonlySet<string> = new Set([
  'debugInfo',
  'initialize',
  'attach',
  'dumpCell',
  'source',
  'threads',
  'variables',
  'evaluate',
  'inspectVariables',
  'richInspectVariables',
  'copyToGlobals',
  'modules',
  'disconnect',
]);
const CHANGES: ReadonlySet<string> = new Set([
  'initialize',
  'attach',
  'setBreakpoints',
  'setExceptionBreakpoints',
  'disconnect',
]);

function pageOf(args: Fields): { filter?: 'indexed' | 'named'; start: number; count: number } {
  const filter = args.string('filter', '');
  const page = { start: args.number('start', 0), count: args.number('count', 0) };
  return filter === 'indexed' || filter === 'named' ? { filter, ...page } : page;
}

function identifier(name: string): string {
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
    throw new TargetError(`${quoted(name)} is no variable's name`);
  return name;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function parse<T>(text: string): T {
  return JSON.parse(text) as T;
}

function isExpected(error: unknown): boolean {
  if (error instanceof TargetError || error instanceof EvaluationError || error instanceof MalformedMessage)
    return true;
  return error instanceof Error && error.name === 'CellSyntaxError';
}
