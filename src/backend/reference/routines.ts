// Leaves, contractions and everything with its own loop.
import type { TypedArray } from '../../dtype.js';
import { IndexError } from '../../errors.js';
import { need } from '../../ops.js';
import { philoxFill } from '../../philox.js';
import type { PlanNode } from '../../plan.js';
import { sizeOf, stridesOf } from '../../shape.js';
import type { Dense } from './index.js';
import { eachIndex } from './views.js';

/** Products of integers keep their low 32 bits, as in C. */
const product = (out: TypedArray): ((a: number, b: number) => number) =>
  out instanceof Float32Array || out instanceof Float64Array ? (a, b) => a * b : Math.imul;

function matmul(a: Dense, b: Dense, out: TypedArray): void {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape[b.shape.length - 1]!;
  const batch = sizeOf(a.shape.slice(0, -2));
  const times = product(out);
  for (let p = 0; p < batch; p++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let q = 0; q < k; q++) sum += times(a.array[(p * m + i) * k + q]!, b.array[(p * k + q) * n + j]!);
        out[(p * m + i) * n + j] = sum;
      }
    }
  }
}

function conv(node: PlanNode, input: Dense, weight: Dense, out: TypedArray): void {
  const a = node.attributes;
  const groups = a.groups ?? 1;
  const inStrides = stridesOf(input.shape);
  const perGroup = weight.shape[1]!;
  const outPerGroup = weight.shape[0]! / groups;
  const kernel = weight.shape.slice(2);
  const kernelSize = sizeOf(kernel);
  const taps: number[][] = [];
  eachIndex(kernel, (_, index) => taps.push([...index]));
  eachIndex(node.shape, (flat, index) => {
    const [n, o] = index as [number, number];
    const from = Math.floor(o / outPerGroup) * perGroup;
    let sum = 0;
    for (let t = 0; t < kernelSize; t++) {
      let at = n * inStrides[0]!;
      let inside = true;
      for (let d = 0; d < kernel.length; d++) {
        const spread = a.inputDilation?.[d] ?? 1;
        const position =
          index[d + 2]! * (a.stride?.[d] ?? 1) + taps[t]![d]! * (a.dilation?.[d] ?? 1) - (a.low?.[d] ?? 0);
        const source = position / spread;
        const limit = Math.min(
          input.shape[d + 2]!,
          Math.ceil(((input.shape[d + 2]! - 1) * spread + 1 + (a.high?.[d] ?? 0)) / spread),
        );
        if (position < 0 || !Number.isInteger(source) || source >= limit) inside = false;
        at += source * inStrides[d + 2]!;
      }
      if (!inside) continue;
      for (let c = 0; c < perGroup; c++) {
        sum += input.array[at + (from + c) * inStrides[1]!]! * weight.array[(o * perGroup + c) * kernelSize + t]!;
      }
    }
    out[flat] = sum;
  });
}

/** Calls `visit(output, input)` with the flat positions of each window's first maximum (NaN is greatest). */
function eachMaximum(
  node: PlanNode,
  x: Dense,
  pooled: readonly number[],
  visit: (output: number, input: number) => void,
): void {
  const a = node.attributes;
  const kernel = need(a.kernel, 'kernel');
  const lead = pooled.length - kernel.length;
  const strides = stridesOf(x.shape);
  const taps: number[][] = [];
  eachIndex(kernel, (_, index) => taps.push([...index]));
  eachIndex(pooled, (flat, index) => {
    let best = Number.NEGATIVE_INFINITY;
    let where = -1;
    for (const tap of taps) {
      let at = 0;
      let inside = true;
      for (let d = 0; d < x.shape.length; d++) {
        const s = d - lead;
        const p =
          s < 0 ? index[d]! : index[d]! * (a.stride?.[s] ?? 1) + tap[s]! * (a.dilation?.[s] ?? 1) - (a.low?.[s] ?? 0);
        if (p < 0 || p >= x.shape[d]!) inside = false;
        at += p * strides[d]!;
      }
      if (!inside) continue;
      const v = x.array[at]!;
      if (where < 0 || v > best || (Number.isNaN(v) && !Number.isNaN(best))) {
        best = v;
        where = at;
      }
    }
    visit(flat, where);
  });
}

function foldWindows(node: PlanNode, g: Dense, out: TypedArray): void {
  const a = node.attributes;
  const rank = need(a.kernel, 'kernel').length;
  const lead = node.shape.length - rank;
  const strides = stridesOf(node.shape);
  eachIndex(g.shape, (flat, index) => {
    let at = 0;
    for (let d = 0; d < node.shape.length; d++) {
      const s = d - lead;
      const p = s < 0 ? index[d]! : index[d]! * (a.stride?.[s] ?? 1) + index[d + rank]! * (a.dilation?.[s] ?? 1);
      at += p * strides[d]!;
    }
    out[at]! += g.array[flat]!;
  });
}

function alongIndex(
  node: PlanNode,
  index: Dense,
  shape: readonly number[],
  visit: (flat: number, at: number) => void,
): void {
  const axis = need(node.attributes.axis, 'axis');
  const strides = stridesOf(shape);
  eachIndex(index.shape, (flat, position) => {
    const i = index.array[flat]!;
    if (i < 0 || i >= shape[axis]!) {
      throw new IndexError(
        `${node.op}: index ${i} on an axis of length ${shape[axis]}`,
        `Indices run from 0 to ${shape[axis]! - 1}.`,
      );
    }
    let at = 0;
    for (let d = 0; d < shape.length; d++) at += strides[d]! * (d === axis ? i : position[d]!);
    visit(flat, at);
  });
}

function argsort(node: PlanNode, x: Dense, out: TypedArray): void {
  const n = x.shape[x.shape.length - 1]!;
  const sign = node.attributes.descending ? -1 : 1;
  const rank = (a: number, b: number): number =>
    Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : a < b ? -1 : a > b ? 1 : 0;
  for (let from = 0; from < out.length; from += n) {
    const order = Array.from({ length: n }, (_, i) => i);
    order.sort((i, j) => sign * rank(x.array[from + i]!, x.array[from + j]!) || i - j);
    out.set(order, from);
  }
}

export function routine(node: PlanNode, inputs: readonly Dense[], scalars: readonly number[], out: TypedArray): void {
  const [a, b] = inputs as [Dense, Dense];
  switch (node.op) {
    case 'constant':
      out.fill(node.scalar < 0 ? (node.attributes.value ?? 0) : scalars[node.scalar]!);
      return;
    case 'iota':
      for (let i = 0; i < out.length; i++) out[i] = i;
      return;
    case 'random': {
      const [key0, key1, low, high] = scalars.slice(node.scalar, node.scalar + 4) as [number, number, number, number];
      if (out instanceof Uint32Array) philoxFill(key0, key1, low, high, out);
      return;
    }
    case 'matmul':
      return matmul(a, b, out);
    case 'conv':
      return conv(node, a, b, out);
    case 'concat': {
      const axis = need(node.attributes.axis, 'axis');
      const inner = sizeOf(node.shape.slice(axis + 1));
      const outer = sizeOf(node.shape.slice(0, axis));
      let from = 0;
      for (const input of inputs) {
        const run = input.shape[axis]! * inner;
        for (let o = 0; o < outer; o++)
          out.set(input.array.subarray(o * run, (o + 1) * run), o * node.shape[axis]! * inner + from);
        from += run;
      }
      return;
    }
    case 'poolTake':
      eachMaximum(node, a, node.shape, (flat, at) => {
        out[flat] = b.array[at]!;
      });
      return;
    case 'poolPut':
      eachMaximum(node, a, b.shape, (flat, at) => {
        out[at]! += b.array[flat]!;
      });
      return;
    case 'fold':
      return foldWindows(node, a, out);
    case 'gather':
      alongIndex(node, b, a.shape, (flat, at) => {
        out[flat] = a.array[at]!;
      });
      return;
    case 'scatterAdd': {
      const sums = new Float64Array(out.length);
      alongIndex(node, b, node.shape, (flat, at) => {
        sums[at]! += a.array[flat]!;
      });
      out.set(sums);
      return;
    }
    case 'argsort':
      return argsort(node, a, out);
    case 'cumsum': {
      const axis = need(node.attributes.axis, 'axis');
      const stride = sizeOf(node.shape.slice(axis + 1));
      const length = node.shape[axis]!;
      for (let i = 0; i < out.length; i++) {
        if (Math.floor(i / stride) % length > 0) continue;
        let sum = 0;
        for (let k = 0; k < length; k++) out[i + k * stride] = sum += a.array[i + k * stride]!;
      }
      return;
    }
    default:
      throw new Error(`reference: no loop for ${node.op}`);
  }
}
