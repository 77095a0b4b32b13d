// In: how an axis counts and what its names are. Out: the scale of Vega-Lite, and the angle of the names.
import type { Spec } from './theme.js';

/** A scale that follows the data rather than zero, unless its ends are given. */
export const scaleOf = (type: 'linear' | 'log' = 'linear', range?: readonly [number, number]): Spec =>
  range
    ? { type, domain: [...range], nice: false }
    : { type, ...(type === 'linear' ? { zero: false } : { nice: false }) };

const letterWidth = 6.5;

/** Names below cells of `width` pixels: level where the longest fits, else slanted. */
export const angleFor = (names: readonly string[], width: number): number =>
  Math.max(0, ...names.map((name) => name.length)) * letterWidth > width ? -40 : 0;

/** An axis whose lines stay few where they are logarithmic. */
export const axisOf = (type: 'linear' | 'log' = 'linear'): Spec => (type === 'log' ? { tickCount: 6 } : {});
