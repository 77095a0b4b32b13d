// explain() tells what ran, and the work it counts is the work there is.
import { expect, test } from 'vitest';
import { device, explain, profile, randn } from '../../src/index.js';

test.each(['cpu', 'reference'])('explain on %s', (name) => {
  device(name);
  const [x, w, b] = [randn([8, 16]).eval(), randn([16, 4]).eval(), randn([4]).eval()];
  const y = x.matmul(w).add(b).relu();
  const explanation = explain(y);
  expect(explanation.operations).toBeGreaterThanOrEqual(3);
  expect(`${explanation}`).toContain('ms');
  expect(explanation.ms).toBeGreaterThan(0);
  if (name === 'cpu') {
    expect(explanation.kernels.map((k) => k.kind)).toEqual(['contract']);
    expect(explanation.kernels[0]!.flops).toBe(2 * 8 * 16 * 4 + 8 * 4 * 2);
    expect(explanation.kernels[0]!.bytes).toBe(4 * (8 * 16 + 16 * 4 + 4 + 8 * 4));
  }
  expect(explain(y).kernels).toEqual([]);
});

test('profile adds up the runs of a kernel', async () => {
  device('cpu');
  const x = randn([100]).eval();
  const kernels = await profile(() => {
    for (let i = 0; i < 3; i++) x.exp().eval();
  });
  expect(kernels.length).toBe(1);
  expect(kernels[0]!.runs).toBe(3);
});
