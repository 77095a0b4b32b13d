// A kernel under random requests, broken messages, interrupts, deaths and restarts: no request stays without its reply.
// GRADLAB_FUZZ_SECONDS sets how long (60 by default), GRADLAB_FUZZ_SEED which course (7 by default).
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Client } from './client.js';
import {
  brokenFrames,
  cell,
  DEADLY,
  Dice,
  debugRequest,
  debugSequence,
  hasReply,
  type Request,
  request,
  widgetRequest,
} from './fuzz-actions.js';

const SECONDS = Number(process.env.GRADLAB_FUZZ_SECONDS ?? 60);
const SEED = Number(process.env.GRADLAB_FUZZ_SEED ?? 7);
/** A session that may hold little ends soon when it holds too much. */
const ENVIRONMENT = { GRADLAB_SESSION_OPTIONS: '--max-old-space-size=200' };
/** Whatever runs, an interrupt every quarter of a second must bring all replies in this time. */
const LIMIT_MS = 60_000;

/** A request and what became of it. */
interface Sent {
  what: string;
  isReplied: boolean;
}

class Fuzzer {
  readonly #dice: Dice;
  #kernel: Client;
  #sent = new Map<string, Sent>();
  /** Of the kernel's subshells, also deleted ones. */
  #subshells: string[] = [];
  #isDebugging = false;
  #visits: string[] = [];
  requests = 0;
  restarts = 0;
  rounds = 0;

  constructor(dice: Dice, kernel: Client) {
    this.#dice = dice;
    this.#kernel = kernel;
    this.#listen();
  }

  /** A burst of actions, then everything must be answered. */
  async round(): Promise<void> {
    this.rounds += 1;
    const steps = 5 + this.#dice.below(40);
    for (let step = 0; step < steps; step++) {
      this.#step();
      if (this.#dice.chance(0.3)) await sleep(this.#dice.below(20));
    }
    if (this.#dice.chance(0.05)) await this.#restart();
    else await this.#settle();
  }

  async stop(): Promise<void> {
    await this.#kernel.stop();
  }

  #listen(): void {
    this.#kernel.onInput = () => this.#dice.pick(['answer', 'y', '', 'x'.repeat(1 << 20), undefined]);
  }

  #step(): void {
    const dice = this.#dice;
    const action = dice.next();
    if (action < 0.4) this.#execute(dice.chance(0.02) ? dice.pick(DEADLY) : cell(dice));
    else if (action < 0.5) this.#note('interrupt', this.#kernel.send('control', 'interrupt_request', {}), true);
    else if (action < 0.52) this.#debug();
    else if (action < 0.78) this.#request();
    else if (action < 0.84) this.#ask(widgetRequest(dice, this.#comms()));
    else if (action < 0.85) this.#kernel.kernel.kill('SIGINT');
    else if (action < 0.88) this.#answer();
    else if (action < 0.9) this.#visit(cell(dice));
    else this.#disturb();
  }

  #execute(code: string): void {
    const dice = this.#dice;
    const id = this.#kernel.execute(
      code,
      {
        silent: dice.chance(0.1),
        store_history: dice.chance(0.8),
        stop_on_error: dice.chance(0.5),
        allow_stdin: dice.chance(0.8),
        user_expressions: dice.chance(0.1) ? { a: '1 + 1', b: 'undefinedName', c: 'let = ' } : {},
      },
      this.#shell(),
    );
    this.#note(`cell ${JSON.stringify(code)}`, id, true);
  }

  #request(): void {
    const asked = request(this.#dice);
    // A well-formed one would end the kernel, which #restart does.
    if (asked.type === 'shutdown_request' && typeof asked.content.restart === 'boolean') return;
    if (asked.type === 'delete_subshell_request' && this.#dice.chance(0.5)) {
      asked.content = { subshell_id: this.#dice.pick(['nobody', ...this.#subshells]) };
    }
    this.#ask(asked);
  }

  /** A front end that is not there any more for the answer. */
  #visit(code: string): void {
    const id = this.#kernel.visit(this.#dice.pick(['shell', 'control']), code);
    this.#visits.push(`${id.slice(0, 4)} visit ${JSON.stringify(code)}`);
  }

  /** To a question, to one that was answered or is void, or to none. */
  #answer(): void {
    const asked = this.#kernel.messages.filter(({ type }) => type === 'input_request');
    const parent = asked.length > 0 && this.#dice.chance(0.7) ? { parent: this.#dice.pick(asked).header } : {};
    this.#kernel.send('stdin', 'input_reply', { value: this.#dice.pick(['x', 5, null, {}]) }, parent);
  }

  /** The newest of those that the kernel opened. */
  #comms(): string[] {
    const opened = this.#kernel.messages.filter(({ type }) => type === 'comm_open');
    return opened.slice(-20).map(({ content }) => String(content.comm_id));
  }

  #debug(): void {
    this.#isDebugging = true;
    for (const each of debugSequence(this.#dice)) this.#ask(each);
  }

  /** Mostly the notebook's own, sometimes one that is deleted. */
  #shell(): string | undefined {
    return this.#dice.chance(0.8) ? undefined : this.#dice.pick([undefined, ...this.#subshells]);
  }

  #ask(asked: Request): void {
    const subshell = this.#shell();
    const metadata = this.#dice.chance(0.1) ? { x: [] } : {};
    const copies = this.#dice.chance(0.05) ? 2 : 1;
    const common = { metadata, copies, buffers: asked.buffers ?? [] };
    const options = subshell === undefined ? common : { ...common, subshell };
    const id = this.#kernel.send(asked.channel, asked.type, asked.content, options);
    this.#note(`${asked.channel} ${asked.type} ${JSON.stringify(asked.content)}`, id, hasReply(asked));
  }

  #disturb(): void {
    const dice = this.#dice;
    const header = {
      msg_id: `broken-${dice.next()}`,
      msg_type: 'execute_request',
      session: 's',
      username: '',
      date: '',
      version: '5.3',
    };
    const frames = [header, {}, {}, { code: '1' }].map((part) => Buffer.from(JSON.stringify(part)));
    const broken = brokenFrames(dice, frames, (signed) => this.#kernel.sign(signed));
    this.#kernel.sendFrames(dice.pick(['shell', 'control', 'stdin', 'hb']), broken);
  }

  #note(what: string, id: string, isReplied: boolean): void {
    this.requests += 1;
    this.#sent.set(id, { what, isReplied });
  }

  /** Waits, pressing stop again and again, until every request has its reply and its idle status, and only one of each. */
  async #settle(): Promise<void> {
    const end = Date.now() + LIMIT_MS;
    for (let open = this.#open(); open.length > 0; open = this.#open()) {
      if (Date.now() > end) throw this.#failure(`no answer to ${open.slice(0, 3).join('; ')}`);
      this.#kernel.send('control', 'interrupt_request', {});
      const pause = Math.min(250, end - Date.now());
      for (let waited = 0; waited < pause && this.#open().length > 0; waited += 10) await sleep(10);
    }
    if (this.#isDebugging) await this.#detach();
    await this.#sane();
    for (const [id, { what, isReplied }] of this.#sent) {
      const own = this.#kernel.messages.filter(({ parent }) => parent === id);
      const replies = own.filter(({ channel }) => channel === 'shell' || channel === 'control');
      if (replies.length !== (isReplied ? 1 : 0)) throw this.#failure(`${replies.length} replies to ${what}`);
      const idles = own.filter(({ type, content }) => type === 'status' && content.execution_state === 'idle');
      if (idles.length !== 1) throw this.#failure(`${idles.length} idle statuses for ${what}`);
    }
    this.#sent = new Map();
    this.#visits = [];
    for (const { type, content } of this.#kernel.messages) {
      if (type === 'create_subshell_reply') this.#subshells.push(String(content.subshell_id));
    }
    this.#subshells = this.#subshells.slice(-4);
    this.#kernel.messages.length = 0;
  }

  /** Breakpoints would hold up what comes now. */
  async #detach(): Promise<void> {
    const { channel, type, content } = debugRequest('disconnect');
    await this.#kernel.request(type, content, channel);
    this.#isDebugging = false;
  }

  /** After all that, a cell is a cell. */
  async #sane(): Promise<void> {
    // What earlier cells left behind, such as a timer with an endless loop, may need another stop.
    for (let attempt = 0; ; attempt++) {
      const id = this.#kernel.execute('1 + 1', { stop_on_error: false });
      const sum = this.#kernel.finished(id, LIMIT_MS);
      const stuck = setInterval(() => this.#kernel.send('control', 'interrupt_request', {}), 1000);
      const answer = await sum.catch(() => undefined).finally(() => clearInterval(stuck));
      if (!answer) throw this.#failure('no answer to 1 + 1');
      const { result, reply } = answer;
      if (result === '2') return;
      const isForgiven = reply.ename === 'Interrupted' || reply.ename === 'SessionEnded' || reply.status === 'aborted';
      if (!isForgiven || attempt > 8) throw this.#failure(`1 + 1 is ${result}: ${JSON.stringify(reply)}`);
    }
  }

  #open(): string[] {
    if (this.#kernel.kernel.exitCode !== null) throw this.#failure('the kernel ended');
    const replied = new Set<string>();
    const idle = new Set<string>();
    for (const { channel, type, parent, content } of this.#kernel.messages) {
      if (channel === 'shell' || channel === 'control') replied.add(parent);
      else if (type === 'status' && content.execution_state === 'idle') idle.add(parent);
    }
    const open: string[] = [];
    for (const [id, { what, isReplied }] of this.#sent) {
      if ((isReplied && !replied.has(id)) || !idle.has(id)) open.push(what);
    }
    return open;
  }

  /** In the middle of everything. */
  async #restart(): Promise<void> {
    this.restarts += 1;
    const old = this.#kernel;
    await old.stop();
    if (old.kernel.exitCode !== 0) throw this.#failure(`the kernel ended with code ${old.kernel.exitCode}`);
    this.#sent = new Map();
    this.#subshells = [];
    this.#isDebugging = false;
    this.#kernel = await Client.start({ env: ENVIRONMENT });
    this.#listen();
  }

  #failure(what: string): Error {
    const asked = [...this.#sent].map(([id, { what }]) => `${id.slice(0, 4)} ${what}`);
    const course = [...asked, ...this.#visits].map((each) => each.slice(0, 400)).join('\n');
    const came = this.#kernel.messages
      .filter(({ type }) => type !== 'stream' && type !== 'display_data')
      .map(({ type, parent, content }) => `${parent.slice(0, 4)} ${type} ${JSON.stringify(content).slice(0, 120)}`);
    const log = this.#kernel.log.slice(-1000);
    return new Error(
      `${what} (seed ${SEED}, round ${this.rounds})\nsent:\n${course}\ncame:\n${came.slice(-60).join('\n')}\nlog: ${log}`,
    );
  }
}

test(`${SECONDS} s of random messages with seed ${SEED}`, { timeout: (SECONDS + 240) * 1000 }, async () => {
  console.log(`fuzz: GRADLAB_FUZZ_SEED=${SEED} repeats this run`);
  const fuzzer = new Fuzzer(new Dice(SEED), await Client.start({ env: ENVIRONMENT }));
  const end = Date.now() + SECONDS * 1000;
  try {
    while (Date.now() < end) await fuzzer.round();
  } finally {
    await fuzzer.stop();
  }
  expect(fuzzer.requests).toBeGreaterThan(SECONDS);
  console.log(`fuzz: ${fuzzer.requests} requests in ${fuzzer.rounds} rounds, ${fuzzer.restarts} restarts`);
});
