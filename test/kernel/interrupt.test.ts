// The stop button: whatever the cell is doing, it stops at once and the variables stay.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './client.js';

const FOR_EVER: [what: string, code: string][] = [
  ['a loop', 'while (true) {}'],
  ['a loop after an await', 'await 1; while (true) {}'],
  ['an async loop over timers', 'for (;;) await new Promise((resolve) => setTimeout(resolve, 5));'],
  ['an async loop over settled promises', 'for (;;) await null;'],
  [
    'an async loop over node’s own promises',
    "const fs = await import('node:fs/promises'); for (;;) await fs.stat('.');",
  ],
  [
    'a loop in a storage of the user’s',
    "const { AsyncLocalStorage } = await import('node:async_hooks'); globalThis.own = new AsyncLocalStorage<string>(); " +
      "own.run('mine', () => { for (;;); });",
  ],
  [
    'a timer’s loop that enters storages',
    "const { AsyncLocalStorage } = await import('node:async_hooks'); const s = new AsyncLocalStorage<number>(); " +
      'await new Promise(() => setTimeout(() => { for (let i = 0; ; i++) s.run(i, () => Promise.resolve()); }, 1));',
  ],
  [
    'an async loop in a storage',
    "const { AsyncLocalStorage } = await import('node:async_hooks'); const t = new AsyncLocalStorage<number>(); " +
      'await t.run(1, async () => { for (;;) await null; });',
  ],
  [
    'a loop under hooks of the user’s',
    "const { createHook } = await import('node:async_hooks'); globalThis.hooks = createHook({ init() {}, before() {}, after() {} }); " +
      'hooks.enable(); await null; await new Promise((done) => setTimeout(done, 1)); for (;;) Promise.resolve();',
  ],
  ['a pending promise', 'await new Promise(() => {});'],
  ['a loop in a timer', 'await new Promise(() => { setTimeout(() => { for (;;); }, 5); });'],
  ['a loop in an immediate', 'await new Promise(() => { setImmediate(() => { for (;;); }); });'],
  ['a loop that catches everything', 'for (;;) { try { for (;;); } catch {} finally { for (;;); } }'],
  ['a loop that prints', "for (let i = 0; ; i++) console.log('line', i);"],
  ['a loop that displays', 'for (let i = 0; ; i++) display(i);'],
  ['a wait for memory', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'],
  ['a child process', "const cp = await import('node:child_process'); cp.execSync('sleep 60');"],
  ['a regular expression', "/^(a+)+$/.test('a'.repeat(40) + 'b');"],
];

let kernel: Client;
let session: string | undefined;
beforeAll(async () => {
  kernel = await Client.start();
  await kernel.run(
    'declare global { var own: import("node:async_hooks").AsyncLocalStorage<string>; var hooks: import("node:async_hooks").AsyncHook }',
  );
  await kernel.run('let kept = 41; let beats = 0;');
  session = (await kernel.run('process.pid')).result;
});
afterAll(() => kernel.stop());

describe('interrupt by message', () => {
  test.each(FOR_EVER)('stops %s', async (_what, code) => {
    const cell = kernel.execute(code);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const reply = await kernel.request('interrupt_request', {}, 'control');
    expect(reply.content.status).toBe('ok');
    const run = await kernel.finished(cell, 50_000);
    expect(run.status).toBe('error');
    const after = await kernel.run('kept + 1');
    expect(after.result).toBe('42');
    const slept = await kernel.run('await new Promise((resolve) => setTimeout(resolve, 20)); kept');
    expect(slept.result).toBe('41');
  });

  test('leaves the output of the next cell in the next cell', async () => {
    const cell = kernel.execute("await new Promise(() => { setInterval(() => console.log('zombie'), 1); });");
    await new Promise((resolve) => setTimeout(resolve, 100));
    kernel.send('control', 'interrupt_request', {});
    await kernel.finished(cell);
    const next = await kernel.run('await new Promise((resolve) => setTimeout(resolve, 50)); console.log("mine")');
    expect(next.stdout).toBe('mine\n');
  });

  test.each([
    ['awaits', "for (;;) { beats++; await require('node:fs/promises').stat('.'); }"],
    ['reads a stream', 'for await (const chunk of endless()) beats += chunk;'],
    ['awaits in a function', 'await silent(() => {});'],
    ['awaits in a function that nobody waits for', 'silent(() => {}).catch(() => {}); await new Promise(() => {});'],
    ['awaits in a function that catches everything', 'for (;;) { try { await silent(() => {}); } catch {} }'],
    ['reads a stream in a function', 'await (async () => { for await (const chunk of endless()) beats += chunk; })();'],
    [
      'awaits in a storage',
      'const { AsyncLocalStorage: Storage } = require("node:async_hooks"); await new Storage<number>().run(1, () => silent(() => {}));',
    ],
  ])('ends a cell that only %s', async (_what, code) => {
    await kernel.run(
      'async function silent(each: () => void) { for (;;) { beats++; each(); await require("node:fs/promises").stat("."); } }\n' +
        "async function* endless() { for (;;) { await require('node:fs/promises').stat('.'); yield 1; } }",
    );
    const cell = kernel.execute(code);
    await new Promise((resolve) => setTimeout(resolve, 100));
    kernel.send('control', 'interrupt_request', {});
    await kernel.finished(cell);
    await kernel.run('await new Promise((resolve) => setTimeout(resolve, 50))');
    const before = await kernel.run('beats');
    await kernel.run('await new Promise((resolve) => setTimeout(resolve, 100))');
    expect(Number(before.result)).toBeGreaterThan(1);
    expect((await kernel.run('beats')).result).toBe(before.result);
  });

  test('lets a function tidy up', async () => {
    await kernel.run(
      'let tidied = 0; async function held() { try { for (;;) { beats++; await require("node:fs/promises").stat("."); } } finally { tidied += 1; } }',
    );
    const cell = kernel.execute('console.log("held"); await held()');
    await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
    await kernel.request('interrupt_request', {}, 'control');
    await kernel.finished(cell);
    await kernel.run(
      'for (let i = 0; i < 100 && tidied === 0; i++) await new Promise((done) => setTimeout(done, 10));',
    );
    expect((await kernel.run('tidied')).result).toBe('1');
  });

  test.each(['await new Promise(() => {});', 'for (;;) await stat(".");', 'for (;;);'])(
    'a module that was stopped in %s is imported anew',
    async (rest) => {
      const path = join(kernel.folder, 'endless.mjs');
      const head = 'import { stat } from "node:fs/promises"; console.log("begins"); export const x = 1;';
      writeFileSync(path, `${head} if (!globalThis.second) { ${rest} }`);
      await kernel.run('(globalThis as any).second = false');
      const cell = kernel.execute('const { x } = await import("./endless.mjs")');
      await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
      await kernel.request('interrupt_request', {}, 'control');
      expect((await kernel.finished(cell)).error).toContain('Interrupted');
      await kernel.run('(globalThis as any).second = true');
      expect((await kernel.run('(await import("./endless.mjs")).x')).result).toBe('1');
      expect((await kernel.run('(await import("./endless.mjs")).x')).stdout).toBe('');
    },
  );

  test('leaves promises alone that other cells await', async () => {
    await kernel.run(
      'let give: (value: number) => void = () => {}; const shared = new Promise<number>((done) => { give = done; });',
    );
    const cell = kernel.execute(
      'console.log("waits"); await (async () => { for (;;) { await silent(() => {}); await shared; } })()',
    );
    await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
    await kernel.request('interrupt_request', {}, 'control');
    await kernel.finished(cell);
    await kernel.run('give(5)');
    expect((await kernel.run('await shared')).result).toBe('5');
    expect((await kernel.run('await shared.then((value) => value + 1)')).result).toBe('6');
  });

  test('keeps the storages and hooks of the user', async () => {
    const run = await kernel.run("own.run('again', () => own.getStore())");
    expect(run.result).toBe("'again'");
    await kernel.run(
      'let inits = 0; require("node:async_hooks").createHook({ init() { inits++; } }).enable(); await null',
    );
    expect(Number((await kernel.run('inits')).result)).toBeGreaterThan(0);
    const late = await kernel.run("await own.run('kept', async () => { await null; return own.getStore(); })");
    expect(late.result).toBe("'kept'");
    expect((await kernel.run('process.pid')).result).toBe(session);
  });

  test.each([0, 1, 2])('leaves immediates as they are when number %i of three is stopped', async (spinning) => {
    const each = `if (i === ${spinning}) for (;;) console.log('spins');`;
    const { id } = await kernel.run(`for (let i = 0; i < 3; i++) setImmediate(() => { ${each} }); 0`);
    await kernel.until(({ parent, content }) => parent === id && String(content.text).includes('spins'));
    await kernel.request('interrupt_request', {}, 'control');
    // A cell that comes before the stop is over is stopped with it.
    const later = 'await new Promise((done) => setImmediate(() => setImmediate(done))); kept';
    await expect.poll(async () => (await kernel.run(later)).result, { timeout: 50_000 }).toBe('41');
  });

  test('can leave node’s list of immediates with a dead one at its head', async () => {
    const run = await kernel.run(`let mended = false;
setImmediate(() => { Reflect.set(dead, '_destroyed', true); throw new Error('breaks off'); });
const dead = setImmediate(() => { mended = true; });
await new Promise((done) => setTimeout(done, 50));`);
    expect(run.error).toContain('breaks off');
    expect((await kernel.run('await new Promise((done) => setImmediate(done)); mended')).result).toBe('true');
    expect((await kernel.run('process.pid')).result).toBe(session);
  });

  test('comes through however much is printed', async () => {
    for (let round = 0; round < 5; round++) {
      const cell = kernel.execute("for (;;) console.log('line');");
      await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
      await kernel.request('interrupt_request', {}, 'control');
      expect((await kernel.finished(cell)).status).toBe('error');
    }
  });

  test('does nothing when no cell runs', async () => {
    await kernel.request('interrupt_request', {}, 'control');
    expect((await kernel.run('kept')).result).toBe('41');
  });
});

test('a signal stops a loop too', async () => {
  const cell = kernel.execute('await 1; while (true) {}');
  await new Promise((resolve) => setTimeout(resolve, 200));
  kernel.kernel.kill('SIGINT');
  const run = await kernel.finished(cell);
  expect(run.status).toBe('error');
  expect(run.error).toContain('Interrupted');
  expect((await kernel.run('kept')).result).toBe('41');
});

test('while a cell spins, heartbeat, control, completion and kernel_info answer', async () => {
  const cell = kernel.execute('while (true) {}');
  await new Promise((resolve) => setTimeout(resolve, 100));
  kernel.sendFrames('hb', ['ping']);
  expect((await kernel.until(({ channel }) => channel === 'hb', 20_000)).content.text).toBe('ping');
  expect((await kernel.request('kernel_info_request', {}, 'control', 20_000)).content.status).toBe('ok');
  expect(
    (await kernel.request('complete_request', { code: 'kep', cursor_pos: 3 }, 'shell', 20_000)).content.status,
  ).toBe('ok');
  kernel.send('control', 'interrupt_request', {});
  expect((await kernel.finished(cell)).status).toBe('error');
});

test('a session that is stopped in the middle of its end ends', async () => {
  const cell = kernel.execute('process.on("exit", () => { console.log("leaves"); for (;;); }); process.exit(3)');
  await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
  await kernel.request('interrupt_request', {}, 'control');
  await kernel.finished(cell);
  const later = 'await new Promise((done) => setTimeout(done, 5)); 1 + 1';
  await expect.poll(async () => (await kernel.run(later)).result, { timeout: 50_000 }).toBe('2');
});
