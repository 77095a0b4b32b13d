// Runs and their outputs: who asked for what the session sends, and what happens when the session dies.
import type { CommFrame, JsonObject, Member, RunOrder, SessionEvent } from '../contract.js';
import { type InspectorCommand, type InspectorMessage, MappedCode } from '../debug/index.js';
import { Kind } from '../session/frame.js';
import type { Message, Parent } from '../wire/message.js';
import { explainDeath } from './death.js';
import type { Composition, Outbox } from './outbox.js';
import { Questions } from './questions.js';
import { type Death, SessionProcess, type StreamName } from './session-process.js';
import { Streams } from './streams.js';
import type { ErrorContent, Tracebacks } from './traceback.js';

type Done = Extract<SessionEvent, { type: 'done' }>;

/** Output that comes later than this many requests after its own is shown with the newest. */
const REMEMBERED = 4096;
/** A session that is busy must not keep a completion back. */
const PATIENCE_MS = 150;

interface Requester {
  message: Message;
  allowStdin: boolean;
}

interface Pending {
  resolve(done: Done | ErrorContent): void;
}

export interface SessionsOptions {
  outbox: Outbox;
  folder: string;
  /** The session died and a fresh one stands: what was known of the old one is void. */
  onFresh(): void;
  tracebacks(): Tracebacks;
  /** The user's stop has ended what ran; promises that the inspector waits for may never settle. */
  onStopped(): void;
  /** What the session's inspector says. */
  onInspector(message: InspectorMessage): void;
  /** A file of TypeScript is about to be loaded. */
  onModule(path: string, module: MappedCode): Promise<void>;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #outbox: Outbox;
  readonly #requesters = new Map<number, Requester>();
  readonly #streams: Streams;
  readonly #comms = new Map<string, string>();
  /** Who waits for members of values. */
  readonly #asked = new Map<number, (members: Member[] | undefined) => void>();
  #lastAsked = 0;
  readonly #handled = new Map<number, () => void>();
  #session: SessionProcess;
  /** What is asked of the next session while none stands. */
  #awaiting: (() => void)[] | undefined;
  #resuming: NodeJS.Timeout | undefined;
  #lastRun = 0;
  /** An output that comes in pieces. */
  #composition: Composition | undefined;
  /** Runs that the session has not ended yet, the oldest first: one of each shell at most. */
  readonly #pending = new Map<number, Pending>();
  readonly #questions: Questions;
  #globals: string[] = [];
  #startedAt = 0;
  #quickDeaths = 0;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#questions = new Questions(options.outbox);
    this.#streams = new Streams((run, name, text) => {
      this.#outbox.publish('stream', this.#parent(run), { name, text });
    });
    this.#session = this.#start();
  }

  /** Names that user code put on globalThis. */
  get globals(): readonly string[] {
    return this.#globals;
  }

  /** Open comms: id → target. */
  get comms(): ReadonlyMap<string, string> {
    return this.#comms;
  }

  /** A number for the request's outputs, now and later. */
  begin(message: Message, allowStdin: boolean): number {
    const run = ++this.#lastRun;
    this.#requesters.set(run, { message, allowStdin });
    this.#forget(run - REMEMBERED);
    return run;
  }

  /** Text that the server itself has to say in a cell. */
  print(run: number, name: StreamName, text: string): void {
    this.#streams.write(run, name, text);
  }

  /** Everything printed so far is published. */
  flush(): void {
    this.#streams.flush();
  }

  /** Runs one cell; resolves when all that it wrote until its end was published. */
  run(run: number, order: RunOrder): Promise<Done | ErrorContent> {
    return new Promise((resolve) => {
      this.#pending.set(run, { resolve });
      this.#whenUp(() => this.#session.order(run, order));
    });
  }

  /** Stops what runs, or what an earlier cell left running. */
  interrupt(): void {
    this.#session.interrupt(this.#pending.size > 0);
  }

  inspect(command: InspectorCommand): void {
    this.#whenUp(() => this.#session.order(0, { type: 'inspector', command }));
  }

  /** What the person at the front end typed; `requestId` is that of the `input_request`, where the client says so. */
  answer(requestId: string | undefined, value: string): void {
    const question = this.#questions.answered(requestId);
    if (question) this.#session.order(question.run, { type: 'input', id: question.id, blocks: question.blocks, value });
  }

  /** A front end's comm message; resolves when the session has handled it. */
  comm(message: Message, frame: CommFrame): Promise<void> {
    const run = this.begin(message, false);
    if (frame.action === 'open') this.#comms.set(frame.id, frame.target ?? '');
    if (frame.action === 'close') this.#comms.delete(frame.id);
    return new Promise((resolve) => {
      this.#handled.set(run, resolve);
      this.#whenUp(() => this.#session.comm(run, frame, message.buffers));
    });
  }

  /** Members of a value, or undefined while the session has no time to answer. */
  members(path: string[]): Promise<Member[] | undefined> {
    if (this.#pending.size > 0 || this.#awaiting) return Promise.resolve(undefined);
    const id = ++this.#lastAsked;
    return new Promise((resolve) => {
      // If it was this process that had no time, the answer is there to be read first.
      const giveUp = (): void => this.#answerMembers(id, undefined);
      const timer = setTimeout(() => setImmediate(giveUp), PATIENCE_MS);
      this.#asked.set(id, (members) => {
        clearTimeout(timer);
        resolve(members);
      });
      this.#session.order(0, { type: 'members', id, path });
    });
  }

  reset(): void {
    this.#session.order(0, { type: 'reset' });
  }

  kill(): Promise<void> {
    clearTimeout(this.#resuming);
    return this.#session.kill();
  }

  /** The network is slower than the session: let it wait. */
  hold(held: boolean): void {
    if (held) this.#session.pause();
    else this.#session.resume();
  }

  #start(): SessionProcess {
    this.#startedAt = Date.now();
    return new SessionProcess(
      {
        stream: (run, name, text) => this.#stream(run, name, text),
        output: (run, kind, content) => this.#output(run, kind, content),
        opening: (run, kind) => {
          this.#composition = this.#outbox.compose(outputType(kind), this.#parent(run));
        },
        piece: (content) => this.#composition?.add(content),
        closing: () => {
          this.#streams.flush();
          this.#composition?.end();
          this.#composition = undefined;
        },
        event: (run, event) => this.#event(run, event),
        comm: (run, frame, buffers) => this.#sendComm(run, frame, buffers),
        ended: (death) => this.#ended(death),
      },
      this.#options.folder,
    );
  }

  #parent(run: number): Parent | undefined {
    return (this.#requesters.get(run) ?? this.#requesters.get(this.#lastRun))?.message;
  }

  #stream(run: number | undefined, name: StreamName, text: string): void {
    this.#streams.write(run ?? [...this.#pending.keys()].at(-1) ?? this.#lastRun, name, text);
  }

  #output(run: number, kind: Kind, content: Buffer): void {
    this.#streams.flush();
    this.#outbox.publish(outputType(kind), this.#parent(run), content);
  }

  #event(run: number, event: SessionEvent): void {
    switch (event.type) {
      case 'ready':
        break;
      case 'done':
        if (event.globals) this.#globals = event.globals;
        if (event.status === 'interrupted') this.#questions.forget(run);
        void this.#finish(run, event);
        break;
      case 'stray':
        this.#streams.flush();
        this.#outbox.publish('error', this.#parent(run), this.#options.tracebacks().render(event.problem));
        break;
      case 'input':
        this.#ask(run, event);
        break;
      case 'explain': {
        const { traceback } = this.#options.tracebacks().render(event.problem);
        this.#session.order(run, { type: 'explained', id: event.id, traceback });
        break;
      }
      case 'members':
        this.#answerMembers(event.id, event.members);
        break;
      case 'stopped':
        this.#options.onStopped();
        break;
      case 'inspector':
        this.#streams.flush();
        this.#options.onInspector(event.message);
        break;
      case 'transpile':
        void this.#transpile(event.id, event.url, event.path, event.source);
        break;
      case 'handled':
        this.#streams.flush();
        this.#handled.get(run)?.();
        this.#handled.delete(run);
        break;
    }
  }

  async #transpile(id: number, url: string, path: string, source: string): Promise<void> {
    const { transpile } = await import('./transpile.js');
    try {
      const { code, map } = transpile(path, source);
      this.#options.tracebacks().add(url, { source, map });
      await this.#options.onModule(path, new MappedCode(url, source, map));
      this.#session.order(0, { type: 'transpiled', id, code });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#session.order(0, { type: 'transpiled', id, problem });
    }
  }

  async #finish(run: number, done: Done | ErrorContent): Promise<void> {
    const pending = this.#pending.get(run);
    if (!pending) return;
    await this.#session.captured();
    this.#streams.flush();
    if (this.#pending.get(run) === pending) this.#pending.delete(run);
    this.#forget(run, this.#lastRun - REMEMBERED);
    pending.resolve(done);
  }

  /** Nothing comes for a run any more, unless it still runs; with `before`, only if it is that old. */
  #forget(run: number, before = run): void {
    if (run <= before && !this.#pending.has(run)) this.#requesters.delete(run);
  }

  #ask(run: number, { id, prompt, password, blocks }: Extract<SessionEvent, { type: 'input' }>): void {
    this.#streams.flush();
    const requester = this.#requesters.get(run);
    if (requester?.allowStdin) {
      this.#questions.ask(requester.message, { id, run, prompt, password, blocks });
      return;
    }
    const problem =
      'input(): this front end cannot ask questions; run the notebook in JupyterLab, or set the value in the code';
    this.#session.order(run, { type: 'input', id, blocks, problem });
  }

  #sendComm(run: number, frame: CommFrame, buffers: Buffer[]): void {
    this.#streams.flush();
    if (frame.action === 'open') this.#comms.set(frame.id, frame.target ?? '');
    if (frame.action === 'close') this.#comms.delete(frame.id);
    const content: JsonObject = { comm_id: frame.id, data: frame.data };
    if (frame.action === 'open') content.target_name = frame.target ?? '';
    const type = COMM_TYPES[frame.action];
    this.#outbox.publish(type, this.#parent(run), content, { metadata: frame.metadata, buffers });
  }

  #answerMembers(id: number, members: Member[] | undefined): void {
    this.#asked.get(id)?.(members);
    this.#asked.delete(id);
  }

  #ended(death: Death): void {
    this.#streams.flush();
    this.#composition = undefined;
    const error = explainDeath(death);
    // A session that cannot even start must not be started for ever.
    this.#quickDeaths = Date.now() - this.#startedAt < 1000 ? this.#quickDeaths + 1 : 0;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#questions.forget();
    if (pending.length === 0) this.#outbox.publish('error', this.#parent(this.#lastRun), error);
    for (const id of this.#comms.keys()) this.#outbox.publish('comm_close', undefined, { comm_id: id, data: {} });
    this.#comms.clear();
    for (const resolve of this.#handled.values()) resolve();
    this.#handled.clear();
    this.#globals = [];
    this.#options.onFresh();
    this.#awaiting = pending.map(
      ({ resolve }) =>
        () =>
          resolve(error),
    );
    this.#resuming = setTimeout(() => this.#resume(), this.#quickDeaths > 3 ? 1000 : 0);
  }

  #resume(): void {
    this.#session = this.#start();
    const awaiting = this.#awaiting ?? [];
    this.#awaiting = undefined;
    for (const each of awaiting) each();
  }

  #whenUp(ask: () => void): void {
    if (this.#awaiting) this.#awaiting.push(ask);
    else ask();
  }
}

const OUTPUT_TYPES = new Map<number, string>([
  [Kind.result, 'execute_result'],
  [Kind.display, 'display_data'],
  [Kind.update, 'update_display_data'],
  [Kind.clear, 'clear_output'],
]);

const COMM_TYPES = { open: 'comm_open', message: 'comm_msg', close: 'comm_close' } as const;

function outputType(kind: number): string {
  const type = OUTPUT_TYPES.get(kind);
  if (!type) throw new Error(`line to the session: a frame of kind ${kind} is no output`);
  return type;
}
