// In: a device. Out: a test that some steps of chapter 4 come out there as on the CPU: data, shuffling, dropout, fit, metrics.
import { expect, test } from 'vitest';
import { DataLoader, renderDigits } from '../../src/data/index.js';
import { device } from '../../src/device.js';
import { manualSeed } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { adam } from '../../src/optim/index.js';
import * as train from '../../src/train/index.js';

async function learn(name: string): Promise<number[]> {
  device('cpu');
  const examples = renderDigits(48, { seed: 1 });
  device(name); // batches are made here
  manualSeed(1);
  const model = nn.sequential(
    nn.conv2d(1, 4, 3),
    nn.relu(),
    nn.maxPool2d(4),
    nn.flatten(),
    nn.dropout(0.2),
    nn.linear(144, 10),
  );
  const history = await train.fit(model, {
    train: new DataLoader(examples, { batchSize: 16, shuffle: true, seed: 1 }),
    validation: new DataLoader(examples, { batchSize: 24 }),
    loss: nn.crossEntropy,
    metrics: [train.accuracy(), train.f1(), train.perplexity()],
    optimizer: adam(model.parameters(), { lr: 2e-3 }),
    epochs: 2,
  });
  return [...history.losses, ...Object.values(history.epochs.at(-1)!.scores)];
}

/** @param tolerance largest difference of a loss: float32 sums in another order, through six steps of Adam. */
export function chapterAgrees(name: string, tolerance = 1e-3): void {
  test(`${name}: six steps of chapter 4 as on the CPU`, async () => {
    const expected = await learn('cpu');
    const found = await learn(name);
    expect(found.length).toBe(expected.length);
    found.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!), `value ${i}: ${value} instead of ${expected[i]}`).toBeLessThan(tolerance);
    });
  });
}
