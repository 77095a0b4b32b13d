// In: what a module gave and what gradient came back. Out: the numbers that tell whether it learns.
import type { TypedArray } from '../../dtype.js';
import type { Tensor } from '../../tensor.js';
import { statisticsOf } from '../statistics.js';

/** One module in numbers. */
export interface Facts {
  mean: number;
  std: number;
  /** Share of elements that are exactly zero. */
  zero: number;
  /** Units that were zero for every sample and position. */
  dead: readonly number[];
  units: number;
  /** How often each size occurs, in equal parts of [low, high]. */
  counts: readonly number[];
  low: number;
  high: number;
  /** Elements that are NaN or infinite. */
  broken: number;
}

const bins = 30;
/** Of large tensors every n-th element is looked at, so that a frame of a live view stays cheap; dead and broken ones are counted in full. */
const enough = 20_000;

/** The axis of the units: channels of pictures [n, c, h, w] and volumes, else the last. */
export const unitAxis = (shape: readonly number[]): number => (shape.length >= 4 ? 1 : shape.length - 1);

/** Evenly spread elements; the step is odd, so that it does not fall in with a power of two. */
function sampleOf(values: TypedArray): Float64Array {
  const step = values.length > enough ? Math.ceil(values.length / enough) | 1 : 1;
  const sample = new Float64Array(Math.ceil(values.length / step));
  for (let i = 0; i < sample.length; i++) sample[i] = values[i * step]!;
  return sample;
}

/** Units whose every element is zero. */
function deadUnits(values: TypedArray, units: number, inner: number): number[] {
  const isAlive = (unit: number): boolean => {
    for (let start = unit * inner; start < values.length; start += units * inner) {
      for (let i = start; i < start + inner; i++) if (values[i] !== 0) return true;
    }
    return false;
  };
  return Array.from({ length: units }, (_, unit) => unit).filter((unit) => !isAlive(unit));
}

function brokenIn(values: TypedArray): number {
  // One pass without a branch tells whether there is any: finite · 0 is 0, the others · 0 are NaN.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  if (sum === 0) return 0;
  let broken = 0;
  for (const value of values) if (!Number.isFinite(value)) broken++;
  return broken;
}

/** The elements where they lie: a copy would cost more than all the rest. */
const valuesOf = (t: Tensor): TypedArray => t.eval().node.storage!.array;

export function factsOf(t: Tensor): Facts {
  const values = valuesOf(t);
  const axis = unitAxis(t.shape);
  const units = t.shape[axis] ?? 1;
  const inner = t.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const sample = sampleOf(values);
  const { mean, std, min, max, count } = statisticsOf(sample);
  const counts = new Array<number>(bins).fill(0);
  const width = max > min ? (max - min) / bins : 1;
  let zeros = 0;
  for (const value of sample) {
    if (value === 0) zeros++;
    if (Number.isFinite(value)) counts[Math.min(bins - 1, Math.floor((value - min) / width))]!++;
  }
  const [dead, broken] = [deadUnits(values, units, inner), brokenIn(values)];
  return { mean, std, zero: zeros / count, dead, units, counts, low: min, high: max, broken };
}

/** Root of the mean square. */
export function rms(t: Tensor): number {
  const sample = sampleOf(valuesOf(t));
  let sum = 0;
  for (const value of sample) sum += value * value;
  return Math.sqrt(sum / sample.length);
}

const size = { width: 96, height: 22 };

/** The counts as small bars, the one at zero darker; the address of an image. */
export function barsAddress({ counts, low, high }: Facts): string {
  const top = Math.max(...counts) || 1;
  const step = size.width / counts.length;
  const bars = counts.map((count, i) => {
    const tall = Math.max(count > 0 ? 1 : 0, Math.round((count / top) * (size.height - 2)));
    return `<rect x="${(i * step).toFixed(1)}" y="${size.height - tall}" width="${(step - 0.5).toFixed(1)}" height="${tall}"/>`;
  });
  const zero = low < 0 && high > 0 ? ((-low / (high - low)) * size.width).toFixed(1) : undefined;
  const mark = zero === undefined ? '' : `<path d="M${zero} 0v${size.height}" stroke="#888" stroke-dasharray="2 2"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}"><g fill="#3a8fd0">${bars.join('')}</g>${mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
