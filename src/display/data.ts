// In: numbers as users hold them: arrays, typed arrays, tensors. Out: plain arrays and matrices, checked.
import { ShapeError, show, ValueError } from '../errors.js';
import type { Shape } from '../shape.js';
import type { Viewable } from './tensor-view.js';

/** A list of numbers: an array, a typed array or a tensor. */
export type Numbers = ArrayLike<number> | Viewable;
/** Rows of numbers: nested arrays or a tensor `[rows, columns]`. */
export type Matrix = readonly ArrayLike<number>[] | Viewable;

const isTensor = (value: object): value is Viewable => 'dataSync' in value && typeof value.dataSync === 'function';

/** Whether `value` is a list of numbers rather than a table or options. */
export const isNumbers = (value: object): value is Numbers =>
  isTensor(value) || ArrayBuffer.isView(value) || (Array.isArray(value) && typeof value[0] !== 'object');

/** Whether `values` are names. */
export const isNames = (values: Numbers | readonly string[]): values is readonly string[] =>
  Array.isArray(values) && values.length > 0 && typeof values[0] === 'string';

/** Whether `value` is one matrix rather than several by name. */
export const isMatrix = (value: Matrix | { readonly [name: string]: Matrix }): value is Matrix =>
  Array.isArray(value) || isNumbers(value);

/** The elements in order, whatever the shape. */
export const numbersOf = (values: Numbers): number[] => Array.from(isTensor(values) ? values.dataSync() : values);

/**
 * The rows of a matrix.
 * @throws ShapeError when a tensor has not two axes or rows differ in length.
 */
export function rowsOf(name: string, matrix: Matrix): number[][] {
  if (!isTensor(matrix)) {
    const rows = matrix.map((row) => Array.from(row));
    const odd = rows.findIndex((row) => row.length !== rows[0]!.length);
    if (odd >= 0) {
      throw new ShapeError(
        `${name}: row 0 has ${rows[0]!.length} numbers and row ${odd} has ${rows[odd]!.length}`,
        'Give rows of one length.',
      );
    }
    return rows;
  }
  const [height, width] = twoAxes(name, matrix.shape);
  const flat = matrix.dataSync();
  return Array.from({ length: height }, (_, i) => Array.from(flat.subarray(i * width, (i + 1) * width)));
}

function twoAxes(name: string, shape: Shape): [number, number] {
  const [height, width] = shape;
  if (shape.length === 2 && height !== undefined && width !== undefined) return [height, width];
  throw new ShapeError(
    `${name}: the tensor has shape ${show(shape)}`,
    'It takes two axes, rows and columns; reshape or index first.',
  );
}

/** Throws ValueError unless both lists have one length. */
export function sameLength(name: string, first: [string, number], second: [string, number]): void {
  if (first[1] === second[1]) return;
  throw new ValueError(
    `${name}: ${first[0]} has ${first[1]} elements and ${second[0]} has ${second[1]}`,
    'Give one for each of the other.',
  );
}
