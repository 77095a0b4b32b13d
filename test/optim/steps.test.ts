// Training steps: one plan for all of them, no growing chains, flat memory.
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReference } from '../../src/backend/reference/index.js';
import { type Backend, currentDevice, device, registerDevice } from '../../src/device.js';
import type { Node } from '../../src/graph.js';
import { manualSeed, noGrad, Parameter, rand, tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { adam, sgd } from '../../src/optim/index.js';

v8.setFlagsFromString('--expose-gc');
const collect: () => void = vm.runInNewContext('gc');

let compiled = 0;
let before = '';
beforeAll(() => {
  before = currentDevice().name;
  registerDevice('counting', (): Backend => {
    const inner = openReference();
    return {
      ...inner,
      compile(plan) {
        compiled++;
        return inner.compile(plan);
      },
    };
  });
  device('counting');
});
afterAll(() => {
  device(before);
});

const net = () => nn.sequential(nn.linear(4, 8), nn.relu(), nn.dropout(0.2), nn.linear(8, 3));
const batch = () => ({ x: rand([6, 4]).eval(), y: tensor(Int32Array.from([0, 1, 2, 2, 1, 0])) });

/** Nodes that can be reached from `node` through inputs. */
function reachable(...roots: Node[]): number {
  const seen = new Set<Node>();
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
  }
  return seen.size;
}

describe('an optimizer step', () => {
  test.each([
    ['sgd', () => sgd],
    ['adam', () => adam],
  ])('%s compiles once for all steps and leaves no graph behind', (_, make) => {
    manualSeed(3);
    const model = net();
    const optimizer = make()(model.parameters(), { lr: 0.01 });
    let after = 0;
    for (let step = 0; step < 40; step++) {
      const { x, y } = batch();
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(x), y);
      loss.backward();
      optimizer.step();
      expect(loss.node.storage).not.toBeNull();
      if (step === 1) after = compiled;
    }
    expect(compiled).toBe(after);
    for (const parameter of model.parameters()) {
      expect(parameter.node.storage).not.toBeNull();
      expect(reachable(parameter.node)).toBe(1);
    }
  });

  test('gradients that are never cleared add up, and their history goes', () => {
    manualSeed(3);
    const model = net().eval();
    const optimizer = sgd(model.parameters(), { lr: 0 });
    const { x, y } = batch();
    const once = () => nn.crossEntropy(model.forward(x), y).backward();
    once();
    optimizer.step();
    const single = model.parameters().map((p) => [...p.grad!.dataSync()]);
    for (let step = 0; step < 20; step++) {
      once();
      optimizer.step();
    }
    model.parameters().forEach((p, i) => {
      [...p.grad!.dataSync()].forEach((g, k) => expect(g).toBeCloseTo(21 * single[i]![k]!, 4));
      expect(reachable(p.grad!.node)).toBeLessThan(60);
    });
  });

  test('a loop written by hand computes every version of a parameter once', () => {
    const w = new Parameter(tensor([0.5, 0.2]));
    const x = rand([20, 2]).eval();
    const y = x.matmul(tensor([1, 2])).eval();
    for (let step = 0; step < 10; step++) {
      const loss = x.matmul(w).sub(y).square().mean();
      w.grad = null;
      loss.backward();
      noGrad(() => w.assign(w.sub(w.grad!.mul(0.1))));
      loss.item();
      expect(reachable(w.node)).toBeLessThan(60);
    }
  });

  test('memory stays flat over 2,000 steps', () => {
    manualSeed(3);
    const model = net();
    const optimizer = adam(model.parameters(), { lr: 0.01 });
    const { x, y } = batch();
    const run = (steps: number): number => {
      for (let step = 0; step < steps; step++) {
        optimizer.zeroGrad();
        const loss = nn.crossEntropy(model.forward(x), y);
        loss.backward();
        optimizer.step();
      }
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    run(500);
    const start = run(100);
    const end = run(2000);
    expect(end - start).toBeLessThan(2e6);
  });
});
