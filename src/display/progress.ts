// In: steps as they are done. Out: how fast they go, how long it will take, and a line that says so.
import { formatSeconds, formatWhole } from './numbers.js';

/** Counts steps against the clock. */
export class Progress {
  readonly #start: number;
  #first: { step: number; time: number } | undefined;
  #steps = 0;
  #now: number;
  /** Steps to do in all, when known. */
  readonly total: number | undefined;

  /** @param now milliseconds. */
  constructor(total: number | undefined, now: number) {
    this.total = total;
    this.#start = now;
    this.#now = now;
  }

  /** Records that `step` steps are done at `now`. The rate counts from the first call on, since that one waited for set-up. */
  advance(step: number, now: number): void {
    this.#first ??= { step, time: now };
    this.#steps = step;
    this.#now = now;
  }

  get steps(): number {
    return this.#steps;
  }
  /** Seconds since the start. */
  get elapsed(): number {
    return (this.#now - this.#start) / 1000;
  }
  /** Steps a second since the first one; NaN before the second. */
  get rate(): number {
    const { step, time } = this.#first ?? { step: 0, time: this.#now };
    return this.#now > time ? (1000 * (this.#steps - step)) / (this.#now - time) : Number.NaN;
  }
  /** Share of the work that is done, 0 to 1. */
  get share(): number | undefined {
    return this.total === undefined ? undefined : Math.min(1, this.#steps / this.total);
  }
  /** Seconds that remain at this rate. */
  get left(): number | undefined {
    return this.total === undefined ? undefined : Math.max(0, this.total - this.#steps) / this.rate;
  }

  /** `step 1,200 of 4,690 · 85 steps/s · 41 s left`, with `facts` in the middle. */
  describe(facts: readonly string[], finished: boolean): string {
    const of = this.total === undefined ? '' : ` of ${formatWhole(this.total)}`;
    const parts = [`step ${formatWhole(this.#steps)}${of}`, ...facts];
    if (Number.isFinite(this.rate)) parts.push(`${formatRate(this.rate)} steps/s`);
    if (finished) parts.push(formatSeconds(this.elapsed));
    else if (this.left !== undefined && Number.isFinite(this.left)) parts.push(`${formatSeconds(this.left)} left`);
    else parts.push(formatSeconds(this.elapsed));
    return parts.join(' · ');
  }
}

const formatRate = (rate: number): string => (rate < 10 ? rate.toFixed(1) : formatWhole(Math.round(rate)));
