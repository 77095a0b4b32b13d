// Sets from a seed: their shapes and statistics, and that a seed means the same numbers.
import { describe, expect, test } from 'vitest';
import {
  blobs,
  circles,
  datesAsText,
  karateClub,
  mnist1d,
  moons,
  type Points,
  type PointsOptions,
  ringOfGaussians,
  spirals,
  sumsAsText,
} from '../../src/data/index.js';
import { manualSeed, type Tensor, ValueError } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { adam } from '../../src/optim/index.js';

const pointsOf = ({ fields }: Points): [number, number, number][] => {
  const x = fields.x.dataSync();
  return Array.from(fields.y.dataSync(), (label, i) => [x[2 * i]!, x[2 * i + 1]!, label]);
};
const sets: Readonly<Record<string, [make: (n: number, o?: PointsOptions) => Points, classes: number]>> = {
  moons: [moons, 2],
  circles: [circles, 2],
  spirals: [spirals, 2],
  blobs: [blobs, 3],
  ringOfGaussians: [ringOfGaussians, 8],
};

/** Share of right answers after `steps` of Adam on everything at once. */
function accuracyOf(
  model: nn.Layer,
  { train, test }: Record<'train' | 'test', { x: Tensor; y: Tensor }>,
  steps: number,
): number {
  const optimizer = adam(model.parameters(), { lr: 0.02 });
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad();
    nn.crossEntropy(model.forward(train.x), train.y).backward();
    optimizer.step();
  }
  return model.eval().forward(test.x).argmax(1).eq(test.y).float().mean().item();
}

describe('points', () => {
  for (const [name, [make, classes]] of Object.entries(sets)) {
    test(`${name}: shapes, classes in equal shares, seeds`, () => {
      const made = make(160, { seed: 3 });
      expect(made.fields.x.shape).toEqual([160, 2]);
      expect(made.fields.x.dtype).toBe('float32');
      expect(made.fields.y.dtype).toBe('int32');
      const labels = made.fields.y.dataSync();
      for (let k = 0; k < classes; k++)
        expect(Math.abs(labels.filter((label) => label === k).length - 160 / classes)).toBeLessThan(1);
      expect(pointsOf(make(160, { seed: 3 }))).toEqual(pointsOf(made));
      expect(pointsOf(make(160, { seed: 4 }))).not.toEqual(pointsOf(made));
      expect(() => make(-1)).toThrow(ValueError);
      expect(() => make(10, { noise: -1 })).toThrow(/noise -1/);
    });
  }
  test('lie where the formulas say when there is no noise', () => {
    for (const [x, y, label] of pointsOf(moons(50, { noise: 0 })))
      expect(label === 0 ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5)).toBeCloseTo(1, 5);
    for (const [x, y, label] of pointsOf(circles(50, { noise: 0, factor: 0.3 })))
      expect(Math.hypot(x, y)).toBeCloseTo(label === 0 ? 1 : 0.3, 5);
    const arms = pointsOf(spirals(60, { noise: 0, arms: 3, turns: 2 }));
    expect(Math.hypot(arms[57]![0], arms[57]![1])).toBeCloseTo(1, 5);
    expect(Math.atan2(arms[58]![1], arms[58]![0])).toBeCloseTo((2 * Math.PI) / 3, 4);
    for (const [x, y, label] of pointsOf(ringOfGaussians(80, { noise: 0 }))) {
      expect(x).toBeCloseTo(2 * Math.cos((Math.PI * label) / 4), 5);
      expect(y).toBeCloseTo(2 * Math.sin((Math.PI * label) / 4), 5);
    }
    expect(
      pointsOf(
        blobs(4, {
          noise: 0,
          centres: [
            [1, 2],
            [3, 4],
          ],
        }),
      ),
    ).toEqual([
      [1, 2, 0],
      [3, 4, 1],
      [1, 2, 0],
      [3, 4, 1],
    ]);
  });
  test('noise has the deviation that it should', () => {
    const errors = pointsOf(blobs(4000, { noise: 0.5, centres: [[0, 0]] })).map(([x]) => x);
    const variance = errors.reduce((sum, v) => sum + v * v, 0) / errors.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 1);
  });
  test('a small network tells the moons apart', () => {
    manualSeed(1);
    const model = nn.sequential(nn.linear(2, 16), nn.tanh(), nn.linear(16, 2));
    expect(accuracyOf(model, { train: moons(200).fields, test: moons(200, { seed: 1 }).fields }, 300)).toBeGreaterThan(
      0.95,
    );
  });
});

describe('MNIST-1D', () => {
  const { train, test: held } = mnist1d();
  test('has 4,000 and 1,000 samples of 40 numbers, ten classes in equal shares', () => {
    expect(train.fields.x.shape).toEqual([4000, 40]);
    expect(held.fields.x.shape).toEqual([1000, 40]);
    const counts = new Array<number>(10).fill(0);
    for (const part of [train, held]) for (const label of part.fields.y.dataSync()) counts[label]!++;
    expect(counts).toEqual(new Array(10).fill(500));
    expect(train.fields.x.mean().item()).toBeCloseTo(0, 4);
    expect(train.fields.x.std().item()).toBeCloseTo(1, 3);
  });
  test('is the same for a seed', () => {
    const again = mnist1d({ train: 40, test: 10, seed: 1 });
    expect(mnist1d({ train: 40, test: 10, seed: 1 }).test.fields.x.toArray()).toEqual(again.test.fields.x.toArray());
    expect(mnist1d({ train: 40, test: 10, seed: 2 }).test.fields.x.toArray()).not.toEqual(
      again.test.fields.x.toArray(),
    );
  });
  test('is hard for a line and easier for a convolution, as published', () => {
    manualSeed(1);
    const parts = { train: train.fields, test: held.fields };
    const line = accuracyOf(nn.linear(40, 10), parts, 150);
    expect(line).toBeGreaterThan(0.25);
    expect(line).toBeLessThan(0.4);
    const network = accuracyOf(
      nn.sequential(
        nn.unflatten([1, 40]),
        nn.conv1d(1, 16, 5, { stride: 2, padding: 1 }),
        nn.relu(),
        nn.conv1d(16, 16, 3, { stride: 2, padding: 1 }),
        nn.relu(),
        nn.flatten(),
        nn.linear(160, 10),
      ),
      parts,
      80,
    );
    expect(network).toBeGreaterThan(0.6);
  });
});

describe('texts', () => {
  test('sums are right, different, padded', () => {
    for (const [count, digits] of [
      [10_000, 2],
      [500, 1 + 1],
      [2000, 3],
      [300, 5],
    ] as const) {
      const pairs = sumsAsText(count, { digits, seed: 5 });
      expect(new Set(pairs.map(({ input }) => input)).size).toBe(count);
      for (const { input, target } of pairs) {
        expect(input.length).toBe(2 * digits + 1);
        expect(target.length).toBe(digits + 1);
        const [a, b] = input.split('+').map(Number) as [number, number];
        expect(Number(target)).toBe(a + b);
      }
    }
    expect(() => sumsAsText(10_001)).toThrow(/There are 10000/);
    expect(() => sumsAsText(1, { digits: 9 })).toThrow(/at most 7 digits/);
  });
  test('dates are real days, written in many ways', () => {
    const pairs = datesAsText(2000, { seed: 2 });
    expect(new Set(pairs.map(({ input }) => input)).size).toBe(2000);
    expect(pairs).toEqual(datesAsText(2000, { seed: 2 }));
    for (const { input, target } of pairs) {
      expect(target).toMatch(/^(19[5-9]|20[0-4])\d-[01]\d-[0-3]\d$/);
      const date = new Date(`${target}T00:00:00Z`);
      expect(date.toISOString().slice(0, 10)).toBe(target);
      const [year, month, day] = target.split('-').map(Number) as [number, number, number];
      const numbers = input.match(/\d+/g)!.map(Number);
      expect(numbers).toContain(year);
      expect(numbers).toContain(day);
      const name = date.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' }).toLowerCase();
      expect(numbers.includes(month) || input.toLowerCase().includes(name), `${input} is ${target}`).toBe(true);
    }
    const texts = pairs.map(({ input }) => input).join('\n');
    for (const wanted of [
      /1st of/,
      /2nd of/,
      /3rd of/,
      /11th of/,
      /12th of/,
      /13th of/,
      /21st of/,
      /Tuesday, /,
      /wed \d/,
      /\d\/\d/,
    ])
      expect(texts).toMatch(wanted);
    expect(() => datesAsText(1e6)).toThrow(ValueError);
  });
});

describe('the karate club', () => {
  const { x, y, adjacency, edges, train, test: held } = karateClub();
  test('has 34 nodes, 78 edges and the known degrees', () => {
    expect(x.shape).toEqual([34, 34]);
    expect(edges.shape).toEqual([78, 2]);
    const degrees = adjacency.sum(1).dataSync();
    expect([degrees[0], degrees[33], degrees[32], degrees[11]]).toEqual([16, 17, 12, 1]);
    expect(adjacency.sub(adjacency.T).abs().sum().item()).toBe(0);
    expect(y.sum().item()).toBe(17);
    expect([...train, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 34 }, (_, i) => i));
  });
  test('splits nearly as Zachary saw it, seen from two leaders alone', () => {
    manualSeed(4);
    const a = nn.normalizedAdjacency(adjacency);
    const [first, second] = [nn.graphConv(34, 8), nn.graphConv(8, 2)];
    const forward = (): Tensor => second.forward(first.forward(x, a).tanh(), a);
    const optimizer = adam([...first.parameters(), ...second.parameters()], { lr: 0.02 });
    for (let i = 0; i < 100; i++) {
      optimizer.zeroGrad();
      nn.crossEntropy(forward().at([...train]), y.at([...train])).backward();
      optimizer.step();
    }
    expect(forward().argmax(1).eq(y).float().mean().item()).toBeGreaterThan(0.85);
  });
});
