// A random source goes in; cells, requests and broken frames come out, as a careless or hostile front end could send them.
import type { Json } from './client.js';

/** Numbers in [0, 1) that a seed determines (Mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error('nothing to pick from');
    return values[this.below(values.length)] as T;
  }
}

const WIDGETS = "import { button, interact, intSlider, progress, slider } from 'gradlab/kernel';";

const CELLS: readonly string[] = [
  '1 + 1',
  'const a = [1, 2, 3]; a.map((x) => x * 2)',
  'class Point { constructor(public x: number, public y: number) {} }; new Point(1, 2)',
  'let n = 0; for (let i = 0; i < 1000; i++) { console.log("line", i); n += i; } n',
  'process.stdout.write("no line end"); process.stderr.write("of either")',
  'console.log("x".repeat(300_000))',
  'display({ a: [1, { b: 2 }] }); md`# *title*`',
  'await new Promise((resolve) => setTimeout(resolve, 10)); "slept"',
  'for (let i = 0; i < 20; i++) { await null; console.log(i); }',
  'setTimeout(() => console.log("late"), 20); 0',
  'setTimeout(() => { throw new Error("late"); }, 5); 0',
  'Promise.reject(new Error("unhandled")); 0',
  'throw new TypeError("boom", { cause: new Error("why") })',
  'throw { toString() { throw 1; } }',
  'throw null',
  'const wrong: number = "text";',
  'let = = }',
  '`unfinished',
  'while (true) {}',
  'await 1; while (true) {}',
  'for (;;) await null;',
  'for (;;) await require("node:fs/promises").stat(".");',
  'await new Promise(() => {})',
  'for (let i = 0; ; i++) console.log(i);',
  'for (;;) display(1);',
  'setTimeout(() => { for (;;); }, 5); await new Promise(() => {})',
  'setTimeout(() => { for (;;); }, 5); 0',
  'setImmediate(() => { for (;;); }); 0',
  'for (let i = 0; i < 5; i++) setImmediate(() => { if (i % 2 === 1) for (;;); console.log(i); }); 0',
  'for (let i = 0; ; i++) setTimeout(() => {}, 1e6 + (i % 999)).unref();',
  'for (;;) await new Promise((resolve) => setImmediate(resolve));',
  'queueMicrotask(() => { for (;;); }); 0',
  'setInterval(() => console.log("tick"), 5); await new Promise((resolve) => setTimeout(resolve, 30))',
  'const { AsyncLocalStorage } = require("node:async_hooks"); const s = new AsyncLocalStorage<number>(); s.run(1, () => { for (;;) s.run(2, () => 0); })',
  'require("node:async_hooks").createHook({ init() {}, before() {}, after() {} }).enable(); await null; for (;;) Promise.resolve();',
  'try { for (;;); } catch {} finally { console.log("after") }',
  'function deep(): number { return 1 + deep(); } deep()',
  'await import("node:path")',
  'import { nothing } from "./missing.js"; nothing',
  'await input("?")',
  'prompt("now?")',
  'for (;;) prompt("again?")',
  'alert("!"); confirm("?")',
  'await Promise.all([input("a"), input("b"), input("c")])',
  'setTimeout(() => prompt("late?"), 5); 0',
  'debugger; 1',
  'async function silent() { for (;;) await require("node:fs/promises").stat("."); } await silent()',
  '%who',
  '%time await null',
  '%timeit 1 + 1',
  '%nonsense',
  '%reset',
  '!echo hello',
  '!exit 3',
  '!sleep 30',
  '?a',
  '%typecheck warn',
  '%typecheck strict',
  'globalThis.leaked = { of: 1 }; leaked',
  'process.chdir("."); process.cwd().length',
  'require("node:child_process").execSync("echo child", { stdio: "inherit" }); 0',
  'new Proxy({}, { get() { throw new Error("trap"); }, ownKeys() { throw new Error("trap"); } })',
  '({ [Symbol.for("Jupyter.display")]() { throw new Error("in display"); } })',
  '({ get then() { throw new Error("then"); } })',
  '({ [Symbol.for("Jupyter.display")]: () => new Promise(() => {}) })',
  '',
  '// nothing',
  '"\\ud800"',
  `${WIDGETS} const rate = slider({ label: "rate", min: 0, max: 1, value: 0.5 }); rate`,
  `${WIDGETS} interact(({ n }) => { console.log(n); return n * 2; }, { n: 3 })`,
  `${WIDGETS} interact(({ on }) => { if (on) for (;;); return on; }, { on: false })`,
  `${WIDGETS} interact(async ({ text }) => { await new Promise((resolve) => setTimeout(resolve, 20)); throw new Error(text); }, { text: "a" })`,
  `${WIDGETS} const b = button({ label: "go" }); b.onClick(() => { console.log("clicked"); for (;;); }); b`,
  `${WIDGETS} const watched = intSlider({ max: 9 }); watched.observe((value) => { throw new Error("moved to " + value); }); watched`,
  `${WIDGETS} for (const i of progress(Array.from({ length: 50 }))) await null;`,
  `${WIDGETS} for (const i of progress(Array.from({ length: 5 }))) for (;;);`,
  'console.log("x".repeat(8_000_000)); 1',
  'display({ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "x".repeat(8_000_000) }) }); 1',
  'for (;;) console.log("x".repeat(1_000_000));',
  `"${'long '.repeat(200_000)}".length`,
  `// ${'x'.repeat(3_000_000)}`,
  'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
  'for (;;) require("node:child_process").execSync("true");',
  'require("node:child_process").spawn("sleep", ["0.05"], { stdio: "inherit" }); 0',
  'const w = new (require("node:worker_threads").Worker)("for (;;);", { eval: true }); setTimeout(() => w.terminate(), 50).unref(); w.unref(); 0',
  'const w = new (require("node:worker_threads").Worker)("for (let i = 0; i < 500; i++) console.log(i)", { eval: true }); await new Promise((resolve) => w.on("exit", resolve))',
  'require("node:fs").readSync(0, Buffer.alloc(9))',
  'const held: unknown[] = []; process.on("SIGINT", () => held.push(1)); 0',
  'process.on("exit", () => { for (;;); }); 0',
];

/** Cells after which another session runs, the last one of them where the session may hold little. */
export const DEADLY: readonly string[] = [
  'process.exit(0)',
  'process.abort()',
  'process.kill(process.pid, "SIGKILL")',
  'const much: string[] = []; for (;;) much.push(String(much.length).repeat(1000));',
];

export function cell(dice: Dice): string {
  const text = dice.pick(CELLS);
  // Nobody knows what a mutated shell command does.
  return dice.chance(0.1) && !text.startsWith('!') ? mutateText(text, dice) : text;
}

export interface Request {
  channel: 'shell' | 'control';
  type: string;
  content: Json;
  buffers?: Buffer[];
}

const COMMS: readonly string[] = ['one', 'two', 'three'];

/** Everything but execute_request, interrupt_request and shutdown_request. */
export function request(dice: Dice): Request {
  const code = dice.pick(CELLS).slice(0, dice.chance(0.5) ? undefined : dice.below(40));
  const cursor_pos = dice.pick([0, 1, code.length, dice.below(50), -1, 1e9, 2.5]);
  const comm_id = dice.pick(COMMS);
  const [type, content] = dice.pick<[string, Json]>([
    ['complete_request', { code, cursor_pos }],
    ['complete_request', { code: `${code}.`, cursor_pos: code.length + 1 }],
    ['inspect_request', { code, cursor_pos, detail_level: dice.below(3) }],
    ['is_complete_request', { code }],
    [
      'history_request',
      { hist_access_type: dice.pick(['tail', 'range', 'search', '?']), n: dice.below(9), pattern: '*(' },
    ],
    ['kernel_info_request', {}],
    ['comm_info_request', dice.chance(0.5) ? {} : { target_name: 'target' }],
    ['connect_request', {}],
    ['comm_open', { comm_id, target_name: 'target', data: { x: 1 } }],
    ['comm_msg', { comm_id, data: {} }],
    ['comm_close', { comm_id, data: {} }],
    [
      'debug_request',
      { type: 'request', seq: 1, command: dice.pick(['debugInfo', 'inspectVariables', 'nonsense', 'stackTrace']) },
    ],
    ['execute_request', dice.pick<Json>([{}, { code: 5 }, { code: null, silent: 'yes' }, { user_expressions: [] }])],
    ['complete_request', { code: 7 }],
    ['inspect_request', {}],
    ['history_request', { hist_access_type: 3 }],
    ['shutdown_request', { restart: 'perhaps' }],
    ['create_subshell_request', {}],
    ['list_subshell_request', {}],
    ['delete_subshell_request', dice.pick<Json>([{}, { subshell_id: 'nobody' }])],
    ['no_such_request', {}],
    ['__proto__', {}],
  ]);
  return { channel: dice.chance(0.8) ? 'shell' : 'control', type, content };
}

/** What a front end says to one of the session's widgets, and what it never says. `comms` are those that are open. */
export function widgetRequest(dice: Dice, comms: readonly string[]): Request {
  const comm_id = dice.pick([...comms, 'nobody']);
  const state = dice.pick<Json>([
    { value: dice.pick([dice.next(), 1e9, 'text', null, true, [1, 2], {}]) },
    { value: dice.below(9), nonsense: 1 },
    { __proto__: null, constructor: 1 },
  ]);
  const [type, content] = dice.pick<[string, Json]>([
    ['comm_msg', { comm_id, data: { method: 'update', state, buffer_paths: [] } }],
    ['comm_msg', { comm_id, data: { method: 'update', state, buffer_paths: [['value'], ['a', 'b', 3], []] } }],
    ['comm_msg', { comm_id, data: { method: 'update', state: dice.pick([null, 5, []]) } }],
    ['comm_msg', { comm_id, data: { method: 'request_state' } }],
    ['comm_msg', { comm_id, data: { method: 'custom', content: dice.pick<unknown>([{ event: 'click' }, null, 7]) } }],
    ['comm_msg', { comm_id, data: dice.pick<unknown>([null, 5, { method: {} }]) }],
    ['comm_open', { comm_id: dice.pick(COMMS), target_name: 'jupyter.widget.control', data: {} }],
    ['comm_msg', { comm_id: dice.pick(COMMS), data: { method: 'request_states' } }],
    ['comm_open', { comm_id, target_name: 'jupyter.widget', data: { state: { _model_name: 'IntSliderModel' } } }],
    ['comm_close', { comm_id, data: {} }],
  ]);
  const buffers = dice.chance(0.2) ? [Buffer.alloc(dice.pick([0, 3, 1 << 22]))] : [];
  return { channel: dice.chance(0.9) ? 'shell' : 'control', type, content, buffers };
}

/** A few steps of a debugger's client, sensible and not. */
export function debugSequence(dice: Dice): Request[] {
  const source = { path: dice.pick(['/tmp/nothing.ts', 'Cell [1]', '']) };
  const steps: [string, Json][] = [
    ['initialize', { clientID: dice.pick(['jupyterlab', 'test']) }],
    ['attach', {}],
    ['dumpCell', { code: dice.pick(CELLS) }],
    [
      'setBreakpoints',
      { source, breakpoints: [{ line: dice.below(3) }, { line: 1, condition: dice.pick(['true', 'let']) }] },
    ],
    ['setExceptionBreakpoints', { filters: [dice.pick(['raised', 'uncaught', '?'])] }],
    ['pause', {}],
    ['stackTrace', { threadId: 1 }],
    ['scopes', { frameId: dice.below(3) }],
    ['variables', { variablesReference: dice.below(5) }],
    ['evaluate', { expression: dice.pick(['1 + 1', 'a', 'throw 1', 'await 1', '']), frameId: dice.below(3) }],
    ['setVariable', { variablesReference: 1, name: 'a', value: '1' }],
    ['inspectVariables', {}],
    ['richInspectVariables', { variableName: 'a' }],
    ['copyToGlobals', { srcVariableName: 'a', dstVariableName: 'b', srcFrameId: 1 }],
    ['exceptionInfo', {}],
    ['next', {}],
    ['stepIn', {}],
    ['stepOut', {}],
    ['continue', {}],
    ['disconnect', {}],
  ];
  const opening = dice.chance(0.5) ? 3 : 0;
  const rest = Array.from({ length: 1 + dice.below(5) }, () => dice.pick(steps));
  return [...steps.slice(0, opening), ...rest].map(([command, args], index) => debugRequest(command, index + 1, args));
}

export function debugRequest(command: string, seq = 1, args: Json = {}): Request {
  const content = { type: 'request', seq, command, arguments: args };
  return { channel: 'control', type: 'debug_request', content };
}

/** Whether the protocol promises a reply. */
export function hasReply({ type, channel }: Request): boolean {
  if (type === 'execute_request') return channel === 'shell';
  return type.endsWith('_request') && type !== 'no_such_request';
}

/** Frames of a message, changed so that no kernel may take them for one. `sign` signs anything. */
export function brokenFrames(
  dice: Dice,
  frames: Buffer[],
  sign: (frames: readonly Buffer[]) => string,
): (Buffer | string)[] {
  const parts: (Buffer | string)[] = ['<IDS|MSG>', sign(frames), ...frames];
  const at = dice.below(parts.length);
  switch (dice.below(8)) {
    case 0:
      return parts.slice(0, at);
    case 1:
      return [...parts.slice(0, at), noise(dice), ...parts.slice(at + 1)];
    case 2:
      return [noise(dice)];
    case 3:
      return ['<IDS|MSG>', 'f'.repeat(64), ...frames];
    case 4:
      return [...parts.slice(0, 3), Buffer.alloc(1 << 20), ...parts.slice(3)];
    case 5: {
      const unreadable = frames.map((frame, index) => (index === dice.below(4) ? noise(dice) : frame));
      unreadable[0] = Buffer.from(dice.pick(['null', '[]', '{}', '{"msg_id":1}', '"', '{"msg_id":"a"}']));
      return ['<IDS|MSG>', sign(unreadable), ...unreadable];
    }
    case 6:
      return Array.from({ length: 2000 }, () => '');
    default:
      return ['<IDS|MSG>', '', ...frames];
  }
}

function noise(dice: Dice): Buffer {
  return Buffer.from(Array.from({ length: dice.below(200) }, () => dice.below(256)));
}

function mutateText(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const inserted = dice.pick(['}', '{', '(', '`', '"', '\\', '\u{1F600}', '\0', '\n', '\ud800', 'await ', ';']);
  return text.slice(0, at) + inserted + text.slice(at + dice.below(3));
}
