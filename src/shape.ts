// Arithmetic on shapes: sizes, strides, axes, broadcasting.
import { IndexError, ShapeError, show, ValueError } from './errors.js';

/** Lengths of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
};

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

/** Turns an axis that may count from the end into one from the start. Throws IndexError outside the rank. */
export function checkAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const range = rank === 0 ? 'A scalar has no axes' : `Axes run from ${-rank} to ${rank - 1}`;
    throw new IndexError(`${op}: axis ${axis} of a tensor with ${rank} axes`, `${range}.`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Sorted distinct axes from what a caller may pass; none means all. */
export function checkAxes(op: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((a) => checkAxis(op, a, rank));
  if (new Set(list).size !== list.length) {
    throw new IndexError(
      `${op}: axis given twice in ${show(typeof axes === 'number' ? [axes] : axes)}`,
      'Name each axis once.',
    );
  }
  return list.sort((a, b) => a - b);
}

/** Throws unless every length is a whole number ≥ 0. */
export function checkShape(op: string, shape: Shape): Shape {
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ShapeError(`${op}: shape ${show(shape)}`, 'Lengths are whole numbers, zero or more.');
    }
  }
  return shape;
}

/** The shape that both broadcast to, by NumPy's rule. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${op}: shapes ${show(a)} and ${show(b)} do not broadcast: axis ${-i} is ${m} on the left and ${n} on the right`,
        'Aligned from the last axis, lengths must be equal or 1; reshape or unsqueeze one side.',
      );
    }
    out[rank - i] = m === 1 ? n : m;
  }
  return out;
}

/**
 * A whole number for each of `rank` axes from one for all or a list.
 * @throws ValueError for other lengths of list, and for numbers below `least`.
 */
export function checkExtent(what: string, value: number | readonly number[], rank: number, least: number): number[] {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : [...value];
  if (list.length !== rank || list.some((n) => !Number.isSafeInteger(n) || n < least))
    throw new ValueError(
      `${what} ${typeof value === 'number' ? value : show(value)}`,
      `Give one whole number, ${least} or more, or a list of ${rank}.`,
    );
  return list;
}

/** Throws ValueError unless `value` is a whole number from `least` on. */
export function checkWhole(what: string, value: number, least = 0): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new ValueError(
      `${what} = ${value}`,
      Number.isFinite(least) ? `It must be a whole number, ${least} or more.` : 'It must be a whole number.',
    );
  return value;
}
