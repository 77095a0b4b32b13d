// Metrics against values worked out by hand, splits against what defines them, and searches on known functions.
import { describe, expect, test } from 'vitest';
import { manualSeed, rand, randint, randn, type Tensor, tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import * as train from '../../src/train/index.js';
import { Tally } from '../../src/train/metrics/metric.js';

const int = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
function measure(metric: train.Metric, ...batches: readonly (readonly [Tensor, Tensor])[]): number {
  const tally = new Tally(metric);
  for (const [scores, labels] of batches) tally.add(metric.observe(scores, labels));
  return tally.result();
}

describe('metrics of classes', () => {
  // Predictions 0 1 1 | 2 2, labels 0 1 2 | 2 0, in two batches of different size.
  const hot = (...classes: number[]): Tensor => int(...classes).oneHot(3);
  const batches = [
    [hot(0, 1, 1), int(0, 1, 2)],
    [hot(2, 2), int(2, 0)],
  ] as const;
  test.each([
    ['accuracy', train.accuracy(), 3 / 5],
    ['precision', train.precision(), (1 + 1 / 2 + 1 / 2) / 3],
    ['recall', train.recall(), (1 / 2 + 1 + 1 / 2) / 3],
    ['f1', train.f1(), (2 / 3 + 2 / 3 + 1 / 2) / 3],
    ['f1, micro', train.f1('micro'), 3 / 5],
    ['recall, weighted', train.recall('weighted'), 3 / 5],
    ['precision of class 1', train.precision(1), 1 / 2],
  ])('%s', (_, metric, expected) => {
    expect(measure(metric, ...batches)).toBeCloseTo(expected, 10);
  });
  test('a class that is never predicted has precision 0', () => {
    expect(measure(train.precision(2), [hot(0, 1), int(0, 2)])).toBe(0);
  });
  test('top k', () => {
    const scores = tensor([
      [1, 2, 3],
      [3, 2, 1],
      [1, 3, 2],
    ]);
    expect(measure(train.topKAccuracy(2), [scores, int(1, 2, 0)])).toBeCloseTo(1 / 3, 10);
    expect(measure(train.topKAccuracy(3), [scores, int(1, 2, 0)])).toBe(1);
  });
  test('sequences of classes', () => {
    const scores = tensor([
      [
        [5, 0],
        [0, 5],
      ],
    ]); // [1, classes, 2]
    expect(measure(train.accuracy(), [scores, tensor([[0, 1]], { dtype: 'int32' })])).toBe(1);
  });
  test('perplexity is e to the mean surprise, whatever the batches', () => {
    manualSeed(1);
    const [scores, labels] = [randn([6, 4]).eval(), randint(0, 4, [6]).eval()];
    const expected = Math.exp(nn.crossEntropy(scores, labels).item());
    expect(measure(train.perplexity(), [scores, labels])).toBeCloseTo(expected, 5);
    expect(
      measure(
        train.perplexity(),
        [scores.narrow(0, 0, 1), labels.narrow(0, 0, 1)],
        [scores.narrow(0, 1, 5), labels.narrow(0, 1, 5)],
      ),
    ).toBeCloseTo(expected, 5);
  });
  test('confusion counts', () => {
    expect(train.confusionCounts(int(0, 1, 1, 2), int(0, 1, 2, 2), 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 1],
    ]);
    expect(() => train.confusionCounts(int(3), int(0), 3)).toThrow(/prediction 3 with 3 classes/);
  });
});

describe('metrics of rankings', () => {
  const scores = tensor([0.1, 0.4, 0.35, 0.8]);
  const labels = int(0, 0, 1, 1);
  test('values worked out by hand', () => {
    expect(measure(train.rocAuc(), [scores, labels])).toBeCloseTo(0.75, 6);
    expect(measure(train.averagePrecision(), [scores, labels])).toBeCloseTo(0.5 + 0.5 * (2 / 3), 6);
  });
  test('is the chance that a yes scores above a no, ties counting half', () => {
    manualSeed(2);
    const s = randint(0, 6, [40]).eval();
    const y = rand([40]).gt(0.6).int().eval();
    const [sv, yv] = [s.dataSync(), y.dataSync()];
    let [won, all] = [0, 0];
    for (let i = 0; i < 40; i++)
      for (let j = 0; j < 40; j++)
        if (yv[i] && !yv[j]) {
          all++;
          won += sv[i]! > sv[j]! ? 1 : sv[i] === sv[j] ? 0.5 : 0;
        }
    expect(
      measure(
        train.rocAuc(),
        [s.float().narrow(0, 0, 15), y.narrow(0, 0, 15)],
        [s.float().narrow(0, 15, 25), y.narrow(0, 15, 25)],
      ),
    ).toBeCloseTo(won / all, 10);
  });
  test('two logits count as their difference', () => {
    const logits = tensor([
      [1, 1.1],
      [1, 1.4],
      [0, 0.35],
      [0.1, 0.9],
    ]);
    expect(measure(train.rocAuc(), [logits, labels])).toBeCloseTo(0.75, 6);
  });
  test('one kind of sample is not enough', () => {
    expect(() => measure(train.rocAuc(), [scores, int(1, 1, 1, 1)])).toThrow(/4 positive and 0 negative/);
  });
});

describe('BLEU', () => {
  const words = (text: string): string[] => text.split(' ');
  test('of the same sentence is 1, of nothing in common 0', () => {
    expect(train.bleu([words('the cat is on the mat')], [[words('the cat is on the mat')]])).toBeCloseTo(1, 12);
    expect(train.bleu([words('a b c d')], [[words('e f g h')]])).toBe(0);
  });
  test('clips repeated words and punishes brevity', () => {
    const references = [words('the cat is on the mat'), words('there is a cat on the mat')];
    expect(train.bleu([words('the the the the the the the')], [references], { order: 1 })).toBeCloseTo(2 / 7, 12);
    expect(train.bleu([words('the cat')], [[words('the cat is on the mat')]], { order: 2 })).toBeCloseTo(
      Math.exp(1 - 3),
      12,
    );
  });
  test('smoothing keeps short sentences above 0', () => {
    expect(train.bleu([words('the cat sat')], [[words('the cat ran')]], { smooth: true })).toBeGreaterThan(0);
  });
});

describe('splits', () => {
  const labels = Int32Array.from({ length: 50 }, (_, i) => (i % 5 === 0 ? 1 : 0));
  const sorted = (a: Iterable<number>): number[] => [...a].sort((p, q) => p - q);
  const all = sorted(labels.keys());
  const rare = (part: Int32Array): number => part.reduce((n, i) => n + labels[i]!, 0);
  test('hold-out takes a share, the same for each label', () => {
    const split = train.holdOut(50, 0.2, { seed: 1, stratify: labels });
    expect([split.test.length, rare(split.test)]).toEqual([10, 2]);
    expect(sorted([...split.train, ...split.test])).toEqual(all);
    expect(train.holdOut(50, 0.2, { seed: 1, stratify: labels })).toEqual(split);
    expect(train.holdOut(50, 0.2, { seed: 2, stratify: labels })).not.toEqual(split);
    // Small groups do not all round the same way: 10 labels of 2 leave 4 of 20 to test, not none.
    const few = Array.from({ length: 20 }, (_, i) => i % 10);
    expect(train.holdOut(20, 0.2, { seed: 1, stratify: few }).test.length).toBe(4);
    expect(() => train.holdOut(-1)).toThrow(/holdOut of -1 samples/);
    expect(() => train.bootstrap(5, 0)).toThrow(/bootstrap: 0 repeats/);
    expect(() => train.thresholds([0.1, Number.NaN], [0, 1])).toThrow(/score 1 is NaN/);
  });
  test('k folds test every sample once', () => {
    const folds = train.kFold(50, 4, { seed: 1, stratify: labels });
    expect(sorted(folds.flatMap((f) => [...f.test]))).toEqual(all);
    for (const fold of folds) {
      expect(sorted([...fold.train, ...fold.test])).toEqual(all);
      expect(Math.abs(fold.test.length - 12.5)).toBeLessThan(1);
      expect(Math.abs(rare(fold.test) - 2.5)).toBeLessThan(1);
    }
    expect(() => train.kFold(3, 4)).toThrow(/4 folds of 3 samples/);
  });
  test('leave one out, bootstrap', () => {
    expect(train.leaveOneOut(3).map((s) => [[...s.train], [...s.test]])).toEqual([
      [[1, 2], [0]],
      [[0, 2], [1]],
      [[0, 1], [2]],
    ]);
    for (const split of train.bootstrap(200, 3, { seed: 1 })) {
      expect(split.train.length).toBe(200);
      expect(split.test.some((i) => split.train.includes(i))).toBe(false);
      expect(split.test.length / 200).toBeCloseTo(Math.exp(-1), 0.7);
    }
  });
});

describe('search for hyperparameters', () => {
  const space = {
    rate: { low: 1e-5, high: 1, log: true },
    size: { low: 1, high: 9, integer: true },
    kind: ['a', 'b', 'c'],
  } as const;
  /** Least at rate 1e-2, size 6, kind b. */
  const objective = ({ rate, size, kind }: train.Choice<typeof space>): number =>
    (Math.log10(rate) + 2) ** 2 + (size - 6) ** 2 / 10 + (kind === 'b' ? 0 : 0.5);
  test('grid tries every combination', async () => {
    const { trials, best } = await train.gridSearch(space, objective, { points: 3 });
    expect(trials.length).toBe(27);
    expect(best.choice).toMatchObject({ size: 5, kind: 'b' });
  });
  test('Bayesian search comes closer than random search with as many trials', async () => {
    const run = async (search: typeof train.randomSearch): Promise<number> => {
      let sum = 0;
      for (let seed = 0; seed < 5; seed++) sum += (await search(space, objective, { count: 25, seed })).best.score;
      return sum / 5;
    };
    const [bayesian, random] = [await run(train.bayesianSearch), await run(train.randomSearch)];
    expect(bayesian).toBeLessThan(random / 2);
    expect(bayesian).toBeLessThan(0.15);
  });
  test('successive halving spends on the best', async () => {
    const budgets: number[] = [];
    const { best, trials } = await train.successiveHalving(
      space,
      (choice, budget) => {
        budgets.push(budget);
        return objective(choice) + 1 / budget;
      },
      { count: 9, factor: 3 },
    );
    expect(budgets).toEqual([...new Array<number>(9).fill(1), 3, 3, 3, 9]);
    expect(best.score - 1 / 9).toBeCloseTo(Math.min(...trials.map((t) => t.score - 1 / t.budget)), 10);
  });
  test.each([
    ['randomSearch', train.randomSearch],
    ['bayesianSearch', train.bayesianSearch],
    ['successiveHalving', train.successiveHalving],
  ] as const)('%s resumes where it was interrupted', async (_, search) => {
    const options = { count: 9, seed: 3, mode: 'max' } as const;
    const negative = (choice: train.Choice<typeof space>): number => -objective(choice);
    const whole = await search(space, negative, options);
    const saved: train.Trial<typeof space>[] = [];
    let left = 4;
    await expect(
      search(
        space,
        (choice) => {
          if (left-- === 0) throw new RangeError('power cut');
          return negative(choice);
        },
        {
          ...options,
          onTrial: (trial) => {
            saved.push(trial);
          },
        },
      ),
    ).rejects.toThrow('power cut');
    const restored: train.Trial<typeof space>[] = JSON.parse(JSON.stringify(saved));
    let asked = 0;
    const resumed = await search(
      space,
      (choice) => {
        asked++;
        return negative(choice);
      },
      { ...options, trials: restored },
    );
    expect(resumed).toEqual(whole);
    expect(asked).toBe(whole.trials.length - 4);
    await expect(search(space, negative, { ...options, seed: 4, trials: restored })).rejects.toThrow(
      /earlier trial 0 chose/,
    );
  });
  test('spaces without choices are refused', async () => {
    await expect(train.randomSearch({ rate: { low: 1, high: 1 } }, () => 0)).rejects.toThrow(/hyperparameter rate/);
    await expect(train.gridSearch({ kind: [] }, () => 0)).rejects.toThrow(/at least one choice/);
  });
});
