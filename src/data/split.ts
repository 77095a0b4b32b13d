// In: a dataset. Out: two, for training and for testing, that share no example.
import { ValueError } from '../errors.js';
import { type Generator, generator as sharedGenerator } from '../random.js';

/** Options of `trainTestSplit`. */
export interface SplitOptions {
  /** Part of the examples (below 1) or number of examples (from 1) to test on. Default 0.2. */
  test?: number;
  /** Where the order is drawn from. Default: the shared stream, see `manualSeed`. */
  generator?: Generator;
  /** A class for each example: both sets then hold every class in the same share. */
  stratify?: ArrayLike<number>;
}

/** A dataset from which some examples can be taken. */
export interface Selectable<Part> {
  readonly length: number;
  select(indices: ArrayLike<number>): Part;
}

/**
 * Splits a dataset at random.
 * @throws ValueError when one side would be empty, or `stratify` does not fit.
 */
export function trainTestSplit<Part>(
  dataset: Selectable<Part>,
  options: SplitOptions = {},
): { train: Part; test: Part } {
  const { test = 0.2, generator = sharedGenerator(), stratify } = options;
  const n = dataset.length;
  const count = test < 1 ? Math.round(n * test) : test;
  if (!Number.isInteger(count) || count < 1 || count >= n) {
    throw new ValueError(
      `trainTestSplit: test ${test} of ${n} examples`,
      'Use a part between 0 and 1 or a whole number, so that both sides hold at least one example.',
    );
  }
  const order = generator.permutation(n);
  if (stratify) spread(order, stratify);
  return { train: dataset.select(order.subarray(count)), test: dataset.select(order.subarray(0, count)) };
}

/** Reorders so that every stretch of `order` holds each class nearly in its share: example j of a class of m goes to (j + ½) / m. */
function spread(order: Int32Array, classes: ArrayLike<number>): void {
  if (classes.length !== order.length) {
    throw new ValueError(
      `trainTestSplit: ${classes.length} classes for ${order.length} examples`,
      'stratify holds one class for each example.',
    );
  }
  const sizes = new Map<number, number>();
  for (const i of order) sizes.set(classes[i]!, (sizes.get(classes[i]!) ?? 0) + 1);
  const seen = new Map<number, number>();
  const place = new Float64Array(order.length);
  for (const i of order) {
    const j = seen.get(classes[i]!) ?? 0;
    seen.set(classes[i]!, j + 1);
    place[i] = (j + 0.5) / sizes.get(classes[i]!)!;
  }
  order.sort((a, b) => place[a]! - place[b]!);
}
