// The same bits on one, two and three threads, training included; and reductions of nothing.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { make } from '../../src/graph.js';
import { device, tensor } from '../../src/index.js';
import type { ReduceName } from '../../src/op-names.js';
import { Tensor } from '../../src/tensor.js';

const script = fileURLToPath(new URL('./threads.mjs', import.meta.url));

test('one, two and three threads give the same bits', { timeout: 120_000 }, () => {
  const digests = ['1', '2', '3'].map((threads) =>
    execFileSync(process.execPath, [script], { encoding: 'utf8', env: { ...process.env, GRADLAB_THREADS: threads } }),
  );
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(digests).size).toBe(1);
});

test('a reduction over an empty axis gives its neutral value, even where no caller asks first', () => {
  device('cpu');
  const shapes: { shape: number[]; axis: number }[] = [
    { shape: [2, 0], axis: 1 },
    { shape: [0, 2], axis: 0 },
    { shape: [2, 0, 3], axis: 1 },
  ];
  for (const { shape, axis } of shapes) {
    const empty = tensor(new Float32Array(0), { shape }).node;
    const reduced = (op: ReduceName): number[] => [
      ...new Set(new Tensor(make(op, [empty], { axes: [axis] })).dataSync()),
    ];
    expect(reduced('sum')).toEqual([0]);
    expect(reduced('prod')).toEqual([1]);
    expect(reduced('reduceMax')).toEqual([Number.NEGATIVE_INFINITY]);
    expect(reduced('reduceMin')).toEqual([Number.POSITIVE_INFINITY]);
    expect(reduced('argmax')).toEqual([0]);
    expect(reduced('argmin')).toEqual([0]);
  }
});
