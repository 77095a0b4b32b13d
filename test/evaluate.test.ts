// A state carried from one computation to the next: each computes one step, not all since the first.
import { expect, test } from 'vitest';
import { inspectRuns } from '../src/evaluate.js';
import { manualSeed, nn, noGrad, type Tensor, zeros } from '../src/index.js';

/** Nodes computed at each of ten steps of a recurrent network that reads what it wrote. */
function nodesAtSteps(): number[] {
  manualSeed(1);
  const rnn = nn.gru(4, 8);
  const head = nn.linear(8, 4);
  let state: readonly Tensor[] | undefined;
  let last: Tensor = zeros([1, 4]);
  const nodes: number[] = [];
  inspectRuns(({ order }) => void nodes.push(order.length));
  for (let step = 0; step < 10; step++) {
    const read = rnn.forward(last.unsqueeze(1), state ? { state } : {});
    state = read.state;
    last = head.forward(read.output.squeeze(1)).softmax(-1).eval();
  }
  inspectRuns(null);
  return nodes;
}

test.each([
  ['without gradients', () => noGrad(nodesAtSteps)],
  ['with gradients', nodesAtSteps],
])('a carried state is computed once, %s', (_name, run) => {
  const nodes = run();
  expect(nodes).toHaveLength(10);
  expect(new Set(nodes.slice(2)).size).toBe(1);
});
