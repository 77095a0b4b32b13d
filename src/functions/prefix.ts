// Running products, extremes and log-sums along an axis, by doubling: log₂ n elementwise steps, differentiable as they are.

import { full } from '../create.js';
import { isFloat } from '../dtype.js';
import { DTypeError } from '../errors.js';
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

function extreme(op: string, t: Tensor, axis: number, sign: 1 | -1): Tensor {
  if (!isFloat(t.dtype)) throw new DTypeError(`${op}: elements are ${t.dtype}`, 'Convert first: t.float().');
  return prefix(op, t, axis, sign * Number.NEGATIVE_INFINITY, (a, b) => (sign > 0 ? a.maximum(b) : a.minimum(b)));
}
/** Largest so far along `axis`; NaN stays. */
export const cummax = (t: Tensor, axis: number): Tensor => extreme('cummax', t, axis, 1);
/** Smallest so far along `axis`; NaN stays. */
export const cummin = (t: Tensor, axis: number): Tensor => extreme('cummin', t, axis, -1);

/** ln of the running sum of eˣ along `axis`, without overflow. */
export const logCumSumExp = (t: Tensor, axis: number): Tensor =>
  prefix('logCumSumExp', isFloat(t.dtype) ? t : t.float(), axis, Number.NEGATIVE_INFINITY, logAddExp);
