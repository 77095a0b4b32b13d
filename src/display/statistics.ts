// In: the elements of a tensor. Out: what its header says and its colours span.
import type { TypedArray } from '../dtype.js';

/** Facts over all elements; `min` to `std` are over the finite ones. */
export interface Statistics {
  count: number;
  finite: number;
  nan: number;
  infinite: number;
  /** Whether every finite element is a whole number. */
  whole: boolean;
  min: number;
  max: number;
  mean: number;
  /** Of the elements themselves (divided by n). */
  std: number;
}

export function statisticsOf(values: TypedArray): Statistics {
  let [finite, nan, whole] = [0, 0, true];
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      if (Number.isNaN(value)) nan++;
      continue;
    }
    finite++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
    whole &&= Number.isInteger(value);
  }
  const mean = sum / finite;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) squares += (value - mean) ** 2;
  }
  const count = values.length;
  return {
    count,
    finite,
    nan,
    infinite: count - finite - nan,
    whole,
    min,
    max,
    mean,
    std: Math.sqrt(squares / finite),
  };
}

/** `1 NaN, 2 infinite`, or nothing. */
export function alarm({ nan, infinite }: Statistics): string {
  const parts = [];
  if (nan > 0) parts.push(`${nan} NaN`);
  if (infinite > 0) parts.push(`${infinite} infinite`);
  return parts.join(', ');
}
