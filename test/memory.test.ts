// What memory() and chromeTrace() tell, against what was made and run.
import { expect, test } from 'vitest';
import { chromeTrace, memory, nn, Parameter, randn, type Tensor, tensor } from '../src/index.js';
import { ema, sgd } from '../src/optim/index.js';

test('memory counts tensors while they can be reached, and the memory of replaced parameters', () => {
  const before = memory();
  let held: Tensor | null = randn([1000, 1000]).eval();
  expect(memory().arrays - before.arrays).toBeGreaterThan(3.9e6);
  expect(memory().arrays - before.arrays).toBeLessThan(4.5e6);
  expect(held.size).toBe(1e6);
  held = null;
  expect(memory().arrays - before.arrays).toBeLessThan(0.5e6);
  const w = new Parameter(randn([1000, 500]));
  const optimizer = sgd([w], { lr: 0.1 });
  for (let i = 0; i < 5; i++) {
    optimizer.zeroGrad();
    w.sum().backward();
    optimizer.step();
  }
  expect(memory().spare).toBeGreaterThanOrEqual(2e6);
  expect(memory().spare).toBeLessThan(5e6);
  expect(String(memory())).toMatch(/scratch/);
});

test('what was assigned to a parameter stays as it was while the parameter changes', async () => {
  const step = (parameter: Parameter): void => {
    const optimizer = sgd([parameter], { lr: 1 });
    for (let i = 0; i < 6; i++) {
      optimizer.zeroGrad();
      parameter.sum().backward();
      optimizer.step();
    }
  };
  const computed = tensor([1, 2, 3]).mul(2).eval();
  const described = tensor([1, 2, 3]).mul(3);
  for (const [value, expected] of [
    [computed, [2, 4, 6]],
    [described, [3, 6, 9]],
  ] as const) {
    const first = new Parameter(value);
    step(first);
    expect(value.toArray()).toEqual(expected);
    const second = new Parameter(tensor([0, 0, 0]));
    second.assign(value);
    step(second);
    expect(value.toArray()).toEqual(expected);
    second.assign(first);
    const held = first.detach().toArray();
    step(second);
    expect(first.toArray()).toEqual(held);
    second.assign(first);
    step(first);
    expect(second.toArray()).toEqual(held);
  }
});

test('a moving average survives its use in the model', async () => {
  const model = nn.linear(3, 1);
  const average = ema(model, 0.9);
  const optimizer = sgd(model.parameters(), { lr: 0.1 });
  const x = randn([8, 3]).eval();
  const train = (): void => {
    for (let i = 0; i < 6; i++) {
      optimizer.zeroGrad();
      model.forward(x).square().mean().backward();
      optimizer.step();
    }
  };
  train();
  average.update();
  const before = average.values.map((value) => value.toArray());
  await average.with(() => {});
  train();
  expect(average.values.map((value) => value.toArray())).toEqual(before);
});

test('a trace holds every run of every kernel, one after the other', async () => {
  const x = tensor([1, 2, 3]);
  const { traceEvents } = await chromeTrace(() => {
    for (let i = 0; i < 3; i++)
      x.mul(i + 2)
        .exp()
        .sum()
        .item();
  });
  expect(traceEvents.length).toBeGreaterThanOrEqual(3);
  let end = 0;
  for (const { ph, ts, dur, args } of traceEvents) {
    expect(ph).toBe('X');
    expect(ts).toBeGreaterThanOrEqual(end - 1e-3);
    expect(args.computes).not.toBe('');
    end = ts + dur;
  }
  expect(JSON.parse(JSON.stringify(traceEvents))).toEqual(traceEvents);
});
