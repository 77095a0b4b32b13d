// A kernel's command → the kernel as a front end over ZeroMQ sees it, with the time of each answer in milliseconds.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dealer, Subscriber } from 'zeromq';
import { freePorts } from '../free-ports.js';

type Json = { [key: string]: unknown };

export interface Command {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
}

interface Received {
  readonly type: string;
  readonly parent: string;
  /** JSON, not parsed: what a front end does with it is not the kernel's time. */
  readonly content: Buffer;
  readonly at: number;
}

export interface Executed {
  /** From the request until its reply and its idle status are there. */
  readonly milliseconds: number;
  readonly status: string;
  readonly outputs: readonly Received[];
}

const CHANNELS = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const;
const LIMIT_MS = 30_000;
/** How often sockets look for a kernel that has not bound yet, as clients do that are built on libzmq. */
const RECONNECT_MS = 100;

export class MeasuredKernel {
  /** From its start until it answered what it is. */
  startMilliseconds = 0;
  readonly #process: ChildProcess;
  readonly #temporary: string;
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #shell: Dealer;
  readonly #control: Dealer;
  readonly #iopub: Subscriber;
  readonly #byParent = new Map<string, Received[]>();
  #heard: () => void = () => {};
  #gone = false;
  readonly #began: number;

  private constructor(kernel: ChildProcess, temporary: string, ports: readonly number[], key: string, began: number) {
    this.#process = kernel;
    this.#began = began;
    this.#temporary = temporary;
    this.#key = key;
    const options = { linger: 0, routingId: this.#session, reconnectInterval: RECONNECT_MS };
    this.#shell = new Dealer(options);
    this.#control = new Dealer(options);
    this.#iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT_MS });
    this.#iopub.subscribe();
    const sockets = { shell: this.#shell, control: this.#control, iopub: this.#iopub };
    for (const [channel, socket] of Object.entries(sockets)) {
      socket.connect(`tcp://127.0.0.1:${ports[CHANNELS.indexOf(channel as (typeof CHANNELS)[number])]}`);
      void this.#receive(channel, socket);
    }
    kernel.on('error', () => this.#end());
    kernel.on('exit', () => this.#end());
  }

  /** @throws Error where the command does not become a kernel that answers. */
  static async start({ argv, env, folder }: Command): Promise<MeasuredKernel> {
    const temporary = mkdtempSync(join(tmpdir(), 'gradlab-bench-'));
    const ports = await freePorts(CHANNELS.length);
    const key = randomUUID();
    const file = join(temporary, 'connection.json');
    const connection: Json = { transport: 'tcp', ip: '127.0.0.1', key, signature_scheme: 'hmac-sha256' };
    CHANNELS.forEach((channel, index) => {
      connection[`${channel}_port`] = ports[index];
    });
    writeFileSync(file, JSON.stringify(connection));
    const [command = '', ...rest] = argv.map((each) => each.replace('{connection_file}', file));
    const began = performance.now();
    const kernel = spawn(command, rest, { cwd: folder, env, stdio: 'ignore' });
    const measured = new MeasuredKernel(kernel, temporary, ports, key, began);
    await measured.request('kernel_info_request', {});
    measured.startMilliseconds = measured.sinceStart();
    // Broadcasts before the subscription is in force are lost.
    while (!(await measured.#isHeard()));
    return measured;
  }

  sinceStart(): number {
    return performance.now() - this.#began;
  }

  /** Undefined where it does not end within the limit. */
  async execute(code: string, limit = LIMIT_MS): Promise<Executed | undefined> {
    const began = performance.now();
    const id = this.#send(this.#shell, 'execute_request', {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
    return this.#ended(id, began, limit);
  }

  /** How long a cell that would never end runs on after the stop button; undefined where it does not stop. */
  async interrupted(code: string, message: boolean): Promise<number | undefined> {
    const id = this.#send(this.#shell, 'execute_request', { code, silent: false, stop_on_error: false });
    await sleep(300);
    const began = performance.now();
    if (message) this.#send(this.#control, 'interrupt_request', {});
    else this.#process.kill('SIGINT');
    return (await this.#ended(id, began, 5000))?.milliseconds;
  }

  async request(type: string, content: Json): Promise<Received & { milliseconds: number }> {
    const began = performance.now();
    const id = this.#send(this.#shell, type, content);
    const reply = await this.#until(id, ({ type: received }) => received.endsWith('_reply'), LIMIT_MS);
    if (!reply) throw new Error(`no answer to ${type} in ${LIMIT_MS} ms`);
    return { ...reply, milliseconds: reply.at - began };
  }

  /** Of all its processes. Linux and macOS only. */
  residentMegabytes(): number {
    const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=']).toString().trim().split('\n');
    const rows = processes.map((line) => line.trim().split(/\s+/).map(Number));
    const family = new Set([this.#process.pid]);
    for (let size = 0; size < family.size; ) {
      size = family.size;
      for (const [pid, parent] of rows) if (family.has(parent)) family.add(pid);
    }
    return rows.reduce((sum, [pid, , resident = 0]) => sum + (family.has(pid) ? resident / 1024 : 0), 0);
  }

  async stop(): Promise<void> {
    const ended = this.#gone || new Promise((resolve) => this.#process.once('exit', resolve));
    this.#send(this.#control, 'shutdown_request', { restart: false });
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(timer);
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    rmSync(this.#temporary, { recursive: true, force: true });
  }

  async #isHeard(): Promise<boolean> {
    const id = this.#send(this.#shell, 'kernel_info_request', {});
    return (await this.#until(id, isIdle, 200)) !== undefined || this.#gone;
  }

  async #ended(id: string, began: number, limit: number): Promise<Executed | undefined> {
    const reply = await this.#until(id, ({ type }) => type === 'execute_reply', limit);
    const idle = await this.#until(id, isIdle, reply ? limit : 0);
    const outputs = this.#byParent.get(id) ?? [];
    this.#byParent.delete(id);
    if (!reply || !idle) return undefined;
    const { status } = JSON.parse(reply.content.toString()) as Json;
    const ofCell = outputs.slice(0, outputs.indexOf(idle));
    return { milliseconds: Math.max(reply.at, idle.at) - began, status: String(status), outputs: ofCell };
  }

  #send(socket: Dealer, type: string, content: Json): string {
    const id = randomUUID();
    const header = { msg_id: id, msg_type: type, session: this.#session, username: 'bench', date: '', version: '5.3' };
    const frames = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const hmac = createHmac('sha256', this.#key);
    for (const frame of frames) hmac.update(frame);
    this.#byParent.set(id, []);
    void socket.send(['<IDS|MSG>', hmac.digest('hex'), ...frames]);
    return id;
  }

  async #until(id: string, fits: (message: Received) => boolean, limit: number): Promise<Received | undefined> {
    const end = performance.now() + limit;
    for (;;) {
      const found = this.#byParent.get(id)?.find(fits);
      if (found || this.#gone) return found;
      const left = end - performance.now();
      if (left <= 0) return undefined;
      const timer = setTimeout(() => this.#heard(), left);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
      clearTimeout(timer);
    }
  }

  async #receive(channel: string, socket: AsyncIterable<Buffer[]>): Promise<void> {
    for await (const frames of socket) {
      const at = performance.now();
      const start = frames.findIndex((frame) => frame.toString('latin1') === '<IDS|MSG>');
      const [header, parent, , content] = frames.slice(start + 2);
      if (!header || !parent || !content) throw new Error(`${channel}: ${frames.length} frames are no message`);
      const { msg_type: type } = JSON.parse(header.toString()) as Json;
      const { msg_id: of } = JSON.parse(parent.toString()) as Json;
      this.#byParent.get(String(of))?.push({ type: String(type), parent: String(of), content, at });
      this.#heard();
    }
  }

  #end(): void {
    this.#gone = true;
    this.#heard();
  }
}

function isIdle({ type, content }: Received): boolean {
  return type === 'status' && content.includes('"idle"');
}
