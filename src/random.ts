// Random tensors: Philox counters, so that one seed gives one stream on every device.
import * as b from './build.js';
import { type CreateOptions, finish as finishCreation } from './create-options.js';
import { checkDType } from './dtype.js';
import { ShapeError, show, ValueError } from './errors.js';
import { make } from './graph.js';
import { philoxFill } from './philox.js';
import { checkShape, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';
import { tracing } from './trace.js';
import type * as t from './types/index.js';

const wordsPerBlock = 4;

/** A stream of random numbers. Two with one seed give the same numbers, on every device. */
export class Generator {
  readonly #key: [number, number];
  #counter = 0;

  /** @param seed a whole number from 0 to 2⁵³ − 1. */
  constructor(readonly seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new ValueError(`seed ${seed}`, 'Use a whole number from 0 to 2^53 - 1.');
    this.#key = [seed % 0x100000000, Math.floor(seed / 0x100000000)];
  }

  /** Where the stream stands; restoring it repeats what followed. */
  get state(): number {
    return this.#counter;
  }
  set state(counter: number) {
    this.#counter = counter;
  }

  #advance(words: number): [number, number, number, number] {
    const at = this.#counter;
    this.#counter += Math.ceil(words / wordsPerBlock);
    return [...this.#key, at % 0x100000000, Math.floor(at / 0x100000000)];
  }

  /** Uniform 32-bit words as uint32. */
  bits<const S extends Shape>(shape: readonly [...S]): Tensor<t.Out<S>> {
    const isShared = this === shared;
    const draw = () => (isShared ? shared : this).#advance(sizeOf(shape));
    const node = make('random', [], { shape: checkShape('random', shape) }, draw());
    tracing()?.draws.push({ node, draw });
    return new Tensor(node);
  }
  /** Uniform on [low, high), 24 bits fine. */
  uniform<const S extends Shape>(shape: readonly [...S], low?: number, high?: number): Tensor<t.Out<S>>;
  uniform(shape: Shape, low = 0, high = 1): Tensor {
    const unit = this.bits(shape)
      .shr(8)
      .to('float32')
      .mul(2 ** -24);
    return low === 0 && high === 1 ? unit : unit.mul(high - low).add(low);
  }
  /** Normal by Box and Muller (1958): √(−2 ln u₁) · cos 2πu₂, with u₁ on (0, 1]. */
  normal<const S extends Shape>(shape: readonly [...S], mean?: number, std?: number): Tensor<t.Out<S>>;
  normal(shape: Shape, mean = 0, std = 1): Tensor {
    const radius = this.uniform(shape).neg().add(1).log().mul(-2).sqrt();
    const unit = radius.mul(
      this.uniform(shape)
        .mul(2 * Math.PI)
        .cos(),
    );
    return mean === 0 && std === 1 ? unit : unit.mul(std).add(mean);
  }
  /** Words for JavaScript's own use, from the same stream. */
  words(count: number): Uint32Array {
    if (tracing())
      throw new ValueError(
        'compile: JavaScript drew random numbers (permutation, next) within a compiled function',
        'Draw them outside and pass them in, or use random tensors.',
      );
    const out = new Uint32Array(count);
    philoxFill(...this.#advance(count), out);
    return out;
  }
  /** One number, uniform on [0, 1). */
  next(): number {
    return this.words(1)[0]! / 0x100000000;
  }
  /** The numbers 0 … n − 1 in random order (Fisher and Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    const words = this.words(n);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor((words[i]! / 0x100000000) * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}

let shared = new Generator(0);

/** Starts the shared stream anew; every random function draws from it unless given a generator. Default seed 0. */
export function manualSeed(seed: number): Generator {
  shared = new Generator(seed);
  return shared;
}
/** The shared stream. */
export const generator = (): Generator => shared;

/** Options of random tensors. */
export interface RandomOptions extends CreateOptions {
  /** The stream to draw from. Default: the shared one, see `manualSeed`. */
  generator?: Generator;
}
const finish = (made: Tensor, options: RandomOptions): Tensor => {
  const typed = options.dtype ? made.to(checkDType(options.dtype)) : made;
  return finishCreation(typed, options);
};

/** Uniform on [low, high); [0, 1) by default. */
export const rand = <const S extends Shape>(
  shape: readonly [...S],
  options: RandomOptions & { low?: number; high?: number } = {},
): Tensor<t.Out<S>> => finish((options.generator ?? shared).uniform(shape, options.low, options.high), options);
/** Normal with mean 0 and standard deviation 1 by default. */
export const randn = <const S extends Shape>(
  shape: readonly [...S],
  options: RandomOptions & { mean?: number; std?: number } = {},
): Tensor<t.Out<S>> => finish((options.generator ?? shared).normal(shape, options.mean, options.std), options);
/** Whole numbers, uniform on [low, high), int32. */
export function randint<const S extends Shape>(
  low: number,
  high: number,
  shape: readonly [...S],
  options: RandomOptions = {},
): Tensor<t.Out<S>> {
  if (!(high > low)) throw new ValueError(`randint: from ${low} to ${high}`, 'high must be greater than low.');
  const unit = (options.generator ?? shared)
    .bits(shape)
    .to('float64')
    .mul(2 ** -32);
  return finish(
    unit
      .mul(high - low)
      .floor()
      .add(low)
      .to('int32'),
    options,
  );
}
/** True with probability `p`. */
export function bernoulli<const S extends Shape>(
  p: number | Tensor,
  shape: readonly [...S],
  options: RandomOptions = {},
): Tensor<t.Out<S>> {
  const draws: Tensor = (options.generator ?? shared).uniform(shape);
  return finish(draws.lt(p), options);
}
/** The numbers 0 … n − 1 in random order, int32. */
export function randperm<N extends number>(n: N, options: RandomOptions = {}): Tensor<[N]> {
  const keys = (options.generator ?? shared).bits([n]);
  return finish(keys.argsort(), options);
}
/** Draws indices (int32) with the probabilities of each row (last axis), by the Gumbel-max rule. */
export function categorical<T extends Tensor>(probabilities: T, options?: RandomOptions): Tensor<t.Over<T, -1, false>>;
export function categorical(probabilities: Tensor, options: RandomOptions = {}): Tensor {
  if (!probabilities.shape[probabilities.rank - 1])
    throw new ShapeError(
      `categorical: shape ${show(probabilities.shape)}`,
      'The last axis holds the probabilities, at least one.',
    );
  const uniform = (options.generator ?? shared).uniform(probabilities.shape);
  const gumbel = uniform.neg().add(1).log().neg().log().neg();
  return finish(
    new Tensor(b.reduce('argmax', probabilities.log().add(gumbel).node, [probabilities.rank - 1])),
    options,
  );
}
/** Normal, redrawn until within [low, high] standard deviations (±2 by default), by inverting the distribution function. */
export function truncatedNormal<const S extends Shape>(
  shape: readonly [...S],
  options?: RandomOptions & { mean?: number; std?: number; low?: number; high?: number },
): Tensor<t.Out<S>>;
export function truncatedNormal(
  shape: Shape,
  options: RandomOptions & { mean?: number; std?: number; low?: number; high?: number } = {},
): Tensor {
  const { mean = 0, std = 1, low = -2, high = 2 } = options;
  const draws = (options.generator ?? shared).uniform([8, ...shape]);
  const angle = (options.generator ?? shared).uniform([8, ...shape]);
  const normal = draws
    .neg()
    .add(1)
    .log()
    .mul(-2)
    .sqrt()
    .mul(angle.mul(2 * Math.PI).cos());
  const inside = normal.ge(low).and(normal.le(high));
  const pick = inside.int().argmax(0, true);
  return finish(normal.gather(pick, 0).squeeze(0).clamp(low, high).mul(std).add(mean), options);
}
