// Real sets from a folder, and what stands in for them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cora, fashionMnist, names, penguins, tinyShakespeare } from '../../src/data/index.js';
import { DataError, manualSeed, type Tensor, ValueError } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { adam } from '../../src/optim/index.js';

let folder: string;
const before = process.env.GRADLAB_DATA;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradlab-data-'));
  process.env.GRADLAB_DATA = folder;
});
afterEach(async () => {
  if (before === undefined) delete process.env.GRADLAB_DATA;
  else process.env.GRADLAB_DATA = before;
  await rm(folder, { recursive: true });
});
async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}
function idx(shape: readonly number[], value: (i: number) => number): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  shape.forEach((n, i) => {
    head.writeUInt32BE(n, 4 + 4 * i);
  });
  const size = shape.reduce((a, b) => a * b, 1);
  return gzipSync(Buffer.concat([head, Uint8Array.from({ length: size }, (_, i) => value(i))]));
}

describe('names', () => {
  test('from a file, in the folder or in its own', async () => {
    await put('names.txt', 'Emma\r\nava\n\n');
    expect(await names()).toEqual({
      names: ['emma', 'ava'],
      source: 'GRADLAB_DATA',
      description: '2 first names, from the folder GRADLAB_DATA.',
    });
    await put('names/names.txt', 'olivia');
    expect((await names()).names).toEqual(['olivia']);
  });
  test('drawn: distinct, in small letters, the same for a seed', async () => {
    const drawn = await names();
    expect(drawn.source).toBe('substitute');
    expect(new Set(drawn.names).size).toBe(20_000);
    expect(drawn.names.every((name) => /^[a-z]{2,15}$/.test(name))).toBe(true);
    expect(await names({ source: 'substitute' })).toEqual(drawn);
    expect((await names({ seed: 1 })).names).not.toEqual(drawn.names);
  });
  test('asked for as files are refused where they are not', async () => {
    await expect(names({ source: 'files' })).rejects.toThrow(/holds no names.names\.txt/);
    delete process.env.GRADLAB_DATA;
    await expect(names({ source: 'files' })).rejects.toThrow(DataError);
    const source = JSON.parse('"web"') as 'files';
    await expect(names({ source })).rejects.toThrow(ValueError);
  });
});

describe('a long text', () => {
  test('from a file', async () => {
    await put('tinyshakespeare/input.txt', 'First Citizen:\n');
    expect((await tinyShakespeare()).text).toBe('First Citizen:\n');
    await put('tinyshakespeare/input.txt', Uint8Array.of(0xff));
    await expect(tinyShakespeare()).rejects.toThrow(/not a text in UTF-8/);
  });
  test('comes with TypeScript: long, of few characters, without its licence', async () => {
    const { text, source, description } = await tinyShakespeare();
    expect(source).toBe('substitute');
    expect(description).toMatch(/in place of Shakespeare/);
    expect(text.length).toBeGreaterThan(150_000);
    expect(new Set(text).size).toBeLessThan(128);
    expect(text).not.toContain('Copyright');
    expect(text).toContain('charAt');
  });
});

describe('penguins', () => {
  test('from a file, with the columns that they should have', async () => {
    const columns = 'species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year';
    await put(
      'penguins/penguins.csv',
      `${columns}\nAdelie,Dream,39.1,18.7,181,3750,male,2007\nAdelie,Dream,NA,NA,NA,NA,NA,2007\n`,
    );
    const { table } = await penguins();
    expect([table.length, table.complete().length]).toEqual([2, 1]);
    await put('penguins/penguins.csv', 'species,island\nA,B\n');
    await expect(penguins()).rejects.toThrow(/no column 'bill_length_mm'/);
  });
  test('drawn: like the real ones', async () => {
    const { table } = await penguins();
    expect(table.length).toBe(344);
    expect(table.categories('species').names).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
    const mass = table.filter((row) => row.species === 'Gentoo').numbers('body_mass_g');
    expect(mass.reduce((a, b) => a + b) / mass.length).toBeCloseTo(5082, -2);
    expect(table.complete().length).toBeLessThan(344);
    expect(new Set(table.filter((row) => row.species === 'Gentoo').texts('island'))).toEqual(new Set(['Biscoe']));
  });
});

describe('cora', () => {
  test('from its three files', async () => {
    await put(
      'cora/cora.features.txt',
      Array.from({ length: 2708 }, (_, i) => (i === 5 ? '' : `${i % 1433} 7`)).join('\n'),
    );
    await put('cora/cora.labels.txt', Array.from({ length: 2708 }, (_, i) => `${i % 7}\n`).join(''));
    await expect(cora()).rejects.toThrow(/not cora\.edges\.txt/);
    await put('cora/cora.edges.txt', '0 1\n2707 3\n');
    const { x, y, adjacency, edges, train } = await cora();
    expect([x.shape, y.shape, adjacency.shape, edges.shape]).toEqual([[2708, 1433], [2708], [2708, 2708], [2, 2]]);
    expect(edges.toArray()).toEqual([
      [0, 1],
      [3, 2707],
    ]);
    expect(adjacency.sum().item()).toBe(4);
    expect(x.at(5).sum().item()).toBe(0);
    expect(x.at(6).sum().item()).toBe(2);
    expect(train.length).toBe(140);
    await put('cora/cora.edges.txt', '0 2708\n');
    await expect(cora()).rejects.toThrow(/joins 0 and 2708/);
    await put('cora/cora.edges.txt', '0 x\n');
    await expect(cora()).rejects.toThrow(/line 1: '0 x'/);
  });
  test('drawn: of the same sizes, and neighbours help', async () => {
    const { x, y, adjacency, edges, classes, train, test: held } = await cora();
    expect(edges.shape).toEqual([5278, 2]);
    const labels = y.dataSync();
    const pairs = edges.dataSync();
    let same = 0;
    for (let i = 0; i < pairs.length; i += 2) if (labels[pairs[i]!] === labels[pairs[i + 1]!]) same++;
    expect(Math.abs(same / 5278 - 0.81)).toBeLessThan(0.08);
    for (let k = 0; k < 7; k++) expect(train.filter((i) => labels[i] === k).length).toBe(20);
    manualSeed(1);
    const a = nn.normalizedAdjacency(adjacency).eval();
    const mixed = a.matmul(a.matmul(x)).eval();
    /** Share right on the test nodes of a linear model that sees `features` of the training nodes. */
    const score = (features: Tensor): number => {
      const model = nn.linear(1433, classes.length);
      const optimizer = adam(model.parameters(), { lr: 0.05, weightDecay: 5e-3 });
      const [inputs, targets] = [features.at([...train]).eval(), y.at([...train])];
      for (let i = 0; i < 60; i++) {
        optimizer.zeroGrad();
        nn.crossEntropy(model.forward(inputs), targets).backward();
        optimizer.step();
      }
      return model
        .forward(features.at([...held]))
        .argmax(1)
        .eq(y.at([...held]))
        .float()
        .mean()
        .item();
    };
    const [alone, together] = [score(x), score(mixed)];
    expect(together).toBeGreaterThan(0.75);
    expect(together).toBeLessThan(0.92);
    expect(together).toBeGreaterThan(alone + 0.1);
  });
});

describe('fashion-mnist', () => {
  test('from its four files', async () => {
    for (const [part, n] of [
      ['train', 3],
      ['t10k', 2],
    ] as const) {
      await put(
        `fashion-mnist/${part}-images-idx3-ubyte.gz`,
        idx([n, 28, 28], (i) => i % 256),
      );
      await put(
        `fashion-mnist/${part}-labels-idx1-ubyte.gz`,
        idx([n], (i) => 9 - i),
      );
    }
    const set = await fashionMnist({ train: 2 });
    expect(set.train.images.shape).toEqual([2, 1, 28, 28]);
    expect(set.test.labels.toArray()).toEqual([9, 8]);
    expect(set.train.classes[9]).toBe('Ankle boot');
    expect(set.train.images.at(0, 0, 1, 23).item()).toBeCloseTo(51 / 255, 6);
    await put(
      'fashion-mnist/t10k-labels-idx1-ubyte.gz',
      idx([3], () => 0),
    );
    await expect(fashionMnist()).rejects.toThrow(/do not belong together/);
    await rm(join(folder, 'fashion-mnist/t10k-labels-idx1-ubyte.gz'));
    await expect(fashionMnist()).rejects.toThrow(/not t10k-labels/);
  });
  test('has digits in its place', async () => {
    const set = await fashionMnist({ train: 20, test: 10, seed: 3 });
    expect(set.description).toBe('Digits in place of clothes, drawn from seed 3: 20 to train on, 10 to test on.');
    expect(set.train.images.shape).toEqual([20, 1, 28, 28]);
    await expect(async () => fashionMnist({ train: 0 })).rejects.toThrow(ValueError);
  });
});
