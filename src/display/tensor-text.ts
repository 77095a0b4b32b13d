// In: a tensor's shape and elements. Out: aligned, elided text such as `tensor([[1, 2], [3, 4]], int32[2, 2])`.
import type { DType, TypedArray } from '../dtype.js';
import { show } from '../errors.js';
import { type Shape, sizeOf, stridesOf } from '../shape.js';
import { formatNumbers } from './numbers.js';

/** Above this many elements only the ends of each axis are written. */
const threshold = 200;
/** How many elements of an elided axis stand at each end. */
const edge = 3;
/** Columns of a line of text. */
const lineWidth = 88;

/** Positions along an axis; −1 stands for what is left out. */
function positions(length: number, elided: boolean): number[] {
  if (!elided || length <= 2 * edge + 1) return Array.from({ length }, (_, i) => i);
  const ends = Array.from({ length: edge }, (_, i) => i);
  return [...ends, -1, ...ends.map((i) => length - edge + i)];
}

/** The elements that are written, in order. */
function visible(values: TypedArray, shape: Shape, elided: boolean): number[] {
  const strides = stridesOf(shape);
  const out: number[] = [];
  const walk = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      out.push(values[offset]!);
      return;
    }
    for (const i of positions(shape[axis]!, elided)) if (i >= 0) walk(axis + 1, offset + i * strides[axis]!);
  };
  walk(0, 0);
  return out;
}

/** Each element as text; all of one width unless there is only one. */
export function elementTexts(values: ArrayLike<number>, dtype: DType): string[] {
  const texts = dtype === 'bool' ? Array.from(values, (v) => (v ? 'true' : 'false')) : formatNumbers(values);
  const width = Math.max(0, ...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}

/** One row in brackets, broken where the line is full. */
function rowText(items: readonly string[], indent: number): string {
  const lines: string[] = [];
  let line = '';
  items.forEach((item, i) => {
    const piece = i < items.length - 1 ? `${item}, ` : item;
    if (line && indent + line.length + piece.trimEnd().length > lineWidth) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  });
  lines.push(line);
  return `[${lines.join(`\n${' '.repeat(indent)}`)}]`;
}

/** The elements in nested brackets, every line after the first indented by `indent`. */
export function nestedText(values: TypedArray, shape: Shape, dtype: DType, indent = 0): string {
  const size = sizeOf(shape);
  if (size === 0) return '[]';
  const elided = size > threshold;
  const texts = elementTexts(visible(values, shape, elided), dtype);
  let next = 0;
  const walk = (axis: number): string => {
    if (axis === shape.length) return texts[next++]!;
    const inner = indent + axis + 1;
    const items = positions(shape[axis]!, elided).map((i) => (i < 0 ? '…' : walk(axis + 1)));
    if (axis === shape.length - 1) return rowText(items, inner);
    const gap = '\n'.repeat(shape.length - axis - 1);
    return `[${items.join(`,${gap}${' '.repeat(inner)}`)}]`;
  };
  return walk(0);
}

/** dtype and shape as one word: `float32[2, 3]`; a scalar has no brackets. */
export const typeText = (dtype: DType, shape: Shape): string => (shape.length === 0 ? dtype : `${dtype}${show(shape)}`);
