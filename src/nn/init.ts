// In: a shape. Out: first values of a weight, drawn from the shared stream.
import { rand } from '../random.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** Numbers that feed one output of a weight [outputs, inputs, …kernel]. */
export const fanIn = (shape: Shape): number => shape.slice(1).reduce((product, n) => product * n, 1);

/** Uniform on [−bound, bound). */
export const uniform = (shape: Shape, bound: number): Tensor => rand(shape, { low: -bound, high: bound });

/** PyTorch's default for linear and convolutional weights and biases: uniform on ±1/√fanIn (Kaiming with a = √5). */
export const defaultUniform = (shape: Shape, inputs: number): Tensor =>
  uniform(shape, inputs > 0 ? 1 / Math.sqrt(inputs) : 0);
