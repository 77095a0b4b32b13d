// How a tensor shows itself: text for terminals, a MIME bundle for notebooks.
import type { DType, TypedArray } from '../dtype.js';

/** What the view needs to know of a tensor. */
export interface Viewable {
  readonly shape: readonly number[];
  readonly dtype: DType;
  dataSync(): TypedArray;
}

/** One line of facts and the numbers. */
export function tensorText(t: Viewable): string {
  return `Tensor(${t.dtype}[${t.shape.join(', ')}]) ${Array.from(t.dataSync().slice(0, 16)).join(', ')}`;
}

/** The MIME bundle of a tensor. */
export function tensorBundle(t: Viewable): Record<string, unknown> {
  return { 'text/plain': tensorText(t) };
}
