// A kernel → the same under a debugger's client, as JupyterLab is one.
import { Client, type Json, type Message, type StartOptions } from './client.js';

export interface Frame {
  id: number;
  name: string;
  line: number;
  source: { name: string; path: string };
}

export interface Variable {
  name: string;
  value: string;
  type: string;
  evaluateName?: string;
  variablesReference: number;
  namedVariables?: number;
  indexedVariables?: number;
}

export interface Scope {
  name: string;
  variablesReference: number;
}

export class DebugClient {
  readonly kernel: Client;
  /** Messages before this one were told of already. */
  #seen = 0;
  #seq = 0;

  private constructor(kernel: Client) {
    this.kernel = kernel;
  }

  static async start(options: StartOptions = {}): Promise<DebugClient> {
    return new DebugClient(await Client.start(options));
  }

  async attach(clientID = 'test'): Promise<void> {
    await this.body('initialize', { clientID });
    await this.body('attach');
  }

  /** Ends whatever the test before has left: a stop, breakpoints. */
  async reset(): Promise<void> {
    await this.send('disconnect');
    await this.kernel.run('0');
    await this.attach();
    this.#seen = this.kernel.messages.length;
  }

  /** The reply to a request. */
  async send(command: string, args: Json = {}): Promise<Json> {
    const content = { type: 'request', seq: ++this.#seq, command, arguments: args };
    return (await this.kernel.request('debug_request', content, 'control')).content;
  }

  /** The body of a reply that must not be a failure. */
  async body(command: string, args: Json = {}): Promise<Json> {
    const reply = await this.send(command, args);
    if (reply.success !== true) throw new Error(`${command} failed: ${reply.message}`);
    return reply.body as Json;
  }

  /** The message of a reply that must be a failure. */
  async failure(command: string, args: Json = {}): Promise<string> {
    const reply = await this.send(command, args);
    if (reply.success !== false) throw new Error(`${command} did not fail`);
    return String(reply.message);
  }

  /** Sets breakpoints in the text of a cell. Answers the lines that they have. */
  async breakAt(code: string, breakpoints: Json[]): Promise<{ line: number; verified: boolean; message?: string }[]> {
    const { sourcePath } = await this.body('dumpCell', { code });
    const { breakpoints: placed } = await this.body('setBreakpoints', { source: { path: sourcePath }, breakpoints });
    return placed as { line: number; verified: boolean }[];
  }

  /** The body of the next event of that name. */
  async event(name: string, limit = 10_000): Promise<Json> {
    const fits = (message: Message): boolean =>
      message.type === 'debug_event' &&
      message.content.event === name &&
      this.kernel.messages.indexOf(message, this.#seen) >= 0;
    const message = await this.kernel.until(fits, limit);
    this.#seen = this.kernel.messages.indexOf(message) + 1;
    return message.content.body as Json;
  }

  /** The reason of the next stop, and the functions there as `name:line`, innermost first. */
  async stop(): Promise<{ reason: string; at: string[]; frames: Frame[]; text: string | undefined }> {
    const { reason, text } = await this.event('stopped');
    const frames = await this.frames();
    const at = frames.map(({ name, line }) => `${name}:${line}`);
    return { reason: String(reason), at, frames, text: text === undefined ? undefined : String(text) };
  }

  async frames(): Promise<Frame[]> {
    return (await this.body('stackTrace', { threadId: 1 })).stackFrames as Frame[];
  }

  /** Steps, and answers the next stop's functions. */
  async step(command: 'next' | 'stepIn' | 'stepOut'): Promise<string[]> {
    await this.body(command, { threadId: 1 });
    return (await this.stop()).at;
  }

  async continue(): Promise<void> {
    await this.body('continue', { threadId: 1 });
  }

  /** The scopes of a frame with the values in them. */
  async scopes(frameId: number): Promise<{ [scope: string]: { [name: string]: string } }> {
    const scopes = (await this.body('scopes', { frameId })).scopes as Scope[];
    const all: { [scope: string]: { [name: string]: string } } = {};
    for (const { name, variablesReference } of scopes) all[name] = values(await this.variables(variablesReference));
    return all;
  }

  async variables(variablesReference: number, page: Json = {}): Promise<Variable[]> {
    return (await this.body('variables', { variablesReference, ...page })).variables as Variable[];
  }

  async evaluate(expression: string, frameId?: number): Promise<string> {
    return String((await this.body('evaluate', { expression, frameId })).result);
  }
}

export function values(variables: readonly Variable[]): { [name: string]: string } {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}
