// Views, materialised: each output index is mapped to an input index.
import type { TypedArray } from '../../dtype.js';
import { need } from '../../ops.js';
import type { PlanNode } from '../../plan.js';
import { stridesOf } from '../../shape.js';
import type { Dense } from './index.js';

/** Calls `visit(flat, index)` for every index of `shape` in row-major order. */
export function eachIndex(shape: readonly number[], visit: (flat: number, index: readonly number[]) => void): void {
  const size = shape.reduce((a, b) => a * b, 1);
  const index = new Array<number>(shape.length).fill(0);
  for (let flat = 0; flat < size; flat++) {
    visit(flat, index);
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++index[d]! < shape[d]!) break;
      index[d] = 0;
    }
  }
}

export function viewNode(node: PlanNode, input: Dense, out: TypedArray): void {
  const a = node.attributes;
  const strides = stridesOf(input.shape);
  const dot = (at: (d: number) => number): number => strides.reduce((sum, s, d) => sum + s * at(d), 0);
  switch (node.op) {
    case 'permute': {
      const axes = need(a.axes, 'axes');
      eachIndex(node.shape, (flat, index) => {
        let at = 0;
        for (let i = 0; i < axes.length; i++) at += strides[axes[i]!]! * index[i]!;
        out[flat] = input.array[at]!;
      });
      return;
    }
    case 'expand':
      eachIndex(node.shape, (flat, index) => {
        out[flat] = input.array[dot((d) => (input.shape[d] === 1 ? 0 : index[d]!))]!;
      });
      return;
    case 'slice': {
      const start = need(a.start, 'start');
      const step = need(a.step, 'step');
      eachIndex(node.shape, (flat, index) => {
        out[flat] = input.array[dot((d) => start[d]! + step[d]! * index[d]!)]!;
      });
      return;
    }
    case 'pad': {
      const low = need(a.low, 'low');
      eachIndex(node.shape, (flat, index) => {
        const inside = input.shape.every((n, d) => index[d]! >= low[d]! && index[d]! < low[d]! + n);
        out[flat] = inside ? input.array[dot((d) => index[d]! - low[d]!)]! : (a.value ?? 0);
      });
      return;
    }
    case 'window': {
      const kernel = need(a.kernel, 'kernel');
      const lead = input.shape.length - kernel.length;
      eachIndex(node.shape, (flat, index) => {
        out[flat] =
          input.array[
            dot((d) =>
              d < lead
                ? index[d]!
                : index[d]! * (a.stride?.[d - lead] ?? 1) + index[d + kernel.length]! * (a.dilation?.[d - lead] ?? 1),
            )
          ]!;
      });
      return;
    }
    default:
      out.set(input.array);
  }
}
