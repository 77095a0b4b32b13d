// In: a batch of images. Out: the same images flipped, moved, turned, bent, recoloured or partly erased, each at random.
import { fromArray } from '../../create.js';
import { DTypeError, ShapeError, show, ValueError } from '../../errors.js';
import { type Generator, generator as sharedGenerator } from '../../random.js';
import type { Tensor } from '../../tensor.js';
import { Chance } from '../chance.js';
import { type Dataset, elementsOf } from '../dataset.js';
import { blur, type Source, warp } from './warp.js';

/** One image of a batch, to be changed in place: channels one after the other, rows from the top. */
export interface Image {
  readonly pixels: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}
/** A change of one image, drawn anew for each. */
export type Augmentation = (image: Image, chance: Chance) => void;

/** Options of `augment`. */
export interface AugmentOptions {
  /** Where the changes are drawn from. Default: the shared stream, see `manualSeed`. */
  generator?: Generator;
}

/**
 * Changes every image of a batch by all of `steps`, in this order.
 * @param images float32 [n, channels, height, width]; they stay as they are.
 * @returns the changed ones, of the same shape.
 * @throws ShapeError or DTypeError for anything else than a batch of float32 images.
 * @example augment(x, [randomFlip(), randomAffine({ degrees: 10, translate: 0.1 })])
 */
export function augment(images: Tensor, steps: readonly Augmentation[], options: AugmentOptions = {}): Tensor {
  if (images.rank !== 4)
    throw new ShapeError(`augment: images ${show(images.shape)}`, 'It takes [n, channels, height, width].');
  if (images.dtype !== 'float32')
    throw new DTypeError(`augment: images are ${images.dtype}`, "Use images.to('float32').");
  const [n, channels, height, width] = images.shape as readonly [number, number, number, number];
  const pixels = Float32Array.from(elementsOf(images));
  const size = channels * height * width;
  const chance = new Chance(options.generator ?? sharedGenerator());
  for (let i = 0; i < n; i++) {
    const image = { pixels: pixels.subarray(i * size, (i + 1) * size), channels, height, width };
    for (const step of steps) step(image, chance);
  }
  return fromArray(pixels, images.shape, 'float32');
}

/** A dataset whose images are changed anew each time they are asked for; for training only. */
export class Augmented<Batch extends { readonly x: Tensor }> implements Dataset<Batch> {
  constructor(
    readonly dataset: Dataset<Batch>,
    readonly steps: readonly Augmentation[],
    readonly options: AugmentOptions = {},
  ) {}
  get length(): number {
    return this.dataset.length;
  }
  batch(indices: ArrayLike<number>): Batch {
    const batch = this.dataset.batch(indices);
    return { ...batch, x: augment(batch.x, this.steps, this.options) };
  }
}

function check(
  what: string,
  ranges: Readonly<Record<string, readonly [value: number, low: number, high: number]>>,
): void {
  for (const [name, [value, low, high]] of Object.entries(ranges))
    if (!(value >= low && value <= high))
      throw new ValueError(`${what}: ${name} ${value}`, `Use a number from ${low} to ${high}.`);
}
const planesOf = ({ pixels, channels, height, width }: Image): Float32Array[] =>
  Array.from({ length: channels }, (_, c) => pixels.subarray(c * height * width, (c + 1) * height * width));

/** Reads all channels of an image from other places. */
function move(image: Image, source: Source, fill: number): void {
  const { height, width } = image;
  for (const plane of planesOf(image)) warp(plane.slice(), height, width, source, fill, plane);
}

/** Mirrors left and right (or top and bottom) with probability `p` (0.5). */
export function randomFlip(options: { p?: number; axis?: 'horizontal' | 'vertical' } = {}): Augmentation {
  const { p = 0.5, axis = 'horizontal' } = options;
  check('randomFlip', { p: [p, 0, 1] });
  return (image, chance) => {
    if (!chance.happens(p)) return;
    const { height, width } = image;
    for (const plane of planesOf(image)) {
      if (axis === 'horizontal') for (let y = 0; y < height; y++) plane.subarray(y * width, (y + 1) * width).reverse();
      else {
        const old = plane.slice();
        for (let y = 0; y < height; y++) plane.set(old.subarray(y * width, (y + 1) * width), (height - 1 - y) * width);
      }
    }
  };
}

/** Adds `padding` (4) pixels of `fill` (0) around and cuts the old size out anywhere: a shift of whole pixels. */
export function randomCrop(options: { padding?: number; fill?: number } = {}): Augmentation {
  const { padding = 4, fill = 0 } = options;
  check('randomCrop', { padding: [padding, 0, 1024] });
  return (image, chance) => {
    const [dx, dy] = [chance.below(2 * padding + 1) - padding, chance.below(2 * padding + 1) - padding];
    const { height, width } = image;
    for (const plane of planesOf(image)) {
      const old = plane.slice();
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
          plane[y * width + x] = inside ? old[(y + dy) * width + x + dx]! : fill;
        }
    }
  };
}

/** Ranges of `randomAffine`; each is drawn evenly. */
export interface AffineOptions {
  /** Turns by up to so many degrees either way. Default 0. */
  degrees?: number;
  /** Moves by up to this part of height and width. Default 0. */
  translate?: number;
  /** Smallest and largest factor of the size. Default [1, 1]. */
  scale?: readonly [number, number];
  /** Slants by up to so many degrees either way. Default 0. */
  shear?: number;
  /** What comes in from outside. Default 0. */
  fill?: number;
}

/** Turns, moves, resizes and slants around the middle, all in one reading of the pixels. */
export function randomAffine(options: AffineOptions): Augmentation {
  const { degrees = 0, translate = 0, scale = [1, 1], shear = 0, fill = 0 } = options;
  check('randomAffine', {
    degrees: [degrees, 0, 180],
    translate: [translate, 0, 1],
    'scale[0]': [scale[0], 0.01, 100],
    'scale[1]': [scale[1], scale[0], 100],
    shear: [shear, 0, 80],
  });
  return (image, chance) => {
    const { height, width } = image;
    const angle = (chance.uniform(-degrees, degrees) * Math.PI) / 180;
    const slant = Math.tan((chance.uniform(-shear, shear) * Math.PI) / 180);
    const size = chance.uniform(scale[0], scale[1]);
    const [dx, dy] = [chance.uniform(-translate, translate) * width, chance.uniform(-translate, translate) * height];
    // Where a new pixel comes from: unmove, turn back, unslant, unscale.
    const [cos, sin] = [Math.cos(angle) / size, Math.sin(angle) / size];
    const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
    move(
      image,
      (x, y, out) => {
        const [u, v] = [x - middleX - dx, y - middleY - dy];
        const turnedY = cos * v - sin * u;
        out[0] = middleX + cos * u + sin * v - slant * turnedY;
        out[1] = middleY + turnedY;
      },
      fill,
    );
  };
}
/** Turns by up to `degrees` either way. */
export const randomRotation = (degrees: number, fill = 0): Augmentation => randomAffine({ degrees, fill });

/**
 * Bends an image as if drawn on rubber (Simard, Steinkraus and Platt, 2003): every pixel moves by smooth noise.
 * @param options `strength`: standard deviation of the shifts in pixels, default 1; `smoothness`: deviation of the blur in pixels, default 4.
 */
export function elastic(options: { strength?: number; smoothness?: number; fill?: number } = {}): Augmentation {
  const { strength = 1, smoothness = 4, fill = 0 } = options;
  check('elastic', { strength: [strength, 0, 1000], smoothness: [smoothness, 0, 100] });
  return (image, chance) => {
    const { height, width } = image;
    const field = (): Float32Array => {
      const noise = Float32Array.from({ length: height * width }, () => chance.uniform(-1, 1));
      blur(noise, height, width, smoothness);
      const deviation = Math.sqrt(noise.reduce((sum, v) => sum + v * v, 0) / noise.length);
      return deviation > 0 ? noise.map((v) => (v / deviation) * strength) : noise;
    };
    const [fx, fy] = [field(), field()];
    move(
      image,
      (x, y, out) => {
        out[0] = x + fx[y * width + x]!;
        out[1] = y + fy[y * width + x]!;
      },
      fill,
    );
  };
}

/**
 * Paints over a rectangle with probability `p` (Zhong et al., 2020).
 * @param options `p` default 0.5; `area`: smallest and largest part of the image, default [0.02, 0.2]; `fill` default 0, or `'noise'` uniform on [0, 1).
 */
export function randomErase(
  options: { p?: number; area?: readonly [number, number]; fill?: number | 'noise' } = {},
): Augmentation {
  const { p = 0.5, area = [0.02, 0.2], fill = 0 } = options;
  check('randomErase', { p: [p, 0, 1], 'area[0]': [area[0], 0, 1], 'area[1]': [area[1], area[0], 1] });
  return (image, chance) => {
    if (!chance.happens(p)) return;
    const { height, width } = image;
    const part = chance.uniform(area[0], area[1]) * height * width;
    // From three times as wide as high to three times as high as wide.
    const ratio = Math.exp(chance.uniform(-Math.log(3), Math.log(3)));
    const h = Math.min(height, Math.max(1, Math.round(Math.sqrt(part * ratio))));
    const w = Math.min(width, Math.max(1, Math.round(Math.sqrt(part / ratio))));
    const [left, top] = [chance.below(width - w + 1), chance.below(height - h + 1)];
    for (const plane of planesOf(image))
      for (let y = top; y < top + h; y++)
        for (let x = left; x < left + w; x++) plane[y * width + x] = fill === 'noise' ? chance.uniform() : fill;
  };
}

/** Weights of red, green and blue in grey: ITU-R BT.601. */
const greyWeights = [0.299, 0.587, 0.114] as const;

/**
 * Changes brightness, contrast and (of three channels) saturation by factors from 1 − range to 1 + range; values stay in [0, 1].
 * @param options the three ranges, each 0 by default.
 */
export function colorJitter(options: { brightness?: number; contrast?: number; saturation?: number }): Augmentation {
  const { brightness = 0, contrast = 0, saturation = 0 } = options;
  check('colorJitter', { brightness: [brightness, 0, 1], contrast: [contrast, 0, 1], saturation: [saturation, 0, 1] });
  return (image, chance) => {
    const { pixels, channels } = image;
    const factor = (range: number): number => 1 + chance.uniform(-range, range);
    const [light, spread, color] = [factor(brightness), factor(contrast), factor(saturation)];
    const clamp = (v: number): number => Math.min(1, Math.max(0, v));
    const size = pixels.length / channels;
    const grey = (i: number): number =>
      channels === 3
        ? greyWeights[0] * pixels[i]! + greyWeights[1] * pixels[size + i]! + greyWeights[2] * pixels[2 * size + i]!
        : pixels[i]!;
    for (let i = 0; i < pixels.length; i++) pixels[i] = clamp(pixels[i]! * light);
    let mean = 0;
    for (let i = 0; i < size; i++) mean += grey(i) / size;
    for (let i = 0; i < pixels.length; i++) pixels[i] = clamp(mean + (pixels[i]! - mean) * spread);
    if (channels !== 3) return;
    for (let i = 0; i < size; i++) {
      const level = grey(i);
      for (let c = 0; c < 3; c++) pixels[c * size + i] = clamp(level + (pixels[c * size + i]! - level) * color);
    }
  };
}

/** Adds normal noise of the given deviation to every value; works for sequences [n, channels, 1, length] too. */
export function gaussianNoise(deviation: number): Augmentation {
  check('gaussianNoise', { deviation: [deviation, 0, Number.MAX_VALUE] });
  return ({ pixels }, chance) => {
    for (let i = 0; i < pixels.length; i++) pixels[i] = pixels[i]! + chance.normal(0, deviation);
  };
}
