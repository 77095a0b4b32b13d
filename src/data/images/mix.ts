// In: a batch and its labels. Out: mixtures of its examples, with the shares of their classes.
import { fromArray } from '../../create.js';
import { DTypeError, ShapeError, show, ValueError } from '../../errors.js';
import { type Generator, generator as sharedGenerator } from '../../random.js';
import type { Tensor } from '../../tensor.js';
import { Chance } from '../chance.js';
import { elementsOf } from '../dataset.js';
import { checkLabels } from '../labelled-images.js';

/** Options of `mixup` and `cutmix`. */
export interface MixOptions {
  /** Both parameters of the Beta distribution of the share: small ones mix little. Default 0.2 (`cutmix`: 1). */
  alpha?: number;
  /** Where shares and partners are drawn from. Default: the shared stream, see `manualSeed`. */
  generator?: Generator;
}
/** A batch whose targets are shares of the classes. */
export interface Mixed {
  readonly x: Tensor;
  /** float32 [n, classes], rows sum to 1: what `crossEntropy` takes as probabilities. */
  readonly y: Tensor;
}

interface Parts {
  readonly pixels: Float32Array;
  readonly others: Float32Array;
  readonly row: number;
  readonly partner: Int32Array;
  readonly share: number;
  readonly chance: Chance;
}

function prepare(what: string, x: Tensor, y: Tensor, classes: number, { alpha = 0.2, generator }: MixOptions): Parts {
  if (x.dtype !== 'float32' || y.dtype !== 'int32')
    throw new DTypeError(
      `${what}: inputs are ${x.dtype}, labels ${y.dtype}`,
      'It takes float32 inputs and int32 labels.',
    );
  if (x.rank < 2 || y.rank !== 1 || x.shape[0] !== y.shape[0])
    throw new ShapeError(`${what}: inputs ${show(x.shape)}, labels ${show(y.shape)}`, 'It takes [n, …] and [n].');
  if (!(alpha > 0 && Number.isFinite(alpha))) throw new ValueError(`${what}: alpha ${alpha}`, 'Use a number above 0.');
  if (!Number.isSafeInteger(classes) || classes < 1)
    throw new ValueError(`${what}: ${classes} classes`, 'Use a whole number from 1.');
  checkLabels(elementsOf(y), classes);
  const chance = new Chance(generator ?? sharedGenerator());
  const n = y.size;
  const others = Float32Array.from(elementsOf(x));
  return {
    pixels: others.slice(),
    others,
    row: n > 0 ? others.length / n : 0,
    partner: chance.order(n),
    share: chance.beta(alpha, alpha),
    chance,
  };
}

/** Rows with `share` at each label and the rest at the label of the partner. */
function shares(y: Tensor, partner: Int32Array, share: number, classes: number): Tensor {
  const labels = elementsOf(y);
  const out = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) {
    out[i * classes + labels[i]!]! += share;
    out[i * classes + labels[partner[i]!]!]! += 1 - share;
  }
  return fromArray(out, [labels.length, classes], 'float32');
}

/**
 * mixup (Zhang et al., 2018): every example blended with another of the batch, one share for all.
 * @param x float32 [n, …] @param y int32 [n]
 * @throws IndexError for a label outside the classes; ShapeError, DTypeError or ValueError for other misuse.
 */
export function mixup(x: Tensor, y: Tensor, classes: number, options: MixOptions = {}): Mixed {
  const { pixels, others, row, partner, share } = prepare('mixup', x, y, classes, options);
  for (let i = 0; i < partner.length; i++)
    for (let j = 0; j < row; j++)
      pixels[i * row + j] = share * others[i * row + j]! + (1 - share) * others[partner[i]! * row + j]!;
  return { x: fromArray(pixels, x.shape, 'float32'), y: shares(y, partner, share, classes) };
}

/**
 * CutMix (Yun et al., 2019): a rectangle of every image comes from another of the batch; the same rectangle for all.
 * @param x float32 [n, channels, height, width] @param y int32 [n]
 * @throws IndexError for a label outside the classes; ShapeError, DTypeError or ValueError for other misuse.
 */
export function cutmix(x: Tensor, y: Tensor, classes: number, options: MixOptions = {}): Mixed {
  if (x.rank !== 4) throw new ShapeError(`cutmix: images ${show(x.shape)}`, 'It takes [n, channels, height, width].');
  const { pixels, others, row, partner, share, chance } = prepare('cutmix', x, y, classes, { alpha: 1, ...options });
  const [, channels, height, width] = x.shape as readonly [number, number, number, number];
  const side = Math.sqrt(1 - share);
  const [middleX, middleY] = [chance.uniform(0, width), chance.uniform(0, height)];
  const cut = (middle: number, length: number): [number, number] => [
    Math.max(0, Math.round(middle - (side * length) / 2)),
    Math.min(length, Math.round(middle + (side * length) / 2)),
  ];
  const [left, right] = cut(middleX, width);
  const [top, bottom] = cut(middleY, height);
  for (let i = 0; i < partner.length; i++)
    for (let c = 0; c < channels; c++)
      for (let line = top; line < bottom; line++) {
        const at = c * height * width + line * width;
        const from = partner[i]! * row + at;
        pixels.set(others.subarray(from + left, from + right), i * row + at + left);
      }
  // The rectangle may have been cut off at the edge: what counts is what came through.
  const kept = 1 - (Math.max(0, right - left) * Math.max(0, bottom - top)) / (height * width);
  return { x: fromArray(pixels, x.shape, 'float32'), y: shares(y, partner, kept, classes) };
}
