// What goes wrong in cells, as the reader sees it: the error's name, their own line, the frames, the cause.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './client.js';

let kernel: Client;
const folder = mkdtempSync(join(tmpdir(), 'gradlab-errors-'));
beforeAll(async () => {
  writeFileSync(
    join(folder, 'broken.mjs'),
    'export function fail() {\n  throw new RangeError("from the module");\n}\n',
  );
  kernel = await Client.start({ folder });
});
afterAll(async () => {
  await kernel.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('an error shows the line that threw, and the way to it', async () => {
  const run = await kernel.run(`interface Shape { area: number }
function inner(x: number): never {
  throw new TypeError('boom ' + x);
}
function outer(): void {
  inner(42);
}
const shape: Shape = { area: 1 };
outer();`);
  expect(run.reply.ename).toBe('TypeError');
  expect(run.reply.evalue).toBe('boom 42');
  const cell = `Cell [${run.reply.execution_count}]`;
  // A call's column is the name's or the parenthesis's, as the engine has it.
  expect(run.error.replaceAll(/(line [69]):\d+/g, '$1')).toBe(
    [
      'TypeError: boom 42',
      '',
      `${cell}, line 3`,
      '  1 | interface Shape { area: number }',
      '  2 | function inner(x: number): never {',
      "> 3 |   throw new TypeError('boom ' + x);",
      '    |         ^',
      '  4 | }',
      '  5 | function outer(): void {',
      '',
      `    at inner (${cell}, line 3:9)`,
      `    at outer (${cell}, line 6)`,
      `    at ${cell}, line 9`,
    ].join('\n'),
  );
});

test('frames name the cells that they run through', async () => {
  const first = await kernel.run('function thrower() {\n  throw new Error("deep");\n}');
  const second = await kernel.run('thrower()');
  expect(second.error).toContain(`at thrower (Cell [${first.reply.execution_count}], line 2:9)`);
  expect(second.error).toContain(`at Cell [${second.reply.execution_count}], line 1:`);
  expect(second.error).toContain('> 2 |   throw new Error("deep");');
});

test('after an await the line is still right', async () => {
  const run = await kernel.run('await null;\n\nawait Promise.reject(new Error("later"));');
  expect(run.error).toContain('> 3 | await Promise.reject(new Error("later"));');
});

test('causes and aggregates are told', async () => {
  const run = await kernel.run(
    'throw new Error("outer", { cause: new AggregateError([new RangeError("one"), new Error("two")], "several") })',
  );
  expect(run.error).toContain('Caused by: AggregateError: several');
  expect(run.error).toContain('One of: RangeError: one');
  expect(run.error).toContain('One of: Error: two');
});

test('own properties of an error are shown', async () => {
  const run = await kernel.run('await (await import("node:fs/promises")).readFile("/no/such/file")');
  expect(run.error).toContain('ENOENT');
  expect(run.error).toContain("syscall: 'open'");
});

test('what is thrown need not be an error', async () => {
  expect((await kernel.run('throw "just text"')).reply.evalue).toBe('just text');
  expect((await kernel.run('throw { code: 7 }')).error).toContain('{ code: 7 }');
  expect((await kernel.run('throw null')).error).toContain('null');
  expect((await kernel.run('throw undefined')).error).toContain('undefined');
});

test('errors in modules name the file; the kernel’s own frames are hidden', async () => {
  const run = await kernel.run('import { fail } from "./broken.mjs";\nfail()');
  expect(run.error).toContain(`at fail (${join(folder, 'broken.mjs')}, line 2:9)`);
  expect(run.error).toContain('> 2 | fail()');
  expect(run.error).not.toContain('dist/kernel');
  expect(run.error).not.toContain('node:internal');
});

test('a cell that does not parse shows where', async () => {
  const run = await kernel.run('const a = 1;\nlet = = 3;');
  expect(run.reply.ename).toBe('SyntaxError');
  expect(run.error).toContain('> 2 | let = = 3;');
});

test('endless recursion is an error like any other', async () => {
  const run = await kernel.run('const dive = (n: number): number => dive(n + 1) + 1; dive(0)');
  expect(run.reply.ename).toBe('RangeError');
  expect((await kernel.run('1 + 1')).result).toBe('2');
});

test('objects that fail when they are shown do not take the kernel along', async () => {
  const run = await kernel.run('({ get [Symbol.for("Jupyter.display")]() { throw new Error("no view"); } })');
  expect(run.reply.evalue).toBe('no view');
  expect((await kernel.run('throw new Proxy(new Error("x"), { get() { throw new Error("trap"); } })')).status).toBe(
    'error',
  );
  expect((await kernel.run('1 + 1')).result).toBe('2');
});

test.each<[what: string, code: string, evalue: string]>([
  ['a slip in a name', 'gretingg', "Cannot find name 'gretingg'. Did you mean 'greeting'?"],
  ['swapped letters', 'tow + 1', "Cannot find name 'tow'. Did you mean 'two'?"],
  ['in a shorthand', '({ greetign })', "Cannot find name 'greetign'. Did you mean 'greeting'?"],
  ['better than a global', 'Poin', "Cannot find name 'Poin'. Did you mean 'Point'?"],
  ['a global', 'consle.log(1)', "Cannot find name 'consle'. Did you mean 'console'?"],
  ['nothing like it', 'elephant', "Cannot find name 'elephant'."],
])('of names that another cell knows the nearest is proposed: %s', async (_what, code, evalue) => {
  await kernel.run("const greeting = 'hello', two = 2; class Point {}");
  expect((await kernel.run(code)).reply.evalue).toBe(evalue);
});

test('a name whose cell did not run says so', async () => {
  const { reply } = await kernel.run('const absent = 1; absent.fliter()');
  const evalue = `Cannot find name 'absent': Cell [${reply.execution_count}], which declares it, did not run.`;
  expect((await kernel.run('absent')).reply.evalue).toBe(evalue);
  await kernel.run('const absent = 2');
  expect((await kernel.run('absent')).result).toBe('2');
});

test('a package that is not there comes with the way to get it', async () => {
  for (const code of ["import { a } from '@no/such/part'", "require('@no/such/part')"]) {
    const { error } = await kernel.run(code);
    expect(error).toContain(`Error: Cannot find package '@no/such' from ${folder}; a cell with %npm install @no/such`);
    expect(error).toContain('line 1');
    expect(error).not.toContain('notebook.');
  }
  const { error } = await kernel.run("import { a } from './nowhere'");
  expect(error).toContain(`Cannot find './nowhere' from ${folder}: there is no such file`);
});
