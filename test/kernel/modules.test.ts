// Local files that cells import: compiled, reloaded when they change, with their own lines in errors.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './client.js';

let kernel: Client;
const folder = mkdtempSync(join(tmpdir(), 'gradlab-modules-'));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
beforeAll(async () => {
  mkdirSync(join(folder, 'deep'));
  kernel = await Client.start({ folder });
});
afterAll(async () => {
  await kernel.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a TypeScript file is imported with its types, with or without its ending', async () => {
  write('shapes.ts', 'export interface Shape { area: number }\nexport const unit = (): Shape => ({ area: 1 });\n');
  expect(
    (await kernel.run('import { unit, type Shape } from "./shapes.ts"; const s: Shape = unit(); s.area')).result,
  ).toBe('1');
  expect((await kernel.run('import { unit as u } from "./shapes"; u().area')).result).toBe('1');
  const wrong = await kernel.run('import { unit as w } from "./shapes.ts"; w().perimeter');
  expect(wrong.reply.ename).toBe('TS2339');
});

test('an edited file is there at the next import, also through another file', async () => {
  write('deep/inner.ts', 'export const word: string = "old";');
  write(
    'outer.ts',
    'export { word } from "./deep/inner.js";\nexport let calls = 0;\nexport const call = () => ++calls;',
  );
  expect((await kernel.run('import { word, call } from "./outer.ts"; call(); word')).result).toBe("'old'");
  expect((await kernel.run('import { call } from "./outer.ts"; call()')).result).toBe('2');
  write('deep/inner.ts', 'export const word: string = "new";');
  expect((await kernel.run('import { word } from "./outer.ts"; word')).result).toBe("'new'");
});

test('types of an edited file are new too', async () => {
  write('typed.ts', 'export const value = 1;');
  expect((await kernel.run('import { value } from "./typed.ts"; const n: number = value; n')).result).toBe('1');
  write('typed.ts', 'export const value = "one";');
  expect((await kernel.run('import { value } from "./typed.ts"; value.toUpperCase()')).result).toBe("'ONE'");
});

test('JavaScript files are reloaded as well', async () => {
  write('plain.mjs', 'export const version = 1;');
  expect((await kernel.run('(await import("./plain.mjs")).version')).result).toBe('1');
  write('plain.mjs', 'export const version = 2;');
  expect((await kernel.run('(await import("./plain.mjs")).version')).result).toBe('2');
});

test('an error in a file shows its own line, and the cell’s', async () => {
  write(
    'throws.ts',
    'interface Gone {\n  away: true;\n}\n\nexport function fail(reason: string): never {\n  throw new RangeError(reason);\n}\n',
  );
  const run = await kernel.run('import { fail } from "./throws.ts";\nfail("far")');
  expect(run.error).toContain(`${join(folder, 'throws.ts')}, line 6`);
  expect(run.error).toContain('> 6 |   throw new RangeError(reason);');
  expect(run.error).toContain('> 2 | fail("far")');
});

test('a file that does not parse says where', async () => {
  write('broken.ts', 'export const a = 1;\nexport const = 2;\n');
  const run = await kernel.run('await import("./broken.ts")');
  expect(run.status).toBe('error');
  expect(run.error).toContain('line 2:14');
});

test('local files import gradlab and packages', async () => {
  write(
    'uses.ts',
    'import { html } from "gradlab/kernel";\nimport { join } from "node:path";\nexport const made = () => html`<b>${join("a", "b")}</b>`;',
  );
  expect((await kernel.run('import { made } from "./uses.ts"; made()')).data?.['text/html']).toBe('<b>a/b</b>');
});
