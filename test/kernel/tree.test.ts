// Large and nested values → HTML trees; small ones stay text.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { describe as shown } from '../../kernel/display/bundle.js';

async function html(value: unknown): Promise<string | undefined> {
  const { data } = await shown(value);
  expect(typeof data['text/plain']).toBe('string');
  return data['text/html'] as string | undefined;
}

function nested(levels: number): object {
  return levels === 0 ? { end: true } : { level: levels, inner: nested(levels - 1) };
}

const numbers = Array.from({ length: 500 }, (_, index) => index);

test.each<[string, unknown]>([
  ['a small object', { a: 1, b: { c: [1, 2, 3] } }],
  ['numbers in a row', numbers],
  ['a typed array', new Float32Array(1000)],
  ['many words', new Set(numbers.map(String))],
  ['a string', 'x'.repeat(5000)],
  ['an error', new Error('no tree')],
  ['one that says how it is shown', { parts: nested(8), [inspect.custom]: () => Array(20).fill('a line').join('\n') }],
  ['a function', () => numbers],
  ['a proxy', new Proxy(nested(9), {})],
  ['a date', new Date(0)],
])('%s stays text', async (_what, value) => {
  expect(await html(value)).toBeUndefined();
});

test('what text cuts off can be opened', async () => {
  const tree = (await html(nested(8))) ?? '';
  expect(tree).toContain('<b>end</b>: <span class="boolean">true</span>');
  expect(tree.match(/<details/g)).toHaveLength(9);
  expect(tree.match(/<details open/g)).toHaveLength(1);
});

test('keys and values are escaped', async () => {
  const tree = (await html({ '<img>': '<script>', deep: nested(6) })) ?? '';
  expect(tree).toContain('&#60;img&#62;');
  expect(tree).not.toContain('<script>');
  expect(tree).not.toContain('<img>');
});

test('a value that holds itself ends there', async () => {
  const loop: Record<string, unknown> = nested(6) as Record<string, unknown>;
  loop.self = loop;
  const tree = (await html(loop)) ?? '';
  expect(tree.match(/\[Circular\]/g)).toHaveLength(1);
});

test('no getter runs', async () => {
  let runs = 0;
  class Account {
    readonly deep = nested(6);
    get balance(): number {
      runs += 1;
      return 1;
    }
  }
  const own = {
    get secret(): number {
      runs += 1;
      return 1;
    },
  };
  const tree = (await html({ account: new Account(), own })) ?? '';
  expect(tree).toContain('<b>balance</b>: <i>(…)</i>');
  expect(tree).toContain('<b>secret</b>: <i>(…)</i>');
  expect(tree).toContain('Account');
  expect(runs).toBe(0);
});

test('maps, sets, typed arrays and classes say what they are', async () => {
  const tree =
    (await html({
      map: new Map([['key', nested(5)]]),
      set: new Set([1, 2]),
      bytes: new Uint8Array(3),
      made: class Maker {},
      run: (speed: number) => speed,
    })) ?? '';
  for (const text of [
    'Map(1)',
    '&#39;key&#39;',
    'Set(2)',
    'Uint8Array(3)',
    '<b>made</b>: <span class="function">class Maker',
    'ƒ run(speed)',
  ]) {
    expect(tree).toContain(text);
  }
});

test('its size is bounded, and it says what it leaves out', async () => {
  const wide = Object.fromEntries(numbers.map((index) => [`key${index}`, numbers.map((other) => ({ index, other }))]));
  const tree = (await html(wide)) ?? '';
  expect(tree).toContain('… 400 more');
  expect(tree.match(/<(div|details)>/g)?.length).toBeLessThan(4000);
  expect(tree.length).toBeLessThan(400_000);
  const text = (await shown(wide)).data['text/plain'];
  expect(String(text).length).toBeLessThan(101_000);
});

test('of a long list few parts stand open', async () => {
  const tree = (await html(numbers.map((n) => [n, [n]]))) ?? '';
  const [open = '', closed = ''] = tree.split('… 480 more');
  expect(open.match(/<b>/g)).toHaveLength(20 + 20 * 2 + 20);
  expect(closed.match(/… 400 more/g)).toHaveLength(1);
});

test('records are a table, with parts of theirs in brief', async () => {
  const rows = numbers.map((id) => ({ id, name: `row ${id}`, parts: { list: numbers } }));
  const table = (await html(rows)) ?? '';
  expect(table).toContain('<td style="text-align:right">499</td><td>row 499</td><td>{ list: [Array] }</td>');
  expect(await html(numbers.map((id) => ({ id, run: () => id, parts: {} })))).not.toContain('<table');
});
