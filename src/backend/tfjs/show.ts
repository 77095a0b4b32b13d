// In: TensorFlow.js. Out: its tensors show themselves as ours do, in notebooks and in terminals.
import { inspect } from 'node:util';
import { displayMethod } from '../../display/bundle.js';
import { tensorBundle, tensorText, type Viewable } from '../../display/tensor-view.js';
import type { DType } from '../../dtype.js';
import type { Tf, TfTensor } from './namespace.js';

/** The dtype that shows a tensor of TensorFlow.js; null for strings and complex numbers. */
const shown = (dtype: string): DType | null =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool' ? dtype : null;

function viewOf(t: TfTensor): Viewable | null {
  const dtype = shown(t.dtype);
  return dtype && { shape: t.shape, dtype, dataSync: () => t.dataSync() };
}

/** Gives the tensors of `tf` the methods by which values show themselves. */
export function showTensors(tf: Tf): void {
  const { prototype } = tf.Tensor;
  if (displayMethod in prototype) return;
  const methods = {
    [displayMethod](this: TfTensor): unknown {
      const view = viewOf(this);
      return view ? tensorBundle(view) : { 'text/plain': String(this) };
    },
    [inspect.custom](this: TfTensor): string {
      const view = viewOf(this);
      return view ? `tf.${tensorText(view)}` : String(this);
    },
  };
  for (const key of [displayMethod, inspect.custom] as const)
    Object.defineProperty(prototype, key, {
      value: methods[key],
      enumerable: false,
      configurable: true,
      writable: true,
    });
}
