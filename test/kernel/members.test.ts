// Completion where types know nothing: the running session tells the members of its values, and runs no code for that.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from './client.js';

let kernel: Client;
beforeAll(async () => {
  kernel = await Client.start();
  await kernel.run(`
    let asked = 0;
    class Base { low = 1; shared() {} }
    class Live extends Base {
      nested = { deep: [{ found: 1 }], 'with space': { spaced: 1 } };
      get lazy() { asked += 1; return { never: 1 }; }
      act() {}
    }
    const live: any = new Live();
    const text: any = 'text';
    const counts: Record<string, number> = { apples: 1, pears: 2 };
    const trap: any = new Proxy({}, { get() { asked += 1; return 1; }, ownKeys() { asked += 1; return []; } });
    const nothing: any = null;
  `);
});
afterAll(() => kernel.stop());

async function matches(code: string): Promise<string[]> {
  const { content } = await kernel.request('complete_request', { code, cursor_pos: code.length });
  const { matches, cursor_start, cursor_end } = content as {
    matches: string[];
    cursor_start: number;
    cursor_end: number;
  };
  const typed = /[\w$]*$/.exec(code)?.[0] ?? '';
  expect([cursor_start, cursor_end]).toEqual([code.length - typed.length, code.length]);
  return matches;
}

test.each<[string, string[]]>([
  ['live.', ['low', 'nested', 'lazy', 'act', 'shared']],
  ['live.ne', ['nested']],
  ['live?.lo', ['low']],
  ['console.log(live.nested.', ['deep']],
  ['live.nested.deep[0].', ['found']],
  ["live.nested['with space'].", ['spaced']],
  ['counts.', ['apples', 'pears']],
  ['live.lazy.', []],
  ['trap.', []],
  ['nothing.', []],
  ['nobody.', []],
])('%s', async (code, expected) => {
  // A session that is slow to answer is not waited for.
  await expect.poll(async () => new Set(await matches(code)), { timeout: 30_000 }).toEqual(new Set(expected));
});

test('members of what is behind `any` have kinds and types', async () => {
  await expect.poll(() => matches('live.'), { timeout: 30_000 }).toContain('act');
  const { content } = await kernel.request('complete_request', { code: 'live.', cursor_pos: 5 });
  const { _jupyter_types_experimental: types } = content.metadata as { _jupyter_types_experimental: object[] };
  expect(types).toContainEqual(expect.objectContaining({ text: 'act', type: 'method' }));
  expect(types).toContainEqual(expect.objectContaining({ text: 'low', type: 'property', signature: 'low: number' }));
});

test('no getter and no trap ran', async () => {
  expect((await kernel.run('asked')).result).toBe('0');
});

test('a primitive has its methods', async () => {
  expect(await matches('text.to')).toContain('toUpperCase');
});

describe('while a cell runs', () => {
  test('types answer alone', async () => {
    const cell = kernel.execute('console.log("runs"); while (true) {}');
    await kernel.until(({ type, parent }) => type === 'stream' && parent === cell);
    expect(await matches('live.')).toEqual([]);
    expect(await matches('counts.')).toEqual([]);
    kernel.send('control', 'interrupt_request', {});
    await kernel.finished(cell);
    await expect.poll(() => matches('counts.'), { timeout: 30_000 }).toEqual(['apples', 'pears']);
  });
});
