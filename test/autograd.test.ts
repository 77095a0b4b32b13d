// Derivatives of functions: known values, nesting, custom rules, and what may not be differentiated.
import { describe, expect, test } from 'vitest';
import {
  customGradient,
  GradientError,
  grad,
  gradCheck,
  hessian,
  jacobian,
  jvp,
  noGrad,
  Parameter,
  reverseGradient,
  stopGradient,
  straightThrough,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from '../src/index.js';

const x = tensor([0.3, -1.2, 2], { dtype: 'float64' });
const near = (t: Tensor, expected: readonly number[]) => {
  const found = [...t.dataSync()];
  expect(found.length).toBe(expected.length);
  for (const [i, e] of expected.entries()) expect(found[i]).toBeCloseTo(e, 9);
};
const points = [0.3, -1.2, 2];

describe('grad', () => {
  test('gives value and gradients of every argument', () => {
    const { value, gradients } = valueAndGrad((a, b) => a.mul(b).sum())(x, x.mul(2));
    expect(value.item()).toBeCloseTo(2 * (0.09 + 1.44 + 4), 9);
    near(
      gradients[0]!,
      points.map((p) => 2 * p),
    );
    near(gradients[1]!, points);
  });
  test('nests', () => {
    const f = (t: Tensor) => t.sin().sum();
    const g = (t: Tensor) => grad(f)(t).sum();
    const h = (t: Tensor) => grad(g)(t).sum();
    near(grad(f)(x), points.map(Math.cos));
    near(
      grad(g)(x),
      points.map((p) => -Math.sin(p)),
    );
    near(
      grad(h)(x),
      points.map((p) => -Math.cos(p)),
    );
  });
  test('is recorded only where something outside still trains', () => {
    expect(grad((t) => t.square().sum())(x).requiresGrad).toBe(false);
    const w = new Parameter(tensor([2], { dtype: 'float64' }));
    const penalty = grad((t) => t.mul(t).mul(w).sum())(x)
      .square()
      .sum(); // Σ (2·x·w)²
    penalty.backward();
    near(w.grad!, [points.reduce((sum, p) => sum + 8 * p * p * 2, 0)]);
    expect(noGrad(() => grad((t) => t.mul(w).sum())(x)).requiresGrad).toBe(false);
  });
  test('an argument that does not matter has gradient zero', () => {
    near(grad((_, b) => b.sum())(x, x), [0, 0, 0]);
  });
  test('says why it cannot', () => {
    expect(() => grad((t) => t.mul(2))(x)).toThrow(/shape \[3\], not one number.*sum\(\)/);
    expect(() => grad((t) => t.sum())(tensor([1, 2], { dtype: 'int32' }))).toThrow(/argument 0 is int32/);
    expect(() => grad((t) => t.sum(), 1)(x)).toThrow(/argument 1 of a function called with 1/);
  });
});

describe('vjp, jvp, jacobian, hessian', () => {
  const a = tensor(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { dtype: 'float64' },
  );
  test('of a linear map are the matrix', () => {
    near(
      jacobian((t) => a.matmul(t), x),
      [1, 2, 3, 4, 5, 6],
    );
    const { value, pull } = vjp((t) => a.matmul(t), x);
    near(value, [0.3 - 2.4 + 6, 1.2 - 6 + 12]);
    near(pull(tensor([1, -1], { dtype: 'float64' }))[0]!, [-3, -3, -3]);
    const { tangent } = jvp((t) => a.matmul(t), [x], [tensor([1, 0, -1], { dtype: 'float64' })]);
    near(tangent, [-2, -2]);
  });
  test('jvp of a curve is its derivative along the tangent', () => {
    const { value, tangent } = jvp((t) => t.exp(), [x], [tensor([1, 2, 3], { dtype: 'float64' })]);
    near(value, points.map(Math.exp));
    near(
      tangent,
      points.map((p, i) => Math.exp(p) * (i + 1)),
    );
  });
  test('hessian of a cubic form', () => {
    const found = hessian((t) => t.pow(3).sum().add(t.prod()), x);
    const [p, q, r] = points as [number, number, number];
    near(found, [6 * p, r, q, r, 6 * q, p, q, p, 6 * r]);
  });
});

describe('pieces of a tensor', () => {
  test.each([
    [
      'side by side',
      (t: Tensor) =>
        t
          .split(1)
          .map((piece, i) => piece.mul(i + 1).sum())
          .reduce((a, c) => a.add(c)),
      [1, 2, 3],
    ],
    [
      'with gaps',
      (t: Tensor) =>
        t
          .narrow(0, 1, 1)
          .mul(5)
          .add(t.narrow(0, 2, 1))
          .sum(),
      [0, 5, 1],
    ],
    [
      'overlapping',
      (t: Tensor) =>
        t
          .narrow(0, 0, 2)
          .sum()
          .add(t.narrow(0, 1, 2).sum()),
      [1, 2, 1],
    ],
    [
      'beside the whole',
      (t: Tensor) =>
        t
          .narrow(0, 0, 1)
          .sum()
          .add(t.narrow(0, 1, 2).sum())
          .add(t.sum()),
      [2, 2, 2],
    ],
    [
      'the same piece twice',
      (t: Tensor) =>
        t
          .narrow(0, 0, 1)
          .mul(2)
          .add(t.narrow(0, 0, 1))
          .sum(),
      [3, 0, 0],
    ],
  ])('%s', (_, f, expected) => {
    near(grad(f)(x), expected);
  });
  test('are put together once, however many they are', () => {
    const long = tensor(new Float64Array(200));
    const w = new Parameter(long);
    w.split(1)
      .map((piece) => piece.mul(2))
      .reduce((a, c) => a.add(c))
      .sum()
      .backward();
    expect(w.grad!.node.op).toBe('concat');
    near(w.grad!, new Array<number>(200).fill(2));
  });
});

describe('custom gradients', () => {
  test('replace the rule, in backward() too', () => {
    const twice = customGradient(
      (t) => t.mul(t),
      (g, t) => [g.mul(t).mul(10)],
    );
    near(
      grad((t) => twice(t).sum())(x),
      points.map((p) => 10 * p),
    );
    const w = new Parameter(x);
    twice(w).add(w).sum().backward();
    near(
      w.grad!,
      points.map((p) => 10 * p + 1),
    );
  });
  test('may be differentiated again', () => {
    const cube = customGradient(
      (t) => t.pow(3),
      (g, t) => [g.mul(t.mul(t)).mul(3)],
    );
    near(
      grad((t) => grad((u) => cube(u).sum())(t).sum())(x),
      points.map((p) => 6 * p),
    );
  });
  test('straight-through, reversal, stop', () => {
    near(straightThrough((t) => t.round())(x), [0, -1, 2]);
    near(
      grad((t) =>
        straightThrough((u) => u.round())(t)
          .mul(2)
          .sum(),
      )(x),
      [2, 2, 2],
    );
    near(grad((t) => reverseGradient(t.mul(3), 0.5).sum())(x), [-1.5, -1.5, -1.5]);
    near(grad((t) => stopGradient(t).mul(t).sum())(x), points);
    near(grad((t) => stopGradient(t).reshape(3, 1).mul(t.reshape(3, 1)).sum())(x), points);
  });
  test('a wrong shape is named', () => {
    const wrong = customGradient(
      (t) => t,
      (g) => [g.sum()],
    );
    expect(() => grad((t) => wrong(t).sum())(x)).toThrow(/argument 0 has shape \[\], the argument \[3\]/);
  });
});

describe('gradCheck', () => {
  test('accepts right gradients and names wrong ones', () => {
    expect(gradCheck((t) => t.sigmoid().mul(t), [x]).error).toBeLessThan(1e-8);
    const wrong = customGradient(
      (t) => t.sin(),
      (g, t) => [g.mul(t)],
    );
    expect(() => gradCheck((t) => wrong(t), [x])).toThrow(GradientError);
    expect(() => gradCheck((t) => wrong(t), [x])).toThrow(/element 0 of argument 0: the gradient is/);
  });
});
