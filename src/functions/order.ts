// What sorting tells: medians, quantiles, the k-th value, places in a sorted row, distinct values.
import { concat, full, tensor } from '../create.js';
import { isFloat } from '../dtype.js';
import { DTypeError, IndexError, ShapeError, show, ValueError } from '../errors.js';
import { checkAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';

function notEmpty(op: string, t: Tensor, axis: number): number {
  const at = checkAxis(op, axis, t.rank);
  if (t.shape[at] === 0)
    throw new ShapeError(`${op}: axis ${at} of shape ${show(t.shape)} is empty`, 'It needs at least one element.');
  return at;
}

/** NaN in every row that has one. */
function poison(t: Tensor, result: Tensor, axis: number): Tensor {
  const nan = full([], Number.NaN, { dtype: result.dtype });
  return isFloat(t.dtype) ? nan.where(t.isNaN().any(axis), result) : result;
}

/** The k-th smallest (k from 1) along `axis`, with its index. */
export function kthValue(t: Tensor, k: number, axis = -1): { values: Tensor; indices: Tensor } {
  const at = notEmpty('kthValue', t, axis);
  if (!Number.isInteger(k) || k < 1 || k > t.shape[at]!)
    throw new IndexError(
      `kthValue: k = ${k} of an axis with ${t.shape[at]} elements`,
      'k counts from 1 to the length of the axis.',
    );
  const index = t.argsort(at).narrow(at, k - 1, 1);
  return { values: t.gather(index, at).squeeze(at), indices: index.squeeze(at) };
}

/**
 * The middle value along `axis` (of all elements if left out); of an even number the lower one, as PyTorch does.
 * NaN where a row has one. The gradient goes to the element that was chosen.
 */
export function median(t: Tensor, axis?: number): Tensor {
  const [flat, at] = axis === undefined ? [t.flatten(), 0] : [t, checkAxis('median', axis, t.rank)];
  const k = Math.floor((flat.shape[notEmpty('median', flat, at)]! - 1) / 2) + 1;
  return poison(flat, kthValue(flat, k, at).values, at);
}

/** How a quantile between two elements is found. */
export type QuantileMode = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';

/**
 * The value below which a share `q` of the elements lies, along `axis` (of all elements if left out).
 * Several shares give a new first axis. NaN where a row has one.
 * @param mode between two neighbours: `linear` (default) blends them, `nearest` rounds half to even.
 */
export function quantile(
  t: Tensor,
  q: number | readonly number[],
  axis?: number,
  mode: QuantileMode = 'linear',
): Tensor {
  const shares = typeof q === 'number' ? [q] : q;
  for (const share of shares)
    if (!(share >= 0 && share <= 1))
      throw new ValueError(`quantile: q = ${share}`, 'Shares lie between 0 and 1; divide percentiles by 100.');
  if (shares.length === 0) throw new ValueError('quantile: no shares', 'Give at least one number between 0 and 1.');
  const real = isFloat(t.dtype) ? t : t.float();
  const [flat, at] = axis === undefined ? [real.flatten(), 0] : [real, checkAxis('quantile', axis, t.rank)];
  const last = flat.shape[notEmpty('quantile', flat, at)]! - 1;
  const { values } = flat.sort(at);
  const pick = (i: number): Tensor => values.narrow(at, i, 1).squeeze(at);
  const found = shares.map((share) => {
    const place = share * last;
    const [low, high] = [Math.floor(place), Math.ceil(place)];
    const part = place - low;
    switch (mode) {
      case 'lower':
        return pick(low);
      case 'higher':
        return pick(high);
      case 'nearest':
        return pick(part < 0.5 || (part === 0.5 && low % 2 === 0) ? low : high);
      case 'midpoint':
        return pick(low).add(pick(high)).mul(0.5);
      case 'linear':
        return low === high ? pick(low) : pick(low).add(pick(high).sub(pick(low)).mul(part));
      default:
        throw new ValueError(
          `quantile: mode '${String(mode satisfies never)}'`,
          "Use 'linear', 'lower', 'higher', 'nearest' or 'midpoint'.",
        );
    }
  });
  const poisoned = found.map((value) => poison(flat, value, at));
  return typeof q === 'number' ? poisoned[0]! : stackFirst(poisoned);
}
const stackFirst = (parts: readonly Tensor[]): Tensor => {
  const [head, ...rest] = parts.map((part) => part.unsqueeze(0));
  return rest.length === 0 ? head! : concat([head!, ...rest]);
};

/** How many of `sorted` (ascending, 1-d) are less than (with `right`, not greater than) each value: where it would go; int32. */
export function searchSorted(sorted: Tensor, values: Tensor, right = false): Tensor {
  if (sorted.rank !== 1) throw new ShapeError(`searchSorted: sorted is ${show(sorted.shape)}`, 'It takes one axis.');
  const each = values.unsqueeze(-1);
  return (right ? sorted.le(each) : sorted.lt(each)).sum(-1);
}

/** What `unique` found. */
export interface Unique {
  /** The distinct values, ascending (NaN last, each once). */
  readonly values: Tensor;
  /** For each element of the tensor the index of its value; int32, in the tensor's shape. */
  readonly inverse: Tensor;
  /** How often each value occurs; int32. */
  readonly counts: Tensor;
}
/** The distinct values. Their number is not known beforehand, so this computes the tensor at once, and has no gradient. */
export function unique(t: Tensor): Unique {
  const flat = t.dataSync();
  const { device } = t;
  const order = Int32Array.from(flat, (_, i) => i).sort((i, j) => compare(flat[i]!, flat[j]!));
  const inverse = new Int32Array(flat.length);
  const values: number[] = [];
  const counts: number[] = [];
  for (const i of order) {
    const value = flat[i]!;
    if (values.length === 0 || compare(values[values.length - 1]!, value) !== 0) {
      values.push(value);
      counts.push(0);
    }
    inverse[i] = values.length - 1;
    counts[values.length - 1]!++;
  }
  return {
    values: tensor(Float64Array.from(values), { dtype: t.dtype, device }),
    inverse: tensor(inverse, { shape: t.shape, device }),
    counts: tensor(Int32Array.from(counts), { device }),
  };
}
const compare = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b;

/** How often each of 0 … n − 1 occurs in a tensor of integers; int32. Without `n` it computes the largest first. */
export function binCount(t: Tensor, n?: number): Tensor {
  if (isFloat(t.dtype)) throw new DTypeError(`binCount: elements are ${t.dtype}`, 'It counts integers: t.int().');
  const flat = t.flatten();
  const length = n ?? (t.size === 0 ? 0 : flat.max().item() + 1);
  const zeros = full([length], 0, { dtype: 'int32' });
  return zeros.scatterAdd(0, flat, full([t.size], 1, { dtype: 'int32' }));
}
