// Cells → a real kernel process over real ZeroMQ sockets → their outputs, as a front end sees them.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { Dealer, Subscriber } from 'zeromq';
import { freePorts } from '../free-ports.js';

const MAIN = fileURLToPath(new URL('../../dist/kernel/cli/main.js', import.meta.url));
const CHANNELS = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const;
type Channel = (typeof CHANNELS)[number];

export type Json = { [key: string]: unknown };

export interface Message {
  channel: Channel;
  type: string;
  id: string;
  /** The request that caused it; empty for none. */
  parent: string;
  header: Json;
  metadata: Json;
  content: Json;
  buffers: Buffer[];
}

/** One executed cell. */
export interface CellRun {
  id: string;
  status: string;
  reply: Json;
  /** Everything published for it before its idle status, without status and execute_input. */
  outputs: Message[];
  stdout: string;
  stderr: string;
  /** `text/plain` of the result. */
  result: string | undefined;
  /** The MIME bundle of the result. */
  data: Json | undefined;
  /** The traceback without colours. */
  error: string;
  milliseconds: number;
}

export interface StartOptions {
  /** The notebook's folder; an empty one by default. */
  folder?: string;
  env?: NodeJS.ProcessEnv;
  key?: string;
}

export class Client {
  readonly folder: string;
  readonly kernel: ChildProcess;
  readonly messages: Message[] = [];
  readonly key: string;
  /** What the kernel process logged. */
  log = '';
  /** Answers `input_request`s, at once or, with undefined, not. */
  onInput: ((prompt: string, password: boolean) => string | undefined) | undefined;
  readonly #session = randomUUID();
  readonly #sockets: { shell: Dealer; control: Dealer; stdin: Dealer; hb: Dealer; iopub: Subscriber };
  readonly #temporary: string;
  readonly #ports: readonly number[];
  readonly #listeners = new Set<(message: Message) => void>();
  #sending: Promise<void> = Promise.resolve();

  private constructor(kernel: ChildProcess, folder: string, temporary: string, ports: readonly number[], key: string) {
    this.kernel = kernel;
    this.folder = folder;
    this.#temporary = temporary;
    this.key = key;
    this.#ports = ports;
    const routingId = this.#session;
    this.#sockets = {
      shell: new Dealer({ routingId, linger: 0 }),
      iopub: new Subscriber({ linger: 0, receiveHighWaterMark: 0 }),
      stdin: new Dealer({ routingId, linger: 0 }),
      control: new Dealer({ routingId, linger: 0 }),
      hb: new Dealer({ linger: 0 }),
    };
    this.#sockets.iopub.subscribe();
    CHANNELS.forEach((channel, index) => {
      const socket = this.#sockets[channel];
      socket.connect(`tcp://127.0.0.1:${ports[index]}`);
      this.#receive(channel, socket).catch((error: unknown) => this.#unlessClosed(socket, error));
    });
    kernel.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
  }

  /** Starts a kernel and waits until it answers and its broadcasts arrive. */
  static async start(options: StartOptions = {}): Promise<Client> {
    const temporary = mkdtempSync(join(tmpdir(), 'gradlab-kernel-'));
    const folder = options.folder ?? temporary;
    const ports = await freePorts(CHANNELS.length);
    const key = options.key ?? randomUUID();
    const file = join(temporary, 'connection.json');
    const connection: Json = { transport: 'tcp', ip: '127.0.0.1', key, signature_scheme: 'hmac-sha256' };
    CHANNELS.forEach((channel, index) => {
      connection[`${channel}_port`] = ports[index];
    });
    writeFileSync(file, JSON.stringify(connection));
    const kernel = spawn(process.execPath, [MAIN, 'kernel', '-f', file], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, XDG_DATA_HOME: join(temporary, 'data'), ...options.env },
    });
    const client = new Client(kernel, folder, temporary, ports, key);
    await client.until((message) => message.type === 'iopub_welcome', 20_000);
    await client.request('kernel_info_request', {});
    return client;
  }

  /** Runs a cell and waits for its reply and its idle status. */
  async run(code: string, content: Json = {}, limit = 30_000): Promise<CellRun> {
    const began = performance.now();
    const id = this.execute(code, content);
    const run = await this.finished(id, limit);
    return { ...run, milliseconds: performance.now() - began };
  }

  /** Sends a cell without waiting; `finished` waits for it. */
  execute(code: string, content: Json = {}, subshell?: string): string {
    const request = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: this.onInput !== undefined,
      stop_on_error: true,
      ...content,
    };
    return this.send('shell', 'execute_request', request, subshell === undefined ? {} : { subshell });
  }

  async finished(id: string, limit = 30_000): Promise<CellRun> {
    const isReply = (message: Message): boolean => message.channel === 'shell' && message.parent === id;
    const reply = await this.until(isReply, limit);
    const idle = await this.until((message) => isIdle(message, id), limit);
    const published = this.messages.slice(0, this.messages.indexOf(idle)).filter(({ parent }) => parent === id);
    return describe(id, reply, published);
  }

  async request(type: string, content: Json, channel: 'shell' | 'control' = 'shell', limit = 20_000): Promise<Message> {
    const id = this.send(channel, type, content);
    return this.until((message) => message.channel === channel && message.parent === id, limit);
  }

  send(channel: Exclude<Channel, 'iopub' | 'hb'>, type: string, content: Json, options: SendOptions = {}): string {
    const id = options.id ?? randomUUID();
    const frames = this.#frames(id, type, content, options);
    for (let copy = 0; copy < (options.copies ?? 1); copy++) this.sendFrames(channel, frames);
    return id;
  }

  #frames(id: string, type: string, content: Json, options: SendOptions = {}): (Buffer | string)[] {
    const own = { msg_id: id, msg_type: type, session: this.#session, username: 'test', date: '', version: '5.5' };
    const header = options.subshell === undefined ? own : { ...own, subshell_id: options.subshell };
    const frames = [header, options.parent ?? {}, options.metadata ?? {}, content].map((part) =>
      Buffer.from(JSON.stringify(part)),
    );
    return ['<IDS|MSG>', this.sign(frames), ...frames, ...(options.buffers ?? [])];
  }

  /** Another front end, which asks for something and is gone before the answer. */
  visit(channel: 'shell' | 'control', code: string): string {
    const id = randomUUID();
    const visitor = new Dealer({ linger: 100 });
    visitor.connect(`tcp://127.0.0.1:${this.#ports[CHANNELS.indexOf(channel)]}`);
    void visitor
      .send(this.#frames(id, 'execute_request', { code, stop_on_error: false }))
      .finally(() => visitor.close());
    return id;
  }

  sign(frames: readonly Buffer[]): string {
    const hmac = createHmac('sha256', this.key);
    for (const frame of frames) hmac.update(frame);
    return hmac.digest('hex');
  }

  sendFrames(channel: Exclude<Channel, 'iopub'>, frames: (Buffer | string)[]): void {
    const socket = this.#sockets[channel];
    this.#sending = this.#sending.then(async () => {
      // What is still unsent when the client closes is of no interest any more.
      if (!socket.closed) await socket.send(frames).catch((error: unknown) => this.#unlessClosed(socket, error));
    });
  }

  /** The first message, received before or after the call, that fits. */
  until(fits: (message: Message) => boolean, limit = 20_000): Promise<Message> {
    const known = this.messages.find(fits);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        const last = this.messages
          .slice(-8)
          .map(({ channel, type, content }) => `${channel}:${type} ${JSON.stringify(content).slice(0, 200)}`);
        reject(new Error(`nothing fitting came in ${limit} ms; last came\n${last.join('\n')}\n log: ${this.log}`));
      }, limit);
      const listener = (message: Message): void => {
        if (!fits(message)) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(message);
      };
      this.#listeners.add(listener);
    });
  }

  /** The text that was published for a request, until now. */
  streamOf(id: string, name: 'stdout' | 'stderr' = 'stdout'): string {
    return textOf(
      this.messages.filter(({ parent }) => parent === id),
      name,
    );
  }

  /** Answers an `input_request`. */
  reply(request: Message, value: string): void {
    this.send('stdin', 'input_reply', { status: 'ok', value }, { parent: request.header });
  }

  /** Asks the kernel to end, and waits for it. */
  async stop(): Promise<void> {
    if (this.kernel.exitCode === null && this.kernel.signalCode === null) {
      const ended = new Promise((resolve) => this.kernel.once('exit', resolve));
      this.send('control', 'shutdown_request', { restart: false });
      const timer = setTimeout(() => this.kernel.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
    }
    for (const socket of Object.values(this.#sockets)) socket.close();
    rmSync(this.#temporary, { recursive: true, force: true });
  }

  #unlessClosed(socket: { closed: boolean }, error: unknown): void {
    if (!socket.closed) throw error;
  }

  async #receive(channel: Channel, socket: AsyncIterable<Buffer[]>): Promise<void> {
    for await (const frames of socket) {
      const message = channel === 'hb' ? heartbeat(frames) : this.#parse(channel, frames);
      if (message.type === 'input_request') this.#answer(message);
      this.messages.push(message);
      for (const listener of [...this.#listeners]) listener(message);
    }
  }

  #parse(channel: Channel, frames: Buffer[]): Message {
    const start = frames.findIndex((frame) => frame.toString('latin1') === '<IDS|MSG>');
    const [signature, ...rest] = frames.slice(start + 1);
    if (signature?.toString() !== this.sign(rest.slice(0, 4))) throw new Error('the kernel sent a wrong signature');
    const [header, parent, metadata, content] = rest.slice(0, 4).map((frame) => JSON.parse(frame.toString()) as Json);
    return {
      channel,
      type: String(header?.msg_type),
      id: String(header?.msg_id),
      parent: String(parent?.msg_id ?? ''),
      header: header ?? {},
      metadata: metadata ?? {},
      content: content ?? {},
      buffers: rest.slice(4),
    };
  }

  #answer(message: Message): void {
    const value = this.onInput?.(String(message.content.prompt), message.content.password === true);
    if (value !== undefined) this.reply(message, value);
  }
}

export interface SendOptions {
  id?: string;
  parent?: Json;
  metadata?: Json;
  buffers?: Buffer[];
  /** More than one, the default, are replays. */
  copies?: number;
  /** Undefined for the kernel's own shell. */
  subshell?: string;
}

function isIdle(message: Message, id: string): boolean {
  return message.type === 'status' && message.parent === id && message.content.execution_state === 'idle';
}

function describe(id: string, reply: Message, published: readonly Message[]): CellRun {
  const outputs = published.filter(
    ({ channel, type }) => channel === 'iopub' && type !== 'status' && type !== 'execute_input',
  );
  const result = outputs.find(({ type }) => type === 'execute_result');
  const data = result?.content.data as Json | undefined;
  const error = outputs.find(({ type }) => type === 'error');
  const traceback = (error?.content.traceback ?? []) as string[];
  return {
    id,
    status: String(reply.content.status),
    reply: reply.content,
    outputs,
    stdout: textOf(outputs, 'stdout'),
    stderr: textOf(outputs, 'stderr'),
    data,
    result: data ? String(data['text/plain']) : undefined,
    error: withoutColours(traceback.join('\n')),
    milliseconds: 0,
  };
}

function textOf(messages: readonly Message[], name: string): string {
  return messages
    .filter(({ type, content }) => type === 'stream' && content.name === name)
    .map(({ content }) => String(content.text))
    .join('');
}

export function withoutColours(text: string): string {
  return stripVTControlCharacters(text);
}

function heartbeat(frames: Buffer[]): Message {
  const content = { text: Buffer.concat(frames).toString() };
  return { channel: 'hb', type: 'hb', id: '', parent: '', header: {}, metadata: {}, content, buffers: [] };
}
