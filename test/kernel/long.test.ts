// Hundreds of cells: what the kernel keeps of them has a bound.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CellSourceMap } from '../../kernel/cell/index.js';
import { Recent } from '../../kernel/recent.js';
import { Tracebacks } from '../../kernel/server/traceback.js';
import { Client } from './client.js';

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
});
afterAll(() => kernel.stop());

/** The modules that stand for cells to the type checker. */
function modules(): string[] {
  const own = readdirSync(tmpdir()).filter((name) => name.startsWith(`gradlab-types-${kernel.kernel.pid}-`));
  expect(own).toHaveLength(1);
  const files = readdirSync(join(tmpdir(), own[0] ?? ''), { recursive: true, encoding: 'utf8' });
  return files.filter((name) => !name.includes('node_modules') && /cell\d+\.tsx?$/.test(name));
}

test('cells that are run and edited hundreds of times leave few modules', { timeout: 300_000 }, async () => {
  await kernel.run('const start = [1, 2, 3]; let b = start; function fails() { throw new Error("at last"); }');
  for (let round = 0; round < 150; round++) {
    for (const code of [
      'const a = b.map((each) => each + 1); a.length',
      'b = a.slice(0, 3); b.length',
      `function edited(x: number) { return x + ${round}; } edited(start.length)`,
      `class Edited { readonly of = ${round}; } new Edited().of + 3 - ${round}`,
    ]) {
      const { result, error } = await kernel.run(code);
      expect([error, result]).toEqual(['', code.includes('edited(x') ? String(round + 3) : '3']);
    }
    kernel.messages.length = 0;
  }
  expect(modules().length).toBeLessThan(200);
});

test('errors in functions of old cells are still shown in their text', async () => {
  const { error } = await kernel.run('fails()');
  expect(error).toContain('Cell [1], line 1');
  expect(error).toContain('throw new Error("at last")');
});

test('texts of cells that declare nothing give way first', () => {
  const tracebacks = new Tracebacks();
  const map: CellSourceMap = {
    version: 3,
    file: '',
    sourceRoot: '',
    sources: [],
    sourcesContent: [],
    names: [],
    mappings: '',
  };
  for (let cell = 0; cell < 10_000; cell++)
    tracebacks.add(`Cell [${cell}]`, { source: '', map: { ...map } }, cell % 2 > 0);
  expect(tracebacks.size).toBeLessThan(5000);
});

test('a map of recent entries keeps the newest, and those that were set again', () => {
  const recent = new Recent<string, number>(3);
  for (const [index, key] of ['a', 'b', 'c', 'a', 'd'].entries()) recent.set(key, index);
  expect([...recent]).toEqual([
    ['c', 2],
    ['a', 3],
    ['d', 4],
  ]);
});
