// Lines that begin with %, ! or ?: the few things that are no TypeScript.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blankMagics, splitCell } from '../../kernel/server/magics.js';
import { Client } from './client.js';

let kernel: Client;
const folder = mkdtempSync(join(tmpdir(), 'gradlab-magics-'));
beforeAll(async () => {
  kernel = await Client.start({ folder });
});
afterAll(async () => {
  await kernel.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a line of magic leaves the other lines where they are', () => {
  expect(splitCell('%time\n!ls\n\nconst a = 1', new Set())).toEqual({
    magics: [{ name: '!', argument: 'ls' }],
    code: '\n\n\nconst a = 1',
    timed: true,
  });
  expect(splitCell('!ready && start()', new Set(['ready'])).magics).toEqual([]);
  expect(splitCell('const percent = 7\n%2', new Set()).magics).toEqual([]);
  expect(blankMagics('%timeit a.b\n!ls\nc')).toBe('        a.b\n   \nc');
});

test('%time says how long a cell took', async () => {
  const run = await kernel.run('%time\nawait new Promise((r) => setTimeout(r, 60));\n"done"');
  expect(run.result).toBe("'done'");
  expect(Number.parseFloat(run.stdout)).toBeGreaterThan(55);
  expect(run.stdout).toMatch(/^[\d.]+ ms\n$/);
});

test('%timeit runs an expression many times', async () => {
  const run = await kernel.run('%timeit Math.sqrt(2)');
  expect(run.error).toBe('');
  expect(run.stdout).toMatch(/^[\d.]+ ns ± [\d.]+ ns per call, best [\d.]+ ns \(7 runs of [\d,]+ calls\)\n$/);
});

test('%who lists, %reset forgets', async () => {
  await kernel.run('const first = 1; class Second {}; interface Third {}');
  expect((await kernel.run('%who')).stdout).toBe('const      first\nclass      Second\n');
  await kernel.run('%reset');
  expect((await kernel.run('%who')).stdout).toBe('nothing is declared yet\n');
  expect((await kernel.run('typeof first')).reply.ename).toBe('TS2304');
});

test('%typecheck warns or keeps silent, and runs the cell', async () => {
  await kernel.run('%typecheck warn');
  const warned = await kernel.run('const wrong: number = "text"; wrong');
  expect(warned.stderr).toContain('TS2322');
  expect(warned.result).toBe("'text'");
  await kernel.run('%typecheck off');
  expect((await kernel.run('const wrong2: number = "text"; wrong2')).stderr).toBe('');
  await kernel.run('%typecheck strict');
  expect((await kernel.run('const wrong3: number = "text";')).status).toBe('error');
  expect((await kernel.run('%typecheck loose')).error).toContain('it is strict, warn or off; now it is strict');
});

test('!command streams, fails with its exit code, and stops with the cell', async () => {
  expect((await kernel.run('!echo one; echo two >&2')).stdout).toBe('one\n');
  expect((await kernel.run('!exit 3')).reply.evalue).toBe('exit 3: exit code 3');
  const cell = kernel.execute('!echo begins; sleep 600');
  await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
  kernel.send('control', 'interrupt_request', {});
  expect((await kernel.finished(cell, 50_000)).reply.evalue).toBe('echo begins; sleep 600: stopped (SIGINT)');
});

test('!command that does not listen is stopped by a second or third stop', async () => {
  const command = 'trap "" INT TERM; echo begins; while :; do sleep 1; done';
  const cell = kernel.execute(`!${command}`);
  await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
  for (let press = 0; press < 3; press++) await kernel.request('interrupt_request', {}, 'control');
  expect((await kernel.finished(cell, 50_000)).reply.evalue).toBe(`${command}: stopped (SIGKILL)`);
});

test('%npm install makes a package importable at once', async () => {
  const source = join(folder, 'source', 'answer');
  mkdirSync(source, { recursive: true });
  writeFileSync(
    join(source, 'package.json'),
    '{"name": "answer", "version": "1.0.0", "type": "module", "exports": "./index.js", "types": "./index.d.ts"}',
  );
  writeFileSync(join(source, 'index.js'), 'export const answer = 42;');
  writeFileSync(join(source, 'index.d.ts'), 'export declare const answer: 42;');
  expect((await kernel.run('import { answer } from "answer"; answer')).status).toBe('error');
  const installed = await kernel.run('%npm install ./source/answer', {}, 60_000);
  expect(installed.error).toBe('');
  expect((await kernel.run('import { answer } from "answer"; answer')).result).toBe('42');
});

test('an unknown magic names the list', async () => {
  expect((await kernel.run('%nosuch 1')).reply.evalue).toBe('%nosuch: there is no such magic; %help lists them');
  expect((await kernel.run('%help')).stdout).toContain('%npm install package');
});

test('?name opens the pager', async () => {
  const run = await kernel.run('?Math.max');
  const [payload] = run.reply.payload as { source: string; data: Record<string, string> }[];
  expect(payload?.source).toBe('page');
  expect(payload?.data['text/plain']).toContain('max(...values: number[]): number');
});

test('magics complete', async () => {
  const reply = await kernel.request('complete_request', { code: '%ti', cursor_pos: 3 });
  expect(reply.content).toMatchObject({ matches: ['%time', '%timeit'], cursor_start: 0, cursor_end: 3 });
});

test('%device shows where tensors are computed, chooses it, and names what there is', async () => {
  const first = await kernel.run('%device');
  expect(first.error).toBe('');
  expect(first.result).toMatch(/^'(cpu|reference)/);
  expect((await kernel.run('%device reference')).result).toContain('reference');
  const wrong = await kernel.run('%device toaster');
  expect(wrong.error).toContain("unknown device 'toaster'");
  expect(wrong.error).toContain('reference');
});
