// The whole stack in a few seconds: a small network learns, on both devices, to the same bits each time.
import { beforeEach, describe, expect, test } from 'vitest';
import { device, manualSeed, noGrad, profile, randn } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import * as optim from '../../src/optim/index.js';

/** Bars across or down, 8 × 8, with noise. */
function bars(n: number): { x: ReturnType<typeof randn>; y: ReturnType<typeof randn> } {
  const noise = randn([n, 1, 8, 8]).mul(0.3);
  const y = randn([n]).gt(0).int();
  const at = randn([n]).abs().mul(3).floor().clamp(0, 7).int().oneHot(8);
  const across = at.reshape(n, 1, 8, 1).expand(n, 1, 8, 8);
  const down = at.reshape(n, 1, 1, 8).expand(n, 1, 8, 8);
  return {
    x: down
      .where(y.eq(1).reshape(n, 1, 1, 1), across)
      .add(noise)
      .eval(),
    y: y.eval(),
  };
}

function network(): { step: () => number; accuracy: () => number } {
  manualSeed(1);
  const { x, y } = bars(64);
  const model = nn.sequential(
    nn.conv2d(1, 4, 3, { padding: 1 }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(4, 8, 3, { padding: 1 }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(32, 2),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
  return {
    step() {
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(x), y);
      loss.backward();
      optimizer.step();
      return loss.item();
    },
    accuracy() {
      const fresh = bars(128);
      return noGrad(() => model.forward(fresh.x).argmax(1).eq(fresh.y).float().mean()).item();
    },
  };
}

const losses = (steps: number): number[] => {
  const { step } = network();
  return Array.from({ length: steps }, step);
};

describe('a network learns', () => {
  beforeEach(() => {
    device('cpu');
  });
  test('and tells bars across from bars down', () => {
    const { step, accuracy } = network();
    const course = Array.from({ length: 60 }, step);
    expect(course[59]!).toBeLessThan(0.1 * course[0]!);
    expect(accuracy()).toBeGreaterThan(0.95);
  });
  test('to the same bits from the same seed', () => {
    expect(losses(10)).toEqual(losses(10));
  });
  test('on the reference device as on the cpu', () => {
    const cpu = losses(4);
    device('reference');
    losses(4).forEach((loss, i) => expect(Math.abs(loss - cpu[i]!)).toBeLessThan(1e-5));
  });
  test('forward, backward and update in one plan of at most 24 kernels', async () => {
    const { step } = network();
    step();
    const kernels = await profile(() => {
      step();
    });
    expect(kernels.reduce((sum, kernel) => sum + kernel.runs, 0)).toBeLessThanOrEqual(24);
  });
});
