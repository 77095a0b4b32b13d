// In: a dataset. Out: its batches, epoch after epoch, in an order that the seed decides.
import { ValueError } from '../errors.js';
import { Generator, generator as sharedGenerator } from '../random.js';
import type { Dataset } from './dataset.js';

/** Options of `DataLoader`. */
export interface LoaderOptions {
  /** Examples per batch; the last of an epoch may have fewer. Default 32. */
  batchSize?: number;
  /** A new order for every epoch. Default false. */
  shuffle?: boolean;
  /** Decides the orders. Default: drawn from `generator`. */
  seed?: number;
  /** Where the seed is drawn from, once. Default: the shared stream, see `manualSeed`. */
  generator?: Generator;
  /** Leaves out a last batch that is not full. Default false. */
  dropLast?: boolean;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Batches of a dataset. `for (const batch of loader)` goes through one epoch at once;
 * `for await (const batch of loader)` gives timers, plots and messages a turn before each batch.
 */
export class DataLoader<Batch> implements Iterable<Batch>, AsyncIterable<Batch> {
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  /** The epoch that the next loop goes through; setting it back repeats an order. */
  epoch = 0;
  readonly #seed: number;

  /** @throws ValueError for a batch size that is no whole number from 1, or a bad seed. */
  constructor(
    readonly dataset: Dataset<Batch>,
    options: LoaderOptions = {},
  ) {
    if (typeof dataset?.batch !== 'function')
      throw new ValueError('DataLoader was given no dataset', 'Wrap tensors first: new TensorDataset({ x, y }).');
    const { batchSize = 32, shuffle = false, dropLast = false } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new ValueError(`batchSize ${batchSize}`, 'Use a whole number from 1.');
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    // Only what is needed is drawn: a loader that keeps the order leaves the shared stream alone.
    this.#seed = options.seed ?? (shuffle ? (options.generator ?? sharedGenerator()).words(1)[0]! : 0);
    new Generator(this.#seed);
  }

  /** Batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  #order(epoch: number): Int32Array {
    const n = this.dataset.length;
    if (!this.shuffle) return Int32Array.from({ length: n }, (_, i) => i);
    const stream = new Generator(this.#seed);
    stream.state = epoch * Math.ceil(n / 4);
    return stream.permutation(n);
  }

  *[Symbol.iterator](): IterableIterator<Batch, void, void> {
    const order = this.#order(this.epoch++);
    for (let i = 0; i < this.length; i++)
      yield this.dataset.batch(order.subarray(i * this.batchSize, (i + 1) * this.batchSize));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    for (const batch of this) {
      await nextTurn();
      yield batch;
    }
  }
}
