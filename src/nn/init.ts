// In: a shape. Out: first values of a weight, drawn from the shared stream.
import { fromArray, full } from '../create.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { rand, randn, truncatedNormal as truncated } from '../random.js';
import { type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Numbers that feed one output of a weight [outputs, inputs, …kernel], and numbers that one input feeds. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new ShapeError(
      `init: a weight of shape ${show(shape)}`,
      'Fans need at least the axes [outputs, inputs]; give vectors constants or uniform values.',
    );
  const field = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field };
}

/** Uniform on [low, high). */
export const uniform = (shape: Shape, low = 0, high = 1): Tensor => rand(shape, { low, high });
/** Normal. */
export const normal = (shape: Shape, mean = 0, std = 1): Tensor => randn(shape, { mean, std });
/** Normal, redrawn until within two standard deviations. */
export const truncatedNormal = (shape: Shape, mean = 0, std = 1): Tensor => truncated(shape, { mean, std });
/** One value everywhere. */
export const constant = (shape: Shape, value: number): Tensor => full(shape, value);

/** What an activation does to the standard deviation, as PyTorch's `calculate_gain`. */
export function gain(activation: 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu', slope = 0.01): number {
  switch (activation) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope * slope));
    case 'selu':
      return 3 / 4;
    default:
      throw new ValueError(
        `gain of '${String(activation satisfies never)}'`,
        "Use 'linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu' or 'selu'.",
      );
  }
}

/** Glorot and Bengio (2010): uniform with variance gain² · 2/(fanIn + fanOut). */
export function xavierUniform(shape: Shape, scale = 1): Tensor {
  const { fanIn, fanOut } = fans(shape);
  const bound = scale * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(shape, -bound, bound);
}
/** Glorot and Bengio (2010): normal with variance gain² · 2/(fanIn + fanOut). */
export function xavierNormal(shape: Shape, scale = 1): Tensor {
  const { fanIn, fanOut } = fans(shape);
  return normal(shape, 0, scale * Math.sqrt(2 / (fanIn + fanOut)));
}

/** Options of He's initialisers. */
export interface HeOptions {
  /** Which variance stays: of the values going forward, or of the gradients going back. Default `'fanIn'`. */
  mode?: 'fanIn' | 'fanOut';
  /** `gain` of the activation that follows. Default √2, for ReLU. */
  gain?: number;
}
/** He et al. (2015): uniform with variance gain²/fan. Also known as Kaiming. */
export function heUniform(shape: Shape, options: HeOptions = {}): Tensor {
  const bound = ((options.gain ?? Math.SQRT2) * Math.sqrt(3)) / Math.sqrt(fans(shape)[options.mode ?? 'fanIn']);
  return uniform(shape, -bound, bound);
}
/** He et al. (2015): normal with variance gain²/fan. Also known as Kaiming. */
export const heNormal = (shape: Shape, options: HeOptions = {}): Tensor =>
  normal(shape, 0, (options.gain ?? Math.SQRT2) / Math.sqrt(fans(shape)[options.mode ?? 'fanIn']));

/** Rows (or columns, if fewer) at right angles (Saxe et al., 2014), by Gram and Schmidt in float64, twice for exactness. */
export function orthogonal(shape: Shape, scale = 1): Tensor {
  if (shape.length < 2) throw new ShapeError(`orthogonal: shape ${show(shape)}`, 'It needs at least two axes.');
  const [rows, columns] = [shape[0]!, sizeOf(shape.slice(1))];
  const wide = randn([Math.min(rows, columns), Math.max(rows, columns)]);
  const basis: Float64Array[] = [];
  const values = wide.dataSync();
  const length = Math.max(rows, columns);
  for (let i = 0; i < Math.min(rows, columns); i++) {
    const v = Float64Array.from(values.subarray(i * length, (i + 1) * length));
    for (let pass = 0; pass < 2; pass++) {
      for (const u of basis) {
        const along = u.reduce((sum, e, k) => sum + e * v[k]!, 0);
        for (let k = 0; k < length; k++) v[k] = v[k]! - along * u[k]!;
      }
    }
    const norm = Math.hypot(...v);
    basis.push(v.map((e) => e / norm));
  }
  const flat = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    return scale * (rows <= columns ? basis[r]![c]! : basis[c]![r]!);
  });
  return fromArray(flat, shape, 'float32');
}

/** PyTorch's default for linear and convolutional weights and biases: uniform on ±1/√fanIn (He with a = √5). */
export function defaultUniform(shape: Shape, fanIn: number): Tensor {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  return uniform(shape, -bound, bound);
}
