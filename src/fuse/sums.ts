// Long sums made short: disjoint pads become one concatenation, products over parts of one inner axis one product.
// What gradients of unrolled loops look like: Σₜ pad(gₜ) for what was sliced, Σₜ Aₜᵀ·Bₜ for a weight used at every step.
import { need } from '../ops.js';
import type { PlanNode } from '../plan.js';
import { sizeOf } from '../shape.js';

/** Shorter sums are better fused than rebuilt. */
const fewest = 8;

type Put = (node: PlanNode) => number;
type Lookup = (at: number) => PlanNode;

/** For each root of a tree of additions its terms, where there are many. Positions refer to `nodes`. */
export function longSums(nodes: readonly PlanNode[]): Map<number, number[]> {
  const uses = new Array<number>(nodes.length).fill(0);
  const inner = new Array<boolean>(nodes.length).fill(false);
  for (const node of nodes) for (const input of node.inputs) uses[input]!++;
  for (const node of nodes) {
    if (node.op === 'add')
      for (const input of node.inputs) if (nodes[input]!.op === 'add' && uses[input] === 1) inner[input] = true;
  }
  const sums = new Map<number, number[]>();
  nodes.forEach((node, root) => {
    if (node.op !== 'add' || inner[root]) return;
    const terms: number[] = [];
    const stack = [...node.inputs].reverse();
    while (stack.length > 0) {
      const at = stack.pop()!;
      if (inner[at]) stack.push(...[...nodes[at]!.inputs].reverse());
      else terms.push(at);
    }
    if (terms.length >= fewest) sums.set(root, terms);
  });
  return sums;
}

/** The axis along which a pad of zeros grows, if it is the only one. */
function padAxis(node: PlanNode): number | null {
  if (node.op !== 'pad' || (node.attributes.value ?? 0) !== 0) return null;
  const low = need(node.attributes.low, 'low');
  const high = need(node.attributes.high, 'high');
  const axes = low.flatMap((v, i) => (v !== 0 || high[i] !== 0 ? [i] : []));
  return axes.length === 1 ? axes[0]! : null;
}

const concat = (inputs: readonly number[], axis: number, look: Lookup, put: Put): number => {
  const first = look(inputs[0]!);
  const shape = first.shape.map((n, i) => (i === axis ? inputs.reduce((sum, k) => sum + look(k).shape[axis]!, 0) : n));
  return put({ op: 'concat', inputs, attributes: { axis }, shape, dtype: first.dtype, scalar: -1 });
};

/** Disjoint pads along one axis as one concatenation with zeros in the gaps; the terms that overlap are left over. */
function joinPads(pads: readonly number[], axis: number, look: Lookup, put: Put): { joined: number; rest: number[] } {
  const { shape, dtype } = look(pads[0]!);
  const start = (at: number): number => need(look(at).attributes.low, 'low')[axis]!;
  const parts: number[] = [];
  const rest: number[] = [];
  let end = 0;
  const gap = (length: number): void => {
    if (length === 0) return;
    const hole = shape.map((n, i) => (i === axis ? length : n));
    parts.push(
      put({ op: 'constant', inputs: [], attributes: { shape: hole, dtype, value: 0 }, shape: hole, dtype, scalar: -1 }),
    );
  };
  for (const at of [...pads].sort((a, b) => start(a) - start(b))) {
    if (start(at) < end) {
      rest.push(at);
      continue;
    }
    gap(start(at) - end);
    const inner = look(at).inputs[0]!;
    parts.push(inner);
    end = start(at) + look(inner).shape[axis]!;
  }
  gap(shape[axis]! - end);
  return { joined: concat(parts, axis, look, put), rest };
}

/** Σ Aₜᵀ·Bₜ as (all Aₜ)ᵀ·(all Bₜ). */
function joinProducts(products: readonly number[], look: Lookup, put: Put): number {
  const left = concat(
    products.map((at) => look(look(at).inputs[0]!).inputs[0]!),
    0,
    look,
    put,
  );
  const right = concat(
    products.map((at) => look(at).inputs[1]!),
    0,
    look,
    put,
  );
  const [k, m] = look(left).shape as [number, number];
  const turned = put({
    op: 'permute',
    inputs: [left],
    attributes: { axes: [1, 0] },
    shape: [m, k],
    dtype: look(left).dtype,
    scalar: -1,
  });
  const { shape, dtype } = look(products[0]!);
  return put({ op: 'matmul', inputs: [turned, right], attributes: {}, shape, dtype, scalar: -1 });
}

/** Rebuilds a sum of many terms. */
export function shortSum(terms: readonly number[], look: Lookup, put: Put): number {
  const byAxis = new Map<number, number[]>();
  const products: number[] = [];
  const rest: number[] = [];
  for (const at of terms) {
    const node = look(at);
    const axis = padAxis(node);
    if (axis !== null) byAxis.set(axis, [...(byAxis.get(axis) ?? []), at]);
    else if (
      node.op === 'matmul' &&
      node.shape.length === 2 &&
      look(node.inputs[0]!).op === 'permute' &&
      sizeOf(node.shape) > 0
    )
      products.push(at);
    else rest.push(at);
  }
  const done: number[] = [];
  for (const [axis, pads] of byAxis) {
    if (pads.length < fewest) rest.push(...pads);
    else {
      const { joined, rest: left } = joinPads(pads, axis, look, put);
      done.push(joined);
      rest.push(...left);
    }
  }
  if (products.length < fewest) rest.push(...products);
  else done.push(joinProducts(products, look, put));
  return [...done, ...rest].reduce((a, b) =>
    put({ ...look(a), op: 'add', inputs: [a, b], attributes: {}, scalar: -1 }),
  );
}
