// Breakpoints, steps, frames, scopes, expressions and errors, as a debugger's front end sees them over the control channel.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DebugClient } from './debug-client.js';

let debug: DebugClient;
beforeAll(async () => {
  debug = await DebugClient.start();
  await debug.attach();
});
afterAll(() => debug.kernel.stop());

beforeEach(() => debug.reset());

describe('breakpoints', () => {
  const code = `interface Point { x: number; y: number }

function norm({ x, y }: Point): number {
  const square = x * x + y * y;
  return Math.sqrt(square);
}

const points: Point[] = [{ x: 3, y: 4 }];
points.map((point) => norm(point)).join()`;

  test('stop where the text says, before and after the cell ran', async () => {
    expect(await debug.breakAt(code, [{ line: 4 }])).toMatchObject([{ line: 4, verified: true }]);
    const cell = debug.kernel.execute(code);
    const { at, reason, frames } = await debug.stop();
    const name = `Cell [${frames.length > 0 ? /\d+/.exec(frames[2]?.name ?? '')?.[0] : ''}]`;
    expect(reason).toBe('breakpoint');
    expect(at).toEqual(['norm:4', '(anonymous):9', `${name}:9`]);
    const { sourcePath } = await debug.body('dumpCell', { code });
    expect(frames[0]?.source.path).toBe(sourcePath);
    await debug.continue();
    await debug.event('continued');
    expect((await debug.kernel.finished(cell)).result).toBe("'5'");

    await debug.breakAt(code, [{ line: 5 }]);
    const later = debug.kernel.execute('norm({ x: 1, y: 0 })');
    expect((await debug.stop()).at[0]).toBe('norm:5');
    await debug.breakAt(code, []);
    await debug.continue();
    expect((await debug.kernel.finished(later)).result).toBe('1');
    expect((await debug.kernel.run('norm({ x: 0, y: 2 })')).result).toBe('2');
  });

  test.each<[what: string, code: string, line: number, found: number]>([
    ['a blank line', 'let blank = 1;\n\nblank += 1;', 2, 3],
    ['an interface', 'interface A {\n  a: number;\n}\nlet afterInterface = 1;', 2, 4],
    ['the first line', 'let first = 1;\nfirst + 1', 1, 1],
    ['the first line, a function', 'function one(): number {\n  return 1;\n}\none();', 1, 2],
    ['the first line, an import', "import * as os from 'node:os';\nos.EOL", 1, 1],
    ['the last line, an expression', 'let last = 1;\nlast', 2, 2],
    ['a line past the end', 'let end = 1;\nend', 9, 2],
    ['a line inside a call', 'const found = [1].map(\n  (x: number) =>\n    x + 1,\n);', 3, 3],
    ['beside an enum, which the compiler emits', 'enum E { A, B }\nlet e = E.A;\n\nconst f = E.B;\ne + f', 4, 4],
    ['the first line beside an enum', 'let beside = 1;\nenum F { A }\nF.A', 1, 1],
    ['below magics', '%time\nlet below = 1;\nbelow', 3, 3],
  ])('land on a line that runs: %s', async (_what, code, line, found) => {
    expect(await debug.breakAt(code, [{ line }])).toMatchObject([{ line: found, verified: true }]);
    const cell = debug.kernel.execute(code);
    const { at } = await debug.stop();
    expect(at[0]).toMatch(new RegExp(`:${found}$`));
    await debug.continue();
    expect((await debug.kernel.finished(cell)).error).toBe('');
  });

  test('hold nothing up where there is no code', async () => {
    expect(await debug.breakAt('interface Nothing {}', [{ line: 1 }])).toMatchObject([{ verified: false }]);
    expect(await debug.breakAt('let = = 1', [{ line: 1 }])).toMatchObject([{ verified: false }]);
    const unknown = await debug.body('setBreakpoints', {
      source: { path: `${(await debug.body('debugInfo')).tmpFilePrefix}1.ts` },
      breakpoints: [{ line: 1 }],
    });
    expect(unknown).toMatchObject({ breakpoints: [{ verified: false, message: /dumpCell/ }] });
  });

  test('stop only where their condition holds, in terms of locals and of the notebook', async () => {
    await debug.kernel.run('const limit: number = 6;');
    const code = 'let sum = 0;\nfor (let i = 0; i < 10; i++) {\n  sum += i;\n}\nsum';
    await debug.breakAt(code, [{ line: 3, condition: 'i === 4 || (sum as number) > limit * 3' }]);
    const cell = debug.kernel.execute(code);
    expect(await debug.scopes((await debug.stop()).frames[0]?.id ?? 0)).toMatchObject({
      Locals: { i: '4' },
      Globals: { sum: '6' },
    });
    await debug.continue();
    expect((await debug.scopes((await debug.stop()).frames[0]?.id ?? 0)).Globals?.sum).toBe('21');
    await debug.breakAt(code, []);
    await debug.continue();
    expect((await debug.kernel.finished(cell)).result).toBe('45');
  });

  test('log instead of stopping', async () => {
    const code = 'for (const word of ["a", "b"]) {\n  word.length;\n}';
    await debug.breakAt(code, [{ line: 2, logMessage: 'word {word}, {[word, limit]}' }]);
    const run = await debug.kernel.run(code);
    expect(run.stdout).toBe("word a, [ 'a', 6 ]\nword b, [ 'b', 6 ]\n");
  });

  test('stop at a debugger statement', async () => {
    const cell = debug.kernel.execute('const here = 1;\ndebugger;\nhere');
    expect((await debug.stop()).at[0]).toMatch(/:2$/);
    await debug.continue();
    expect((await debug.kernel.finished(cell)).result).toBe('1');
  });
});

describe('steps', () => {
  const code = `const inner = (n: number): number => {
  const double = n * 2;
  return double;
};
let result = 0;
result = inner(1) + inner(2);
await new Promise<void>((resolve) => setTimeout(resolve, 5));
console.log(result);
[3].forEach((n) => {
  result += inner(n);
});
result`;

  test('go over, into and out of the user’s functions, and nowhere else', async () => {
    await debug.breakAt(code, [{ line: 5 }]);
    const cell = debug.kernel.execute(code);
    const { at, frames } = await debug.stop();
    const name = frames[0]?.name;
    expect(at).toEqual([`${name}:5`]);
    expect(await debug.step('next')).toEqual([`${name}:6`]);
    expect(await debug.step('stepIn')).toEqual(['inner:2', `${name}:6`]);
    expect(await debug.step('next')).toEqual(['inner:3', `${name}:6`]);
    expect(await debug.step('next')).toEqual([`${name}:6`]);
    expect(await debug.step('stepIn')).toEqual(['inner:2', `${name}:6`]);
    await debug.step('stepOut');
    for (let at = await debug.frames(); at[0]?.line === 6; at = await debug.frames()) await debug.step('next');
    expect((await debug.frames()).map(({ line }) => line)).toEqual([7]);
    expect(await debug.step('next')).toEqual([`${name}:8`]);
    expect(await debug.step('stepIn')).toEqual([`${name}:9`]);
    expect(await debug.step('stepIn')).toEqual(['(anonymous):10', `${name}:9`]);
    expect(await debug.step('stepOut')).toEqual([`${name}:12`]);
    await debug.body('next');
    await debug.event('continued');
    const run = await debug.kernel.finished(cell);
    expect([run.result, run.stdout]).toEqual(['12', '6\n']);
  });

  test('name the functions that await', async () => {
    const code = `async function deep(n: number): Promise<number> {
  await null;
  return n + 1;
}
async function middle(n: number): Promise<number> {
  return (await deep(n)) * 2;
}
await middle(1)`;
    await debug.breakAt(code, [{ line: 3 }]);
    const cell = debug.kernel.execute(code);
    const { at, frames } = await debug.stop();
    expect(at.slice(0, 2)).toEqual(['deep:3', 'middle:6']);
    expect(at.at(-1)).toMatch(/^Cell \[\d+\]:8$/);
    expect(await debug.failure('evaluate', { expression: 'n', frameId: frames[1]?.id })).toMatch(/await/);
    await debug.continue();
    expect((await debug.kernel.finished(cell)).result).toBe('4');
  });
});

describe('a stop', () => {
  const code = `class Counter {
  static made = 0;
  #hidden = 7;
  constructor(public start: number) {}
  get twice(): number { return this.start * 2; }
  add(step: number): number {
    const words = new Map([['one', { deep: [1, 2] }]]);
    for (const factor of [10]) {
      const local = step * factor;
      this.start += local + offset;
    }
    return this.start + words.size;
  }
}
const offset = 5;
const makeAdder = (by: number) => (value: number) => {
  const sum = value + by;
  return sum;
};
const counter = new Counter(1);
counter.add(2) + makeAdder(100)(1)`;

  test('shows locals, closures and the notebook, and runs expressions there', async () => {
    await debug.breakAt(code, [{ line: 10 }, { line: 18 }]);
    const cell = debug.kernel.execute(code);
    const { frames } = await debug.stop();
    const [frame, outer] = frames;
    const scopes = (await debug.body('scopes', { frameId: frame?.id })).scopes as { name: string }[];
    expect(scopes.map(({ name }) => name)).toEqual(['Locals', 'Globals']);
    const { Locals, Globals } = await debug.scopes(frame?.id ?? 0);
    expect(Locals).toEqual({
      local: '20',
      factor: '10',
      step: '2',
      words: expect.any(String),
      this: 'Counter { start: 1 }',
    });
    expect(Globals).toMatchObject({
      offset: '5',
      counter: 'undefined' === Globals?.counter ? 'undefined' : 'Counter { start: 1 }',
    });
    expect(Object.keys(Globals ?? {})).not.toContain('$');

    expect(await debug.evaluate('this.start + step * offset', frame?.id)).toBe('11');
    expect(await debug.evaluate('words.get("one")!.deep as number[]', frame?.id)).toBe('[ 1, 2 ]');
    expect(await debug.evaluate('this.#hidden', frame?.id)).toBe('7');
    expect(await debug.evaluate('typeof step', outer?.id)).toBe("'undefined'");
    expect(await debug.failure('evaluate', { expression: 'missing', frameId: frame?.id })).toMatch(
      /missing is not defined/,
    );
    expect(await debug.failure('evaluate', { expression: 'await 1', frameId: frame?.id })).toMatch(/stopped/);
    expect(await debug.failure('evaluate', { expression: '1 +', frameId: frame?.id })).toMatch(/expected/i);

    const globals = await debug.body('evaluate', {
      expression: 'step = 3; const left: number = 8; left',
      frameId: frame?.id,
    });
    expect(globals).toMatchObject({ result: '8', type: 'number', variablesReference: 0 });
    expect((await debug.scopes(frame?.id ?? 0)).Locals?.step).toBe('3');
    await debug.continue();

    const inner = await debug.stop();
    expect(await debug.scopes(inner.frames[0]?.id ?? 0)).toMatchObject({
      Locals: { sum: '101', value: '1' },
      'Closure (makeAdder)': { by: '100' },
    });
    await debug.continue();
    // 1 + 20 + 5, and one word
    expect((await debug.kernel.finished(cell)).result).toBe('128');
    expect((await debug.kernel.run('left + 1')).result).toBe('9');
  });

  test('lets variables be set and copied', async () => {
    const code =
      'const pair = { a: 1 };\nfunction f(x: number): number {\n  const fixed = 1;\n  return x + fixed;\n}\nf(1) + pair.a';
    await debug.breakAt(code, [{ line: 4 }]);
    const cell = debug.kernel.execute(code);
    const { frames } = await debug.stop();
    const scopes = (await debug.body('scopes', { frameId: frames[0]?.id })).scopes as { variablesReference: number }[];
    const [locals, globals] = scopes.map(({ variablesReference }) => variablesReference);
    expect(await debug.body('setVariable', { variablesReference: locals, name: 'x', value: 'x + 40' })).toMatchObject({
      value: '41',
    });
    const pair = (await debug.variables(globals ?? 0)).find(({ name }) => name === 'pair');
    await debug.body('setVariable', { variablesReference: pair?.variablesReference, name: 'a', value: '100' });
    await debug.body('copyToGlobals', { srcVariableName: 'x', dstVariableName: 'copied', srcFrameId: frames[0]?.id });
    await debug.continue();
    expect((await debug.kernel.finished(cell)).result).toBe('142');
    expect((await debug.kernel.run('copied + 1')).result).toBe('42');
  });

  test('ends expressions that do not end', async () => {
    const code = 'let turns = 0;\nturns += 1;';
    await debug.breakAt(code, [{ line: 2 }]);
    const cell = debug.kernel.execute(code);
    const { frames } = await debug.stop();
    expect(await debug.failure('evaluate', { expression: 'for (;;) turns++', frameId: frames[0]?.id })).toMatch(/5 s/);
    expect(await debug.evaluate('turns > 1', frames[0]?.id)).toBe('true');
    await debug.continue();
    expect((await debug.kernel.finished(cell)).error).toBe('');
  });
});

describe('errors', () => {
  const thrower = 'function fail(why: string): never {\n  throw new RangeError(why);\n}';

  test('stop where they are thrown', async () => {
    await debug.kernel.run(thrower);
    await debug.body('setExceptionBreakpoints', { filters: ['raised'] });
    const cell = debug.kernel.execute('try {\n  fail("soon caught");\n} catch {}\n1');
    const { reason, at, text } = await debug.stop();
    expect([reason, at[0], text]).toEqual(['exception', 'fail:2', 'RangeError: soon caught']);
    expect(await debug.body('exceptionInfo', { threadId: 1 })).toMatchObject({
      exceptionId: 'RangeError',
      description: 'RangeError: soon caught',
      breakMode: 'always',
    });
    await debug.continue();
    expect((await debug.kernel.finished(cell)).result).toBe('1');
  });

  test.each<[what: string, code: string, stops: boolean]>([
    ['nobody catches it', 'fail("a")', true],
    ['nobody catches it after an await', 'await null;\nfail("b")', true],
    ['the cell catches it', 'try { fail("c") } catch {}', false],
    ['the catch block throws', 'try { fail("d") } catch { fail("e") }', true],
    ['it is only followed by finally', 'try { fail("f") } finally { 1 }', true],
    [
      'the cell awaits it in a try',
      'const later = async () => { await null; fail("g"); };\ntry { await later() } catch {}',
      false,
    ],
    ['the cell awaits it', 'const late = async () => { await null; fail("h"); };\nawait late()', true],
    ['a timer throws', 'await new Promise<void>((done) => setTimeout(() => { done(); fail("i"); }, 1))', true],
  ])('that nobody catches: %s', async (_what, code, stops) => {
    await debug.kernel.run(thrower);
    await debug.body('setExceptionBreakpoints', { filters: ['uncaught'] });
    const cell = debug.kernel.execute(code);
    if (stops) {
      const { reason, at } = await debug.stop();
      expect([reason, at[0]]).toEqual(['exception', 'fail:2']);
      await debug.continue();
    }
    await debug.kernel.finished(cell);
    await debug.kernel.run('0');
  });
});

test('the kernel answers while it is stopped, and cells wait', async () => {
  const code = 'const before = 1;\nconst after = 2;';
  await debug.breakAt(code, [{ line: 2 }]);
  const cell = debug.kernel.execute(code);
  const waiting = debug.kernel.execute('before + after');
  await debug.stop();
  debug.kernel.sendFrames('hb', ['beat']);
  await debug.kernel.until(({ channel, content }) => channel === 'hb' && content.text === 'beat');
  const { content } = await debug.kernel.request('complete_request', { code: 'befo', cursor_pos: 4 });
  expect(content.matches).toContain('before');
  await debug.kernel.request('kernel_info_request', {}, 'control');
  expect(await debug.body('debugInfo')).toMatchObject({ isStarted: true, stoppedThreads: [1] });
  expect(debug.kernel.messages.some(({ type, parent }) => type === 'execute_input' && parent === waiting)).toBe(false);
  await debug.continue();
  await debug.kernel.finished(cell);
  expect((await debug.kernel.finished(waiting)).result).toBe('3');
});

test.each([
  ['before the rest runs', 'globalThis.reached = false;\nlet stopped = 1;\nglobalThis.reached = true;'],
  ['in a loop', 'globalThis.reached = false;\nlet stopped = 1;\nfor (;;) {\n  stopped += 1;\n}'],
  ['after an await', 'await null; globalThis.reached = false;\nlet stopped = 1;\nglobalThis.reached = true;'],
])('interrupt ends a stopped cell %s', async (_where, text) => {
  const code = text
    .replaceAll('globalThis.reached', 'Reflect.set')
    .replaceAll(/Reflect\.set = (\w+)/g, "Reflect.set(globalThis, 'reached', $1)");
  await debug.breakAt(code, [{ line: 2 }, { line: 4 }]);
  const cell = debug.kernel.execute(code);
  await debug.stop();
  await debug.kernel.request('interrupt_request', {}, 'control');
  const run = await debug.kernel.finished(cell, 5000);
  expect(run.error).toMatch(/Interrupted/);
  await debug.event('continued');
  await debug.breakAt(code, []);
  expect((await debug.kernel.run("Reflect.get(globalThis, 'reached')")).result).toBe('false');
  expect((await debug.kernel.run('await new Promise((done) => setTimeout(done, 5)); 1')).result).toBe('1');
});

test('pause stops what runs', async () => {
  const cell = debug.kernel.execute(
    'let spins = 0;\nlet spinning = true;\nwhile (spinning) {\n  spins += 1;\n}\nspins > 0',
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  await debug.body('pause', { threadId: 1 });
  const { reason, at, frames } = await debug.stop();
  expect([reason, /:[34]$/.test(at[0] ?? '')]).toEqual(['pause', true]);
  await debug.evaluate('spinning = false', frames[0]?.id);
  await debug.continue();
  expect((await debug.kernel.finished(cell)).result).toBe('true');
});

test('a session that dies at a stop is told, and its breakpoints are in the next one', async () => {
  const code = 'const mortal = 1;\nmortal';
  await debug.breakAt(code, [{ line: 2 }]);
  const first = debug.kernel.execute(code);
  const { frames } = await debug.stop();
  const killing = { expression: "process.kill(process.pid, 'SIGKILL')", frameId: frames[0]?.id };
  expect(await debug.failure('evaluate', killing)).toMatch(/session ended/);
  await debug.event('continued');
  expect((await debug.kernel.finished(first)).error).toMatch(/SessionEnded/);
  const second = debug.kernel.execute(code);
  expect((await debug.stop()).at[0]).toMatch(/:2$/);
  await debug.continue();
  expect((await debug.kernel.finished(second)).result).toBe('1');
});

test('disconnect lets the cell go on', async () => {
  const code = 'const free = 1;\nfree + 1';
  await debug.breakAt(code, [{ line: 2 }]);
  const cell = debug.kernel.execute(code);
  await debug.stop();
  await debug.body('disconnect', { restart: false, terminateDebuggee: false });
  expect((await debug.kernel.finished(cell)).result).toBe('2');
  expect(await debug.body('debugInfo')).toMatchObject({ isStarted: false, stoppedThreads: [], breakpoints: [] });
  expect((await debug.kernel.run(code)).result).toBe('2');
  expect(await debug.failure('next')).toMatch(/attach/);
  await debug.attach();
  await debug.breakAt(code, [{ line: 2 }]);
  const again = debug.kernel.execute(code);
  await debug.stop();
  await debug.continue();
  await debug.kernel.finished(again);
});

test('debug requests that make no sense are refused', async () => {
  expect(await debug.failure('fly')).toMatch(/"fly" is not supported/);
  expect(await debug.failure('toString')).toMatch(/not supported/);
  expect(await debug.failure('continue')).toMatch(/not stopped/);
  expect(await debug.failure('scopes', { frameId: 1 })).toMatch(/not stopped/);
  expect(await debug.failure('setBreakpoints', { source: {} })).toMatch(/path/);
  expect(await debug.failure('source', { source: { path: '/etc/hostname' } })).toMatch(/no cell or imported file/);
});

test('a session that ends under the debugger says why, and nothing of the debugger', async () => {
  const run = await debug.kernel.run('process.exit(3)');
  expect(run.error).toContain('exit code 3');
  expect(run.stderr).toBe('');
  await debug.attach();
  expect((await debug.kernel.run('1 + 1')).result).toBe('2');
});
