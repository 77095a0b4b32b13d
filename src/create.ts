// Tensors from numbers, and from nothing.
import * as b from './build.js';
import { type CreateOptions, finish } from './create-options.js';
import { currentDevice, memoryOf, Storage } from './device.js';
import { allocate, checkDType, type DType, dtypeOf, type TypedArray } from './dtype.js';
import { ShapeError, show, ValueError } from './errors.js';
import { leaf, make } from './graph.js';
import { roundTo } from './half.js';
import { checkShape, checkWhole, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';
import type * as t from './types/index.js';

/** Numbers or booleans, nested. */
export type NestedInput = number | boolean | readonly NestedInput[];

/** A leaf that owns `array`, in `memory` or on the chosen device. @internal */
export function fromArray(array: TypedArray, shape: Shape, dtype: DType, memory = currentDevice().memory): Tensor {
  return new Tensor(leaf(new Storage(dtype, array.length, memory.upload(array, dtype), memory), shape));
}

function shapeOf(values: NestedInput): number[] {
  const shape: number[] = [];
  let level = values;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

function fill(values: NestedInput, shape: Shape, out: TypedArray): void {
  let at = 0;
  const walk = (value: NestedInput, axis: number, path: string): void => {
    if (axis === shape.length) {
      if (typeof value === 'number' || typeof value === 'boolean') out[at++] = Number(value);
      else if (Array.isArray(value)) ragged(path, value.length, axis);
      else
        throw new ValueError(
          `tensor: element ${path || '0'} is ${value === null ? 'null' : typeof value}`,
          'Elements are numbers or booleans.',
        );
      return;
    }
    if (!Array.isArray(value)) return ragged(path, null, axis);
    if (value.length !== shape[axis]) return ragged(path, value.length, axis);
    for (let i = 0; i < value.length; i++) walk(value[i], axis + 1, `${path}[${i}]`);
  };
  const ragged = (path: string, length: number | null, axis: number): never => {
    const found = length === null ? 'is a number' : axis === shape.length ? 'is an array' : `has ${length} elements`;
    const wanted = axis === shape.length ? 'a number' : `${shape[axis]} elements`;
    throw new ShapeError(
      `tensor: the rows differ in length: ${path} ${found}, while the first needs ${wanted}`,
      'All rows of a tensor have one length; pad the short ones, or keep separate tensors.',
    );
  };
  walk(values, 0, '');
}

const anyBoolean = (values: NestedInput): boolean =>
  Array.isArray(values) ? values.length > 0 && anyBoolean(values[0]) : typeof values === 'boolean';

/**
 * A tensor of the given values.
 * @param values a number, nested arrays, or a typed array (copied).
 * @param options dtype, requiresGrad, and `shape` for a flat array.
 * @throws ShapeError when rows differ in length; DTypeError for an unknown dtype.
 * @example tensor([[1, 2], [3, 4]])
 */
export function tensor<const V extends NestedInput | ArrayBufferView, const S extends Shape = t.Nesting<V>>(
  values: V,
  options?: CreateOptions & { shape?: readonly [...S] },
): Tensor<t.Out<S>>;
export function tensor(values: NestedInput | ArrayBufferView, options: CreateOptions & { shape?: Shape } = {}): Tensor {
  const home = options.device === undefined ? currentDevice().memory : memoryOf(options.device);
  let out: Tensor;
  if (ArrayBuffer.isView(values)) {
    if (values instanceof DataView || values instanceof BigInt64Array || values instanceof BigUint64Array) {
      throw new ValueError(
        `tensor: a ${values.constructor.name} holds no numbers that fit`,
        'Convert it to Float32Array or Int32Array.',
      );
    }
    const source = values as TypedArray;
    const dtype = checkDType(options.dtype ?? dtypeOf(values));
    const array = allocate(dtype, source.length);
    if (dtype === 'bool') for (let i = 0; i < source.length; i++) array[i] = source[i] ? 1 : 0;
    else array.set(source);
    roundTo(dtype, array);
    out = fromArray(array, [source.length], dtype, home);
  } else {
    const dtype = checkDType(options.dtype ?? (anyBoolean(values) ? 'bool' : 'float32'));
    const shape = shapeOf(values);
    const array = allocate(dtype, sizeOf(shape));
    fill(values, shape, array);
    if (dtype === 'bool')
      array.forEach((v, i) => {
        array[i] = v ? 1 : 0;
      });
    roundTo(dtype, array);
    out = fromArray(array, shape, dtype, home);
  }
  return finish(options.shape ? out.reshape(options.shape) : out, options);
}

/** `value` everywhere. */
export function full<const S extends Shape>(
  shape: readonly [...S],
  value: number,
  options: CreateOptions = {},
): Tensor<t.Out<S>> {
  return finish(
    new Tensor(b.constant(value, checkShape('full', shape), checkDType(options.dtype ?? 'float32'))),
    options,
  );
}
/** Zeros. */
export const zeros = <const S extends Shape>(shape: readonly [...S], options?: CreateOptions): Tensor<t.Out<S>> =>
  full(shape, 0, options);
/** Ones. */
export const ones = <const S extends Shape>(shape: readonly [...S], options?: CreateOptions): Tensor<t.Out<S>> =>
  full(shape, 1, options);
/** Zeros in the shape and dtype of `like`. */
export const zerosLike = <T extends Tensor>(like: T): Tensor<t.ShapeOf<T>> => zeros(like.shape, { dtype: like.dtype });
/** Ones in the shape and dtype of `like`. */
export const onesLike = <T extends Tensor>(like: T): Tensor<t.ShapeOf<T>> => ones(like.shape, { dtype: like.dtype });

/**
 * Numbers from `start` (0) up to, not including, `end` in steps of `step` (1); int32 where all are whole, else float32.
 * @example arange(5), arange(1, 2, 0.25)
 */
export function arange<N extends number>(end: N): Tensor<[N]>;
export function arange(start: number, end?: number, step?: number, options?: CreateOptions): Tensor<[number]>;
export function arange(start: number, end?: number, step = 1, options: CreateOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  if (step === 0 || !Number.isFinite((to - from) / step))
    throw new ValueError(
      `arange: from ${from} to ${to} in steps of ${step}`,
      'The step must not be 0 and must lead from start to end.',
    );
  const length = Math.max(0, Math.ceil((to - from) / step));
  const whole = Number.isInteger(from) && Number.isInteger(step);
  const dtype = checkDType(options.dtype ?? (whole ? 'int32' : 'float32'));
  const counted = new Tensor(make('iota', [], { shape: [length] }))
    .to(whole && dtype === 'int32' ? 'int32' : 'float64')
    .mul(step)
    .add(from);
  return finish(counted.to(dtype), options);
}
/** `count` numbers evenly from `start` to `end`, both included; float32. */
export function linspace<N extends number>(
  start: number,
  end: number,
  count: N,
  options: CreateOptions = {},
): Tensor<[N]> {
  checkWhole('linspace: count', count);
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  const values = Float64Array.from({ length: count }, (_, i) =>
    i === count - 1 && count > 1 ? end : start + i * step,
  );
  const made: Tensor = tensor(values, { dtype: 'float32', ...options });
  return made;
}
/** Ones on the diagonal of an n × m matrix (m = n by default). */
export function eye<N extends number, M extends number = N>(n: N, m?: M, options?: CreateOptions): Tensor<[N, M]>;
export function eye(n: number, m = n, options: CreateOptions = {}): Tensor {
  const rows = new Tensor(make('iota', [], { shape: [n] })).unsqueeze(1);
  const columns = new Tensor(make('iota', [], { shape: [m] })).unsqueeze(0);
  return finish(rows.eq(columns).to(checkDType(options.dtype ?? 'float32')), options);
}
/** The elements on and below diagonal `k` of the last two axes, zeros above. */
export function tril<T extends Tensor>(matrix: T, k?: number): Tensor<t.ShapeOf<T>>;
export function tril(matrix: Tensor, k = 0): Tensor {
  return matrix.where(triangle(matrix, k), zeroOf(matrix));
}
/** The elements on and above diagonal `k` of the last two axes, zeros below. */
export function triu<T extends Tensor>(matrix: T, k?: number): Tensor<t.ShapeOf<T>>;
export function triu(matrix: Tensor, k = 0): Tensor {
  return matrix.where(triangle(matrix, k - 1).not(), zeroOf(matrix));
}
const zeroOf = (t: Tensor): Tensor => full([], 0, { dtype: t.dtype });
function triangle(matrix: Tensor, k: number): Tensor {
  if (matrix.rank < 2) throw new ShapeError(`tril/triu: shape ${show(matrix.shape)}`, 'They take at least two axes.');
  const [n, m] = matrix.shape.slice(-2) as [number, number];
  return arange(n).unsqueeze(1).add(k).ge(arange(m).unsqueeze(0));
}
/** Joins tensors along an axis that they already have (0 by default). */
export function concat<const L extends readonly Tensor[], A extends number = 0>(
  tensors: t.Arg<t.Concatenated<t.ShapesOf<L>, A>, L>,
  axis?: A,
): Tensor<t.Out<t.Concatenated<t.ShapesOf<L>, A>>>;
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  return Tensor.concat(tensors, axis);
}
/** Joins tensors of one shape along a new axis (0 by default). */
export function stack<const L extends readonly Tensor[], A extends number = 0>(
  tensors: t.Arg<t.Stacked<t.ShapesOf<L>, A>, L>,
  axis?: A,
): Tensor<t.Out<t.Stacked<t.ShapesOf<L>, A>>>;
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return Tensor.stack(tensors, axis);
}
/** `a` where the bool `condition` holds, else `b`; all broadcast. */
export function where<C extends Tensor, T extends Tensor | number, U extends Tensor | number>(
  condition: C,
  a: t.Other<'where', C, T>,
  other: t.Other<'where', Tensor<t.Both<C, T>>, U>,
): Tensor<t.Both<Tensor<t.Both<C, T>>, U>>;
export function where(condition: Tensor, a: Tensor | number, other: Tensor | number): Tensor {
  if (a instanceof Tensor) return a.where(condition, other);
  if (other instanceof Tensor) return other.where(condition.not(), a);
  return full([], a).where(condition, other);
}
