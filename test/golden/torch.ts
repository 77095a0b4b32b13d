// In: the golden files that PyTorch made. Out: tensors of ours, and comparisons with a stated tolerance.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type DType, tensor, type Tensor } from '../../src/index.js';

/** A tensor in a golden file; without a dtype it holds real numbers. */
export interface Packed {
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
  readonly dtype?: 'int32' | 'bool';
}

export const readGolden = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;

const numbers: Readonly<Record<string, number>> = { inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY, nan: Number.NaN };
export const valuesOf = (packed: Packed): number[] => packed.values.map((v) => (typeof v === 'number' ? v : numbers[v]!));

/** A tensor of real numbers in `dtype`, or of whole numbers as packed. */
export const unpack = (packed: Packed, dtype: DType, requiresGrad = false): Tensor =>
  tensor(Float64Array.from(valuesOf(packed)), { shape: packed.shape, dtype: packed.dtype ?? dtype, requiresGrad: requiresGrad && !packed.dtype });

/**
 * The files hold eight digits, hence 1e-7 in float64. In float32 an element is a sum of at most a few hundred products,
 * each off by 2⁻²⁴ of its size: 2e-5 leaves room for those sums to cancel.
 */
export const tolerance: Readonly<Record<'float32' | 'float64', number>> = { float32: 2e-5, float64: 1e-7 };

/** Throws unless shapes are equal and every element lies within tolerance · max(1, |expected|, scale). */
export function expectClose(what: string, found: Tensor | null, expected: Packed, dtype: 'float32' | 'float64', scale = 1): void {
  expect(found, `${what} is there`).not.toBeNull();
  expect([...found!.shape], `${what}: shape`).toEqual([...expected.shape]);
  const values = found!.dataSync();
  valuesOf(expected).forEach((e, i) => {
    const f = values[i]!;
    if (!Number.isFinite(e)) expect(f, `${what}[${i}]`).toBe(e);
    else if (!(Math.abs(f - e) <= tolerance[dtype] * Math.max(1, Math.abs(e), scale))) expect.fail(`${what}[${i}] is ${f} instead of ${e}`);
  });
}

/** Σ output · weights, with the weights that the script uses. */
export function weigh(outputs: readonly Tensor[]): Tensor {
  return outputs
    .map((out) => out.mul(tensor(Float64Array.from({ length: out.size }, (_, i) => Math.sin(i * 0.7) + 1.5), { shape: out.shape, dtype: out.dtype })).sum())
    .reduce((a, b) => a.add(b));
}
