// In: whole numbers. Out: a learnt vector for each.

import { arange } from '../create.js';
import { isFloat } from '../dtype.js';
import { DTypeError, IndexError } from '../errors.js';
import { Parameter, type Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { checkCount } from './check.js';
import { normal } from './init.js';
import { Module } from './module.js';

/** Options of `embedding`. */
export interface EmbeddingOptions {
  /** Index whose vector is 0 and stays so. */
  paddingIndex?: number;
}

/** A table of vectors [count, size]; they start normal with standard deviation 1. */
export class Embedding<N extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['embedding', N]>;
  readonly weight: Parameter;
  readonly paddingIndex: number | null;

  constructor(
    readonly count: number,
    readonly size: N,
    options: EmbeddingOptions = {},
  ) {
    super();
    checkCount('embedding', { count, size });
    this.paddingIndex = options.paddingIndex ?? null;
    const start = normal([count, size]);
    this.weight = new Parameter(
      this.paddingIndex === null ? start : start.where(arange(count).ne(this.paddingIndex).unsqueeze(1), 0),
    );
  }
  /** @param indices whole numbers of any shape @returns [...shape, size] @throws IndexError for one outside the table. */
  forward<L extends Embedding, T extends Tensor>(this: L, indices: T): Tensor<t.From<L, T>>;
  forward(this: Embedding, indices: Tensor): Tensor {
    if (isFloat(indices.dtype))
      throw new DTypeError(
        `embedding: indices are ${indices.dtype}`,
        "Indices are whole numbers: indices.to('int32').",
      );
    const values = indices.node.storage?.shared;
    for (let i = 0; values && i < values.length; i++) {
      const index = values[i]!;
      if (index < 0 || index >= this.count)
        throw new IndexError(
          `embedding(${this.count}, ${this.size}): index ${index} at position ${i} (flat)`,
          `Indices run from 0 to ${this.count - 1}.`,
        );
    }
    const rows = this.weight.take(indices);
    return this.paddingIndex === null ? rows : rows.where(indices.ne(this.paddingIndex).unsqueeze(-1), rows.detach());
  }
  override describe(): string {
    return `${this.count} × ${this.size}`;
  }
}
/** A learnt vector of length `size` for each of the numbers 0 … `count` − 1. */
export const embedding = <N extends number>(count: number, size: N, options?: EmbeddingOptions): Embedding<N> =>
  new Embedding(count, size, options);
