// Running products, extremes and log-sums along an axis, by doubling: log₂ n elementwise steps, differentiable as they are.

import { full } from '../create.js';
import { type DType, isFloat } from '../dtype.js';
import { checkAxis } from '../shape.js';
import { Tensor } from '../tensor.js';
import { logAddExp } from './pointwise.js';

/** Combines each element with all before it: after step s each holds the result of 2ˢ elements (Hillis and Steele, 1986). */
function prefix(
  op: string,
  t: Tensor,
  axis: number,
  neutral: number,
  combine: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const at = checkAxis(op, axis, t.rank);
  const n = t.shape[at]!;
  let out = t;
  for (let reach = 1; reach < n; reach *= 2) {
    const start = full(
      t.shape.map((length, i) => (i === at ? reach : length)),
      neutral,
      { dtype: t.dtype },
    );
    out = combine(Tensor.concat([start, out.narrow(at, 0, n - reach)], at), out);
  }
  return out;
}

const counted = (t: Tensor): Tensor => (t.dtype === 'bool' ? t.int() : t);

/** Running product along `axis`. Gradients are right where elements are 0, too. */
export const cumprod = (t: Tensor, axis: number): Tensor => prefix('cumprod', counted(t), axis, 1, (a, b) => a.mul(b));

/** The least and the greatest number of each dtype. */
const limits = {
  float16: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  bfloat16: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  float32: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  float64: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  bool: [0, 1],
} as const satisfies Record<DType, readonly [number, number]>;

/** Largest so far along `axis`; NaN stays. Of equal elements the last has the gradient. */
export const cummax = (t: Tensor, axis: number): Tensor =>
  prefix('cummax', counted(t), axis, limits[t.dtype][0], (a, b) => b.where(b.ge(a).or(b.isNaN()), a));
/** Smallest so far along `axis`; NaN stays. Of equal elements the last has the gradient. */
export const cummin = (t: Tensor, axis: number): Tensor =>
  prefix('cummin', counted(t), axis, limits[t.dtype][1], (a, b) => b.where(b.le(a).or(b.isNaN()), a));

/** ln of the running sum of eˣ along `axis`, without overflow. */
export const logCumSumExp = (t: Tensor, axis: number): Tensor =>
  prefix('logCumSumExp', isFloat(t.dtype) ? t : t.float(), axis, Number.NEGATIVE_INFINITY, logAddExp);
