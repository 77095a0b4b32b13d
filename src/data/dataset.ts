// In: tensors whose first axis counts the examples. Out: a dataset that gives any of its examples as a batch.
import { fromArray } from '../create.js';
import type { Storage } from '../device.js';
import { allocate, type TypedArray } from '../dtype.js';
import { IndexError, ShapeError, show, ValueError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { sizeOf } from '../shape.js';
import { Tensor } from '../tensor.js';

/** Examples that can be had by number, some at a time. */
export interface Dataset<Batch> {
  /** How many examples. */
  readonly length: number;
  /** The examples of these numbers, in this order, as one batch. */
  batch(indices: ArrayLike<number>): Batch;
}

/** Tensors by name. */
export type Fields = Readonly<Record<string, Tensor>>;
/** Some examples of every field. */
export type BatchOf<F extends Fields> = { [Name in keyof F]: Tensor };

/** What was read from other devices: values never change. */
const read = new WeakMap<Storage, TypedArray>();

/** The elements of `t`, where they lie or read from their device once: not to be changed. */
export function elementsOf(t: Tensor): TypedArray {
  evaluate([t.node]);
  const storage = t.node.storage!;
  const elements = storage.shared ?? read.get(storage) ?? storage.array;
  if (!storage.shared) read.set(storage, elements);
  return elements;
}

/** Rows of `t` along its first axis, copied into a new tensor. Throws IndexError for a row that it has not. */
export function takeRows(t: Tensor, indices: ArrayLike<number>): Tensor {
  const source = elementsOf(t);
  const rows = t.shape[0]!;
  const shape = [indices.length, ...t.shape.slice(1)];
  const row = sizeOf(t.shape.slice(1));
  const out = allocate(t.dtype, sizeOf(shape));
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= rows) {
      throw new IndexError(`example ${index} of a dataset of ${rows}`, `Examples are numbered from 0 to ${rows - 1}.`);
    }
    const from = index * row;
    if (row === 1) out[i] = source[from]!;
    else out.set(source.subarray(from, from + row), i * row);
  }
  return fromArray(out, shape, t.dtype);
}

/** A dataset of tensors in memory, such as `new TensorDataset({ x, y })`: row i of every field belongs to example i. */
export class TensorDataset<F extends Fields> implements Dataset<BatchOf<F>> {
  readonly length: number;

  /**
   * @param fields tensors with one length of the first axis.
   * @throws ShapeError when there are none, or their first axes differ.
   */
  constructor(readonly fields: F) {
    const entries = Object.entries(fields ?? {});
    for (const [name, field] of entries)
      if (!(field instanceof Tensor))
        throw new ValueError(`TensorDataset: field '${name}' is no tensor`, 'Give tensors by name: { x, y }.');
    const [first] = entries;
    if (!first) throw new ShapeError('TensorDataset: no fields', 'Give at least one tensor, for example { x, y }.');
    for (const [name, { shape }] of entries) {
      if (shape[0] === undefined || shape[0] !== first[1].shape[0]) {
        throw new ShapeError(
          `TensorDataset: field '${name}' has shape ${show(shape)}, field '${first[0]}' ${show(first[1].shape)}`,
          'The first axis counts the examples and must have one length in all fields.',
        );
      }
    }
    this.length = first[1].shape[0]!;
  }

  /** @throws IndexError for a number outside the dataset. */
  batch(indices: ArrayLike<number>): BatchOf<F> {
    const rows = Object.entries(this.fields).map(([name, field]) => [name, takeRows(field, indices)]);
    return Object.fromEntries(rows) as BatchOf<F>;
  }

  /** The examples of these numbers as a dataset of their own. */
  select(indices: ArrayLike<number>): TensorDataset<BatchOf<F>> {
    return new TensorDataset(this.batch(indices));
  }
}
