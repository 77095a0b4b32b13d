// Draws inputs for a case, computes it and its gradients.

import { currentDevice, Storage } from '../../src/device.js';
import { allocate, type DType } from '../../src/dtype.js';
import { evaluate } from '../../src/evaluate.js';
import { pullBack } from '../../src/grad.js';
import { leaf, make, type Node } from '../../src/graph.js';
import type { OpName } from '../../src/op-names.js';
import { Generator } from '../../src/random.js';
import { sizeOf } from '../../src/shape.js';
import type { Case, Input } from './cases.js';

/** Values for an input, the same for the same seed. */
export function draw(input: Input, seed: number): number[] {
  const random = new Generator(seed);
  const { low = -2, high = 2, dtype = 'real', distinct = false } = input;
  const n = sizeOf(input.shape);
  if (dtype === 'bool') return Array.from({ length: n }, () => (random.next() < 0.5 ? 0 : 1));
  if (dtype !== 'real') return Array.from({ length: n }, () => low + Math.floor(random.next() * (high - low + 1)));
  if (distinct) return Array.from(random.permutation(n), (k) => low + ((k + 0.5 + seed * 0.01) / n) * (high - low));
  return Array.from({ length: n }, () => low + random.next() * (high - low));
}

export function leafOf(input: Input, values: readonly number[], real: DType): Node {
  const dtype = input.dtype === undefined || input.dtype === 'real' ? real : input.dtype;
  const array = allocate(dtype, values.length);
  array.set(values);
  const { memory } = currentDevice();
  const node = leaf(new Storage(dtype, values.length, memory.upload(array, dtype), memory), input.shape);
  node.tracked = dtype === real;
  return node;
}

export const build = (op: OpName, c: Case, inputs: readonly Node[], real: DType): Node =>
  c.node ? c.node(inputs, real) : make(op, inputs, c.attributes ?? {});

export function valuesOf(node: Node): number[] {
  evaluate([node]);
  return Array.from(node.storage!.array);
}

/** Values of the case, and of the gradient of Σ output·weights for each real input. */
export function compute(op: OpName, c: Case, real: DType): { value: number[]; gradients: number[][] } {
  const inputs = c.inputs.map((input, k) => leafOf(input, draw(input, k + 1), real));
  const output = build(op, c, inputs, real);
  const value = valuesOf(build(op, c, inputs, real));
  if (c.differentiable === false) return { value, gradients: [] };
  const weights = draw({ shape: output.shape }, 99);
  const seed = leafOf({ shape: output.shape }, weights, output.dtype);
  seed.tracked = false;
  const gradients = pullBack(output, seed);
  return { value, gradients: inputs.filter((i) => gradients.has(i)).map((i) => valuesOf(gradients.get(i)!)) };
}
