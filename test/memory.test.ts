// What memory() and chromeTrace() tell, against what was made and run.
import { expect, test } from 'vitest';
import { chromeTrace, memory, Parameter, randn, type Tensor, tensor } from '../src/index.js';

test('memory counts tensors while they can be reached, and the memory of replaced parameters', () => {
  const before = memory();
  let held: Tensor | null = randn([1000, 1000]).eval();
  expect(memory().arrays - before.arrays).toBeGreaterThan(3.9e6);
  expect(memory().arrays - before.arrays).toBeLessThan(4.5e6);
  expect(held.size).toBe(1e6);
  held = null;
  expect(memory().arrays - before.arrays).toBeLessThan(0.5e6);
  const w = new Parameter(randn([1000, 500]));
  for (let i = 0; i < 5; i++) {
    w.assign(w.mul(0.5));
    w.eval();
  }
  expect(memory().spare).toBeGreaterThanOrEqual(2e6);
  expect(memory().spare).toBeLessThan(5e6);
  expect(String(memory())).toMatch(/scratch/);
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
