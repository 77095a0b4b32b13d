// Cells as a person writes them: results, names that live on, imports, order, redeclaration, requests beside them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './client.js';

let kernel: Client;
const folder = mkdtempSync(join(tmpdir(), 'gradlab-notebook-'));
beforeAll(async () => {
  writeFileSync(join(folder, 'data.json'), '{"answer": 42}');
  writeFileSync(
    join(folder, 'local.mjs'),
    'export const where = import.meta.url; export let counter = 0; export const count = () => ++counter;',
  );
  kernel = await Client.start({ folder });
});
afterAll(async () => {
  await kernel.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('results', () => {
  test.each([
    ['1 + 1', '2'],
    ['"text"', "'text'"],
    ['({ a: 1, b: [1, 2, { c: 3 }] })', '{ a: 1, b: [ 1, 2, { c: 3 } ] }'],
    ['await Promise.resolve(7)', '7'],
    ['null', 'null'],
    ['const unused = 1', undefined],
    ['undefined', undefined],
    ['', undefined],
    ['// only a comment', undefined],
    ['enum Colour { Red, Green }\nColour.Green', '1'],
    ['new Map([[1, new Set([2])]])', 'Map(1) { 1 => Set(1) { 2 } }'],
  ])('%s', async (code, expected) => {
    const run = await kernel.run(code);
    expect(run.error).toBe('');
    expect(run.status).toBe('ok');
    expect(run.result).toBe(expected);
  });

  test('carry no colour codes', async () => {
    const run = await kernel.run('[1, "two", null, new Error("three").message]');
    expect(run.result).toBe("[ 1, 'two', null, 'three' ]");
  });

  test('of arrays of records are tables too', async () => {
    const run = await kernel.run('[{ name: "<a>", n: 1 }, { name: "b", n: 2 }]');
    expect(run.data?.['text/html']).toContain('<td>&#60;a&#62;</td>');
    expect(run.data?.['text/plain']).toContain("{ name: '<a>', n: 1 }");
  });

  test('describe themselves through Symbol.for("Jupyter.display"), also asynchronously', async () => {
    const symbol = 'Symbol.for("Jupyter.display")';
    const sync = await kernel.run(`({ [${symbol}]: () => ({ 'text/html': '<i>x</i>' }) })`);
    expect(sync.data).toEqual({ 'text/html': '<i>x</i>', 'text/plain': '[Object]' });
    const late = await kernel.run(
      `({ [${symbol}]: async () => ({ data: { 'text/plain': 'later' }, metadata: { m: 1 } }) })`,
    );
    expect(late.data).toEqual({ 'text/plain': 'later' });
    expect(late.outputs[0]?.content.metadata).toEqual({ m: 1 });
  });
});

describe('names', () => {
  test('are redeclared at will, and functions see the newest', async () => {
    await kernel.run('const greeting = "hello"; function shout() { return greeting.toUpperCase(); }');
    expect((await kernel.run('shout()')).result).toBe("'HELLO'");
    await kernel.run('const greeting = "bye"');
    expect((await kernel.run('shout()')).result).toBe("'BYE'");
    await kernel.run('class Thing { size = 1 }');
    await kernel.run('class Thing { size = 2 }');
    expect((await kernel.run('new Thing().size')).result).toBe('2');
  });

  test('survive an error in their cell', async () => {
    const run = await kernel.run('let before = 5; throw new Error("stop"); let after = 6;');
    expect(run.status).toBe('error');
    expect((await kernel.run('before')).result).toBe('5');
  });

  test('assigned to globalThis are names too', async () => {
    await kernel.run('globalThis.planted = 40; 0');
    expect((await kernel.run('planted + 2')).result).toBe('42');
  });
});

describe('types', () => {
  test('are checked before anything runs', async () => {
    const run = await kernel.run('console.log("ran");\nconst wrong: number = "text";');
    expect(run.status).toBe('error');
    expect(run.stdout).toBe('');
    expect(run.reply.ename).toBe('TS2322');
    expect(run.error).toContain("Type 'string' is not assignable to type 'number'.");
    expect(run.error).toMatch(/Cell \[\d+\], line 2:7/);
    expect(run.error).toContain('> 2 | const wrong: number = "text";');
  });

  test('carry over from cell to cell', async () => {
    await kernel.run(
      'interface Point { x: number; y: number }\nfunction norm(p: Point) { return Math.hypot(p.x, p.y); }',
    );
    expect((await kernel.run('norm({ x: 3, y: 4 })')).result).toBe('5');
    const run = await kernel.run('norm({ x: 3 })');
    expect(run.reply.ename).toBe('TS2741');
  });

  test('a name that nothing declares is told at once', async () => {
    const run = await kernel.run('consol.log(1)');
    expect(run.error).toContain("Cannot find name 'consol'");
  });
});

describe('imports', () => {
  test.each([
    ['import * as os from "node:os"; typeof os.cpus', "'function'"],
    ['import path from "node:path"; path.posix.join("a", "b")', "'a/b'"],
    ['const { basename } = await import("node:path"); basename("/a/b.c")', "'b.c'"],
    ['const util = require("node:util"); typeof util.inspect', "'function'"],
    ['import data from "./data.json"; data.answer', '42'],
    ['import { count, counter } from "./local.mjs"; [count(), count(), counter]', '[ 1, 2, 2 ]'],
    ['import { display as show } from "gradlab/kernel"; typeof show', "'function'"],
    ['import * as gradlab from "gradlab"; typeof gradlab.tensor', "'function'"],
  ])('%s', async (code, expected) => {
    const run = await kernel.run(code);
    expect(run.error).toBe('');
    expect(run.result).toBe(expected);
  });

  test('of what is not there say so, and the kernel lives on', async () => {
    const run = await kernel.run('await import("no-such-package")');
    expect(run.status).toBe('error');
    expect(run.error).toContain('no-such-package');
    expect((await kernel.run('1')).result).toBe('1');
  });
});

describe('requests', () => {
  test('count, and broadcast their input', async () => {
    const first = await kernel.run('1');
    const second = await kernel.run('2');
    expect(Number(second.reply.execution_count)).toBe(Number(first.reply.execution_count) + 1);
    const input = await kernel.until(({ type, parent }) => type === 'execute_input' && parent === second.id);
    expect(input.content).toEqual({ code: '2', execution_count: second.reply.execution_count });
  });

  test('that are silent show and count nothing', async () => {
    const before = Number((await kernel.run('1')).reply.execution_count);
    const silent = await kernel.run('hush = 1; 2', { silent: true });
    expect(silent.outputs).toEqual([]);
    expect(Number(silent.reply.execution_count)).toBe(before);
  });

  test('with user expressions get their values and errors', async () => {
    const run = await kernel.run('const side = 3', {
      user_expressions: { square: 'side * side', bad: 'nosuch', worse: ')(' },
    });
    const outcomes = run.reply.user_expressions as Record<string, { status: string; data?: unknown; ename?: string }>;
    expect(outcomes.square).toEqual({ status: 'ok', data: { 'text/plain': '9' }, metadata: {} });
    expect(outcomes.bad?.ename).toBe('ReferenceError');
    expect(outcomes.worse?.ename).toBe('SyntaxError');
  });

  test('behind a failing one are aborted, those sent afterwards run', async () => {
    const ids = ['throw new Error("first")', '1', '2'].map((code) => kernel.execute(code));
    const runs = await Promise.all(ids.map((id) => kernel.finished(id)));
    expect(runs.map(({ status }) => status)).toEqual(['error', 'aborted', 'aborted']);
    expect((await kernel.run('3')).result).toBe('3');
  });

  test('behind a failing one run where the client wants it', async () => {
    const ids = ['throw new Error("first")', '1'].map((code) => kernel.execute(code, { stop_on_error: false }));
    const runs = await Promise.all(ids.map((id) => kernel.finished(id)));
    expect(runs.map(({ status }) => status)).toEqual(['error', 'ok']);
  });

  test('malformed but signed are answered with an error', async () => {
    const reply = await kernel.request('execute_request', { code: 7 });
    expect(reply.content.status).toBe('error');
    expect(String(reply.content.evalue)).toContain('"code" must be a string');
  });

  test('history knows what ran, over the sessions', async () => {
    await kernel.run('const historical = 1');
    const reply = await kernel.request('history_request', {
      hist_access_type: 'search',
      pattern: '*historical*',
      n: 5,
    });
    const history = reply.content.history as [number, number, string][];
    expect(history.at(-1)?.[2]).toBe('const historical = 1');
    const tail = await kernel.request('history_request', { hist_access_type: 'tail', n: 2, output: false });
    expect(tail.content.history).toHaveLength(2);
  });

  test('is_complete asks the parser', async () => {
    const status = async (code: string) => (await kernel.request('is_complete_request', { code })).content.status;
    expect(await status('const a = `b ${[1].map((x) => `c`)} d`; const r = /[({]/;')).toBe('complete');
    expect(await status('function f() {')).toBe('incomplete');
    expect(await status('let = = }')).toBe('invalid');
  });

  test('a cell that is an object in braces is that object', async () => {
    expect((await kernel.run('{a: 1, b: [2]}')).result).toBe('{ a: 1, b: [ 2 ] }');
    expect((await kernel.run('{a: 1}')).result).toBe('{ a: 1 }');
    expect((await kernel.run('{ const inner = 1; console.log(inner) }')).stdout).toBe('1\n');
    const reply = await kernel.request('is_complete_request', { code: '{a: 1, b: 2}' });
    expect(reply.content.status).toBe('complete');
  });

  test('completion counts in code points and has types', async () => {
    await kernel.run('const words = ["a"]');
    const reply = await kernel.request('complete_request', { code: "'😀😀'; words.ma", cursor_pos: 14 });
    expect(reply.content.matches).toContain('map');
    expect([reply.content.cursor_start, reply.content.cursor_end]).toEqual([12, 14]);
    const metadata = reply.content.metadata as { _jupyter_types_experimental: { text: string; type: string }[] };
    expect(metadata._jupyter_types_experimental.find(({ text }) => text === 'map')?.type).toBe('method');
  });

  test('inspect gives signature and documentation as markdown', async () => {
    await kernel.run('/** Adds two numbers. */\nfunction addTwo(a: number, b: number) { return a + b; }');
    const reply = await kernel.request('inspect_request', { code: 'addTwo(1, 2)', cursor_pos: 3, detail_level: 0 });
    const data = reply.content.data as Record<string, string>;
    expect(reply.content.found).toBe(true);
    expect(data['text/markdown']).toContain('Adds two numbers.');
    expect(data['text/plain']).toContain('addTwo(a: number, b: number): number');
  });
});

test('completes names in a cell of megabytes', async () => {
  const code = `const data = "${'x'.repeat(3 << 20)}"; data.toUpperC`;
  const { content } = await kernel.request('complete_request', { code, cursor_pos: code.length }, 'shell', 50_000);
  expect(content.matches).toEqual(['toUpperCase']);
  const comment = `// ${'x'.repeat(3 << 20)}`;
  const within = { code: comment, cursor_pos: comment.length };
  expect((await kernel.request('complete_request', within, 'shell', 50_000)).content.status).toBe('ok');
});

test('promises and timers show nothing of what the kernel notes on them', async () => {
  expect((await kernel.run('Promise.resolve([1])')).result).toBe('Promise { [ 1 ] }');
  expect((await kernel.run('[Promise.resolve(1), new Promise(() => {})]')).result).toBe(
    '[ Promise { 1 }, Promise { <pending> } ]',
  );
  expect((await kernel.run('console.log({ p: Promise.resolve(Promise) })')).stdout).toBe(
    '{ p: Promise { [Function: Promise] } }\n',
  );
  const timer = await kernel.run('({ once: setTimeout(() => {}, 1), soon: setImmediate(() => {}) })');
  expect(timer.result).toContain('_idleTimeout: 1');
  expect(timer.result).not.toMatch(/kResourceStore|asyncId/);
});
