// Loops over progress() → bars that move in place, end as the loop ended, and cost little.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { progress } from '../../kernel/progress/index.js';
import { Row } from '../../kernel/progress/row.js';
import { type CellRun, Client, type Message } from './client.js';

const IMPORT = "import { progress } from 'gradlab/kernel';\n";

describe('a row', () => {
  const row = (total: number | undefined, ...looks: [steps: number, seconds: number][]) => {
    const made = new Row('', total, 0);
    for (const [steps, seconds] of looks) made.advance(steps, seconds * 1000);
    return made;
  };

  test.each<[string, Row]>([
    ['0/10 · 0.0 s', row(10)],
    ['4/10 · 2.0/s · 3.0 s left', row(10, [4, 2])],
    ['1,000/4,690 · 50/s · 1 min 14 s left', row(4690, [1000, 20])],
    ['1/100 · 4.0 s each · 6 min 36 s left', row(100, [1, 4])],
    ['12 · 6.0/s · 2.0 s', row(undefined, [12, 2])],
    ['1/10,000 · 10 s each · 27 h 46 min left', row(10_000, [1, 10])],
    // Slow to begin with, then ten times as fast: the rate is the one of late.
    ['250/1,000 · 20/s · 38 s left', row(1000, [10, 5], [20, 10], [150, 15], [250, 20])],
  ])('%s', (facts, made) => {
    expect(made.facts).toBe(facts);
  });

  test('a loop that is over tells its time and its rate on the whole', () => {
    const made = row(10, [5, 1], [10, 5]);
    made.state = 'done';
    expect(made.facts).toBe('10/10 · 2.0/s · 5.0 s');
  });
});

describe('in plain node', () => {
  const node = (code: string) => {
    const url = new URL('../../dist/kernel/index.js', import.meta.url).href;
    const source = `import { progress } from ${JSON.stringify(url)};\n${code}`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
    return { stdout, stderr: stderr.replaceAll(/\d+\.\d+ s|[\d,]+(?:\.\d+)?\/s/g, '…') };
  };

  test('where nobody watches, one line says how it ended', () => {
    const { stdout, stderr } = node(
      'let sum = 0; for (const i of progress(5, { label: "sum" })) sum += i; console.log(sum);',
    );
    expect(stdout).toBe('10\n');
    expect(stderr).toBe('sum 100 % [####################] 5/5 · … · …\n');
  });

  test('breaks and errors end it where it was', () => {
    const { stderr } = node(`for (const i of progress([7, 8, 9, 10])) if (i === 9) break;
try { for (const i of progress(new Set([1, 2]), { label: 'set' })) throw new Error('x'); } catch {}
async function* slow() { yield 1; yield 2; }
for await (const i of progress(slow(), { total: 4 }));
for await (const i of progress(slow())) break;`);
    expect(stderr.split('\n')).toEqual([
      ' 50 % [##########..........] 2/4 · … · … · stopped',
      'set   0 % [....................] 0/2 · … · stopped',
      ' 50 % [##########..........] 2/4 · … · …',
      '0 · … · stopped',
      '',
    ]);
  });

  test('what cannot be counted is refused', () => {
    expect(() => progress(-1)).toThrow('a whole number from 0 on, and is -1');
    expect(() => progress([], { total: 1.5 })).toThrow(RangeError);
  });
});

describe('in the kernel', () => {
  let kernel: Client;
  beforeAll(async () => {
    kernel = await Client.start();
  });
  afterAll(() => kernel.stop());

  interface Shown {
    data: { 'text/plain': string; 'text/html': string };
    transient: { display_id: string };
  }
  const isShown = ({ type }: Message) => type === 'display_data' || type === 'update_display_data';
  const shown = ({ outputs }: CellRun) =>
    outputs.filter(isShown).map(({ content }): Shown => JSON.parse(JSON.stringify(content)));
  const texts = (run: CellRun) => shown(run).map(({ data }) => data['text/plain']);
  const ids = (run: CellRun) => new Set(shown(run).map(({ transient }) => transient.display_id));

  test('one output changes in place, a few times a second, and stays as it ended', async () => {
    const run = await kernel.run(`${IMPORT}const end = Date.now() + 500;
let turns = 0;
for (const i of progress(1e9, { label: 'turns' })) { turns++; if (Date.now() >= end) break; }`);
    expect(run.error).toBe('');
    const types = run.outputs.map(({ type }) => type);
    expect(types[0]).toBe('display_data');
    expect(new Set(types.slice(1))).toEqual(new Set(['update_display_data']));
    expect(types.length).toBeGreaterThanOrEqual(3);
    expect(types.length).toBeLessThanOrEqual(8);
    expect(texts(run).at(-1)).toMatch(/^turns {3}0 % \[\.+\] [\d,]+\/1,000,000,000 · .* · stopped$/);
    expect(shown(run).at(-1)?.data['text/html']).toContain('role="progressbar"');
  });

  test('loops inside each other share one output', async () => {
    const run = await kernel.run(`${IMPORT}const wait = () => new Promise((r) => setTimeout(r, 30));
for (const epoch of progress(3, { label: 'epoch' })) for (const batch of progress(['a', 'b'], { label: 'batch' })) await wait();`);
    expect(ids(run).size).toBe(1);
    expect(texts(run).at(-1)).toMatch(/^epoch 100 % .* 3\/3 · [^|]* \| batch 100 % .* 2\/2 · [^|]*$/);
    const again = await kernel.run('for (const i of progress(2));');
    expect(new Set([...ids(run), ...ids(again)]).size).toBe(2);
  });

  test.each(['while (true);', 'await new Promise(() => {});'])('stopping the cell ends it: %s', async (endless) => {
    const id = kernel.execute(`for (const i of progress(4, { label: 'endless' })) if (i === 1) { ${endless} }`);
    await kernel.until(({ type, parent }) => type === 'display_data' && parent === id);
    await kernel.request('interrupt_request', {}, 'control');
    const run = await kernel.finished(id);
    expect(run.status).toBe('error');
    expect(texts(run).at(-1)).toMatch(/^endless .* stopped$/);
  });

  test('a million steps come through, and what one costs is told', async () => {
    const run =
      await kernel.run(`const loop = (items: Iterable<number>) => { const began = performance.now(); for (const i of items); return performance.now() - began; };
const array = Array.from({ length: 1_000_000 }, (_, i) => i);
const costs = Array.from({ length: 7 }, () => loop(progress(array)) - loop(array)).sort((a, b) => a - b);
let last = 0;
for (const i of progress(array)) last = i;
console.log((costs[1] * 1e6) / array.length, 'ns a step');
last`);
    console.log(`progress: ${run.stdout.trim()}; fewer than 1000 are promised`);
    expect(run.result).toBe('999999');
  });
});
