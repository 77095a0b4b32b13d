// gradlab: tensors, gradients, and what is built on them.
import './backends.js';

export { detectNaN } from './anomaly.js';
export * from './autograd.js';
export { checkpoint } from './checkpoint.js';
export { type CompiledArgument, type CompiledResult, compile } from './compile.js';
export * from './create.js';
export type { CreateOptions } from './create-options.js';
export { type DeviceName, type DeviceReport, device, devices } from './device.js';
export type { DType, TypedArray } from './dtype.js';
export * from './errors.js';
export { Explanation, explain } from './explain.js';
export * from './functions/index.js';
export { DeviceMemoryUse, MemoryUse, memory } from './memory.js';
export * as nn from './nn/index.js';
export * as optim from './optim/index.js';
export { autocast, type MatmulPrecision, matmulPrecision } from './precision.js';
export { type ChromeTrace, chromeTrace, type KernelTime, profile } from './profile.js';
export {
  bernoulli,
  categorical,
  Generator,
  generator,
  manualSeed,
  type RandomOptions,
  rand,
  randint,
  randn,
  randperm,
  truncatedNormal,
} from './random.js';
export type { Shape } from './shape.js';
export {
  type Axes,
  type ConvOptions,
  type Nested,
  noGrad,
  type Operand,
  type Ordered,
  Parameter,
  type PoolOptions,
  Tensor,
} from './tensor.js';
export { fromTfjs, showTfjs, toTfjs } from './tfjs.js';
export type { ShapeOf } from './types/index.js';
