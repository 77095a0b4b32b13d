// In: a seed or a stream. Out: single random numbers for plain JavaScript, the same on every machine.
import { Generator } from '../random.js';

/** Words are drawn so many at a time. */
const block = 256;

/** Random numbers, one by one. */
export class Chance {
  readonly #generator: Generator;
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;

  /** @param source a seed, or a stream to draw from. */
  constructor(source: number | Generator) {
    this.#generator = typeof source === 'number' ? new Generator(source) : source;
  }
  /** A whole number from 0 to 2³² − 1. */
  word(): number {
    if (this.#at === this.#words.length) {
      this.#words = this.#generator.words(block);
      this.#at = 0;
    }
    return this.#words[this.#at++]!;
  }
  /** Uniform on [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (this.word() / 0x100000000) * (high - low);
  }
  /** A whole number from 0 to n − 1. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
  /** True with probability p. */
  happens(p: number): boolean {
    return this.uniform() < p;
  }
  /** Normal by Box and Muller (1958). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }
  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
  /** The numbers 0 … n − 1 in random order. */
  order(n: number): Int32Array {
    const out = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }
  /** Gamma with the given shape and scale 1, by Marsaglia and Tsang (2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
    }
  }
  /** Beta on [0, 1]. */
  beta(a: number, b: number): number {
    const [x, y] = [this.gamma(a), this.gamma(b)];
    return x + y === 0 ? 0.5 : x / (x + y);
  }
}
