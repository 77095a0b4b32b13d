// In: what a layer is asked to be. Out: nothing, or an error that says what it must be.
import { ShapeError, show, ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';

/** Throws unless every value is a whole number ≥ 1. */
export function checkCount(what: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < 1)
      throw new ValueError(`${what}: ${name} = ${value}`, 'It must be a whole number, 1 or more.');
  }
}

/** Throws unless `value` lies in [0, 1]. */
export function checkProbability(what: string, value: number): void {
  if (!(value >= 0 && value <= 1))
    throw new ValueError(`${what}: probability ${value}`, 'It must lie between 0 and 1.');
}

/** Throws unless the tensor has `rank` axes; `axes` names them. */
export function checkRank(what: string, t: Tensor, rank: number, axes: string): void {
  if (t.rank !== rank)
    throw new ShapeError(`${what}: input ${show(t.shape)} has ${t.rank} axes`, `It takes ${rank}: ${axes}.`);
}

/** Throws unless axis 1 of the input holds `channels`. */
export function checkChannels(what: string, t: Tensor, channels: number): void {
  if (t.shape[1] !== channels) {
    throw new ShapeError(
      `${what}: input ${show(t.shape)} has ${t.shape[1] ?? 'no'} channels on axis 1`,
      `The layer was made for ${channels}.`,
    );
  }
}
