// In: a module that makes batches. Out: its batches, made ahead of need by a worker thread.
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { fromArray } from '../create.js';
import { ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import type { FromWorker, Packed, ToWorker } from './prefetch-worker.js';

/** Options of `Prefetch`. */
export interface PrefetchOptions {
  /** Batches that are made before they are asked for. Default 2. */
  ahead?: number;
  /** What the module's function receives beside the epoch: anything that can be sent to a worker. */
  input?: unknown;
}

/** What a batch may be: tensors, alone, in lists or by name, with plain values among them. */
export type BatchPart =
  | Tensor
  | number
  | string
  | boolean
  | null
  | readonly BatchPart[]
  | { readonly [name: string]: BatchPart };

function unpacked(part: Packed): BatchPart {
  switch (part.kind) {
    case 'tensor':
      return fromArray(part.array, part.shape, part.dtype);
    case 'list':
      return part.items.map(unpacked);
    case 'record':
      return Object.fromEntries(part.entries.map(([name, item]) => [name, unpacked(item)]));
    case 'plain':
      return part.value;
  }
}

/**
 * Batches from a worker thread, so that reading and augmenting the next ones goes on while a step of training runs.
 * Functions cannot be sent to a worker, so a module makes the batches: its default export is a function of the epoch (from
 * 0) and of `input` that returns what can be looped over, such as a `DataLoader`. Tensors in the worker are computed on the
 * device 'reference', for the processor belongs to the training.
 * @example
 * // batches.mjs: export default (epoch, seed) => { const loader = new DataLoader(set, { shuffle: true, seed }); loader.epoch = epoch; return loader; };
 * const batches = new Prefetch(new URL('batches.mjs', import.meta.url), { input: 7 });
 * for await (const { x, y } of batches) step(x, y);
 * await batches.close();
 */
export class Prefetch<Batch extends BatchPart = BatchPart> implements AsyncIterable<Batch> {
  /** The epoch that the next loop goes through. */
  epoch = 0;
  readonly #module: string;
  readonly #ahead: number;
  readonly #input: unknown;
  #worker: Worker | null = null;
  #busy = false;

  /** @throws ValueError when `ahead` is no whole number from 1. */
  constructor(module: URL | string, options: PrefetchOptions = {}) {
    const { ahead = 2, input } = options;
    if (!Number.isInteger(ahead) || ahead < 1)
      throw new ValueError(`Prefetch: ahead = ${ahead}`, 'Use a whole number from 1.');
    this.#module =
      typeof module === 'string' && !module.startsWith('file:') ? pathToFileURL(module).href : String(module);
    this.#ahead = ahead;
    this.#input = input;
  }

  /**
   * One epoch. Breaking off early stops the worker's.
   * @throws ValueError where the module fails in the worker, or another loop over this object is under way.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    if (this.#busy)
      throw new ValueError('Prefetch: another loop is under way', 'Make a second Prefetch, or end the first loop.');
    this.#busy = true;
    this.#worker ??= new Worker(new URL('./prefetch-worker.js', import.meta.url));
    const worker = this.#worker;
    const send = (message: ToWorker): void => worker.postMessage(message);
    const inbox: FromWorker[] = [];
    let wake = (): void => {};
    const receive = (message: FromWorker): void => {
      inbox.push(message);
      wake();
    };
    const fail = (error: Error): void => receive({ kind: 'failed', reason: error.message });
    const ended = (code: number): void => receive({ kind: 'failed', reason: `its thread ended with code ${code}` });
    worker.on('message', receive).on('error', fail).on('exit', ended);
    worker.ref();
    let open = true;
    try {
      send({ kind: 'begin', module: this.#module, epoch: this.epoch++, input: this.#input, ahead: this.#ahead });
      while (open) {
        while (inbox.length === 0)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        const message = inbox.shift()!;
        if (message.kind === 'failed') {
          open = false;
          throw new ValueError(
            `Prefetch: ${this.#module} failed in the worker: ${message.reason}`,
            'Its default export takes (epoch, input) and returns batches of tensors; try it on the main thread first.',
          );
        }
        if (message.kind === 'done') open = false;
        else {
          send({ kind: 'more' });
          yield unpacked(message.batch) as Batch;
        }
      }
    } finally {
      worker.off('message', receive).off('error', fail).off('exit', ended);
      // A loop that was broken off leaves a worker with batches under way: the next one starts afresh.
      if (open || worker.threadId === -1) await this.close();
      else worker.unref();
      this.#busy = false;
    }
  }

  /** Ends the worker. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (!worker || worker.threadId === -1) return;
    const gone = once(worker, 'exit');
    await worker.terminate();
    await gone;
  }
}
