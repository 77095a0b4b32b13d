// In: one operation of a plan and its operands. Out: its value, by TensorFlow.js where that has the operation, else by the reference.
import { allocate, type DType, type TypedArray } from '../../dtype.js';
import { need, ops } from '../../ops.js';
import type { PlanNode } from '../../plan.js';
import { sizeOf } from '../../shape.js';
import { compute } from '../reference/index.js';
import { viewNode } from '../reference/views.js';
import { convolve, windowPlaces } from './convolve.js';
import type { Tf, TfTensor } from './namespace.js';

/** A value during a run, where it was last needed: in TensorFlow.js, with the host, or both. */
export class Value {
  constructor(
    readonly tf: Tf,
    readonly shape: readonly number[],
    readonly dtype: DType,
    private held: { tensor?: TfTensor; array?: TypedArray },
  ) {}

  /** As TensorFlow.js has it: shapes as in the graph, uint32 as the same bits. */
  get tensor(): TfTensor {
    this.held.tensor ??= toTensor(this.tf, this.array, this.shape, this.dtype);
    return this.held.tensor;
  }
  /** As the host has it. */
  get array(): TypedArray {
    this.held.array ??= toArray(this.held.tensor!.dataSync(), this.dtype);
    return this.held.array;
  }
  /** True where TensorFlow.js holds it already. */
  get isThere(): boolean {
    return this.held.tensor !== undefined;
  }
}

const tfNames: Record<DType, string> = {
  float32: 'float32',
  float16: 'float32',
  bfloat16: 'float32',
  float64: 'float64',
  int32: 'int32',
  uint32: 'int32',
  bool: 'bool',
};

/** Elements as a tensor of TensorFlow.js. */
export const toTensor = (tf: Tf, array: TypedArray, shape: readonly number[], dtype: DType): TfTensor =>
  tf.tensor(
    array instanceof Uint32Array ? new Int32Array(array.buffer, array.byteOffset, array.length) : array,
    [...shape],
    tfNames[dtype],
  );

/** What `dataSync()` gave, in our array for the dtype. */
export function toArray(data: TypedArray, dtype: DType): TypedArray {
  if (dtype === 'uint32') return new Uint32Array(Int32Array.from(data).buffer);
  const out = allocate(dtype, data.length);
  out.set(data);
  return out;
}

type UnaryName = { [K in keyof Tf]: Tf[K] extends Tf['neg'] ? K : never }[keyof Tf];
type BinaryName = { [K in keyof Tf]: Tf[K] extends Tf['add'] ? (K extends UnaryName ? never : K) : never }[keyof Tf];

/** What TensorFlow.js calls operations on real numbers, and on truth values. */
const names1: Partial<Record<PlanNode['op'], UnaryName>> = {
  neg: 'neg',
  abs: 'abs',
  exp: 'exp',
  log: 'log',
  sqrt: 'sqrt',
  rsqrt: 'rsqrt',
  reciprocal: 'reciprocal',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  asin: 'asin',
  acos: 'acos',
  atan: 'atan',
  sinh: 'sinh',
  cosh: 'cosh',
  tanh: 'tanh',
  asinh: 'asinh',
  acosh: 'acosh',
  atanh: 'atanh',
  sigmoid: 'sigmoid',
  erf: 'erf',
  expm1: 'expm1',
  log1p: 'log1p',
  floor: 'floor',
  ceil: 'ceil',
  round: 'round',
  isnan: 'isNaN',
};
const names2: Partial<Record<PlanNode['op'], BinaryName>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  pow: 'pow',
  max: 'maximum',
  min: 'minimum',
  mod: 'mod',
  atan2: 'atan2',
  lt: 'less',
  le: 'lessEqual',
  eq: 'equal',
  ne: 'notEqual',
};
const logic2: Partial<Record<PlanNode['op'], BinaryName>> = { and: 'logicalAnd', or: 'logicalOr', xor: 'logicalXor' };

const isReal = ({ dtype }: Value): boolean => dtype === 'float32';
const isTruth = ({ dtype }: Value): boolean => dtype === 'bool';

/** Flat positions of the input that a view reads: made once for each operation of a plan. */
const positions = new WeakMap<PlanNode, Int32Array>();
function positionsOf(node: PlanNode, input: Value): Int32Array {
  let found = positions.get(node);
  if (!found) {
    found = new Int32Array(sizeOf(node.shape));
    viewNode(node, { shape: input.shape, array: Int32Array.from({ length: sizeOf(input.shape) }, (_, i) => i) }, found);
    positions.set(node, found);
  }
  return found;
}

/** Elements of `x` at flat positions. */
const pick = (tf: Tf, x: TfTensor, at: Int32Array, shape: readonly number[]): TfTensor =>
  tf.gather(tf.reshape(x, [sizeOf(x.shape)]), tf.tensor(at, [...shape], 'int32'));

/** Zeros of `shape` with the elements of `x` added at flat positions. */
function put(tf: Tf, x: TfTensor, at: Int32Array, shape: readonly number[]): TfTensor {
  const flat = tf.scatterND(tf.tensor(at, [at.length, 1], 'int32'), tf.reshape(x, [at.length]), [sizeOf(shape)]);
  return tf.reshape(flat, [...shape]);
}

/** Where each window has its maximum, as flat positions of `x`. */
function peaks(tf: Tf, x: Value, pooled: readonly number[], node: PlanNode): Int32Array {
  const taps = sizeOf(need(node.attributes.kernel, 'kernel'));
  const places = windowPlaces(x.shape, pooled, node.attributes);
  const count = sizeOf(pooled);
  const inside = tf.tensor(
    Uint8Array.from(places, (at) => (at < 0 ? 0 : 1)),
    [count, taps],
    'bool',
  );
  const values = pick(
    tf,
    x.tensor,
    places.map((at) => Math.max(0, at)),
    [count, taps],
  );
  const nan = tf.fill([count, taps], Number.POSITIVE_INFINITY, 'float32');
  const ranked = tf.where(tf.isNaN(values), nan, values);
  const best = tf.argMax(tf.where(inside, ranked, tf.neg(nan)), 1).dataSync();
  return Int32Array.from(best, (k, i) => places[i * taps + k]!);
}

/** The value of `node` by TensorFlow.js; null where that has no such operation on these dtypes. */
function byTf(tf: Tf, node: PlanNode, inputs: readonly Value[]): TfTensor | null {
  const { op, attributes: a } = node;
  const shape = [...node.shape];
  const [x, y, z] = inputs as [Value, Value, Value];
  if (inputs.length > 0 && inputs.every(isReal)) {
    const one = names1[op];
    if (one) return tf[one](x.tensor);
    const two = names2[op];
    if (two) return tf[two](x.tensor, y.tensor);
  } else if (inputs.length > 0 && inputs.every(isTruth)) {
    if (op === 'not') return tf.logicalNot(x.tensor);
    const two = logic2[op];
    if (two) return tf[two](x.tensor, y.tensor);
  }
  switch (op) {
    case 'reshape':
    case 'variable':
      return x.isThere ? tf.reshape(x.tensor, shape) : null;
    case 'permute':
      return x.isThere ? tf.transpose(x.tensor, [...need(a.axes, 'axes')]) : null;
    case 'expand':
      return x.isThere ? tf.broadcastTo(x.tensor, shape) : null;
    case 'slice':
    case 'window':
      return x.isThere && isReal(x) ? pick(tf, x.tensor, positionsOf(node, x), shape) : null;
    case 'pad': {
      const [low, high] = [need(a.low, 'low'), need(a.high, 'high')];
      if (!isReal(x) || [...low, ...high].some((n) => n < 0)) return null;
      return tf.pad(
        x.tensor,
        low.map((n, i): [number, number] => [n, high[i]!]),
        a.value ?? 0,
      );
    }
    case 'concat':
      return inputs.every(isReal)
        ? tf.concat(
            inputs.map(({ tensor }) => tensor),
            need(a.axis, 'axis'),
          )
        : null;
    case 'where':
      return isReal(y) ? tf.where(x.tensor, y.tensor, z.tensor) : null;
    case 'cast':
      return node.dtype === 'float32' && isTruth(x) ? tf.cast(x.tensor, 'float32') : null;
    default:
      break;
  }
  if (!inputs.filter((input) => input.dtype !== 'int32').every(isReal)) return null;
  switch (op) {
    case 'sign':
      // TensorFlow.js gives NaN for NaN; here it is 0.
      return tf.where(tf.isNaN(x.tensor), tf.fill(shape, 0, 'float32'), tf.sign(x.tensor));
    case 'relu':
      return tf.where(tf.less(x.tensor, tf.fill(shape, 0, 'float32')), tf.fill(shape, 0, 'float32'), x.tensor);
    case 'trunc':
      return tf.where(tf.less(x.tensor, tf.fill(shape, 0, 'float32')), tf.ceil(x.tensor), tf.floor(x.tensor));
    case 'sum':
      return tf.sum(x.tensor, [...need(a.axes, 'axes')]);
    case 'prod':
      return tf.prod(x.tensor, [...need(a.axes, 'axes')]);
    case 'matmul':
      return isReal(x) && isReal(y) ? tf.matMul(x.tensor, y.tensor) : null;
    case 'conv':
      return isReal(x) ? convolve(tf, node, x.tensor, y.tensor) : null;
    case 'cumsum':
      return isReal(x) ? tf.cumsum(x.tensor, need(a.axis, 'axis')) : null;
    case 'fold':
      return put(tf, x.tensor, foldPlaces(node, x), shape);
    case 'poolTake':
      return pick(tf, y.tensor, peaks(tf, x, shape, node), shape);
    case 'poolPut':
      return put(tf, y.tensor, peaks(tf, x, y.shape, node), shape);
    default:
      return null;
  }
}

/** Where each element of the windows goes: `window` of the positions of the result. */
const foldPlaces = (node: PlanNode, windows: Value): Int32Array => {
  let found = positions.get(node);
  if (!found) {
    found = new Int32Array(sizeOf(windows.shape));
    const whole = Int32Array.from({ length: sizeOf(node.shape) }, (_, i) => i);
    viewNode({ ...node, op: 'window', shape: windows.shape }, { shape: node.shape, array: whole }, found);
    positions.set(node, found);
  }
  return found;
};

/** True where the reference computes a node on the host: integers, and what TensorFlow.js lacks. */
export function interpret(tf: Tf, node: PlanNode, inputs: readonly Value[], scalars: readonly number[]): Value {
  const { shape, dtype } = node;
  const empty = sizeOf(shape) === 0 || inputs.some((input) => sizeOf(input.shape) === 0);
  if (node.op === 'constant' && dtype === 'float32' && !empty) {
    const value = node.scalar < 0 ? (node.attributes.value ?? 0) : scalars[node.scalar]!;
    return new Value(tf, shape, dtype, { tensor: tf.fill([...shape], value, dtype) });
  }
  const tensor = empty || ops[node.op].kind === 'leaf' ? null : byTf(tf, node, inputs);
  if (tensor) return new Value(tf, shape, dtype, { tensor });
  const array = allocate(dtype, sizeOf(shape));
  compute(node, inputs, scalars, array);
  return new Value(tf, shape, dtype, { array });
}
