// What the server needs of the debugger, which is loaded with the first debug request. The session's threads take `relay.js` and `session.js`.
import type { JsonObject } from '../contract.js';
import type { Message } from '../wire/message.js';
import type { CellCode, MappedCode } from './cell-code.js';
import type { InspectorMessage } from './contract.js';
import type { Debugger, DebuggerOptions } from './debugger.js';

export { CellCode, MappedCode } from './cell-code.js';
export type { InspectorCommand, InspectorMessage } from './contract.js';

/** Older cells cannot be debugged by a debugger that comes later. */
const MOST_PAST = 4000;

export class Debugging {
  readonly #options: DebuggerOptions;
  #loading: Promise<Debugger> | undefined;
  #debugger: Debugger | undefined;
  /** What it must know of the time before. */
  #past: ((adapter: Debugger) => Promise<void>)[] = [];

  constructor(options: DebuggerOptions) {
    this.#options = options;
  }

  /** Answers the content of a `debug_request`: the content of its reply. */
  async handle(message: Message): Promise<JsonObject> {
    this.#loading ??= this.#load();
    return (await this.#loading).handle(message);
  }

  /** This cell is about to run: resolves when its breakpoints are set. */
  beforeRun(cell: CellCode): Promise<void> {
    return this.#tell((adapter) => adapter.beforeRun(cell));
  }

  /** This file of TypeScript is about to be loaded: resolves when its breakpoints are set. */
  beforeLoad(path: string, module: MappedCode): Promise<void> {
    return this.#tell((adapter) => adapter.beforeLoad(path, module));
  }

  receive(message: InspectorMessage): void {
    this.#debugger?.receive(message);
  }

  /** The user's stop has ended what ran: what is awaited may never come. */
  stopped(): void {
    this.#debugger?.stopped();
  }

  /** The session died. */
  forget(): void {
    this.#past = [];
    this.#debugger?.forget();
  }

  async #tell(news: (adapter: Debugger) => Promise<void>): Promise<void> {
    if (this.#debugger) await news(this.#debugger);
    else {
      this.#past.push(news);
      if (this.#past.length > MOST_PAST) this.#past.shift();
    }
  }

  async #load(): Promise<Debugger> {
    const { Debugger } = await import('./debugger.js');
    const adapter = new Debugger(this.#options);
    for (const news of this.#past.splice(0)) void news(adapter);
    this.#debugger = adapter;
    return adapter;
  }
}
