// A run's numbers as the bytes of the parameter block.
import type { DType } from '../../dtype.js';
import type { Rendered } from './rendered.js';

/** A bool takes a word, as it does in a register. */
const writers: Record<DType, (view: DataView, at: number, value: number) => void> = {
  float32: (view, at, value) => view.setFloat32(at, value, true),
  float16: (view, at, value) => view.setFloat32(at, value, true),
  bfloat16: (view, at, value) => view.setFloat32(at, value, true),
  float64: (view, at, value) => view.setFloat64(at, value, true),
  int32: (view, at, value) => view.setInt32(at, value, true),
  uint32: (view, at, value) => view.setUint32(at, value, true),
  bool: (view, at, value) => view.setInt32(at, value === 0 ? 0 : 1, true),
};

/** Fills `block` with the numbers of a run. */
export function writeParameters({ parameters }: Rendered, scalars: readonly number[], block: DataView): void {
  for (const { scalar, dtype, at } of parameters) writers[dtype](block, at, scalars[scalar]!);
}
