// compile(fn): the same numbers as fn itself, for inference and for whole training steps.
import { describe, expect, test } from 'vitest';
import { compile, manualSeed, nn, noGrad, optim, Parameter, rand, randn, type Tensor, tensor } from '../src/index.js';

interface Trainer extends optim.Scheduled {
  zeroGrad(): void;
  step(): void;
}

/** Losses and final weights of `steps` steps of training, compiled or not. */
function train(make: (parameters: Iterable<Parameter>) => Trainer, compiled: boolean, steps = 9): number[] {
  manualSeed(7);
  const model = nn.sequential(nn.linear(5, 8), nn.batchNorm1d(8), nn.relu(), nn.dropout(0.3), nn.linear(8, 3));
  const optimizer = make(model.parameters());
  const schedule = optim.exponentialLR(optimizer, 0.9);
  let runs = 0;
  const body = (x: Tensor, y: Tensor): Tensor => {
    runs++;
    optimizer.zeroGrad();
    const loss = nn.crossEntropy(model.forward(x.add(randn(x.shape).mul(0.1))), y);
    loss.backward();
    optim.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    return loss;
  };
  const step = compiled ? compile(body) : body;
  const seen: number[] = [];
  for (let i = 0; i < steps; i++) {
    const x = rand([i === 4 ? 6 : 12, 5]).eval();
    const y = tensor(Int32Array.from({ length: x.shape[0]! }, (_, k) => (k + i) % 3));
    seen.push(step(x, y).item());
    schedule.step();
  }
  // Three for batches of 12, one for the batch of 6; RAdam changes its formula at its sixth step and is traced again.
  if (compiled) expect(runs).toBeLessThanOrEqual(optimizer instanceof optim.RAdam ? 7 : 4);
  for (const value of Object.values(model.stateDict())) seen.push(...value.dataSync());
  return seen;
}

describe('a compiled training step gives the numbers of the plain one', () => {
  const optimizers = {
    sgd: (p: Iterable<Parameter>) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true }),
    adam: (p: Iterable<Parameter>) => new optim.Adam(p, { lr: 1, amsgrad: true }),
    adamW: (p: Iterable<Parameter>) => new optim.AdamW(p, { lr: 0.01 }),
    nadam: (p: Iterable<Parameter>) => optim.nAdam(p),
    radam: (p: Iterable<Parameter>) => optim.rAdam(p, { lr: 0.01 }),
    adagrad: (p: Iterable<Parameter>) => optim.adagrad(p, { lrDecay: 0.1 }),
    lion: (p: Iterable<Parameter>) => optim.lion(p),
  };
  for (const [name, make] of Object.entries(optimizers))
    test(name, () => {
      const plain = train(make, false);
      train(make, true).forEach((value, i) => {
        expect(Math.abs(value - plain[i]!)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(plain[i]!)));
      });
    });
});

test('the body runs three times for each shape, not more', () => {
  let runs = 0;
  const double = compile((x: Tensor) => {
    runs++;
    return x.mul(2);
  });
  for (let i = 0; i < 8; i++) expect(double(tensor([i, 1])).toArray()).toEqual([2 * i, 2]);
  expect(runs).toBe(3);
  for (let i = 0; i < 8; i++) expect(double(tensor([i])).toArray()).toEqual([2 * i]);
  expect(runs).toBe(6);
});

test('parameters are read anew, plain arguments have graphs of their own, and results keep their values', () => {
  const w = new Parameter(tensor([1, 2]));
  const scale = compile((x: Tensor, factor: number) => noGrad(() => ({ out: x.mul(w).mul(factor), x })));
  const held: Tensor[] = [];
  for (let i = 0; i < 6; i++) {
    w.assign(tensor([i, 2 * i]));
    const { out, x } = scale(tensor([1, 1]), 1 + (i % 2));
    expect(x.toArray()).toEqual([1, 1]);
    held.push(out);
  }
  held.forEach((out, i) => {
    expect(out.toArray()).toEqual([i * (1 + (i % 2)), 2 * i * (1 + (i % 2))]);
  });
});

test('a function whose graph changes from call to call is called as it is', () => {
  let n = 0;
  const f = compile((x: Tensor) => x.add(++n));
  expect(Array.from({ length: 6 }, () => f(tensor(0)).item())).toEqual([1, 2, 3, 4, 5, 6]);
});

test('random tensors go on, and a new seed begins anew', () => {
  const f = compile(() => rand([2]));
  const draw = (): unknown[] => {
    manualSeed(3);
    return Array.from({ length: 5 }, () => f().toArray());
  };
  const first = draw();
  expect(new Set(first.map(String)).size).toBe(5);
  expect(draw()).toEqual(first);
});

test('what cannot be compiled says so', () => {
  const w = new Parameter(tensor([1, 2]));
  const asks = compile((x: Tensor) => (x.sum().item() > 0 ? x : x.neg()));
  asks(tensor([1]));
  expect(() => asks(tensor([1]))).toThrow(/within a compiled function/);
  expect(() => compile((x: Tensor) => x.mul(w))(tensor([1, 2]))).toThrow(/could still be differentiated/);
  expect(() => compile((x: Tensor) => x)(w)).toThrow(/argument 0 requires a gradient/);
  expect(() => compile(() => [3] as never)()).toThrow(/no tensor/);
  expect(() => compile((async () => {}) as never)()).toThrow(/asynchronous/);
});
