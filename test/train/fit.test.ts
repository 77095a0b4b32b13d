// The training loop: it learns, repeats, resumes, yields, stops, and says what is wrong.
import { describe, expect, test } from 'vitest';
import { generator, manualSeed, rand, type Tensor, tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { adam, clipGradNorm, cosineLR, sgd } from '../../src/optim/index.js';
import {
  accuracy,
  type Batch,
  type EpochRecord,
  earlyStopping,
  evaluate,
  findLearningRate,
  restore,
  type StepRecord,
  snapshot,
  fit as trainModel,
} from '../../src/train/index.js';

/** Points in the square, labelled by which diagonal half they lie in. */
function points(count: number, batch = 16): Batch[] {
  return Array.from({ length: count }, () => {
    const x = rand([batch, 2], { low: -1, high: 1 }).eval();
    const y = x.at(':', 0).gt(x.at(':', 1)).int().eval();
    return { x, y };
  });
}
const net = () => nn.sequential(nn.linear(2, 8), nn.tanh(), nn.dropout(0.1), nn.linear(8, 2));
const weights = (model: nn.Module): number[] => model.parameters().flatMap((p) => [...p.dataSync()]);

/** A loader whose order depends on its epoch, as the data loader's. */
class Shuffled {
  epoch = 0;
  constructor(readonly batches: readonly Batch[]) {}
  get length(): number {
    return this.batches.length;
  }
  *[Symbol.iterator](): IterableIterator<Batch> {
    const first = this.epoch++ % this.batches.length;
    yield* this.batches.slice(first);
    yield* this.batches.slice(0, first);
  }
}

describe('fit', () => {
  test('learns, and measures over whole sets', async () => {
    manualSeed(1);
    const [train, validation] = [points(12), points(4)];
    const model = net();
    const history = await trainModel(model, {
      train,
      validation,
      optimizer: adam(model.parameters(), { lr: 0.05 }),
      loss: nn.crossEntropy,
      metrics: [accuracy()],
      epochs: 12,
    });
    const last = history.epochs.at(-1)!;
    expect(Object.keys(last.scores)).toEqual(['loss', 'accuracy', 'validationLoss', 'validationAccuracy']);
    expect(last.scores.validationAccuracy).toBeGreaterThan(0.9);
    expect(history.losses.length).toBe(12 * 12);
    // Against all samples at once.
    const x = validation.map((b) => b.x).reduce((a, b) => concat(a, b));
    const y = validation.map((b) => b.y).reduce((a, b) => concat(a, b));
    const right = model.eval().forward(x).argmax(1).eq(y).sum().item();
    expect(last.scores.validationAccuracy).toBeCloseTo(right / 64, 10);
    expect((await evaluate(model, [{ x, y }], { loss: nn.crossEntropy })).loss).toBeCloseTo(
      last.scores.validationLoss!,
      5,
    );
  });

  test('the same seed gives the same bits', async () => {
    const run = async () => {
      manualSeed(2);
      const train = points(6);
      const model = net();
      await trainModel(model, { train, optimizer: adam(model.parameters()), loss: nn.crossEntropy, epochs: 2 });
      return weights(model);
    };
    expect(await run()).toEqual(await run());
  });

  test('resumes from a snapshot to the same bits', async () => {
    const make = () => {
      manualSeed(3);
      const loader = new Shuffled(points(5));
      const model = nn.sequential(nn.linear(2, 8), nn.batchNorm1d(8), nn.dropout(0.3), nn.linear(8, 2));
      return { model, loader, optimizer: adam(model.parameters(), { lr: 0.01 }) };
    };
    const train = (t: ReturnType<typeof make>, epochs: number) =>
      trainModel(t.model, { train: t.loader, optimizer: t.optimizer, loss: nn.crossEntropy, epochs });
    const whole = make();
    await train(whole, 2);
    const saved = snapshot(whole);
    await train(whole, 2);
    const resumed = make();
    generator().words(100);
    restore(saved, resumed);
    await train(resumed, 2);
    expect(weights(resumed.model)).toEqual(weights(whole.model));
    expect(resumed.model.buffers().map((b) => [...b.dataSync()])).toEqual(
      whole.model.buffers().map((b) => [...b.dataSync()]),
    );
  });

  test('calls back, draws, schedules, and clips', async () => {
    manualSeed(4);
    const model = net();
    const optimizer = sgd(model.parameters(), { lr: 0.1 });
    const steps: StepRecord[] = [];
    const epochs: EpochRecord[] = [];
    const drawn: Record<string, number>[] = [];
    const norms: Tensor[] = [];
    let done = 0;
    await trainModel(model, {
      train: points(3),
      validation: points(1),
      optimizer,
      loss: nn.crossEntropy,
      metrics: [accuracy()],
      epochs: 2,
      schedule: cosineLR(optimizer, 6),
      beforeUpdate: () => norms.push(clipGradNorm(model.parameters(), 0.01)),
      callbacks: [
        {
          onStep: (r) => {
            steps.push(r);
          },
          onEpoch: (r) => {
            epochs.push(r);
          },
        },
      ],
      livePlot: { push: (p) => drawn.push(p), done: () => done++ },
    });
    expect(steps.map((s) => [s.step, s.epoch, s.total])).toEqual([
      [1, 1, 6],
      [2, 1, 6],
      [3, 1, 6],
      [4, 2, 6],
      [5, 2, 6],
      [6, 2, 6],
    ]);
    expect(epochs.map((e) => [e.epoch, e.steps])).toEqual([
      [1, 3],
      [2, 6],
    ]);
    expect(drawn.length).toBe(8);
    expect(drawn[3]).toMatchObject({
      step: 3,
      epoch: 1,
      validationLoss: expect.any(Number),
      validationAccuracy: expect.any(Number),
    });
    expect(done).toBe(1);
    expect(optimizer.lr).toBeCloseTo(0, 10);
    expect(norms.every((n) => n.item() > 0.01)).toBe(true);
  });

  test('lets the event loop run', async () => {
    manualSeed(5);
    const model = net();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    await trainModel(model, {
      train: points(20),
      optimizer: sgd(model.parameters()),
      loss: nn.crossEntropy,
      epochs: 10,
      callbacks: [{ onStep: () => busy(2) }],
    });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  test('leaves the mode of the model as it was, also after an error', async () => {
    const model = net().eval();
    const failing = trainModel(model, {
      train: points(1),
      optimizer: sgd(model.parameters()),
      loss: () => {
        throw new RangeError('mine');
      },
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(model.modules().every((m) => !m.training)).toBe(true);
  });

  test('says what is wrong', async () => {
    const model = net();
    const optimizer = sgd(model.parameters(), { lr: 1e30 });
    await expect(trainModel(model, { train: [], optimizer, loss: nn.crossEntropy })).rejects.toThrow(/no batches/);
    await expect(
      trainModel(model, { train: points(9), optimizer, loss: (p, y) => nn.crossEntropy(p, y).mul(1e30), epochs: 3 }),
    ).rejects.toThrow(/the loss is .* at step .*learning rate/);
    await expect(
      trainModel(model, { train: points(1), optimizer, loss: nn.crossEntropy, epochs: 1.5 }),
    ).rejects.toThrow(/epochs = 1.5/);
  });
});

describe('early stopping', () => {
  test('stops, and goes back to the best weights', async () => {
    manualSeed(6);
    const model = nn.linear(2, 2);
    const seen: number[][] = [];
    const validation = points(1);
    const history = await trainModel(model, {
      train: points(1, 4),
      validation,
      optimizer: sgd(model.parameters(), { lr: 30 }),
      loss: nn.crossEntropy,
      epochs: 50,
      callbacks: [
        {
          onEpoch: () => {
            seen.push(weights(model));
          },
        },
        earlyStopping({ patience: 2 }),
      ],
    });
    const losses = history.epochs.map((e) => e.scores.validationLoss!);
    const best = losses.indexOf(Math.min(...losses));
    expect(history.stopped).toMatch(/validationLoss has not improved for 3 epochs/);
    expect(losses.length).toBe(best + 4);
    expect(weights(model)).toEqual(seen[best]);
  });
  test('names scores that are not there', async () => {
    const model = net();
    await expect(
      trainModel(model, {
        train: points(1),
        optimizer: sgd(model.parameters()),
        loss: nn.crossEntropy,
        callbacks: [earlyStopping()],
      }),
    ).rejects.toThrow(/no score 'validationLoss'.*There are: loss/);
  });
});

test('the learning-rate finder suggests a rate that works, and puts everything back', async () => {
  manualSeed(7);
  const model = nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 2));
  const optimizer = sgd(model.parameters(), { lr: 0.123 });
  const before = weights(model);
  const { suggestion, rates, losses } = await findLearningRate(model, {
    train: points(10),
    optimizer,
    loss: nn.crossEntropy,
    from: 1e-4,
    to: 100,
    steps: 60,
  });
  expect(weights(model)).toEqual(before);
  expect(optimizer.lr).toBe(0.123);
  expect(losses.length).toBe(rates.length);
  expect(suggestion).toBeGreaterThan(0.01);
  expect(suggestion).toBeLessThan(20);
});

function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
function concat(a: Tensor, b: Tensor): Tensor {
  return tensor([...a.dataSync(), ...b.dataSync()], { dtype: a.dtype }).reshape([
    a.shape[0]! + b.shape[0]!,
    ...a.shape.slice(1),
  ]);
}
