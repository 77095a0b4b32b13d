// In: how many samples there are, perhaps their labels. Out: which to train on and which to keep aside.
import { ValueError } from '../errors.js';
import { Generator, generator } from '../random.js';

/** Positions of samples. */
export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}
/** Options of splits. */
export interface SplitOptions {
  /** Decides the order. Default: drawn from the shared stream. */
  seed?: number;
  /** A label for each sample; every part then has nearly the same share of each label. */
  stratify?: ArrayLike<number>;
}

function checkSamples(what: string, n: number): void {
  if (!Number.isSafeInteger(n) || n < 1)
    throw new ValueError(
      `${what} of ${n} samples`,
      'The number of samples is a whole number, 1 or more: dataset.length.',
    );
}
const streamOf = ({ seed }: SplitOptions): Generator => new Generator(seed ?? generator().words(1)[0]!);

/** Samples by label, each group in random order; one group without labels. */
function groups(n: number, options: SplitOptions): number[][] {
  const order = Array.from(streamOf(options).permutation(n));
  const { stratify } = options;
  if (!stratify) return [order];
  if (stratify.length !== n)
    throw new ValueError(`a split of ${n} samples with ${stratify.length} labels`, 'Give one label for each sample.');
  const byLabel = new Map<number, number[]>();
  for (const i of order) {
    const list = byLabel.get(stratify[i]!);
    if (list) list.push(i);
    else byLabel.set(stratify[i]!, [i]);
  }
  return [...byLabel.entries()].sort(([a], [b]) => a - b).map(([, list]) => list);
}
const positions = (list: readonly number[]): Int32Array => Int32Array.from(list).sort();

/** Keeps a share of the samples aside, at random. */
export function holdOut(n: number, share = 0.2, options: SplitOptions = {}): Split {
  checkSamples('holdOut', n);
  if (!(share > 0 && share < 1)) throw new ValueError(`holdOut: share = ${share}`, 'It must lie between 0 and 1.');
  const train: number[] = [];
  const test: number[] = [];
  let before = 0;
  for (const group of groups(n, options)) {
    // Rounded as a running total, so that many small groups do not all round the same way.
    const cut = Math.round((before + group.length) * share) - Math.round(before * share);
    before += group.length;
    test.push(...group.slice(0, cut));
    train.push(...group.slice(cut));
  }
  if (train.length === 0 || test.length === 0)
    throw new ValueError(
      `holdOut: ${n} samples leave ${train.length} to train and ${test.length} to test`,
      'Use more samples or another share.',
    );
  return { train: positions(train), test: positions(test) };
}

/** Every sample is in the test part of exactly one of `k` splits. */
export function kFold(n: number, k = 5, options: SplitOptions = {}): Split[] {
  checkSamples('kFold', n);
  if (!Number.isInteger(k) || k < 2 || k > n)
    throw new ValueError(
      `kFold: ${k} folds of ${n} samples`,
      'Use a whole number of folds from 2 to the number of samples.',
    );
  const fold = new Int32Array(n);
  // Going round the folds without a break between labels keeps them equally large.
  groups(n, options)
    .flat()
    .forEach((sample, place) => {
      fold[sample] = place % k;
    });
  return Array.from({ length: k }, (_, f) => ({
    train: Int32Array.from(fold.keys()).filter((i) => fold[i] !== f),
    test: Int32Array.from(fold.keys()).filter((i) => fold[i] === f),
  }));
}

/** As many splits as samples, each with one sample to test. */
export function leaveOneOut(n: number): Split[] {
  checkSamples('leaveOneOut', n);
  return Array.from({ length: n }, (_, sample) => ({
    train: Int32Array.from({ length: n - 1 }, (_, i) => (i < sample ? i : i + 1)),
    test: Int32Array.of(sample),
  }));
}

/** `repeats` times n samples drawn with replacement to train on; those never drawn are the test. */
export function bootstrap(n: number, repeats: number, options: { seed?: number } = {}): Split[] {
  checkSamples('bootstrap', n);
  if (!Number.isSafeInteger(repeats) || repeats < 1)
    throw new ValueError(`bootstrap: ${repeats} repeats`, 'Give a whole number, 1 or more.');
  const stream = streamOf(options);
  return Array.from({ length: repeats }, () => {
    const train = Int32Array.from(stream.words(n), (word) => Math.floor((word / 2 ** 32) * n));
    const drawn = new Set(train);
    return { train, test: Int32Array.from({ length: n }, (_, i) => i).filter((i) => !drawn.has(i)) };
  });
}
