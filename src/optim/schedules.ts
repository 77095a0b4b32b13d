// In: the number of steps or epochs so far. Out: the learning rate of every group of an optimizer.
import { ValueError } from '../errors.js';

/** What a schedule steers. */
export interface Scheduled {
  readonly groups: readonly { lr?: number }[];
}

/** Learning rate at step t (from 0) of a group that started with `base`. */
export type Rate = (t: number, base: number) => number;

/** Throws ValueError for what has no groups of parameters, as a model or an L-BFGS. */
function checkScheduled(optimizer: Scheduled): void {
  if (!Array.isArray(optimizer?.groups))
    throw new ValueError(
      'a schedule was given no optimizer with groups',
      'Pass optim.sgd(…), optim.adam(…) or the like.',
    );
}

/** A learning rate that depends on time. Make it after the optimizer; call `step()` after each epoch, or after each `optimizer.step()`. */
export class Schedule {
  /** Calls of `step()` so far. */
  time = 0;
  readonly #bases: readonly number[];

  constructor(
    readonly optimizer: Scheduled,
    readonly rate: Rate,
  ) {
    checkScheduled(optimizer);
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

const finite = (what: string, values: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(values))
    if (!Number.isFinite(value)) throw new ValueError(`${what}: ${name} = ${value}`, 'It must be a number.');
};

/** base · γ^⌊t / every⌋ */
export function stepLR(optimizer: Scheduled, every: number, gamma = 0.1): Schedule {
  count('stepLR: every', every);
  finite('stepLR', { gamma });
  return new Schedule(optimizer, (t, base) => base * gamma ** Math.floor(t / every));
}
/** base · γ^(number of milestones reached) */
export function multiStepLR(optimizer: Scheduled, milestones: readonly number[], gamma = 0.1): Schedule {
  finite('multiStepLR', { gamma });
  if (!Array.isArray(milestones) || !milestones.every(Number.isFinite))
    throw new ValueError(`multiStepLR: milestones ${milestones}`, 'Give a list of times, for example [30, 60].');
  return new Schedule(optimizer, (t, base) => base * gamma ** milestones.filter((m) => t >= m).length);
}
/** base · γᵗ */
export function exponentialLR(optimizer: Scheduled, gamma: number): Schedule {
  finite('exponentialLR', { gamma });
  return new Schedule(optimizer, (t, base) => base * gamma ** t);
}
/** From base down to `min` along half a cosine over `steps`; up again beyond, as in PyTorch. */
export function cosineLR(optimizer: Scheduled, steps: number, min = 0): Schedule {
  count('cosineLR: steps', steps);
  finite('cosineLR', { min });
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
  finite('cosineRestartsLR', { min });
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
  finite('linearLR', { start, end });
  return new Schedule(optimizer, (t, base) => base * (start + (end - start) * Math.min(1, t / steps)));
}
/** base · (1 − t/steps)^power, then 0. */
export function polynomialLR(optimizer: Scheduled, steps: number, power = 1): Schedule {
  count('polynomialLR: steps', steps);
  finite('polynomialLR', { power });
  return new Schedule(optimizer, (t, base) => base * Math.max(0, 1 - t / steps) ** power);
}
/** Options of `oneCycleLR`. */
export interface OneCycleOptions {
  /** Share of the steps in which the rate rises. Default 0.3. */
  rise?: number;
  /** The first rate is the peak divided by this. Default 25. */
  divide?: number;
  /** The last rate is the first divided by this. Default 1e4. */
  finalDivide?: number;
  /** Along half cosines or straight lines. Default `'cosine'`. */
  anneal?: 'cosine' | 'linear';
  /** Falls as long as it rose, to the first rate, and from there to the last; otherwise to the last at once. Default false. */
  threePhases?: boolean;
}
/**
 * One cycle (Smith and Topin, 2018), as PyTorch's: up from `peak`/`divide` to `peak` in the first `rise` of the steps, then
 * down to `peak`/(`divide` · `finalDivide`). Beyond `steps` the last rate stays. Momentum is left alone.
 */
export function oneCycleLR(optimizer: Scheduled, peak: number, steps: number, options: OneCycleOptions = {}): Schedule {
  const { rise = 0.3, divide = 25, finalDivide = 1e4, anneal = 'cosine', threePhases = false } = options;
  count('oneCycleLR: steps', steps, 2);
  finite('oneCycleLR', { peak, divide, finalDivide });
  if (!(rise >= 0 && rise <= 1)) throw new ValueError(`oneCycleLR: rise = ${rise}`, 'It must lie between 0 and 1.');
  const ease = easings[anneal];
  if (!ease) throw new ValueError(`oneCycleLR: anneal = '${anneal}'`, "Use 'cosine' or 'linear'.");
  const start = peak / divide;
  const last = { at: steps - 1, rate: start / finalDivide };
  const top = { at: rise * steps - 1, rate: peak };
  const points = [{ at: 0, rate: start }, top, ...(threePhases ? [{ at: 2 * top.at, rate: start }] : []), last];
  return new Schedule(optimizer, (t) => {
    const now = Math.min(t, last.at);
    const next = Math.max(
      1,
      points.findIndex(({ at }, i) => i > 0 && now <= at),
    );
    const [from, to] = [points[next - 1]!, points[next]!];
    return from.at === to.at ? to.rate : ease(from.rate, to.rate, (now - from.at) / (to.at - from.at));
  });
}
/** From one rate to another, `share` of the way. */
const easings: Readonly<Record<string, (from: number, to: number, share: number) => number>> = {
  cosine: (from, to, share) => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share)),
  linear: (from, to, share) => from + (to - from) * share,
};
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
  /** Improvement that counts. Default 1e-4. */
  threshold?: number;
  /** Whether `threshold` is a share of the best or a difference from it. Default `'relative'`. */
  thresholdMode?: 'relative' | 'absolute';
  /** Steps to wait after a reduction. Default 0. */
  cooldown?: number;
  /** Smallest rate. Default 0. */
  min?: number;
  /** Changes of the rate up to this are not made. Default 1e-8. */
  eps?: number;
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
    checkScheduled(optimizer);
    this.#options = {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'relative',
      cooldown: 0,
      min: 0,
      eps: 1e-8,
      ...options,
    };
    const { mode, thresholdMode } = this.#options;
    if (mode !== 'min' && mode !== 'max')
      throw new ValueError(`reduceOnPlateau: mode = '${mode}'`, "Use 'min' or 'max'.");
    if (thresholdMode !== 'relative' && thresholdMode !== 'absolute')
      throw new ValueError(`reduceOnPlateau: thresholdMode = '${thresholdMode}'`, "Use 'relative' or 'absolute'.");
    const { factor, patience, threshold, cooldown, min, eps } = this.#options;
    if (!(factor < 1)) throw new ValueError(`reduceOnPlateau: factor = ${factor}`, 'It must be below 1.');
    finite('reduceOnPlateau', { factor, patience, threshold, cooldown, min, eps });
    this.#best = this.#options.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
  /** Takes in the measure of an epoch. */
  step(measure: number): void {
    const { mode, factor, patience, threshold, thresholdMode, cooldown, min, eps } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const bar = thresholdMode === 'relative' ? this.#best * (1 + sign * threshold) : this.#best + sign * threshold;
    const better = mode === 'min' ? measure < bar : measure > bar;
    if (better) this.#best = measure;
    this.#bad = better ? 0 : this.#bad + 1;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return;
    for (const group of this.optimizer.groups) {
      const [before, after] = [group.lr ?? 0, Math.max((group.lr ?? 0) * factor, min)];
      if (before - after > eps) group.lr = after;
    }
    this.#cooling = cooldown;
    this.#bad = 0;
  }
}
/** Lowers the learning rate when a measure stops improving. */
export const reduceOnPlateau = (optimizer: Scheduled, options?: PlateauOptions): ReduceOnPlateau =>
  new ReduceOnPlateau(optimizer, options);
