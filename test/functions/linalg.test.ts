// Factorizations multiply back, and their gradients match finite differences in float64.
import { describe, expect, test } from 'vitest';
import {
  cholesky,
  det,
  eigh,
  eye,
  gradCheck,
  inverse,
  logAbsDet,
  manualSeed,
  qr,
  randn,
  solve,
  svd,
  type Tensor,
  tensor,
  ValueError,
} from '../../src/index.js';

manualSeed(3);
const wide = (...shape: number[]): Tensor => randn(shape).to('float64').eval();
const matrix = wide(2, 4, 4)
  .add(eye(4, 4, { dtype: 'float64' }).mul(3))
  .eval();
const tall = wide(5, 3);
const symmetric = (t: Tensor): Tensor => t.add(t.transpose()).mul(0.5);
const positive = (t: Tensor): Tensor =>
  t.matmul(t.transpose()).add(eye(t.shape[t.rank - 1]!, undefined, { dtype: 'float64' }));

function near(a: Tensor, b: Tensor): void {
  expect([...a.shape]).toEqual([...b.shape]);
  expect(a.sub(b).abs().max().item()).toBeLessThan(1e-10);
}

describe('they multiply back', () => {
  test('inverse and solve', () => {
    near(matrix.matmul(inverse(matrix)), eye(4, 4, { dtype: 'float64' }).expand(2, 4, 4));
    const b = wide(2, 4, 3);
    near(matrix.matmul(solve(matrix, b)), b);
  });
  test('det and logAbsDet', () => {
    near(det(matrix).abs().log(), logAbsDet(matrix));
    expect(
      det(
        tensor([
          [2, 1],
          [1, 3],
        ]),
      ).item(),
    ).toBeCloseTo(5, 5);
  });
  test('cholesky', () => {
    const a = positive(matrix);
    near(cholesky(a).matmul(cholesky(a).transpose()), a);
  });
  test('eigh', () => {
    const { values, vectors } = eigh(symmetric(matrix));
    near(vectors.mul(values.unsqueeze(-2)).matmul(vectors.transpose()), symmetric(matrix));
  });
  test('qr', () => {
    const { q, r } = qr(tall);
    near(q.matmul(r), tall);
    near(q.transpose().matmul(q), eye(3, 3, { dtype: 'float64' }));
  });
  test('svd', () => {
    const { u, s, v } = svd(tall);
    near(u.mul(s.unsqueeze(-2)).matmul(v.transpose()), tall);
  });
});

test.each<[string, (t: Tensor) => Tensor, Tensor]>([
  ['inverse', inverse, matrix],
  ['solve', (t) => solve(t, tensor([1, 2, 3, 4], { dtype: 'float64' })), matrix.at(0)],
  ['det', det, matrix],
  ['logAbsDet', logAbsDet, matrix],
  ['cholesky', (t) => cholesky(positive(t)), matrix],
  ['eigenvalues', (t) => eigh(symmetric(t)).values, matrix],
  ['eigenvectors', (t) => eigh(symmetric(t)).vectors.square(), matrix.at(0)],
  ['q', (t) => qr(t).q, tall],
  ['r', (t) => qr(t).r, tall],
  ['u', (t) => svd(t).u.square(), tall],
  ['s', (t) => svd(t).s, tall],
  ['v', (t) => svd(t).v.square(), tall],
])('gradient of %s', (_, f, at) => {
  expect(gradCheck(f, [at]).error).toBeLessThan(1e-5);
});

test('matrices that cannot be', () => {
  expect(() =>
    inverse(
      tensor([
        [1, 2],
        [2, 4],
      ]),
    ),
  ).toThrow(ValueError);
  expect(() =>
    cholesky(
      tensor([
        [1, 2],
        [2, 1],
      ]),
    ).eval(),
  ).toThrow(/positive definite/);
  expect(() =>
    det(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
  ).toThrow(/square/);
});
