// In: a seed. Out: MNIST-1D, ten shapes of 40 numbers each, moved, stretched, sheared and drowned in noise.
import { fromArray } from '../../create.js';
import type { Tensor } from '../../tensor.js';
import { Chance } from '../chance.js';
import { TensorDataset } from '../dataset.js';
import { checkWhole } from './check.js';

/** S. Greydanus and D. Kobak, "Scaling down deep learning with MNIST-1D" (2020), section 2 and its published constants. */
const templates: readonly (readonly number[])[] = [
  [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
  [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
  [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
  [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
  [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
  [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
  [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
  [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
  [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
  [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
];
const classes = templates.length;
/** Numbers of a sample, before the last resampling and after. */
const span = 72;
const samples = 40;
const padding = { least: 36, most: 60 } as const;
const scaleRange = 0.4;
const largestShift = 48;
const noise = { smooth: 0.25, white: 0.02 } as const;
const shearRange = 0.75;
/** Standard deviation of the blur that makes noise smooth, and where its bell is cut off. */
const blur = { deviation: 2, radius: 8 } as const;

const bell = Float64Array.from({ length: 2 * blur.radius + 1 }, (_, i) =>
  Math.exp(-((i - blur.radius) ** 2) / (2 * blur.deviation ** 2)),
);
const bellSum = bell.reduce((sum, v) => sum + v, 0);

/** Mean 0 and deviation 1, moved so that it starts and ends at 0, a sixth as large. */
const shapes = templates.map((values) => {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  return Float64Array.from(values, (v) => (v - values[0]!) / deviation / 6);
});

/** `values` read off at `length` places, evenly from the first to the last, along straight lines. */
function resample(values: Float64Array, length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => {
    const at = (i * (values.length - 1)) / (length - 1);
    const left = Math.min(Math.floor(at), values.length - 2);
    return values[left]! + (at - left) * (values[left + 1]! - values[left]!);
  });
}

/** Normal noise, blurred; it is mirrored at the ends. */
function smoothNoise(chance: Chance, deviation: number): Float64Array {
  const raw = Float64Array.from({ length: span }, () => chance.normal(0, deviation));
  return raw.map((_, i) => {
    let sum = 0;
    for (let k = -blur.radius; k <= blur.radius; k++) {
      const at = i + k < 0 ? -1 - i - k : i + k >= span ? 2 * span - 1 - i - k : i + k;
      sum += bell[k + blur.radius]! * raw[at]!;
    }
    return sum / bellSum;
  });
}

function sample(label: number, chance: Chance): Float64Array {
  const shape = shapes[label]!;
  const room = padding.least + chance.below(padding.most - padding.least + 1);
  const padded = new Float64Array(shape.length + room);
  padded.set(shape);
  const scale = 1 + scaleRange * (chance.uniform() - 0.5);
  const stretched = resample(padded, span);
  // Where the shape has ended there is nothing but noise.
  const end = (shape.length * (span - 1)) / (padded.length - 1);
  const shift = chance.below(largestShift);
  const background = smoothNoise(chance, noise.smooth);
  const slope = shearRange * (chance.uniform() - 0.5);
  const mixed = background.map((rustle, i) => {
    const from = (i - shift + span) % span;
    const signal = from < end ? scale * stretched[from]! : rustle;
    return signal + chance.normal(0, noise.white) - slope * (i / (span - 1) - 0.5);
  });
  return resample(mixed, samples);
}

/** Options of `mnist1d`. */
export interface Mnist1dOptions {
  /** The same seed gives the same samples on every machine. Default 42. */
  seed?: number;
  /** How many to train on. Default 4,000. */
  train?: number;
  /** How many to test on. Default 1,000. */
  test?: number;
}
/** Samples `x` float32 [n, 40] and their classes `y` int32 [n]. */
export type Signals = TensorDataset<{ x: Tensor; y: Tensor }>;

/**
 * MNIST-1D: ten classes of 40 numbers that tell models apart where MNIST does not (published: logistic regression 32 %, MLP
 * 68 %, GRU 91 %, CNN 94 %, human 96 %). Mean 0 and deviation 1 over the training samples.
 * @throws ValueError for counts or a seed that are no whole numbers from 0.
 */
export function mnist1d(options: Mnist1dOptions = {}): { train: Signals; test: Signals } {
  const { seed = 42, train = 4000, test = 1000 } = options;
  checkWhole('mnist1d', { train, test });
  const chance = new Chance(seed);
  const count = train + test;
  const order = chance.order(count);
  const x = new Float32Array(count * samples);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    y[i] = order[i]! % classes;
    x.set(sample(y[i]!, chance), i * samples);
  }
  const seen = x.subarray(0, Math.max(1, train) * samples);
  const mean = seen.reduce((sum, v) => sum + v, 0) / seen.length;
  const deviation = Math.sqrt(seen.reduce((sum, v) => sum + (v - mean) ** 2, 0) / seen.length) || 1;
  const part = (from: number, n: number): Signals =>
    new TensorDataset({
      x: fromArray(
        x.slice(from * samples, (from + n) * samples).map((v) => (v - mean) / deviation),
        [n, samples],
        'float32',
      ),
      y: fromArray(y.slice(from, from + n), [n], 'int32'),
    });
  return { train: part(0, train), test: part(train, test) };
}
