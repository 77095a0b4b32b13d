// In: how an axis counts. Out: the scale of Vega-Lite.
import type { Spec } from './theme.js';

/** A scale that follows the data rather than zero, unless its ends are given. */
export const scaleOf = (type: 'linear' | 'log' = 'linear', range?: readonly [number, number]): Spec =>
  range ? { type, domain: [...range], nice: false } : { type, zero: false };
