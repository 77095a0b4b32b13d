// Notebooks written for tslab → the same outputs from our kernel.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CellRun, Client } from './client.js';

const PACKAGE = new URL('../../package.json', import.meta.url);
const LOGO = fileURLToPath(new URL('../../kernel/setup/logo/logo-32x32.png', import.meta.url));

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
});
afterAll(() => kernel.stop());

const shown = ({ outputs }: CellRun) => outputs.map(({ content }) => content.data);

test('a notebook imports it and asks for versions', async () => {
  const run = await kernel.run("import * as tslab from 'tslab';\nconsole.log('Hello'); tslab.versions");
  expect(run.error).toBe('');
  const { version, dependencies } = JSON.parse(readFileSync(PACKAGE, 'utf8'));
  for (const part of [version, dependencies.typescript, process.version]) expect(run.result).toContain(`'${part}'`);
});

test('display shows every type', async () => {
  const run = await kernel.run(`import fs from 'fs';
import { display as show } from 'tslab';
const png = fs.readFileSync(${JSON.stringify(LOGO)});
show.html('<b>bold</b>'); show.markdown('# title'); show.latex('$x$'); show.svg('<svg/>'); show.text('plain');
show.javascript('1'); show.png(png); show.jpeg(new Uint8Array([1, 2])); show.gif(png); show.pdf(png);
show.raw('application/json', '{"a": 1}'); show.raw('image/webp', new Uint8Array([3]));`);
  expect(run.error).toBe('');
  const png = readFileSync(LOGO).toString('base64');
  const expected = {
    'text/html': '<b>bold</b>',
    'text/markdown': '# title',
    'text/latex': '$x$',
    'image/svg+xml': '<svg/>',
    'text/plain': 'plain',
    'text/javascript': '1',
    'image/png': png,
    'image/jpeg': 'AQI=',
    'image/gif': png,
    'application/pdf': png,
    'application/json': '{"a": 1}',
    'image/webp': 'Aw==',
  };
  expect(run.outputs.every(({ type }) => type === 'display_data')).toBe(true);
  expect(shown(run).map((data) => Object.entries(data as object).at(-1))).toEqual(Object.entries(expected));
});

test('newDisplay replaces its one output', async () => {
  const run = await kernel.run(`import * as tslab from 'tslab';
let sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
{
  let display = tslab.newDisplay();
  for (let progress = 1; progress <= 3; progress++) {
    await sleep(1);
    display.text(\`progress: \${progress}%\`);
  }
}`);
  expect(run.outputs.map(({ type }) => type)).toEqual(['display_data', 'update_display_data', 'update_display_data']);
  expect(shown(run).at(-1)).toEqual({ 'text/plain': 'progress: 3%' });
  const ids = run.outputs.map(({ content }) => (content.transient as { display_id: string }).display_id);
  expect(new Set(ids).size).toBe(1);
});

test('require gives it too', async () => {
  const run = await kernel.run(`const fs = require("fs");
const tslab = require('tslab');
tslab.display.html(String(fs.existsSync('/')));
require.resolve('node:fs')`);
  expect(run.error).toBe('');
  expect(shown(run)[0]).toEqual({ 'text/plain': '[text/html]', 'text/html': 'true' });
  expect(run.result).toBe("'node:fs'");
});

test('its types are checked', async () => {
  const run = await kernel.run("import { display } from 'tslab';\ndisplay.png('no bytes')");
  expect(run.error).toContain("'string' is not assignable to parameter of type 'Uint8Array");
});

test('a notebook that uses it is not checked strictly, as its own kernel does not', async () => {
  const run = await kernel.run("let obj = {x: null};\nconsole.log('obj?.x?.z ==', obj?.x?.z);");
  expect([run.error, run.stdout]).toEqual(['', 'obj?.x?.z == undefined\n']);
  expect((await kernel.run('const text: string = 1')).error).toContain("'number' is not assignable to type 'string'");
});

test('a notebook of functions, timing and templates runs unchanged', async () => {
  const run = await kernel.run(`function climb(steps: number): number {
    if (steps > 1) {
        return climb(steps - 1) + climb(steps - 2);
    }
    return 1;
}

const steps = 20;
const begin = Date.now();
console.log(\`climb(\${steps}) = \${climb(steps)}\`)
const finish = Date.now();
console.log(\`Took: \${finish - begin}ms\`)`);
  expect(run.error).toBe('');
  expect(run.stdout).toMatch(/^climb\(20\) = 10946\nTook: \d+ms\n$/);
});
