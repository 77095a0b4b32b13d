// In: GRADLAB_THREADS in the environment. Out: on standard output, a digest of trained weights, a loss and large sums.
import { createHash } from 'node:crypto';
import { manualSeed, rand, randint, randn } from '../../dist/src/index.js';
import * as nn from '../../dist/src/nn/index.js';
import { adam } from '../../dist/src/optim/index.js';

manualSeed(5);
const images = nn.sequential(
  nn.conv2d(1, 8, 3, { padding: 1 }),
  nn.batchNorm2d(8),
  nn.relu(),
  nn.maxPool2d(2),
  nn.flatten(),
  nn.linear(1568, 64),
  nn.layerNorm(64),
  nn.gelu(),
  nn.dropout(0.2),
  nn.linear(64, 10),
);
const rows = nn.lstm(28, 32);
const parameters = [...images.parameters(), ...rows.parameters()];
const optimizer = adam(parameters);
const x = rand([16, 1, 28, 28]).eval();
const y = randint(0, 10, [16]).eval();
const digest = createHash('sha256');
const add = (tensor) => digest.update(new Uint8Array(tensor.dataSync().buffer));
for (let i = 0; i < 2; i++) {
  optimizer.zeroGrad();
  const loss = nn.crossEntropy(images.forward(x), y).add(rows.forward(x.squeeze(1)).output.square().mean());
  loss.backward();
  optimizer.step();
  add(loss);
}
for (const parameter of parameters) add(parameter);
const product = randn([300, 400]).matmul(randn([400, 500]));
add(product.sum(0).cumsum(0));
add(product.softmax().max(1));
add(randn([1000, 1000]).sum());
process.stdout.write(digest.digest('hex'));
