// In: a seed and how many. Out: points of the plane in classes: moons, circles, spirals, blobs, a ring of Gaussians.
import { fromArray } from '../../create.js';
import { ValueError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import { Chance } from '../chance.js';
import { TensorDataset } from '../dataset.js';
import { checkSize, checkWhole } from './check.js';

/** Points `x` float32 [n, 2] and the numbers of their classes `y` int32 [n]; the classes take turns. */
export type Points = TensorDataset<{ x: Tensor; y: Tensor }>;
/** Options of every set of points. */
export interface PointsOptions {
  /** The same seed gives the same points on every machine. Default 0. */
  seed?: number;
  /** Standard deviation of the normal noise on both coordinates. */
  noise?: number;
}

type Place = readonly [number, number];

/** Point i belongs to class i mod `classes`; `place` says where, given its share (from 0 to 1) of the class. */
function scatter(
  what: string,
  count: number,
  classes: number,
  { seed = 0, noise = 0 }: PointsOptions,
  place: (label: number, share: number, chance: Chance) => Place,
): Points {
  checkWhole(what, { count });
  checkSize(what, { noise });
  const chance = new Chance(seed);
  const x = new Float32Array(2 * count);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = i % classes;
    const members = Math.floor((count - 1 - label) / classes) + 1;
    const [u, v] = place(label, members > 1 ? Math.floor(i / classes) / (members - 1) : 0.5, chance);
    x[2 * i] = u + chance.normal(0, noise);
    x[2 * i + 1] = v + chance.normal(0, noise);
    y[i] = label;
  }
  return new TensorDataset({ x: fromArray(x, [count, 2], 'float32'), y: fromArray(y, [count], 'int32') });
}

/** Two half circles that reach into each other, as scikit-learn's. Noise 0.1 by default. */
export const moons = (count: number, options: PointsOptions = {}): Points =>
  scatter('moons', count, 2, { noise: 0.1, ...options }, (label, share) => {
    const [cos, sin] = [Math.cos(Math.PI * share), Math.sin(Math.PI * share)];
    return label === 0 ? [cos, sin] : [1 - cos, 0.5 - sin];
  });

/** A circle of radius 1 (class 0) around one of radius `factor` (0.5). Noise 0.05 by default. */
export function circles(count: number, options: PointsOptions & { factor?: number } = {}): Points {
  const { factor = 0.5 } = options;
  if (!(factor > 0 && factor < 1))
    throw new ValueError(`circles: factor ${factor}`, 'The inner circle is smaller: use a number between 0 and 1.');
  return scatter('circles', count, 2, { noise: 0.05, ...options }, (label, _, chance) => {
    const angle = chance.uniform(0, 2 * Math.PI);
    const radius = label === 0 ? 1 : factor;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/** `arms` (2) spirals from the middle to radius 1 in `turns` (1) turns. Noise 0.02 by default. */
export function spirals(count: number, options: PointsOptions & { arms?: number; turns?: number } = {}): Points {
  const { arms = 2, turns = 1 } = options;
  checkWhole('spirals', { arms }, 1);
  checkSize('spirals', { turns });
  return scatter('spirals', count, arms, { noise: 0.02, ...options }, (label, share) => {
    const angle = 2 * Math.PI * (turns * share + label / arms);
    return [share * Math.cos(angle), share * Math.sin(angle)];
  });
}

/** Normal clouds around `centres`: as many as the number says (3), drawn on [−5, 5], or those given. Noise 1 by default. */
export function blobs(count: number, options: PointsOptions & { centres?: number | readonly Place[] } = {}): Points {
  const { centres = 3, seed = 0 } = options;
  if (typeof centres === 'number') checkWhole('blobs', { centres }, 1);
  else if (centres.length === 0) throw new ValueError('blobs: no centres', 'Give at least one [x, y].');
  // Another stream than that of the points, so that more points leave the centres where they are.
  const drawn = new Chance(seed + 1);
  const places =
    typeof centres === 'number'
      ? Array.from({ length: centres }, (): Place => [drawn.uniform(-5, 5), drawn.uniform(-5, 5)])
      : centres;
  return scatter('blobs', count, places.length, { noise: 1, ...options }, (label) => places[label]!);
}

/** `modes` (8) narrow normal clouds on a circle of `radius` 2: what a GAN should find all of. Noise 0.05 by default. */
export function ringOfGaussians(
  count: number,
  options: PointsOptions & { modes?: number; radius?: number } = {},
): Points {
  const { modes = 8, radius = 2 } = options;
  checkWhole('ringOfGaussians', { modes }, 1);
  checkSize('ringOfGaussians', { radius });
  return scatter('ringOfGaussians', count, modes, { noise: 0.05, ...options }, (label) => {
    const angle = (2 * Math.PI * label) / modes;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}
