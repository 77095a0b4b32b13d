// Functions beyond the methods where PyTorch has no answer to compare with: second order, duplicates, scans, the host's part.
import { describe, expect, test } from 'vitest';
import {
  allClose,
  cumprod,
  erfc,
  grad,
  gradCheck,
  hypot,
  IndexError,
  indexPut,
  isClose,
  logAddExp,
  Parameter,
  quantile,
  ShapeError,
  scan,
  scatter,
  sinc,
  type Tensor,
  tensor,
  unique,
  ValueError,
  xlogy,
  zeros,
} from '../../src/index.js';

const wide = (values: number[]) => tensor(values, { dtype: 'float64' });

describe('elementwise', () => {
  test.each([
    ['erfc', erfc, [-1.5, 0.3, 1.9, 2.1, 3]],
    ['sinc', sinc, [-1.5, 0.3, 0.9]],
    ['hypot with 2', (t: ReturnType<typeof wide>) => hypot(t, 2), [-1.5, 0.3, 4]],
    ['xlogy with 3', (t: ReturnType<typeof wide>) => xlogy(t, 3), [-1.5, 0.3, 4]],
    ['logAddExp with 1', (t: ReturnType<typeof wide>) => logAddExp(t, 1), [-1.5, 0.3, 4]],
    ['cumprod', (t: ReturnType<typeof wide>) => cumprod(t, 0), [1.5, 0, 2, 0.5, -1]],
  ])('first and second derivatives of %s', (_, f, points) => {
    gradCheck((t) => f(t), [wide(points)]);
    gradCheck((t) => grad((u) => f(u).sum())(t), [wide(points)], { tolerance: 1e-4 });
  });
  test('erfc keeps its digits where 1 − erf has none', () => {
    // Abramowitz and Stegun (1964), table 7.2 and NIST DLMF: erfc(5), erfc(10).
    expect(erfc(wide([5])).item() / 1.5374597944280349e-12).toBeCloseTo(1, 12);
    expect(erfc(wide([10])).item() / 2.088487583762545e-45).toBeCloseTo(1, 12);
  });
  test('closeness', () => {
    const a = tensor([1, Number.NaN, Infinity, 0]);
    const b = tensor([1.000001, Number.NaN, Infinity, 1e-9]);
    expect(isClose(a, b).toArray()).toEqual([1, 0, 1, 1]);
    expect(allClose(a, b, { equalNaN: true })).toBe(true);
    expect(allClose(a, b)).toBe(false);
  });
});

describe('scatter and indexPut', () => {
  test('the last of equal indices counts, in value and gradient', () => {
    const t = new Parameter(zeros([4]));
    const src = new Parameter(tensor([1, 2, 3, 4]));
    const out = scatter(t, 0, tensor([2, 0, 2, 2], { dtype: 'int32' }), src);
    expect(out.toArray()).toEqual([2, 0, 4, 0]);
    out
      .mul(tensor([10, 20, 30, 40]))
      .sum()
      .backward();
    expect(t.grad!.toArray()).toEqual([0, 20, 0, 40]);
    expect(src.grad!.toArray()).toEqual([0, 10, 0, 30]);
  });
  test('indices outside are errors', () => {
    expect(() => scatter(zeros([3]), 0, tensor([3], { dtype: 'int32' }), 1).dataSync()).toThrow(IndexError);
    const [rows, columns] = [tensor([0], { dtype: 'int32' }), tensor([3], { dtype: 'int32' })];
    expect(() => indexPut(zeros([3, 3]), [rows, columns], 1).dataSync()).toThrow(IndexError);
    expect(indexPut(zeros([3, 3]), [rows, columns.sub(1)], 1).toArray()).toEqual([
      [0, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });
});

describe('scan', () => {
  test('is a cumulative sum with its gradient', () => {
    const xs = wide([1, 2, 3, 4]);
    const { carry, ys } = scan((sum, x) => [sum.add(x), sum.add(x)] as const, zeros([], { dtype: 'float64' }), xs);
    expect(ys.toArray()).toEqual([1, 3, 6, 10]);
    expect(carry.item()).toBe(10);
    gradCheck((t) => scan((s, x) => [s.add(x).tanh(), s.mul(x)] as const, zeros([], { dtype: 'float64' }), t).ys, [xs]);
  });
  test('carries several tensors, and keeps their shapes', () => {
    const xs = wide([1, 2, 3]);
    const start = [zeros([]), zeros([])] as const;
    const { carry } = scan(([a, b], x) => [[b, a.add(x)] as const, b] as const, start as readonly [Tensor, Tensor], xs);
    expect(carry.map((c) => c.item())).toEqual([2, 4]);
    const scalar: Tensor = zeros([]);
    expect(() => scan((c, x) => [c.add(x).expand(2), x] as const, scalar, xs)).toThrow(ShapeError);
    expect(() => scan((c, x) => [c, x] as const, zeros([]), zeros([0, 2]))).toThrow(ValueError);
  });
});

test('unique counts NaN once, and quantiles know their limits', () => {
  const { values, inverse, counts } = unique(tensor([2, Number.NaN, 1, 2, Number.NaN]));
  expect(values.toArray()).toEqual([1, 2, Number.NaN]);
  expect(inverse.toArray()).toEqual([1, 2, 0, 1, 2]);
  expect(counts.toArray()).toEqual([1, 2, 2]);
  expect(() => quantile(tensor([1, 2]), 50)).toThrow(/between 0 and 1; divide percentiles/);
});

test('one number does not widen a tensor of its own kind', () => {
  const wide = tensor(0.5, { dtype: 'float64' });
  const [real, whole] = [tensor([1, 2]), tensor(Int32Array.of(1, 2))];
  expect(real.add(wide).dtype).toBe('float32');
  expect(wide.mul(real).dtype).toBe('float32');
  expect(real.where(real.gt(1), wide).dtype).toBe('float32');
  expect(real.add(wide.reshape(1)).dtype).toBe('float64');
  expect(whole.add(wide).dtype).toBe('float64');
  expect(whole.add(tensor(2)).dtype).toBe('float32');
  expect(tensor(Uint32Array.of(1, 2)).add(tensor(3, { dtype: 'int32' })).dtype).toBe('uint32');
});
