// Tensors between this library and TensorFlow.js.
import { TfMemory } from './backend/tfjs/index.js';
import { toTensor } from './backend/tfjs/interpret.js';
import { asTf, type TfTensor } from './backend/tfjs/namespace.js';
import { showTensors } from './backend/tfjs/show.js';
import { tensor } from './create.js';
import type { CreateOptions } from './create-options.js';
import { DTypeError } from './errors.js';
import type { Tensor } from './tensor.js';

/**
 * Lets the tensors of TensorFlow.js show themselves as ours do, in notebooks and terminals. gradlab's kernel does so for what cells
 * import, and `device('tfjs', tf)` too.
 * @throws DeviceError where `tf` is not TensorFlow.js.
 */
export function showTfjs(tf: unknown): void {
  showTensors(asTf(tf));
}

/**
 * The values of a tensor of TensorFlow.js, copied: float32, int32 or bool.
 * @param options as for `tensor()`; without a device it lies on the chosen one.
 * @throws DTypeError for strings and complex numbers.
 */
export function fromTfjs(t: TfTensor, options: CreateOptions = {}): Tensor {
  const { dtype, shape } = t;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw new DTypeError(
      `fromTfjs: a tensor of ${dtype}`,
      'It takes float32, int32 and bool; convert first: t.cast().',
    );
  return tensor(t.dataSync(), { shape: [...shape], dtype, ...options });
}

/**
 * The same values as a tensor of TensorFlow.js; yours to dispose of. What lies on the device 'tfjs' stays there.
 * @param tf the namespace that is to hold it.
 * @throws DTypeError for float64 and uint32, which TensorFlow.js does not have; DeviceError where `tf` is not TensorFlow.js.
 */
export function toTfjs(t: Tensor, tf: unknown): TfTensor {
  const namespace = asTf(tf);
  if (t.dtype === 'float64' || t.dtype === 'uint32')
    throw new DTypeError(`toTfjs: ${t.dtype} does not exist in TensorFlow.js`, "Convert first: t.to('float32').");
  const { memory } = t.eval().node.storage!;
  if (memory instanceof TfMemory) return namespace.reshape(memory.tensor, [...t.shape]);
  return toTensor(namespace, t.dataSync(), t.shape, t.dtype);
}
