// In: a shape. Out: how its elements form pictures, or undefined when they do not look like any.
import { type Shape, stridesOf } from '../shape.js';
import type { Pictures } from './raster.js';

/** Shorter sides are read as channels or features, not as the sides of a colour picture. */
const smallestSide = 8;
/** Shorter sides make no heat map worth looking at in a batch. */
const smallestPlane = 2;

const isColor = (channels: number): channels is 3 | 4 => channels === 3 || channels === 4;

const large = (height: number, width: number): boolean => height >= smallestSide && width >= smallestSide;

/** `[…, channels, h, w]`: colour pictures. `lead` is the number of axes before. */
function channelsFirst(shape: Shape, strides: number[], lead: 0 | 1): Pictures | undefined {
  const [channels, height, width] = shape.slice(lead) as [number, number, number];
  if (!isColor(channels) || !large(height, width)) return undefined;
  const [channel, row, column] = strides.slice(lead) as [number, number, number];
  const picture = lead === 1 ? strides[0]! : 0;
  return { count: lead === 1 ? shape[0]! : 1, height, width, channels, step: { picture, channel, row, column } };
}

/** `[…, h, w, channels]`: colour pictures. */
function channelsLast(shape: Shape, strides: number[], lead: 0 | 1): Pictures | undefined {
  const [height, width, channels] = shape.slice(lead) as [number, number, number];
  if (!isColor(channels) || !large(height, width)) return undefined;
  const [row, column, channel] = strides.slice(lead) as [number, number, number];
  const picture = lead === 1 ? strides[0]! : 0;
  return { count: lead === 1 ? shape[0]! : 1, height, width, channels, step: { picture, channel, row, column } };
}

/** `[…, h, w]`: one plane for each of the leading positions. */
function planes(shape: Shape): Pictures | undefined {
  const [height, width] = shape.slice(-2) as [number, number];
  const count = shape.slice(0, -2).reduce((product, n) => product * n, 1);
  if (shape.length > 2 && (height < smallestPlane || width < smallestPlane)) return undefined;
  const step = { picture: height * width, channel: 0, row: width, column: 1 };
  const perRow = shape.length === 4 && shape[1]! > 1 ? { perRow: shape[1]! } : {};
  return { count, height, width, channels: 1, step, ...perRow };
}

/**
 * Reads a shape as pictures: `[h, w]`, `[1 | 3 | 4, h, w]`, `[h, w, 3 | 4]`, and with a batch axis before;
 * `[n, h, w]` and `[n, c, h, w]` as planes.
 * @param batch reads `[3, h, w]` as three planes rather than one colour picture.
 */
export function picturesIn(shape: Shape, batch = false): Pictures | undefined {
  const strides = stridesOf(shape);
  if (shape.length === 2) return planes(shape);
  if (shape.length === 3)
    return (batch ? undefined : channelsFirst(shape, strides, 0)) ?? channelsLast(shape, strides, 0) ?? planes(shape);
  if (shape.length === 4) return channelsFirst(shape, strides, 1) ?? channelsLast(shape, strides, 1) ?? planes(shape);
  return undefined;
}

/** Whether planes of this size may be photographs or drawings, so that grey suits them. */
export const looksLikePicture = ({ height, width }: Pictures): boolean =>
  large(height, width) && Math.max(height, width) <= 4 * Math.min(height, width);
