// In: points and values seen so far. Out: what a smooth function through them is likely to be elsewhere.
// Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), algorithm 2.1.

type Point = readonly number[];

/** Lower Cholesky factor of a symmetric positive definite matrix, by rows. */
function cholesky(matrix: readonly Float64Array[]): Float64Array[] {
  const n = matrix.length;
  const factor = matrix.map(() => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]!;
      for (let k = 0; k < j; k++) sum -= factor[i]![k]! * factor[j]![k]!;
      factor[i]![j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / factor[j]![j]!;
    }
  }
  return factor;
}
function solveLower(factor: readonly Float64Array[], b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(b.length);
  for (let i = 0; i < b.length; i++) {
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i]![k]! * x[k]!;
    x[i] = sum / factor[i]![i]!;
  }
  return x;
}
function solveUpper(factor: readonly Float64Array[], b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(b.length);
  for (let i = b.length - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < b.length; k++) sum -= factor[k]![i]! * x[k]!;
    x[i] = sum / factor[i]![i]!;
  }
  return x;
}

/** Matérn 5/2 covariance: once differentiable twice, which suits losses. */
function matern(a: Point, b: Point, length: number): number {
  let square = 0;
  for (let i = 0; i < a.length; i++) square += (a[i]! - b[i]!) ** 2;
  const d = Math.sqrt(5 * square) / length;
  return (1 + d + (d * d) / 3) * Math.exp(-d);
}

/** Mean and standard deviation of the function at a point. */
export type Posterior = (point: Point) => { mean: number; deviation: number };

/** Fits length scale and noise by the likelihood, on a small grid. */
export function gaussianProcess(points: readonly Point[], values: readonly number[]): Posterior {
  const n = points.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const scale = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n) || 1;
  const y = values.map((v) => (v - mean) / scale);
  let best: { likelihood: number; factor: Float64Array[]; alpha: Float64Array; length: number } | null = null;
  for (const length of [0.1, 0.2, 0.4, 0.8, 1.6]) {
    for (const noise of [1e-6, 1e-3, 3e-2]) {
      const factor = cholesky(
        points.map((p, i) => Float64Array.from(points, (q, j) => matern(p, q, length) + (i === j ? noise : 0))),
      );
      const half = solveLower(factor, y);
      const likelihood =
        -0.5 * half.reduce((sum, v) => sum + v * v, 0) - factor.reduce((sum, row, i) => sum + Math.log(row[i]!), 0);
      if (!best || likelihood > best.likelihood) best = { likelihood, factor, alpha: solveUpper(factor, half), length };
    }
  }
  const { factor, alpha, length } = best!;
  return (point) => {
    const k = points.map((p) => matern(p, point, length));
    const v = solveLower(factor, k);
    return {
      mean: mean + scale * k.reduce((sum, c, i) => sum + c * alpha[i]!, 0),
      deviation: scale * Math.sqrt(Math.max(1e-12, 1 - v.reduce((sum, e) => sum + e * e, 0))),
    };
  };
}

/** Expected amount by which a normal value falls below `best` (Mockus, 1978). */
export function expectedImprovement(mean: number, deviation: number, best: number): number {
  const z = (best - mean) / deviation;
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  return (best - mean) * normalBelow(z) + deviation * density;
}
/** Φ(z), by the error function's expansion of Abramowitz and Stegun (1964), 7.1.26; exact to 1.5e-7. */
function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
  return z >= 0 ? 1 - tail / 2 : tail / 2;
}
