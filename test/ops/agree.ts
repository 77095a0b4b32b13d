// In: a device. Out: tests that every op, with its gradient, and random graphs come out there as on the reference.
import { describe, expect, test } from 'vitest';
import { device } from '../../src/device.js';
import '../../src/index.js';
import type { DType } from '../../src/dtype.js';
import { DTypeError } from '../../src/errors.js';
import type { OpName } from '../../src/op-names.js';
import { ops } from '../../src/ops.js';
import { graph } from '../fuse/graphs.js';
import { cases } from './cases.js';
import { compute } from './run.js';

/** What a device may do otherwise, with the reason beside it. */
export interface Agreement {
  /** Dtypes that it has. Default: float32 and float64. */
  reals?: readonly ('float32' | 'float64')[];
  /** Largest difference allowed, relative to the larger of 1 and the value. */
  tolerance?: Partial<Record<DType, number>>;
  /** Factors on the tolerance. */
  looser?: Partial<Record<OpName, number>>;
  /** Operations left out, each with the reason. */
  skips?: Partial<Record<OpName, string>>;
}

/** A few units in the last place of sums of the length of the cases. */
const usual: Partial<Record<DType, number>> = { float32: 2e-6, float64: 1e-13 };

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

/** Values on a device; null where it lacks a dtype of the case, and says so. */
function valuesOn(
  name: string,
  lacks64: boolean,
  ...what: Parameters<typeof compute>
): ReturnType<typeof compute> | null {
  device(name);
  try {
    return compute(...what);
  } catch (error) {
    if (lacks64 && error instanceof DTypeError && error.message.includes('float64')) return null;
    throw error;
  }
}

/** Every case of every op, and of its gradient, against the reference. */
export function opsAgree(
  name: string,
  { reals = ['float32', 'float64'], tolerance = usual, looser = {}, skips = {} }: Agreement = {},
): void {
  describe.each(Object.keys(ops) as OpName[])(`${name}: %s`, (op) => {
    test.skipIf(op in skips).each(reals)('%s', (real) => {
      for (const c of cases[op]) {
        device('reference');
        const expected = compute(op, c, real);
        const found = valuesOn(name, !reals.includes('float64'), op, c, real);
        if (!found) continue;
        const allowed = tolerance[real]! * (looser[op] ?? 1);
        close(found.value, expected.value, allowed, 'value');
        expected.gradients.forEach((g, k) => {
          close(found.gradients[k]!, g, allowed * 4, `gradient ${k}`);
        });
      }
    });
  });
}

/** So many random graphs, values and gradients, against the reference; the seed is printed with a failure. */
export function graphsAgree(name: string, rounds = Number(process.env.GRADLAB_FUZZ_ROUNDS ?? 150)): void {
  const start = Number(process.env.GRADLAB_FUZZ_SEED ?? 1);
  const computeGraph = (where: string, seed: number): number[][] => {
    device(where);
    return graph(seed).map((t) => Array.from(t.dataSync()));
  };
  test(`${name}: ${rounds} graphs from seed ${start}`, () => {
    for (let seed = start; seed < start + rounds; seed++) {
      const expected = computeGraph('reference', seed);
      const found = computeGraph(name, seed);
      found.forEach((values, k) => {
        values.forEach((v, i) => {
          const e = expected[k]![i]!;
          expect(
            Math.abs(v - e) <= 1e-4 * Math.max(1, Math.abs(e)),
            `seed ${seed}, output ${k}, element ${i}: ${v} instead of ${e}`,
          ).toBe(true);
        });
      });
    }
  });
}
