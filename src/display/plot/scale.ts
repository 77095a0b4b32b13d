// In: how an axis counts and what its names are. Out: the scale of Vega-Lite, and the angle of the names.
import { logTicks } from '../ticks.js';
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

/** `0.001`, but `1e−4`; `100,000`, but `1e+6`. */
const label = "datum.value < 0.001 || datum.value >= 1e6 ? format(datum.value, '~e') : format(datum.value, ',~g')";

/** An axis whose lines stay few, at round numbers, where it is logarithmic. */
export function axisOf(type: 'linear' | 'log' = 'linear', values: readonly number[] = []): Spec {
  if (type === 'linear') return {};
  const usable = values.filter((v) => v > 0 && Number.isFinite(v));
  if (usable.length === 0) return {};
  const ends = usable.reduce<[number, number]>(
    ([low, high], v) => [Math.min(low, v), Math.max(high, v)],
    [usable[0]!, usable[0]!],
  );
  return { values: logTicks(...ends), labelExpr: label };
}
