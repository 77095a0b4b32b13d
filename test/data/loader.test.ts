// In: small datasets. Out: whether loaders give every example once an epoch, in the order that the seed decides, and splits share none.
import { describe, expect, expectTypeOf, it } from 'vitest';
import { DataLoader, LabelledImages, TensorDataset, trainTestSplit } from '../../src/data/index.js';
import {
  arange,
  Generator,
  IndexError,
  manualSeed,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../src/index.js';

const n = 23;
/** Row i of x is [10·i, 10·i + 1, 10·i + 2]; y is i. */
const dataset = new TensorDataset({ x: arange(n).unsqueeze(1).mul(10).add(arange(3)).float(), y: arange(n) });
const numbers = (loader: Iterable<{ y: Tensor }>): number[] => [...loader].flatMap(({ y }) => [...y.dataSync()]);
const sorted = (list: number[]): number[] => [...list].sort((a, b) => a - b);
const everything = Array.from({ length: n }, (_, i) => i);

describe('a tensor dataset', () => {
  it('gives the rows that are asked for, in order, every field alike', () => {
    const batch = dataset.batch([4, 0, 4]);
    expectTypeOf(batch).toEqualTypeOf<{ x: Tensor; y: Tensor }>();
    expect(batch.x.shape).toEqual([3, 3]);
    expect([batch.x.dtype, batch.y.dtype]).toEqual(['float32', 'int32']);
    expect(batch.x.toArray()).toEqual([
      [40, 41, 42],
      [0, 1, 2],
      [40, 41, 42],
    ]);
    expect(batch.y.toArray()).toEqual([4, 0, 4]);
  });
  it('makes a dataset of some of its examples', () => {
    expect(dataset.select([5, 6]).batch([1]).x.toArray()).toEqual([[60, 61, 62]]);
  });
  it('gives batches that do not change with it or each other', () => {
    const [first, second] = [dataset.batch([1]), dataset.batch([1])];
    expect(first.x.node.storage?.array).not.toBe(second.x.node.storage?.array);
  });
  it('refuses what cannot be rows of one dataset', () => {
    expect(() => new TensorDataset({})).toThrow(ShapeError);
    expect(() => new TensorDataset({ x: zeros([4, 2]), y: zeros([5]) })).toThrow(
      /field 'y' has shape \[5\], field 'x' \[4, 2\]/,
    );
    expect(() => new TensorDataset({ x: tensor(1) })).toThrow(/first axis counts the examples/);
  });
  it('refuses examples that it has not', () => {
    for (const index of [-1, n, 0.5, Number.NaN]) {
      expect(() => dataset.batch([0, index])).toThrow(IndexError);
      expect(() => dataset.batch([0, index])).toThrow(
        `example ${index} of a dataset of 23. Examples are numbered from 0 to 22.`,
      );
    }
  });
});

describe('labelled images', () => {
  const images = zeros([3, 1, 2, 2]);
  it('name a label that no class has, and where it is', () => {
    const build = (...labels: number[]) => new LabelledImages(images, tensor(labels, { dtype: 'int32' }), ['a', 'b']);
    expect(build(0, 1, 1).length).toBe(3);
    expect(() => build(0, 1, 2)).toThrow(IndexError);
    expect(() => build(0, 1, 2)).toThrow('label 2 at position 2, but there are 2 classes. Labels run from 0 to 1.');
    expect(() => build(-1, 1, 0)).toThrow('label -1 at position 0');
  });
  it('say which axes and dtypes they need', () => {
    expect(() => new LabelledImages(zeros([3, 4]), zeros([3], { dtype: 'int32' }), ['a'])).toThrow(
      /\[n, channels, height, width\]/,
    );
    expect(() => new LabelledImages(images, zeros([3]), ['a'])).toThrow(/labels float32.*labels\.to\('int32'\)/);
  });
});

describe('a loader', () => {
  it('goes through the dataset in order, the last batch being smaller', () => {
    const loader = new DataLoader(dataset, { batchSize: 5 });
    expect(loader.length).toBe(5);
    expect([...loader].map(({ x }) => x.shape)).toEqual([
      [5, 3],
      [5, 3],
      [5, 3],
      [5, 3],
      [3, 3],
    ]);
    expect(numbers(loader)).toEqual(everything);
  });
  it('can leave the smaller batch out', () => {
    const loader = new DataLoader(dataset, { batchSize: 5, dropLast: true, shuffle: true, seed: 1 });
    expect(loader.length).toBe(4);
    expect(new Set(numbers(loader)).size).toBe(20);
    expect(new DataLoader(dataset, { batchSize: 50, dropLast: true }).length).toBe(0);
  });
  it('gives every example once an epoch, each epoch in another order', () => {
    const loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 3 });
    const [first, second] = [numbers(loader), numbers(loader)];
    expect(sorted(first)).toEqual(everything);
    expect(sorted(second)).toEqual(everything);
    expect(first).not.toEqual(second);
    expect(first).not.toEqual(everything);
    expect(loader.epoch).toBe(2);
  });
  it('keeps x beside its y', () => {
    for (const { x, y } of new DataLoader(dataset, { batchSize: 4, shuffle: true })) {
      expect(x.narrow(1, 0, 1).flatten().toArray()).toEqual(y.mul(10).toArray());
    }
  });
  it('repeats its orders from the seed, and any one of them from its number', () => {
    const options = { batchSize: 4, shuffle: true, seed: 3 };
    const [one, two] = [new DataLoader(dataset, options), new DataLoader(dataset, options)];
    const epochs = [numbers(one), numbers(one), numbers(one)];
    two.epoch = 2;
    expect(numbers(two)).toEqual(epochs[2]);
    expect(numbers(new DataLoader(dataset, { ...options, seed: 4 }))).not.toEqual(epochs[0]);
  });
  it('takes its seed from the shared stream or from a generator of one’s own', () => {
    const order = (options: object): number[] => numbers(new DataLoader(dataset, { shuffle: true, ...options }));
    manualSeed(5);
    const [first, second] = [order({}), order({})];
    expect(second).not.toEqual(first);
    manualSeed(5);
    expect(order({})).toEqual(first);
    expect(order({ generator: new Generator(9) })).toEqual(order({ generator: new Generator(9) }));
  });
  it('leaves the shared stream alone when nothing is shuffled', () => {
    const stream = manualSeed(5);
    numbers(new DataLoader(dataset));
    expect(stream.state).toBe(0);
  });
  it('lets timers run between the batches of an asynchronous loop', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const seen: number[] = [];
    for await (const { y } of new DataLoader(dataset, { batchSize: 1 })) {
      seen.push(...y.dataSync());
      const until = performance.now() + 2;
      while (performance.now() < until);
    }
    clearInterval(timer);
    expect(seen).toEqual(everything);
    expect(turns).toBeGreaterThan(n / 2);
  });
  it('may be left in the middle of an epoch', () => {
    const loader = new DataLoader(dataset, { batchSize: 2, shuffle: true, seed: 0 });
    for (const _ of loader) break;
    expect(sorted(numbers(loader))).toEqual(everything);
  });
  it('refuses batch sizes and seeds that make no sense', () => {
    for (const batchSize of [0, -1, 1.5, Number.NaN])
      expect(() => new DataLoader(dataset, { batchSize })).toThrow(ValueError);
    expect(() => new DataLoader(dataset, { seed: -1 })).toThrow(/seed -1/);
  });
});

describe('a split', () => {
  const y = (part: { fields: { y: Tensor } }): number[] => [...part.fields.y.dataSync()];
  it('gives each example to one side', () => {
    const { train, test } = trainTestSplit(dataset, { test: 0.3, generator: new Generator(1) });
    expect([train.length, test.length]).toEqual([16, 7]);
    expect(sorted([...y(train), ...y(test)])).toEqual(everything);
  });
  it('takes a number of examples as well, and repeats itself from the generator', () => {
    const split = (seed: number) => trainTestSplit(dataset, { test: 5, generator: new Generator(seed) });
    expect(y(split(1).test)).toHaveLength(5);
    expect(y(split(1).test)).toEqual(y(split(1).test));
    expect(y(split(1).test)).not.toEqual(y(split(2).test));
  });
  it('keeps the share of each class when asked to', () => {
    const classes = Int32Array.from({ length: 200 }, (_, i) => (i < 150 ? 0 : i < 190 ? 1 : 2));
    const many = new TensorDataset({ y: tensor(classes) });
    for (let seed = 0; seed < 5; seed++) {
      const { test } = trainTestSplit(many, { test: 0.2, stratify: classes, generator: new Generator(seed) });
      const counts = [0, 1, 2].map((label) => y(test).filter((found) => found === label).length);
      expect(counts).toEqual([30, 8, 2]);
    }
  });
  it('refuses to leave a side empty, or classes that do not fit', () => {
    for (const test of [0, n, -1, 0.001, 2.5]) expect(() => trainTestSplit(dataset, { test })).toThrow(ValueError);
    expect(() => trainTestSplit(dataset, { stratify: [1, 2] })).toThrow('2 classes for 23 examples');
  });
});
