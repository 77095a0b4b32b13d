// One request → its busy status, its reply, its idle status; whatever the channel it came by.
import type { CommFrame, JsonObject } from '../contract.js';
import { Debugging } from '../debug/index.js';
import { MalformedMessage } from '../wire/json.js';
import type { Message } from '../wire/message.js';
import * as requests from '../wire/requests.js';
import { Assist } from './assist.js';
import { Cells, UnknownSubshell } from './cells.js';
import { History } from './history.js';
import { kernelInfo, type NotebookLanguage } from './info.js';
import { Language } from './language.js';
import { blankMagics } from './magics.js';
import type { Outbox, RequestChannel } from './outbox.js';
import { Sessions } from './sessions.js';

export interface KernelOptions {
  outbox: Outbox;
  /** Where it listens, for clients that ask; none where there are no sockets. */
  ports?: { readonly [name: string]: number };
  /** The notebook's folder: where imports, types and relative paths start. */
  folder: string;
  historyPath: string;
  language: NotebookLanguage;
  /** The kernel is asked to end; its last reply was handed to the outbox. */
  onShutdown(): void;
}

type Handler = (message: Message, channel: RequestChannel) => void | Promise<void>;

/** A client that was waiting for the kernel has its first answer by then. */
const BEGIN_MS = 60;

export class Kernel {
  readonly #options: KernelOptions;
  readonly #outbox: Outbox;
  readonly #language: Language;
  readonly #sessions: Sessions;
  readonly #cells: Cells;
  readonly #assist: Assist;
  readonly #history: History;
  readonly #debugger: Debugging;
  #warm = false;
  readonly #beginning: NodeJS.Timeout;

  readonly #handlers: { [type: string]: Handler } = {
    kernel_info_request: (message, channel) => {
      this.#outbox.reply(channel, 'kernel_info_reply', message, kernelInfo(this.#options.language));
      this.#warmUp();
    },
    connect_request: (message, channel) => {
      this.#outbox.reply(channel, 'connect_reply', message, { status: 'ok', ...this.#options.ports });
    },
    complete_request: async (message, channel) => {
      this.#outbox.reply(channel, 'complete_reply', message, await this.#assist.complete(message.content));
    },
    inspect_request: async (message, channel) => {
      this.#outbox.reply(channel, 'inspect_reply', message, await this.#assist.inspect(message.content));
    },
    is_complete_request: async (message, channel) => {
      this.#outbox.reply(channel, 'is_complete_reply', message, await this.#assist.isComplete(message.content));
    },
    history_request: async (message, channel) => {
      const request = requests.historyRequest(message.content);
      const found = await this.#history.find(request, message.subshell);
      const history = request.output ? found.map(([session, line, code]) => [session, line, [code, null]]) : found;
      this.#outbox.reply(channel, 'history_reply', message, { status: 'ok', history });
    },
    comm_info_request: (message, channel) => {
      const { target } = requests.commInfoRequest(message.content);
      const comms: JsonObject = {};
      for (const [id, name] of this.#sessions.comms) {
        if (target === undefined || target === name) comms[id] = { target_name: name };
      }
      this.#outbox.reply(channel, 'comm_info_reply', message, { status: 'ok', comms });
    },
    comm_open: (message) => this.#comm(message, 'open'),
    comm_msg: (message) => this.#comm(message, 'message'),
    comm_close: (message) => this.#comm(message, 'close'),
    interrupt_request: (message, channel) => {
      this.interrupt();
      this.#outbox.reply(channel, 'interrupt_reply', message, { status: 'ok' });
    },
    create_subshell_request: (message, channel) => {
      const subshell_id = this.#cells.createSubshell();
      this.#outbox.reply(channel, 'create_subshell_reply', message, { status: 'ok', subshell_id });
    },
    list_subshell_request: (message, channel) => {
      const subshell_id = this.#cells.subshells;
      this.#outbox.reply(channel, 'list_subshell_reply', message, { status: 'ok', subshell_id });
    },
    delete_subshell_request: (message, channel) => {
      this.#cells.deleteSubshell(requests.deleteSubshellRequest(message.content).subshell);
      this.#outbox.reply(channel, 'delete_subshell_reply', message, { status: 'ok' });
    },
    debug_request: async (message, channel) => {
      this.#outbox.reply(channel, 'debug_reply', message, await this.#debugger.handle(message));
    },
    shutdown_request: (message, channel) => {
      const { restart } = requests.shutdownRequest(message.content);
      void this.#sessions.kill();
      this.#outbox.reply(channel, 'shutdown_reply', message, { status: 'ok', restart });
      this.#outbox.publish('shutdown_reply', message, { status: 'ok', restart });
      setImmediate(() => this.#options.onShutdown());
    },
  };

  constructor(options: KernelOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#language = new Language(options.folder);
    this.#history = new History(options.historyPath);
    this.#sessions = new Sessions({
      outbox: options.outbox,
      folder: options.folder,
      onFresh: () => {
        this.#cells.forget();
        this.#debugger.forget();
      },
      onStopped: () => this.#debugger.stopped(),
      onInspector: (message) => this.#debugger.receive(message),
      onModule: (path, module) => this.#debugger.beforeLoad(path, module),
      tracebacks: () => this.#cells.tracebacks,
    });
    this.#debugger = new Debugging({
      send: (command) => this.#sessions.inspect(command),
      publish: (parent, event) => this.#outbox.publish('debug_event', parent, event),
      rewrite: (source, name, locals) =>
        this.#language.rewrite(source, name, new Set([...this.#cells.names, ...this.#sessions.globals]), locals),
      plain: blankMagics,
      isBusy: () => this.#cells.running.length > 0,
      define: (names) => this.#cells.define(names),
    });
    this.#cells = new Cells({
      outbox: options.outbox,
      language: this.#language,
      sessions: this.#sessions,
      history: this.#history,
      folder: options.folder,
      typecheck: options.language === 'javascript' ? 'off' : 'strict',
      debugger: this.#debugger,
    });
    this.#assist = new Assist(this.#language, {
      names: () => [...this.#cells.names, ...this.#sessions.globals],
      members: (path) => this.#sessions.members(path),
    });
    options.outbox.publish('status', undefined, { execution_state: 'starting' });
    this.#beginning = setTimeout(() => this.#language.begin().catch(logStart), BEGIN_MS).unref();
  }

  /** A request on the shell or control channel. Requests that do not run cells are answered while cells run. */
  async handle(channel: RequestChannel, message: Message): Promise<void> {
    if (message.type === 'execute_request' && channel === 'shell') {
      return this.#execute(message);
    }
    const handler = Object.hasOwn(this.#handlers, message.type) ? this.#handlers[message.type] : undefined;
    this.#status(message, 'busy');
    const answer = (): void | Promise<void> => {
      if (channel === 'shell') this.#cells.lane(message.subshell);
      return handler?.(message, channel);
    };
    if (handler) await this.#guard(channel, message, answer);
    else console.error(`${channel}: no answer to messages of type "${message.type.slice(0, 80)}"`);
    this.#status(message, 'idle');
    this.#stillBusy(message);
  }

  /** An `input_reply` on the stdin channel. */
  handleInput(message: Message): void {
    if (message.type !== 'input_reply') return;
    this.#sessions.answer(message.parentId, requests.inputReply(message.content).value);
  }

  interrupt(): void {
    this.#cells.interrupt();
  }

  /** Lets the session wait while its output cannot be sent on. */
  hold(held: boolean): void {
    this.#sessions.hold(held);
  }

  /** Ends the session; resolves when it is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#beginning);
    await Promise.all([this.#sessions.kill(), this.#history.save()]);
    await this.#language.dispose();
  }

  /** Cells tell their own status. */
  async #execute(message: Message): Promise<void> {
    try {
      const request = requests.executeRequest(message.content);
      await this.#cells.execute(message, request);
    } catch (error) {
      this.#status(message, 'busy');
      this.#fail('shell', message, error);
      this.#status(message, 'idle');
    }
    if (this.#cells.subshells.length > 0) this.#stillBusy(message);
  }

  /** The front end shows the last status it heard; a cell that runs is still running. */
  #stillBusy(after: Message): void {
    const [running] = this.#cells.running;
    // While it debugs, JupyterLab answers whatever is published for a cell with another debug request.
    if (running) this.#status(after.type === 'debug_request' ? undefined : running, 'busy');
  }

  #comm(message: Message, action: CommFrame['action']): Promise<void> {
    const { id, target, data } = requests.commContent(message.content);
    return this.#sessions.comm(message, { action, id, target, data, metadata: message.metadata });
  }

  /** No request remains without an answer, whatever goes wrong. */
  async #guard(channel: RequestChannel, message: Message, answer: () => void | Promise<void>): Promise<void> {
    try {
      await answer();
    } catch (error) {
      this.#fail(channel, message, error);
    }
  }

  #fail(channel: RequestChannel, message: Message, error: unknown): void {
    if (!(error instanceof MalformedMessage || error instanceof UnknownSubshell)) console.error(error);
    const { name, message: text } = error instanceof Error ? error : new Error(String(error));
    const content = { status: 'error', ename: name, evalue: text, traceback: [`${name}: ${text}`] };
    if (message.type.endsWith('_request')) {
      this.#outbox.reply(channel, message.type.replace(/_request$/, '_reply'), message, content);
    }
  }

  #status(message: Message | undefined, state: 'busy' | 'idle'): void {
    this.#outbox.publish('status', message, { execution_state: state });
  }

  /** Loads TypeScript once the client has its first answer. */
  #warmUp(): void {
    if (this.#warm) return;
    this.#warm = true;
    setTimeout(() => this.#language.load().catch(logStart), 5);
  }
}

function logStart(error: unknown): void {
  console.error('TypeScript could not be loaded:', error);
}
