// What is used of TensorFlow.js: the part that its builds for Node, the browser and plain JavaScript have in common.
import type { TypedArray } from '../../dtype.js';
import { DeviceError } from '../../errors.js';

/** A tensor of TensorFlow.js. */
export interface TfTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  dataSync(): TypedArray;
  data(): Promise<TypedArray>;
  clone(): TfTensor;
  dispose(): void;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (a: TfTensor, b: TfTensor) => TfTensor;
type Reduction = (x: TfTensor, axis: number[]) => TfTensor;
/** Axes to the left of the channels, which come last. */
type Convolution = (
  x: TfTensor,
  filter: TfTensor,
  strides: number | number[],
  pad: 'valid',
  dataFormat: 'NHWC' | 'NDHWC',
  dilations: number | number[],
) => TfTensor;

/** TensorFlow.js, as `import * as tf from '@tensorflow/tfjs-node'` gives it. */
export interface Tf {
  readonly version_core?: string;
  readonly Tensor: { readonly prototype: object };
  tensor(values: TypedArray, shape: number[], dtype: string): TfTensor;
  fill(shape: number[], value: number, dtype: string): TfTensor;
  tidy(body: () => TfTensor[]): TfTensor[];
  getBackend(): string;
  memory(): { numBytes: number };

  neg: Unary;
  abs: Unary;
  sign: Unary;
  exp: Unary;
  log: Unary;
  sqrt: Unary;
  rsqrt: Unary;
  reciprocal: Unary;
  sin: Unary;
  cos: Unary;
  tan: Unary;
  asin: Unary;
  acos: Unary;
  atan: Unary;
  sinh: Unary;
  cosh: Unary;
  tanh: Unary;
  asinh: Unary;
  acosh: Unary;
  atanh: Unary;
  sigmoid: Unary;
  erf: Unary;
  expm1: Unary;
  log1p: Unary;
  floor: Unary;
  ceil: Unary;
  round: Unary;
  isNaN: Unary;
  logicalNot: Unary;

  add: Binary;
  sub: Binary;
  mul: Binary;
  div: Binary;
  pow: Binary;
  maximum: Binary;
  minimum: Binary;
  mod: Binary;
  atan2: Binary;
  less: Binary;
  lessEqual: Binary;
  equal: Binary;
  notEqual: Binary;
  logicalAnd: Binary;
  logicalOr: Binary;
  logicalXor: Binary;

  sum: Reduction;
  prod: Reduction;
  max: Reduction;
  min: Reduction;
  argMax(x: TfTensor, axis: number): TfTensor;
  argMin(x: TfTensor, axis: number): TfTensor;
  cumsum(x: TfTensor, axis: number): TfTensor;

  cast(x: TfTensor, dtype: string): TfTensor;
  where(condition: TfTensor, a: TfTensor, b: TfTensor): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  transpose(x: TfTensor, permutation: number[]): TfTensor;
  broadcastTo(x: TfTensor, shape: number[]): TfTensor;
  concat(parts: TfTensor[], axis: number): TfTensor;
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  pad(x: TfTensor, paddings: [number, number][], value: number): TfTensor;
  gather(x: TfTensor, indices: TfTensor): TfTensor;
  scatterND(indices: TfTensor, updates: TfTensor, shape: number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  conv2d: Convolution;
  conv3d: Convolution;
}

const needed = ['tensor', 'tidy', 'matMul', 'conv2d', 'gather', 'scatterND', 'getBackend', 'memory'] as const;

function looksLikeTf(given: unknown): given is Tf {
  return (
    typeof given === 'object' &&
    given !== null &&
    needed.every((name) => typeof Reflect.get(given, name) === 'function')
  );
}

/** `given` as TensorFlow.js. Throws DeviceError where it is something else. */
export function asTf(given: unknown): Tf {
  if (looksLikeTf(given)) return given;
  const inner: unknown = typeof given === 'object' && given !== null && 'default' in given ? given.default : undefined;
  if (looksLikeTf(inner)) return inner;
  throw new DeviceError(
    given === undefined
      ? 'tfjs: no TensorFlow.js was given'
      : 'tfjs: what was given is not the namespace of TensorFlow.js',
    "Import it and pass it on: import * as tf from '@tensorflow/tfjs'; device('tfjs', tf). Instead of '@tensorflow/tfjs', '@tensorflow/tfjs-node' and '@tensorflow/tfjs-node-gpu' are faster where they can be installed.",
  );
}
