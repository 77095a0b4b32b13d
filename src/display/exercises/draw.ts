// In: a seed. Out: random arguments for a property test: numbers, choices, tensors.
import { Chance } from '../../data/chance.js';
// Without it no device computes what is drawn.
import '../../index.js';
import { Generator } from '../../random.js';
import type { Shape } from '../../shape.js';
import type { Tensor } from '../../tensor.js';

/** Draws random cases; its methods can be taken apart: `({ int, normal }) => …`. It has a stream of its own: the chapter's random numbers stay what they were. */
export class Draw {
  readonly #generator: Generator;
  readonly #chance: Chance;

  constructor(seed: number) {
    this.#generator = new Generator(seed);
    this.#chance = new Chance(seed + 1);
  }
  /** A whole number from `low` to `high`, both included. */
  readonly int = (low: number, high: number): number => {
    return low + this.#chance.below(high - low + 1);
  };
  /** A number on [low, high). */
  readonly uniform = (low = 0, high = 1): number => {
    return this.#chance.uniform(low, high);
  };
  /** A number, normal with this mean and standard deviation. */
  readonly gauss = (mean = 0, deviation = 1): number => {
    return this.#chance.normal(mean, deviation);
  };
  /** True with probability `p`. */
  readonly happens = (p = 0.5): boolean => {
    return this.#chance.happens(p);
  };
  /** One of the items. */
  readonly pick = <T>(items: readonly T[]): T => {
    return this.#chance.pick(items);
  };
  /** The items in random order. */
  readonly shuffle = <T>(items: readonly T[]): T[] => {
    return Array.from(this.#chance.order(items.length), (i) => items[i]!);
  };
  /** A list of `length` draws. */
  readonly list = <T>(length: number, draw: (index: number) => T): T[] => {
    return Array.from({ length }, (_, i) => draw(i));
  };
  /** Normal numbers, mean 0 and standard deviation 1, float32. */
  readonly normal = (shape: Shape): Tensor => {
    return this.#generator.normal(shape);
  };
  /** Numbers on [low, high), float32. */
  readonly tensor = (shape: Shape, low = 0, high = 1): Tensor => {
    return this.#generator.uniform(shape, low, high);
  };
  /** Whole numbers from `low` to `high`, both included, int32. */
  readonly ints = (shape: Shape, low: number, high: number): Tensor => {
    const unit = this.#generator.uniform(shape).to('float64');
    return unit
      .mul(high - low + 1)
      .floor()
      .add(low)
      .to('int32');
  };
}

/** A seed from text, the same everywhere (FNV-1a, 32 bits). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
