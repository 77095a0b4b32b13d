// Reductions: one accumulator in float64 per kept index.
import type { TypedArray } from '../../dtype.js';
import { need } from '../../ops.js';
import type { PlanNode } from '../../plan.js';
import { stridesOf } from '../../shape.js';
import type { Dense } from './index.js';
import { eachIndex } from './views.js';

export function reduceNode(node: PlanNode, input: Dense, out: TypedArray): void {
  const axes = need(node.attributes.axes, 'axes');
  const kept = input.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const keptStrides = stridesOf(kept.map((i) => input.shape[i]!));
  const reducedStrides = stridesOf(axes.map((i) => input.shape[i]!));
  const start = { sum: 0, prod: 1 }[node.op as string] ?? Number.NaN;
  const sums = new Float64Array(out.length).fill(start);
  const best = new Float64Array(out.length).fill(-1);
  const greater = node.op === 'reduceMax' || node.op === 'argmax';
  eachIndex(input.shape, (flat, index) => {
    let at = 0;
    for (let i = 0; i < kept.length; i++) at += keptStrides[i]! * index[kept[i]!]!;
    const v = input.array[flat]!;
    if (node.op === 'sum') sums[at]! += v;
    else if (node.op === 'prod') sums[at]! *= v;
    else {
      const record = sums[at]!;
      const first = best[at]! < 0;
      if (first || (!Number.isNaN(record) && (Number.isNaN(v) || (greater ? v > record : v < record)))) {
        sums[at] = v;
        let position = 0;
        for (let i = 0; i < axes.length; i++) position += reducedStrides[i]! * index[axes[i]!]!;
        best[at] = position;
      }
    }
  });
  const integer = node.dtype === 'int32' || node.dtype === 'uint32';
  const values = node.op === 'argmax' || node.op === 'argmin' ? best : sums;
  for (let i = 0; i < out.length; i++) out[i] = integer ? values[i]! % 0x100000000 : values[i]!;
}
