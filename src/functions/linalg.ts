// Linear algebra of square and tall matrices, batched over leading axes. Factorizations run on the host in float64
// (ml-matrix); their gradients are tensor expressions, so that second derivatives work too.
import { createRequire } from 'node:module';
import type * as Library from 'ml-matrix';
import { customGradient } from '../autograd.js';
import { eye, tensor, tril, triu } from '../create.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

const require = createRequire(import.meta.url);
let loaded: typeof Library | undefined;
/** The library, loaded when first used: it takes longer to load than all of ours. */
function library(): typeof Library {
  loaded ??= require('ml-matrix');
  if (!loaded) throw new Error('ml-matrix is empty');
  return loaded;
}

function square(op: string, a: Tensor): number {
  const [m, n] = a.shape.slice(-2);
  if (a.rank < 2 || m !== n)
    throw new ShapeError(`${op}: shape ${show(a.shape)}`, 'It takes square matrices in the last two axes.');
  return m!;
}

/** Applies `f` to each matrix on the host; each result is a matrix of `rows` × `columns`. */
function eachMatrix(a: Tensor, rows: number, columns: number, f: (matrix: Library.Matrix) => Library.Matrix): Tensor {
  const [m, n] = a.shape.slice(-2) as [number, number];
  const lead = a.shape.slice(0, -2);
  const data = a.dataSync();
  const out = new Float64Array(sizeOf(lead) * rows * columns);
  for (let k = 0; k < sizeOf(lead); k++) {
    const values = Array.from(data.subarray(k * m * n, (k + 1) * m * n));
    if (!values.every(Number.isFinite))
      throw new ValueError('a matrix to be factorized holds NaN or infinity', 'Find where it comes from: detectNaN().');
    const matrix = library().Matrix.from1DArray(m, n, values);
    out.set(f(matrix).to1DArray(), k * rows * columns);
  }
  return tensor(out, { shape: [...lead, rows, columns], dtype: a.dtype, device: a.device });
}

const diagonal = (values: Tensor): Tensor =>
  values.unsqueeze(-1).mul(eye(values.shape[values.rank - 1]!, undefined, { dtype: values.dtype }));

/**
 * Inverse of square matrices [..., n, n].
 * Gradient: −A⁻ᵀ·g·A⁻ᵀ.
 * @throws ValueError where a matrix is singular.
 */
export function inverse(a: Tensor): Tensor {
  const n = square('inverse', a);
  const compute = customGradient(
    (x) =>
      eachMatrix(x, n, n, (matrix) => {
        const lu = new (library().LuDecomposition)(matrix);
        if (lu.isSingular())
          throw new ValueError(
            'inverse: the matrix is singular',
            'Add a small multiple of the identity, or use another method.',
          );
        return lu.solve(library().Matrix.eye(n));
      }),
    (g, x) => {
      const turned = inverse(x).transpose();
      return [turned.matmul(g).matmul(turned).neg()];
    },
  );
  return compute(a);
}

/**
 * X with A·X = B for A [..., n, n] and B [..., n, k] (or a vector [n]).
 * Gradients: ∂B = A⁻ᵀ·g, ∂A = −∂B·Xᵀ.
 * @throws ValueError where a matrix is singular.
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const n = square('solve', a);
  if (b.rank === 1) return solve(a, b.unsqueeze(-1)).squeeze(-1);
  if (b.shape[b.rank - 2] !== n)
    throw new ShapeError(`solve: ${show(a.shape)} and ${show(b.shape)}`, 'The rows of B must be those of A.');
  return inverse(a).matmul(b);
}

/** Determinant of square matrices. Gradient: det·A⁻ᵀ. */
export function det(a: Tensor): Tensor {
  square('det', a);
  const compute = customGradient(
    (x) =>
      eachMatrix(x, 1, 1, (matrix) => new (library().Matrix)([[new (library().LuDecomposition)(matrix).determinant]]))
        .squeeze(-1)
        .squeeze(-1),
    (g, x) => [inverse(x).transpose().mul(det(x).mul(g).unsqueeze(-1).unsqueeze(-1))],
  );
  return compute(a);
}

/** ln |det A|, without overflow. Gradient: A⁻ᵀ. */
export function logAbsDet(a: Tensor): Tensor {
  const n = square('logAbsDet', a);
  const compute = customGradient(
    (x) =>
      eachMatrix(x, 1, 1, (matrix) => {
        const upper = new (library().LuDecomposition)(matrix).upperTriangularMatrix;
        let sum = 0;
        for (let i = 0; i < n; i++) sum += Math.log(Math.abs(upper.get(i, i)));
        return new (library().Matrix)([[sum]]);
      })
        .squeeze(-1)
        .squeeze(-1),
    (g, x) => [inverse(x).transpose().mul(g.unsqueeze(-1).unsqueeze(-1))],
  );
  return compute(a);
}

/**
 * Lower L with L·Lᵀ = A for symmetric positive definite A; only the lower triangle is read.
 * Gradient (Murray, 2016): ½(S + Sᵀ) with S = L⁻ᵀ·Φ(Lᵀ·g)·L⁻¹, Φ the lower triangle with half its diagonal.
 * @throws ValueError where a matrix is not positive definite.
 */
export function cholesky(a: Tensor): Tensor {
  const n = square('cholesky', a);
  const compute = customGradient(
    (x) =>
      eachMatrix(x, n, n, (matrix) => {
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) matrix.set(i, j, matrix.get(j, i));
        const factor = new (library().CholeskyDecomposition)(matrix);
        if (!factor.isPositiveDefinite())
          throw new ValueError(
            'cholesky: the matrix is not positive definite',
            'Add a small multiple of the identity (1e-6 of the largest diagonal element).',
          );
        return factor.lowerTriangularMatrix;
      }),
    (g, x) => {
      const l = cholesky(x);
      const half = eye(n, undefined, { dtype: x.dtype }).mul(0.5).neg().add(1);
      const phi = tril(l.transpose().matmul(g)).mul(half);
      const back = inverse(l);
      const s = back.transpose().matmul(phi).matmul(back);
      return [s.add(s.transpose()).mul(0.5)];
    },
  );
  return compute(a);
}

/** 1 / (vⱼ − vᵢ), 0 on the diagonal. */
function gaps(values: Tensor): Tensor {
  const n = values.shape[values.rank - 1]!;
  const one = eye(n, undefined, { dtype: values.dtype });
  return values.unsqueeze(-2).sub(values.unsqueeze(-1)).add(one).reciprocal().mul(one.neg().add(1));
}

/**
 * Eigenvalues (ascending) and orthonormal eigenvectors (columns) of symmetric matrices.
 * Gradient: V·(diag ∂w + F∘(Vᵀ·∂V))·Vᵀ with Fᵢⱼ = 1/(wⱼ − wᵢ); not defined for equal eigenvalues.
 */
export function eigh(a: Tensor): { values: Tensor; vectors: Tensor } {
  const n = square('eigh', a);
  const parts = (packed: Tensor): [Tensor, Tensor] => [packed.narrow(-2, 0, 1).squeeze(-2), packed.narrow(-2, 1, n)];
  const compute = customGradient(
    (x) =>
      eachMatrix(x, n + 1, n, (matrix) => {
        const { realEigenvalues, eigenvectorMatrix } = new (library().EigenvalueDecomposition)(matrix, {
          assumeSymmetric: true,
        });
        const order = realEigenvalues.map((_, i) => i).sort((i, j) => realEigenvalues[i]! - realEigenvalues[j]!);
        const out = new (library().Matrix)(n + 1, n);
        order.forEach((from, to) => {
          out.set(0, to, realEigenvalues[from]!);
          for (let i = 0; i < n; i++) out.set(i + 1, to, eigenvectorMatrix.get(i, from));
        });
        return out;
      }),
    (g, x) => {
      const [gw, gv] = parts(g);
      const { values, vectors } = eigh(x);
      const inner = diagonal(gw).add(gaps(values).mul(vectors.transpose().matmul(gv)));
      const raw = vectors.matmul(inner).matmul(vectors.transpose());
      return [raw.add(raw.transpose()).mul(0.5)];
    },
  );
  const [values, vectors] = parts(compute(a));
  return { values, vectors };
}

/**
 * Q with orthonormal columns and upper R with Q·R = A for tall or square A [..., m, n], m ≥ n; the diagonal of R is positive.
 * Gradient (Walter and Lehmann, 2010): (∂Q + Q·copyltu(M))·R⁻ᵀ with M = R·∂Rᵀ − ∂Qᵀ·Q.
 */
export function qr(a: Tensor): { q: Tensor; r: Tensor } {
  const [m, n] = a.shape.slice(-2) as [number, number];
  if (a.rank < 2 || m < n)
    throw new ShapeError(`qr: shape ${show(a.shape)}`, 'It takes matrices with at least as many rows as columns.');
  const parts = (packed: Tensor): [Tensor, Tensor] => [packed.narrow(-2, 0, m), packed.narrow(-2, m, n)];
  const compute = customGradient(
    (x) =>
      eachMatrix(x, m + n, n, (matrix) => {
        const factor = new (library().QrDecomposition)(matrix);
        const out = new (library().Matrix)(m + n, n);
        for (let j = 0; j < n; j++) {
          const sign = factor.upperTriangularMatrix.get(j, j) < 0 ? -1 : 1;
          for (let i = 0; i < m; i++) out.set(i, j, sign * factor.orthogonalMatrix.get(i, j));
          for (let k = 0; k < n; k++) out.set(m + j, k, sign * factor.upperTriangularMatrix.get(j, k));
        }
        return out;
      }),
    (g, x) => {
      const [gq, gr] = parts(g);
      const { q, r } = qr(x);
      const inner = r.matmul(gr.transpose()).sub(gq.transpose().matmul(q));
      const copied = tril(inner).add(tril(inner, -1).transpose());
      return [gq.add(q.matmul(copied)).matmul(inverse(r).transpose())];
    },
  );
  const [q, r] = parts(compute(a));
  return { q, r: triu(r) };
}

/**
 * U, s (descending) and V with U·diag(s)·Vᵀ = A for A [..., m, n], m ≥ n; U is [..., m, n].
 * Gradient after Townsend (2016); not defined for equal or zero singular values where U or V are differentiated.
 */
export function svd(a: Tensor): { u: Tensor; s: Tensor; v: Tensor } {
  const [m, n] = a.shape.slice(-2) as [number, number];
  if (a.rank < 2 || m < n)
    throw new ShapeError(
      `svd: shape ${show(a.shape)}`,
      'It takes matrices with at least as many rows as columns; transpose wide ones.',
    );
  const parts = (packed: Tensor): [Tensor, Tensor, Tensor] => [
    packed.narrow(-2, 0, m),
    packed.narrow(-2, m, 1).squeeze(-2),
    packed.narrow(-2, m + 1, n),
  ];
  const compute = customGradient(
    (x) =>
      eachMatrix(x, m + 1 + n, n, (matrix) => {
        const factor = new (library().SingularValueDecomposition)(matrix, { autoTranspose: false });
        const order = factor.diagonal.map((_, i) => i).sort((i, j) => factor.diagonal[j]! - factor.diagonal[i]!);
        const out = new (library().Matrix)(m + 1 + n, n);
        order.forEach((from, to) => {
          for (let i = 0; i < m; i++) out.set(i, to, factor.leftSingularVectors.get(i, from));
          out.set(m, to, factor.diagonal[from]!);
          for (let i = 0; i < n; i++) out.set(m + 1 + i, to, factor.rightSingularVectors.get(i, from));
        });
        return out;
      }),
    (g, x) => {
      const [gu, gs, gv] = parts(g);
      const { u, s, v } = svd(x);
      const f = gaps(s.mul(s));
      const skew = (p: Tensor, q: Tensor): Tensor => p.transpose().matmul(q).sub(q.transpose().matmul(p));
      const scale = diagonal(s);
      const back = diagonal(s.reciprocal());
      const inner = f
        .mul(skew(u, gu))
        .matmul(scale)
        .add(scale.matmul(f.mul(skew(v, gv))))
        .add(diagonal(gs));
      const outside = (basis: Tensor, t: Tensor): Tensor => t.sub(basis.matmul(basis.transpose().matmul(t)));
      const left = outside(u, gu).matmul(back).matmul(v.transpose());
      const right = u.matmul(back).matmul(outside(v, gv).transpose());
      return [u.matmul(inner).matmul(v.transpose()).add(left).add(right)];
    },
  );
  const [u, s, v] = parts(compute(a));
  return { u, s, v };
}
