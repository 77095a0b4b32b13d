// What every creating function can be asked for, and how a tensor comes to have it.
import { memoryOf } from './device.js';
import type { DType } from './dtype.js';
import { Parameter, type Tensor } from './tensor.js';

/** Options of the creating functions. */
export interface CreateOptions {
  /** Element type. Default: float32 for numbers, bool for booleans, that of a typed array. */
  dtype?: DType;
  /** Collect gradients in `grad`. Default false. */
  requiresGrad?: boolean;
  /** Where it lies: `'cpu'`, `'cuda'`, … Default: the chosen device; see `device()`. */
  device?: string;
}

/** The tensor with the options that all creating functions have. */
export function finish(made: Tensor, { device, requiresGrad }: Omit<CreateOptions, 'dtype'>): Tensor {
  if (device !== undefined) made.node.place = memoryOf(device);
  return requiresGrad ? new Parameter(made) : made;
}
