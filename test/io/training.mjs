// In: what to do, and where the checkpoint lies. Out: on standard output, a digest of the weights and the losses since the start.
import { createHash } from 'node:crypto';
import { arange, manualSeed, rand } from '../../dist/src/index.js';
import { DataLoader, TensorDataset } from '../../dist/src/data/index.js';
import { loadCheckpoint, saveCheckpoint } from '../../dist/src/io/index.js';
import * as nn from '../../dist/src/nn/index.js';
import { adamW, cosineLR } from '../../dist/src/optim/index.js';

const [task, path] = process.argv.slice(2);
manualSeed(11);
const model = nn.sequential(
  nn.conv2d(1, 4, 3),
  nn.batchNorm2d(4),
  nn.relu(),
  nn.dropout(0.3),
  nn.flatten(),
  nn.linear(144, 5),
);
const optimizer = adamW(model.parameters(), { lr: 0.01, amsgrad: true });
const schedule = cosineLR(optimizer, 20);
const data = new TensorDataset({ x: rand([40, 1, 8, 8]).eval(), y: arange(40).mod(5).int().eval() });
const loader = new DataLoader(data, { batchSize: 8, shuffle: true });
const parts = { model, optimizer, schedule };

let step = 0;
const losses = [];
/** Trains on to step `until`; five batches are an epoch. */
function train(until) {
  while (step < until) {
    loader.epoch = Math.floor(step / 5);
    const { x, y } = [...loader][step % 5];
    const loss = nn.crossEntropy(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    schedule.step();
    losses.push(loss.item());
    step++;
  }
}

if (task === 'whole') train(20);
else if (task === 'first') {
  train(10);
  await saveCheckpoint(path, { ...parts, step, extra: { losses } });
} else if (task === 'rest') {
  const { step: done, extra } = await loadCheckpoint(path, parts);
  step = done;
  losses.push(...extra.losses);
  train(20);
} else if (task === 'forever') {
  // Until someone kills the process.
  for (;;) {
    await saveCheckpoint(path, { ...parts, step: step++, extra: 'x'.repeat(300_000) });
    process.stdout.write('.');
  }
}
const digest = createHash('sha256');
for (const [name, value] of Object.entries(model.stateDict())) digest.update(name).update(value.dataSync());
console.log(JSON.stringify({ step, losses, digest: digest.digest('hex') }));
