// In: what a module gave and what gradient came back. Out: the numbers that tell whether it learns.
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

/** The axis of the units: channels of pictures [n, c, h, w] and volumes, else the last. */
export const unitAxis = (shape: readonly number[]): number => (shape.length >= 4 ? 1 : shape.length - 1);

export function factsOf(t: Tensor): Facts {
  const values = t.dataSync();
  const { mean, std, min, max, finite, count } = statisticsOf(values);
  const axis = unitAxis(t.shape);
  const units = t.shape[axis] ?? 1;
  const inner = t.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const alive = new Uint8Array(units);
  const counts = new Array<number>(bins).fill(0);
  const width = max > min ? (max - min) / bins : 1;
  let zeros = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === 0) zeros++;
    else alive[Math.floor(i / inner) % units] = 1;
    if (Number.isFinite(value)) counts[Math.min(bins - 1, Math.floor((value - min) / width))]!++;
  }
  const dead = Array.from(alive.keys()).filter((unit) => alive[unit] === 0);
  return { mean, std, zero: zeros / count, dead, units, counts, low: min, high: max, broken: count - finite };
}

/** Root of the mean square. */
export function rms(t: Tensor): number {
  const values = t.dataSync();
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
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
