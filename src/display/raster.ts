// In: planes of numbers. Out: pixels in the colours of a map, single or laid out side by side.
import type { TypedArray } from '../dtype.js';
import { type ColorMap, colorAt, nanColor, type Rgb } from './colors.js';
import type { Pixels } from './png.js';
import type { Statistics } from './statistics.js';

/** How numbers become colours: `low` and what is below takes the first colour of the map, `high` the last. */
export interface Coloring {
  map: ColorMap;
  low: number;
  high: number;
}

/** Where the pictures lie in a tensor's elements. */
export interface Pictures {
  count: number;
  height: number;
  width: number;
  /** 3 or 4 for colour pictures. */
  channels: 1 | 3 | 4;
  /** Elements from one picture, channel, row and column to the next. */
  step: { picture: number; channel: number; row: number; column: number };
  /** Pictures that belong in one line, when the shape says so. */
  perRow?: number;
}

const levels = 64;
const nanIndex = levels;
const clearIndex = levels + 1;

/** Grey for pictures, blue to red around zero for signed numbers, viridis for amounts. */
export function chooseColoring(facts: Statistics, pictures: boolean): Coloring {
  const { min, max, finite, whole } = facts;
  if (finite === 0) return { map: 'gray', low: 0, high: 1 };
  if (pictures && min >= 0 && max <= 1) return { map: 'gray', low: 0, high: 1 };
  if (pictures && whole && min >= 0 && max <= 255 && max > 16) return { map: 'gray', low: 0, high: 255 };
  if (min < 0 && max > 0) {
    const size = Math.max(-min, max);
    return { map: 'diverging', low: -size, high: size };
  }
  return { map: 'viridis', low: min, high: max };
}

const shareOf = (value: number, { low, high }: Coloring): number => (high > low ? (value - low) / (high - low) : 0.5);

/** The colour of one number. */
export const colorOf = (value: number, coloring: Coloring): Rgb =>
  Number.isNaN(value) ? nanColor : colorAt(coloring.map, shareOf(value, coloring));

const paletteOf = (map: ColorMap): Rgb[] => [
  ...Array.from({ length: levels }, (_, i) => colorAt(map, i / (levels - 1))),
  nanColor,
  [255, 255, 255],
];

/** Shrinks by whole factors until no side is longer than `limit`. */
export const shrinkFactor = (height: number, width: number, limit: number): number =>
  Math.max(1, Math.ceil(Math.max(height, width) / limit));

interface Sampler {
  values: TypedArray;
  pictures: Pictures;
  /** Elements averaged in each direction for one pixel. */
  shrink: number;
}

/** Mean of the block of elements that falls on a pixel. */
function sample({ values, pictures, shrink }: Sampler, picture: number, channel: number, y: number, x: number): number {
  const { height, width, step } = pictures;
  const start = picture * step.picture + channel * step.channel;
  if (shrink === 1) return values[start + y * step.row + x * step.column]!;
  let sum = 0;
  let count = 0;
  for (let j = y * shrink; j < Math.min(height, (y + 1) * shrink); j++) {
    for (let i = x * shrink; i < Math.min(width, (x + 1) * shrink); i++) {
      sum += values[start + j * step.row + i * step.column]!;
      count++;
    }
  }
  return sum / count;
}

/** One picture as pixels: palette entries where it has one channel, RGB or RGBA otherwise. */
export function rasterize(
  values: TypedArray,
  pictures: Pictures,
  index: number,
  coloring: Coloring,
  shrink = 1,
): Pixels {
  const height = Math.ceil(pictures.height / shrink);
  const width = Math.ceil(pictures.width / shrink);
  const { channels } = pictures;
  const sampler = { values, pictures, shrink };
  const data = new Uint8Array(height * width * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const value = sample(sampler, index, c, y, x);
        const share = Math.min(Math.max(shareOf(value, coloring), 0), 1);
        if (channels > 1) data[at++] = Math.round(share * 255);
        else data[at++] = Number.isNaN(value) ? nanIndex : Math.round(share * (levels - 1));
      }
    }
  }
  const bare: Pixels = { width, height, channels, data };
  return channels === 1 ? { ...bare, palette: paletteOf(coloring.map) } : bare;
}

/** Pictures of one size in lines of `columns`, `gap` see-through pixels between them. */
export function montage(pictures: readonly Pixels[], columns: number, gap: number): Pixels {
  const first = pictures[0]!;
  const { width: w, height: h } = first;
  const lines = Math.ceil(pictures.length / columns);
  const width = columns * (w + gap) - gap;
  const height = lines * (h + gap) - gap;
  const channels = first.channels === 1 ? 1 : 4;
  const data = new Uint8Array(width * height * channels).fill(channels === 1 ? clearIndex : 0);
  pictures.forEach((picture, index) => {
    const left = (index % columns) * (w + gap);
    const top = Math.floor(index / columns) * (h + gap);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const to = ((top + y) * width + left + x) * channels;
        const from = (y * w + x) * picture.channels;
        if (channels === 1) data[to] = picture.data[from]!;
        else
          data.set(
            [...picture.data.subarray(from, from + 3), picture.channels === 4 ? picture.data[from + 3]! : 255],
            to,
          );
      }
    }
  });
  return { width, height, channels, data, ...(channels === 1 && { palette: first.palette, clear: clearIndex }) };
}
