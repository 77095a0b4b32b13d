// In a worker thread. In: a module and an epoch. Out: the module's batches as messages, never more than are wanted ahead.
import { parentPort } from 'node:worker_threads';
import { device } from '../device.js';
import type { DType, TypedArray } from '../dtype.js';
import { ValueError } from '../errors.js';
import { Tensor } from '../tensor.js';
import '../index.js';

/** What the worker is told. */
export type ToWorker =
  | {
      readonly kind: 'begin';
      readonly module: string;
      readonly epoch: number;
      readonly input: unknown;
      readonly ahead: number;
    }
  | { readonly kind: 'more' };
/** What the worker tells. */
export type FromWorker =
  | { readonly kind: 'batch'; readonly batch: Packed }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string };
/** A batch as it is sent. */
export type Packed =
  | { readonly kind: 'tensor'; readonly array: TypedArray; readonly shape: readonly number[]; readonly dtype: DType }
  | { readonly kind: 'list'; readonly items: readonly Packed[] }
  | { readonly kind: 'record'; readonly entries: readonly (readonly [string, Packed])[] }
  | { readonly kind: 'plain'; readonly value: number | string | boolean | null };

function packed(part: unknown, buffers: ArrayBuffer[]): Packed {
  if (part instanceof Tensor) {
    const array = part.dataSync();
    if (array.buffer instanceof ArrayBuffer) buffers.push(array.buffer);
    return { kind: 'tensor', array, shape: part.shape, dtype: part.dtype };
  }
  if (Array.isArray(part)) return { kind: 'list', items: part.map((item) => packed(item, buffers)) };
  if (part === null || typeof part === 'number' || typeof part === 'string' || typeof part === 'boolean')
    return { kind: 'plain', value: part };
  if (typeof part === 'object')
    return { kind: 'record', entries: Object.entries(part).map(([name, item]) => [name, packed(item, buffers)]) };
  throw new ValueError(
    `a batch holds a ${typeof part}`,
    'Batches hold tensors, numbers, strings and lists or records of them.',
  );
}

let credit = 0;
let wake = (): void => {};

async function serve(port: NonNullable<typeof parentPort>, order: ToWorker & { kind: 'begin' }): Promise<void> {
  const tell = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  try {
    device('reference');
    const { default: make }: { default?: unknown } = await import(order.module);
    if (typeof make !== 'function')
      throw new ValueError('the module has no function as its default export', 'Export one.');
    credit = order.ahead;
    for await (const batch of make(order.epoch, order.input)) {
      while (credit === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      credit--;
      const buffers: ArrayBuffer[] = [];
      tell({ kind: 'batch', batch: packed(batch, buffers) }, buffers);
    }
    tell({ kind: 'done' });
  } catch (error) {
    tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

parentPort?.on('message', (order: ToWorker) => {
  if (order.kind === 'begin') {
    if (parentPort) serve(parentPort, order);
  } else {
    credit++;
    wake();
  }
});
