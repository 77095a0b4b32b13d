// In: the number of steps or epochs so far. Out: the learning rate of every group of an optimizer.
import { ValueError } from '../errors.js';

/** What a schedule steers. */
export interface Scheduled {
  readonly groups: readonly { lr?: number }[];
}

/** Learning rate at step t (from 0) of a group that started with `base`. */
export type Rate = (t: number, base: number) => number;

/** A learning rate that depends on time. Make it after the optimizer; call `step()` after each epoch, or after each `optimizer.step()`. */
export class Schedule {
  /** Calls of `step()` so far. */
  time = 0;
  readonly #bases: readonly number[];

  constructor(
    readonly optimizer: Scheduled,
    readonly rate: Rate,
  ) {
    this.#bases = optimizer.groups.map((group) => group.lr ?? 0);
    this.#apply();
  }
  #apply(): void {
    this.optimizer.groups.forEach((group, i) => {
      group.lr = this.rate(this.time, this.#bases[i]!);
    });
  }
  /** Moves on by one. */
  step(): void {
    this.time++;
    this.#apply();
  }
  /** Learning rate of the first group now. */
  get lr(): number {
    return this.optimizer.groups[0]?.lr ?? 0;
  }
}

const count = (what: string, value: number, least = 1): void => {
  if (!Number.isInteger(value) || value < least)
    throw new ValueError(`${what} = ${value}`, `It must be a whole number, ${least} or more.`);
};

/** base · γ^⌊t / every⌋ */
export function stepLR(optimizer: Scheduled, every: number, gamma = 0.1): Schedule {
  count('stepLR: every', every);
  return new Schedule(optimizer, (t, base) => base * gamma ** Math.floor(t / every));
}
/** base · γ^(number of milestones reached) */
export const multiStepLR = (optimizer: Scheduled, milestones: readonly number[], gamma = 0.1): Schedule =>
  new Schedule(optimizer, (t, base) => base * gamma ** milestones.filter((m) => t >= m).length);
/** base · γᵗ */
export const exponentialLR = (optimizer: Scheduled, gamma: number): Schedule =>
  new Schedule(optimizer, (t, base) => base * gamma ** t);
/** From base down to `min` along half a cosine over `steps`; up again beyond, as in PyTorch. */
export function cosineLR(optimizer: Scheduled, steps: number, min = 0): Schedule {
  count('cosineLR: steps', steps);
  return new Schedule(optimizer, (t, base) => min + ((base - min) * (1 + Math.cos((Math.PI * t) / steps))) / 2);
}
/** Half cosines that start anew after `first` steps, then after `factor` times as many each time (Loshchilov and Hutter, 2017). */
export function cosineRestartsLR(
  optimizer: Scheduled,
  first: number,
  options: { factor?: number; min?: number } = {},
): Schedule {
  const { factor = 1, min = 0 } = options;
  count('cosineRestartsLR: first', first);
  count('cosineRestartsLR: factor', factor);
  return new Schedule(optimizer, (t, base) => {
    let [length, at] = [first, t];
    while (at >= length) {
      at -= length;
      length *= factor;
    }
    return min + ((base - min) * (1 + Math.cos((Math.PI * at) / length))) / 2;
  });
}
/** From base · `start` to base · `end` in a straight line over `steps`, then constant. */
export function linearLR(
  optimizer: Scheduled,
  steps: number,
  options: { start?: number; end?: number } = {},
): Schedule {
  const { start = 1 / 3, end = 1 } = options;
  count('linearLR: steps', steps);
  return new Schedule(optimizer, (t, base) => base * (start + (end - start) * Math.min(1, t / steps)));
}
/** base · (1 − t/steps)^power, then 0. */
export function polynomialLR(optimizer: Scheduled, steps: number, power = 1): Schedule {
  count('polynomialLR: steps', steps);
  return new Schedule(optimizer, (t, base) => base * Math.max(0, 1 - t / steps) ** power);
}
/**
 * One cycle (Smith and Topin, 2018), as PyTorch's with cosines: up from `peak`/`divide` to `peak` in the first `rise` of
 * the steps, then down to `peak`/(`divide` · `finalDivide`).
 */
export function oneCycleLR(
  optimizer: Scheduled,
  peak: number,
  steps: number,
  options: { rise?: number; divide?: number; finalDivide?: number } = {},
): Schedule {
  const { rise = 0.3, divide = 25, finalDivide = 1e4 } = options;
  count('oneCycleLR: steps', steps, 2);
  const start = peak / divide;
  const end = start / finalDivide;
  const top = rise * steps - 1;
  const ease = (from: number, to: number, share: number): number =>
    to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  return new Schedule(optimizer, (t) => {
    const at = Math.min(t, steps - 1);
    return at <= top ? ease(start, peak, at / top) : ease(peak, end, (at - top) / (steps - 1 - top));
  });
}
/** Rises in a straight line over `steps` (from base/steps), then follows `then`, whose time starts there; constant without one. */
export function warmUpLR(optimizer: Scheduled, steps: number, then?: Rate): Schedule {
  count('warmUpLR: steps', steps);
  return new Schedule(optimizer, (t, base) =>
    t < steps ? (base * (t + 1)) / steps : then ? then(t - steps, base) : base,
  );
}

/** Options of `reduceOnPlateau`. */
export interface PlateauOptions {
  /** Is a smaller or a larger measure better? Default `'min'`. */
  mode?: 'min' | 'max';
  /** What the rate is multiplied by. Default 0.1. */
  factor?: number;
  /** Steps without improvement that are tolerated. Default 10. */
  patience?: number;
  /** Improvement that counts, relative to the best. Default 1e-4. */
  threshold?: number;
  /** Steps to wait after a reduction. Default 0. */
  cooldown?: number;
  /** Smallest rate. Default 0. */
  min?: number;
}
/** Lowers the learning rate when a measure stops improving, as PyTorch's. Call `step(measure)` after each epoch. */
export class ReduceOnPlateau {
  #best: number;
  #bad = 0;
  #cooling = 0;
  readonly #options: Required<PlateauOptions>;
  constructor(
    readonly optimizer: Scheduled,
    options: PlateauOptions = {},
  ) {
    this.#options = { mode: 'min', factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0, min: 0, ...options };
    if (!(this.#options.factor < 1))
      throw new ValueError(`reduceOnPlateau: factor = ${this.#options.factor}`, 'It must be below 1.');
    this.#best = this.#options.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
  /** Takes in the measure of an epoch. */
  step(measure: number): void {
    const { mode, factor, patience, threshold, cooldown, min } = this.#options;
    const better = mode === 'min' ? measure < this.#best * (1 - threshold) : measure > this.#best * (1 + threshold);
    if (better) this.#best = measure;
    this.#bad = better ? 0 : this.#bad + 1;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return;
    for (const group of this.optimizer.groups) group.lr = Math.max((group.lr ?? 0) * factor, min);
    this.#cooling = cooldown;
    this.#bad = 0;
  }
}
/** Lowers the learning rate when a measure stops improving. */
export const reduceOnPlateau = (optimizer: Scheduled, options?: PlateauOptions): ReduceOnPlateau =>
  new ReduceOnPlateau(optimizer, options);
