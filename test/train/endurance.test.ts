// Thousands of steps of training: memory stays flat, and the same seed gives the same bits, twice and for any number of threads.
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadLibrary } from '../../src/backend/cpu/library.js';
import { currentDevice, device } from '../../src/device.js';
import { manualSeed, nn, optim, randint, randn, type Tensor } from '../../src/index.js';

v8.setFlagsFromString('--expose-gc');
const collect: () => void = vm.runInNewContext('gc');

const before = currentDevice().name;
beforeAll(() => {
  device('cpu');
});
afterAll(() => {
  loadLibrary().threads(threads);
  device(before);
});
const threads = loadLibrary().threads(0);

/** A net with a layer of every kind that keeps state or draws numbers, and what trains it. */
function setUp(seed: number, batch = 16, side = 8) {
  manualSeed(seed);
  const model = nn.sequential(
    nn.conv2d(1, 6, 3, { padding: 1 }),
    nn.batchNorm2d(6),
    nn.relu(),
    nn.maxPool2d(2),
    nn.dropout(0.2),
    nn.flatten(),
    nn.linear((6 * side * side) / 4, 5),
  );
  const optimizer = optim.adamW(model.parameters(), { lr: 0.01 });
  const average = optim.ema(model, 0.9);
  const x: Tensor = randn([batch, 1, side, side]).eval();
  const y: Tensor = randint(0, 5, [batch]).eval();
  const step = (): Tensor => {
    optimizer.zeroGrad();
    const loss = nn.crossEntropy(model.forward(x), y);
    loss.backward();
    optim.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    average.update();
    return loss;
  };
  return { model, average, step };
}

test('memory is flat over 3,000 steps', () => {
  const { step } = setUp(1);
  const run = (steps: number): { bytes: number; loss: number } => {
    let loss = Number.NaN;
    for (let k = 0; k < steps; k++) {
      const last = step();
      if (k === steps - 1) loss = last.item();
    }
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return { bytes: heapUsed + arrayBuffers, loss };
  };
  const untrained = run(1);
  const start = run(499);
  const end = run(2500);
  expect(end.loss).toBeLessThan(untrained.loss / 10);
  expect(end.bytes - start.bytes).toBeLessThan(1e6);
});

describe('the same seed gives the same bits', () => {
  const train = (count: number): number[][] => {
    expect(loadLibrary().threads(count)).toBe(count);
    const { model, average, step } = setUp(7, 128, 24);
    for (let k = 0; k < 15; k++) step();
    return [...Object.values(model.stateDict()), ...average.values].map((t) => [...t.dataSync()]);
  };
  test.each([1, 2, 3])('with %i threads, as with one', (count) => {
    expect(train(count)).toEqual(train(1));
  });
  test('and another seed gives others', () => {
    const weights = (seed: number): number[] => {
      const { model, step } = setUp(seed);
      step();
      return [...model.parameters()[0]!.dataSync()];
    };
    expect(weights(7)).not.toEqual(weights(8));
  });
});
