// In: what a generated set is asked to be. Out: nothing, or an error that says what it must be.
import { ValueError } from '../../errors.js';

const most = 2 ** 30;

/** Throws unless every value is a whole number from `least`. */
export function checkWhole(what: string, values: Readonly<Record<string, number>>, least = 0): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < least || value > most)
      throw new ValueError(`${what}: ${name} ${value}`, `Use a whole number from ${least} to 2^30.`);
  }
}
/** Throws unless every value is a number from 0. */
export function checkSize(what: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
      throw new ValueError(`${what}: ${name} ${value}`, 'Use a number, 0 or more.');
  }
}
