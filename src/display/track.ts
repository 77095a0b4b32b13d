// In: numbers one by one, however many. Out: at most 256 points that summarise them: means with their extremes.

/** Consecutive numbers as one: where they end, their mean and extremes. */
export interface Bucket {
  x: number;
  mean: number;
  low: number;
  high: number;
}

interface Open extends Bucket {
  count: number;
}

const capacity = 256;

/** Takes numbers forever in constant memory: when full, neighbours merge and each point stands for twice as many. */
export class Track {
  #buckets: Open[] = [];
  #perBucket = 1;
  #last = Number.NaN;

  /** The newest number. */
  get last(): number {
    return this.#last;
  }
  /** Whether points stand for several numbers, so that their extremes tell something. */
  get merged(): boolean {
    return this.#perBucket > 1;
  }
  get points(): readonly Bucket[] {
    return this.#buckets;
  }

  /** Adds a number at `x`; what is not finite is kept as `last` but not drawn. */
  push(x: number, value: number): void {
    this.#last = value;
    if (!Number.isFinite(value)) return;
    const open = this.#buckets.at(-1);
    if (open && open.count < this.#perBucket) {
      this.#absorb(open, { x, mean: value, low: value, high: value, count: 1 });
      return;
    }
    this.#buckets.push({ x, mean: value, low: value, high: value, count: 1 });
    if (this.#buckets.length > capacity) this.#merge();
  }

  #absorb(into: Open, from: Open): void {
    const count = into.count + from.count;
    into.mean += ((from.mean - into.mean) * from.count) / count;
    into.low = Math.min(into.low, from.low);
    into.high = Math.max(into.high, from.high);
    into.x = from.x;
    into.count = count;
  }

  #merge(): void {
    const halved: Open[] = [];
    this.#buckets.forEach((bucket, i) => {
      if (i % 2 === 1) this.#absorb(halved.at(-1)!, bucket);
      else halved.push(bucket);
    });
    this.#buckets = halved;
    this.#perBucket *= 2;
  }
}
