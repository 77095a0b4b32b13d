// NumPy-style indices to views and selections.
import * as b from './build.js';
import { tensor } from './create.js';
import { IndexError, show } from './errors.js';
import { Tensor } from './tensor.js';

/** One place in `t.at(…)`. */
export type Index = number | string | null | readonly number[] | Tensor;

interface Cut {
  start: number;
  step: number;
  length: number;
}

/** Reads `start:end:step` for an axis of n elements, by Python's rules. */
function readCut(text: string, n: number): Cut {
  const parts = text.split(':').map((part) => part.trim());
  const numbers = parts.map((part) => (part === '' ? undefined : Number(part)));
  if (
    parts.length < 2 ||
    parts.length > 3 ||
    numbers.some((v) => v !== undefined && !Number.isInteger(v)) ||
    numbers[2] === 0
  ) {
    throw new IndexError(
      `at: '${text}' is not an index`,
      "Write 'start:end' or 'start:end:step' with whole numbers (step not 0), ':' for all, '...' for the axes between.",
    );
  }
  const step = numbers[2] ?? 1;
  const wrap = (v: number): number => (v < 0 ? v + n : v);
  const bound = (v: number): number => (step > 0 ? Math.min(Math.max(v, 0), n) : Math.min(Math.max(v, -1), n - 1));
  const start = bound(numbers[0] === undefined ? (step > 0 ? 0 : n - 1) : wrap(numbers[0]));
  const end = bound(numbers[1] === undefined ? (step > 0 ? n : -1) : wrap(numbers[1]));
  return { start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
}

/** Positions of the true elements of a 1-d bool tensor. */
function positions(mask: Tensor): Tensor {
  const flags = mask.dataSync();
  const found: number[] = [];
  for (let i = 0; i < flags.length; i++) if (flags[i]) found.push(i);
  return tensor(Int32Array.from(found), { device: mask.device });
}

/** What `t.at(...indices)` means. */
export function readIndex(t: Tensor, indices: readonly Index[]): Tensor {
  const used = indices.filter((i) => i !== null && i !== '...').length;
  if (used > t.rank)
    throw new IndexError(`at: ${used} indices for shape ${show(t.shape)}`, `The tensor has ${t.rank} axes.`);
  const skip = indices.indexOf('...');
  const full =
    skip < 0
      ? [...indices, ...new Array<Index>(t.rank - used).fill(':')]
      : [...indices.slice(0, skip), ...new Array<Index>(t.rank - used).fill(':'), ...indices.slice(skip + 1)];
  const cuts: Cut[] = [];
  const selections: { axis: number; index: Tensor }[] = [];
  const shape: number[] = [];
  for (const index of full) {
    if (index === null) {
      shape.push(1);
      continue;
    }
    const axis = cuts.length;
    const n = t.shape[axis]!;
    if (typeof index === 'number') {
      if (!Number.isInteger(index) || index < -n || index >= n) {
        throw new IndexError(
          `at: index ${index} on axis ${axis} of ${show(t.shape)}`,
          n === 0 ? 'The axis is empty.' : `Indices run from ${-n} to ${n - 1}.`,
        );
      }
      cuts.push({ start: index < 0 ? index + n : index, step: 1, length: 1 });
    } else if (typeof index === 'string') {
      cuts.push(readCut(index, n));
      shape.push(cuts[axis]!.length);
    } else {
      const given =
        index instanceof Tensor
          ? index
          : tensor(Int32Array.from(index.map((i) => (i < 0 ? i + n : i))), { device: t.device });
      if (given.dtype === 'bool' && (given.rank !== 1 || given.size !== n)) {
        throw new IndexError(
          `at: a mask of shape ${show(given.shape)} for axis ${axis} with ${n} elements`,
          'A mask has one element for each of the axis; for other masks use where().',
        );
      }
      cuts.push({ start: 0, step: 1, length: n });
      const chosen = given.dtype === 'bool' ? positions(given) : given;
      selections.push({ axis: shape.length, index: chosen });
      shape.push(n);
    }
  }
  const cut = b.slice(
    t.node,
    cuts.map((c) => c.start),
    cuts.map((c) => c.step),
    cuts.map((c) => c.length),
  );
  let out = new Tensor(b.reshape(cut, shape));
  // From the last axis on, so that earlier positions stay.
  for (const { axis, index } of selections.reverse()) out = out.take(index, axis);
  return out;
}
