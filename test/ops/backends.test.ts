// Every op and its gradient on each device against the reference.
import { describe, expect, test } from 'vitest';
import { device } from '../../src/device.js';
import '../../src/index.js';
import type { DType } from '../../src/dtype.js';
import type { OpName } from '../../src/op-names.js';
import { ops } from '../../src/ops.js';
import { cases } from './cases.js';
import { compute } from './run.js';

/** Largest difference allowed, relative to the larger of 1 and the value: a few units in the last place of sums of this length. */
const tolerance: Partial<Record<DType, number>> = { float32: 2e-6, float64: 1e-13 };
const looser: Partial<Record<OpName, number>> = { pow: 10, matmul: 4, conv: 10, tan: 4, acosh: 4, atanh: 4, prod: 4 };

function close(found: readonly number[], expected: readonly number[], allowed: number, what: string): void {
  expect(found.length, what).toBe(expected.length);
  found.forEach((v, i) => {
    const e = expected[i]!;
    if (Object.is(v, e) || v === e) return;
    expect(Math.abs(v - e) / Math.max(1, Math.abs(e)), `${what}, element ${i}: ${v} instead of ${e}`).toBeLessThan(
      allowed,
    );
  });
}

describe.each(['cpu'])('%s', (name) => {
  describe.each(Object.keys(ops) as OpName[])('%s', (op) => {
    test.each(['float32', 'float64'] as const)('%s', (real) => {
      for (const c of cases[op]) {
        device('reference');
        const expected = compute(op, c, real);
        device(name);
        const found = compute(op, c, real);
        const allowed = tolerance[real]! * (looser[op] ?? 1);
        close(found.value, expected.value, allowed, 'value');
        expected.gradients.forEach((g, k) => {
          close(found.gradients[k]!, g, allowed * 4, `gradient ${k}`);
        });
      }
    });
  });
});
