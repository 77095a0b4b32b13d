// What cells print and show: complete, in order, under the cell that caused it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, type Json } from './client.js';

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
});
afterAll(() => kernel.stop());

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const lines = (count: number, word = 'line') => Array.from({ length: count }, (_, i) => `${word} ${i}\n`).join('');

test('10,000 lines arrive whole and in order before idle, in few messages', async () => {
  const run = await kernel.run("for (let i = 0; i < 10000; i++) console.log('line ' + i);");
  expect(run.stdout).toBe(lines(10_000));
  expect(run.outputs.length).toBeLessThan(50);
});

test('so they do when the cell yields in between', async () => {
  const code =
    "for (let i = 0; i < 10000; i++) { console.log('line ' + i); if (i % 100 === 99) await new Promise((r) => setImmediate(r)); }";
  expect((await kernel.run(code)).stdout).toBe(lines(10_000));
});

test('of two queued cells each keeps its own lines', async () => {
  const first = kernel.execute("for (let i = 0; i < 5000; i++) console.log('first', i);");
  const second = kernel.execute("for (let i = 0; i < 5000; i++) console.log('second', i);");
  expect((await kernel.finished(first)).stdout).toBe(lines(5000, 'first'));
  expect((await kernel.finished(second)).stdout).toBe(lines(5000, 'second'));
});

test('streams, displays and results keep their order', async () => {
  const run = await kernel.run('console.log("a"); console.error("b"); display("c"); console.log("d"); "e"');
  const seen = run.outputs.map(({ type, content }) => (type === 'stream' ? `${content.name}:${content.text}` : type));
  expect(seen).toEqual(['stdout:a\n', 'stderr:b\n', 'display_data', 'stdout:d\n', 'execute_result']);
});

test('timers and promises print under the cell that started them, also while another runs', async () => {
  const first = await kernel.run(
    "setTimeout(() => console.log('timer of the first'), 150); new Promise((r) => setTimeout(r, 200)).then(() => console.log('promise of the first')); 0",
  );
  const second = await kernel.run("await new Promise((r) => setTimeout(r, 400)); console.log('second')");
  expect(second.stdout).toBe('second\n');
  expect(kernel.streamOf(first.id)).toBe('timer of the first\npromise of the first\n');
});

test('a line appears while the cell keeps the thread', async () => {
  const id = kernel.execute(
    "console.log('begun'); display('shown'); const end = Date.now() + 1500; while (Date.now() < end);",
  );
  await kernel.until(({ type, parent }) => type === 'display_data' && parent === id, 1200);
  expect(kernel.streamOf(id)).toBe('begun\n');
  expect(kernel.messages.some(({ type, parent }) => type === 'execute_reply' && parent === id)).toBe(false);
  await kernel.finished(id);
});

test('process.stdout, descriptors and child processes are captured before idle', async () => {
  const written = await kernel.run('process.stdout.write("raw"); process.stderr.write(Buffer.from("bytes")); 0');
  expect([written.stdout, written.stderr]).toEqual(['raw', 'bytes']);
  const descriptor = await kernel.run('require("node:fs").writeSync(1, "descriptor\\n"); 0');
  expect(descriptor.stdout).toBe('descriptor\n');
  const child = await kernel.run(
    "import { spawnSync } from 'node:child_process'; spawnSync('sh', ['-c', 'seq 1 20000; echo done >&2'], { stdio: 'inherit' }).status",
  );
  expect(child.stdout).toBe(Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join(''));
  expect(child.stderr).toBe('done\n');
});

test('the whole console works', async () => {
  const run = await kernel.run(
    "console.log('%s is %d', 'x', 1, { a: [{ b: 1 }] }); console.group('g'); console.info('in'); console.groupEnd(); console.table([{ a: 1 }]); console.assert(false, 'no'); console.count();",
  );
  expect(run.stdout).toContain('x is 1 { a: [ { b: 1 } ] }\ng\n  in\n');
  expect(run.stdout).toContain('│ 0       │ 1 │');
  expect(run.stdout).toContain('default: 1');
  expect(run.stderr).toContain('Assertion failed: no');
});

test('display() returns a handle that replaces its output in any cell', async () => {
  const first = await kernel.run('const handle = display("one", { id: "mine" });');
  const shown = first.outputs[0]?.content as Json;
  expect(shown.transient).toEqual({ display_id: 'mine' });
  const second = await kernel.run('handle.update("two"); display(3);');
  expect(second.outputs.map(({ type }) => type)).toEqual(['update_display_data', 'display_data']);
  expect(second.outputs[0]?.content).toEqual({
    data: { 'text/plain': "'two'" },
    metadata: {},
    transient: { display_id: 'mine' },
  });
});

test('clearOutput travels in order', async () => {
  const run = await kernel.run('console.log("a"); clearOutput({ wait: true }); console.log("b"); clearOutput();');
  expect(run.outputs.map(({ type, content }) => [type, content.wait ?? content.text])).toEqual([
    ['stream', 'a\n'],
    ['clear_output', true],
    ['stream', 'b\n'],
    ['clear_output', false],
  ]);
});

test('formats: html escapes, md dedents, svg, latex, json, images', async () => {
  const data = async (code: string) => (await kernel.run(code)).data;
  expect((await data('html`<b>${"<x>"}</b>${[html`<i>1</i>`]}`'))?.['text/html']).toBe('<b>&#60;x&#62;</b><i>1</i>');
  expect((await data('md`\n  # Title\n  text ${1}`'))?.['text/markdown']).toBe('# Title\ntext 1');
  expect((await data('svg`<svg/>`'))?.['image/svg+xml']).toBe('<svg/>');
  expect((await data('latex`\\frac{1}{2}`'))?.['text/latex']).toBe('$$\\frac{1}{2}$$');
  expect((await data('json({ a: 1 })'))?.['application/json']).toEqual({ a: 1 });
  const png = 'image(Buffer.from("iVBORw0KGgo=", "base64"), { width: 10 })';
  expect((await data(png))?.['image/png']).toBe('iVBORw0KGgo=');
  expect((await kernel.run('image(new Uint8Array([1, 2, 3]))')).error).toContain('for SVG text call svg(text)');
  const spec = '({ $schema: "https://vega.github.io/schema/vega-lite/v6.json", mark: "bar" })';
  expect((await data(spec))?.['application/vnd.vegalite.v5+json']).toHaveProperty('mark', 'bar');
});

test('10 MB arrive whole before idle', async () => {
  const run = await kernel.run("display(html('x'.repeat(10_000_000))); console.log('after');");
  const content = run.outputs[0]?.content as { data: Record<string, string> };
  expect(content.data['text/html']?.length).toBe(10_000_000);
  expect(run.stdout).toBe('after\n');
});

test('an error in a timer and a rejection that nobody handled are told in their cell', async () => {
  const first = await kernel.run(
    "setTimeout(() => { throw new TypeError('stray timer'); }, 30); Promise.reject(new Error('stray rejection')); 5",
  );
  expect(first.result).toBe('5');
  await sleep(150);
  const errors = kernel.messages.filter(({ type, parent }) => type === 'error' && parent === first.id);
  expect(errors.map(({ content }) => content.evalue)).toEqual(['stray rejection', 'stray timer']);
  expect((await kernel.run('await new Promise((r) => setTimeout(r, 10)); 6')).result).toBe('6');
});
