// In: sequences of numbers. Out: tensors of one length: padded batches, and windows of a long text with what follows them.
import { fromArray } from '../../create.js';
import { IndexError, ValueError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';
import type { Dataset } from '../dataset.js';
import { checkWhole } from '../generated/check.js';

/** Sequences of one length. */
export interface Padded {
  /** int32 [n, length]. */
  readonly tokens: Tensor;
  /** How long each was, int32 [n]. */
  readonly lengths: Tensor;
  /** True where a token is, false where padding is, bool [n, length]. */
  readonly mask: Tensor;
}

/**
 * Brings sequences to one length: the longest's, or `length`; longer ones lose their end.
 * @param options `value` fills up (default 0); `side` says where (default `'end'`).
 */
export function padSequences(
  sequences: readonly ArrayLike<number>[],
  options: { length?: number; value?: number; side?: 'start' | 'end' } = {},
): Padded {
  const { value = 0, side = 'end', length = sequences.reduce((most, s) => Math.max(most, s.length), 0) } = options;
  checkWhole('padSequences', { length });
  const n = sequences.length;
  const tokens = new Int32Array(n * length).fill(value);
  const mask = new Uint8Array(n * length);
  const lengths = new Int32Array(n);
  sequences.forEach((sequence, i) => {
    const kept = Math.min(sequence.length, length);
    const start = i * length + (side === 'end' ? 0 : length - kept);
    for (let j = 0; j < kept; j++) tokens[start + j] = sequence[j]!;
    mask.fill(1, start, start + kept);
    lengths[i] = kept;
  });
  return {
    tokens: fromArray(tokens, [n, length], 'int32'),
    lengths: fromArray(lengths, [n], 'int32'),
    mask: fromArray(mask, [n, length], 'bool'),
  };
}

/** Windows of a long text, each with the same window one token later: what a language model learns from. */
export class TextWindows implements Dataset<{ x: Tensor; y: Tensor }> {
  readonly length: number;
  /**
   * @param tokens the text.
   * @param window tokens of a window.
   * @param step distance between windows. Default: the window, so that they do not overlap.
   * @throws ValueError for a text that is not longer than one window.
   */
  constructor(
    readonly tokens: Int32Array,
    readonly window: number,
    readonly step = window,
  ) {
    checkWhole('TextWindows', { window, step }, 1);
    this.length = Math.floor((tokens.length - 1 - window) / step) + 1;
    if (this.length < 1)
      throw new ValueError(
        `TextWindows: ${tokens.length} tokens, windows of ${window}`,
        `The text needs at least ${window + 1}; use a longer text or shorter windows.`,
      );
  }
  /** @returns `x` and `y`, int32 [n, window]; y[i] follows x[i]. @throws IndexError for a window that is not there. */
  batch(indices: ArrayLike<number>): { x: Tensor; y: Tensor } {
    for (const index of Array.from(indices))
      if (!Number.isInteger(index) || index < 0 || index >= this.length)
        throw new IndexError(`window ${index} of ${this.length}`, `Windows are numbered from 0 to ${this.length - 1}.`);
    const shape = [indices.length, this.window];
    const cut = (shift: number): Tensor => {
      const out = new Int32Array(indices.length * this.window);
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i]! * this.step + shift;
        out.set(this.tokens.subarray(from, from + this.window), i * this.window);
      }
      return fromArray(out, shape, 'int32');
    };
    return { x: cut(0), y: cut(1) };
  }
}
