// Plan to plan: common subexpressions shared, convolutions freed of padding, views put in an order that shares more.
import { need, ops } from '../ops.js';
import type { Body, Plan, PlanNode } from '../plan.js';
import { sameShape, sizeOf } from '../shape.js';
import { inPhases, turned } from './phases.js';
import { longSums, shortSum } from './sums.js';
import { unroll } from './unroll.js';
import { exact } from './view.js';

/** A number that the plan itself needs; `constant` with scalar −1 reads attributes.value. */
const literal = (value: number, like: { shape: readonly number[]; dtype: PlanNode['dtype'] }): PlanNode => ({
  op: 'constant',
  inputs: [],
  attributes: { shape: like.shape, dtype: like.dtype, value },
  shape: like.shape,
  dtype: like.dtype,
  scalar: -1,
});

class Rewriter {
  readonly nodes: PlanNode[] = [];
  readonly #seen = new Map<string, number>();

  /** The position of `node`, made simpler where a rule applies. */
  put(node: PlanNode): number {
    const simple = this.#simplify(node);
    if (typeof simple === 'number') return simple;
    const { op, inputs, attributes, shape, dtype, scalar } = simple;
    if (op === 'data') return this.nodes.push(simple) - 1;
    const what = op === 'scan' ? `${this.#body(attributes)} ${attributes.result}` : JSON.stringify(attributes);
    const key = `${op}|${inputs.join()}|${what}|${exact(attributes.value)}|${shape.join()}|${dtype}|${scalar}`;
    const found = this.#seen.get(key);
    if (found !== undefined) return found;
    const at = this.nodes.push(simple) - 1;
    this.#seen.set(key, at);
    return at;
  }

  /** A number for each body. */
  #body({ body }: PlanNode['attributes']): number {
    const found = this.#bodies.get(need(body, 'body')) ?? this.#bodies.size;
    this.#bodies.set(need(body, 'body'), found);
    return found;
  }
  readonly #bodies = new Map<Body, number>();

  #view(
    op: 'reshape' | 'permute' | 'pad' | 'slice',
    input: number,
    shape: readonly number[],
    attributes: PlanNode['attributes'],
  ): number {
    return this.put({ op, inputs: [input], attributes, shape, dtype: this.nodes[input]!.dtype, scalar: -1 });
  }

  /** True for [1, n, …] made of [n, …]. */
  #unsqueezed(at: number): boolean {
    const { op, shape, inputs } = this.nodes[at]!;
    return (
      op === 'reshape' && shape[0] === 1 && shape.length > 1 && sameShape(shape.slice(1), this.nodes[inputs[0]!]!.shape)
    );
  }

  #simplify(node: PlanNode): PlanNode | number {
    const input = node.inputs[0] === undefined ? undefined : this.nodes[node.inputs[0]];
    const first = node.inputs[0]!;
    if (!input) return node;
    if (ops[node.op].kind === 'reduce') {
      const axes = need(node.attributes.axes, 'axes');
      if (sizeOf(input.shape) === 0 && sizeOf(node.shape) > 0 && (node.op === 'sum' || node.op === 'prod')) {
        return this.put(literal(node.op === 'sum' ? 0 : 1, node));
      }
      // A window's maximum receives all of its gradient: the sum over the image is that over the windows.
      if (node.op === 'sum' && input.op === 'poolPut') {
        const rank = need(input.attributes.kernel, 'kernel').length;
        const spatial = input.shape.map((_, i) => i).slice(-rank);
        if (spatial.every((i) => axes.includes(i))) return this.put({ ...node, inputs: [input.inputs[1]!] });
      }
      if (axes.every((i) => input.shape[i] === 1) && node.op !== 'argmax' && node.op !== 'argmin') {
        return this.#view('reshape', first, node.shape, { shape: node.shape });
      }
      return node;
    }
    switch (node.op) {
      case 'variable':
        return first;
      case 'cast':
        return input.dtype === node.dtype ? first : node;
      case 'reshape':
        if (sameShape(input.shape, node.shape)) return first;
        return input.op === 'reshape' ? this.put({ ...node, inputs: input.inputs }) : node;
      case 'permute': {
        const axes = need(node.attributes.axes, 'axes');
        if (axes.every((axis, i) => axis === i)) return first;
        if (input.op !== 'permute') return node;
        const inner = need(input.attributes.axes, 'axes');
        return this.put({ ...node, inputs: input.inputs, attributes: { axes: axes.map((axis) => inner[axis]!) } });
      }
      case 'pad': {
        // pad ∘ permute = permute ∘ pad: one padded copy serves both orders.
        if (input.op !== 'permute') return node;
        const axes = need(input.attributes.axes, 'axes');
        const low = new Array<number>(axes.length);
        const high = new Array<number>(axes.length);
        axes.forEach((axis, i) => {
          low[axis] = need(node.attributes.low, 'low')[i]!;
          high[axis] = need(node.attributes.high, 'high')[i]!;
        });
        const base = input.inputs[0]!;
        const shape = this.nodes[base]!.shape.map((n, i) => n + low[i]! + high[i]!);
        const padded = this.#view('pad', base, shape, { ...node.attributes, low, high });
        return this.#view('permute', padded, node.shape, { axes });
      }
      case 'concat': {
        // Stacking is concatenation with one more axis.
        const axis = need(node.attributes.axis, 'axis');
        if (axis !== 0 || !node.inputs.every((i) => this.#unsqueezed(i))) return node;
        const inputs = node.inputs.map((i) => this.nodes[i]!.inputs[0]!);
        const shape = [node.shape[0]! * node.shape[1]!, ...node.shape.slice(2)];
        const joined = this.put({ ...node, inputs, shape });
        return this.#view('reshape', joined, node.shape, { shape: node.shape });
      }
      case 'conv': {
        if (node.attributes.phases) return node;
        const look = (i: number): PlanNode => this.nodes[i]!;
        const put = (made: PlanNode): number => this.put(made);
        return turned(node, look, put) ?? inPhases(node, look, put) ?? this.#unpadded(node);
      }
      default:
        return node;
    }
  }

  /** A convolution whose padding and input dilation are views of its input. */
  #unpadded(node: PlanNode): PlanNode {
    const a = node.attributes;
    const rank = node.shape.length - 2;
    const zero = new Array<number>(rank).fill(0);
    const spread = a.inputDilation ?? zero.map(() => 1);
    let input = node.inputs[0]!;
    if (spread.some((s) => s > 1)) {
      const before = this.nodes[input]!.shape;
      const split = before.flatMap((n, i) => (i < 2 ? [n] : [n, 1]));
      const grown = before.flatMap((n, i) => (i < 2 ? [n] : [n, spread[i - 2]!]));
      const joined = before.map((n, i) => (i < 2 ? n : n * spread[i - 2]!));
      const cut = before.map((n, i) => (i < 2 ? n : (n - 1) * spread[i - 2]! + 1));
      const high = before.flatMap((_, i) => (i < 2 ? [0] : [0, spread[i - 2]! - 1]));
      input = this.#view('reshape', input, split, { shape: split });
      input = this.#view('pad', input, grown, { low: high.map(() => 0), high, value: 0 });
      input = this.#view('reshape', input, joined, { shape: joined });
      input = this.#view('slice', input, cut, { start: joined.map(() => 0), step: joined.map(() => 1), shape: cut });
    }
    const low = [0, 0, ...(a.low ?? zero)];
    const high = [0, 0, ...(a.high ?? zero)];
    if (low.some((v) => v < 0) || high.some((v) => v < 0)) {
      const before = this.nodes[input]!.shape;
      const start = low.map((v) => Math.max(0, -v));
      const cut = before.map((n, i) => n - start[i]! - Math.max(0, -high[i]!));
      input = this.#view('slice', input, cut, { start, step: cut.map(() => 1), shape: cut });
    }
    const lows = low.map((v) => Math.max(0, v));
    const highs = high.map((v) => Math.max(0, v));
    if (lows.some((v) => v > 0) || highs.some((v) => v > 0)) {
      const shape = this.nodes[input]!.shape.map((n, i) => n + lows[i]! + highs[i]!);
      input = this.#view('pad', input, shape, { low: lows, high: highs, value: 0 });
    }
    const attributes = {
      stride: a.stride ?? zero.map(() => 1),
      dilation: a.dilation ?? zero.map(() => 1),
      groups: a.groups ?? 1,
    };
    return { ...node, inputs: [input, node.inputs[1]!], attributes };
  }
}

/** True for a permutation that swaps the last two axes and keeps the others. */
function swapsLast(node: PlanNode): boolean {
  const axes = node.op === 'permute' ? need(node.attributes.axes, 'axes') : [];
  const n = axes.length;
  return n >= 2 && axes.every((axis, i) => axis === (i === n - 1 ? n - 2 : i === n - 2 ? n - 1 : i));
}

/** (A·B)ᵀ as Bᵀ·Aᵀ, so that what follows meets the product in its own order. */
function turnedProduct(product: PlanNode, [a, b]: readonly [number, number], rewriter: Rewriter): number {
  const swap = (i: number): number => {
    const { shape, dtype } = rewriter.nodes[i]!;
    const axes = shape.map((_, k) => k);
    axes.push(...axes.splice(-2).reverse());
    return rewriter.put({
      op: 'permute',
      inputs: [i],
      attributes: { axes },
      shape: axes.map((k) => shape[k]!),
      dtype,
      scalar: -1,
    });
  };
  const shape = [...product.shape];
  shape.push(...shape.splice(-2).reverse());
  return rewriter.put({ ...product, inputs: [swap(b), swap(a)], shape });
}

/** True for a repeated zero. */
const isZero = (node: PlanNode): boolean => node.op === 'constant' && node.scalar < 0 && node.attributes.value === 0;

/**
 * The mask of an activation, taken before the gradient of max pooling instead of after it, where there are fewer numbers:
 * only a window's maximum receives a gradient, so that its sign decides.
 */
function throughPool(
  node: PlanNode,
  plan: Plan,
  uses: readonly number[],
): ((at: readonly number[], rewriter: Rewriter) => number) | null {
  const of = (i: number): PlanNode => plan.nodes[i]!;
  if (node.op !== 'where') return null;
  const [condition, put, zero] = node.inputs.map(of) as [PlanNode, PlanNode, PlanNode];
  if (condition.op !== 'lt' || put.op !== 'poolPut' || uses[node.inputs[1]!] !== 1 || !isZero(zero)) return null;
  if (!isZero(of(condition.inputs[0]!)) || condition.inputs[1] !== put.inputs[0]) return null;
  return (at, rewriter) => {
    const [x, g] = put.inputs.map((i) => at[i]!) as [number, number];
    const { shape, dtype } = rewriter.nodes[g]!;
    const peak = rewriter.put({ ...put, op: 'poolTake', inputs: [x, x], shape });
    const none = rewriter.put(literal(0, { shape, dtype }));
    const positive = rewriter.put({ ...condition, inputs: [none, peak], shape });
    const masked = rewriter.put({ ...node, inputs: [positive, g, none], shape });
    return rewriter.put({ ...put, inputs: [x, masked] });
  };
}

/** Single steps of simplification, for each node in turn. */
function simplify(plan: Plan): Plan {
  const rewriter = new Rewriter();
  const at: number[] = [];
  for (const node of plan.nodes) at.push(rewriter.put({ ...node, inputs: node.inputs.map((i) => at[i]!) }));
  return prune(
    rewriter.nodes,
    plan.leaves.map((i) => at[i]!),
    plan.outputs.map((i) => at[i]!),
    plan.scalarCount,
  );
}

/** Rewritings that depend on who else uses a value: long sums, turned products. */
function rebuild(plan: Plan): Plan {
  const rewriter = new Rewriter();
  const sums = longSums(plan.nodes);
  const uses = new Array<number>(plan.nodes.length).fill(0);
  for (const node of plan.nodes) for (const input of node.inputs) uses[input]!++;
  for (const output of plan.outputs) uses[output]!++;
  const at: number[] = [];
  const rewritten = (node: PlanNode, i: number): number => {
    const terms = sums.get(i);
    if (terms)
      return shortSum(
        terms.map((k) => at[k]!),
        (k) => rewriter.nodes[k]!,
        (made) => rewriter.put(made),
      );
    const pooled = throughPool(node, plan, uses);
    if (pooled) return pooled(at, rewriter);
    const input = node.inputs[0]!;
    const product = plan.nodes[input];
    if (product?.op === 'matmul' && uses[input] === 1 && swapsLast(node)) {
      const [a, b] = product.inputs as [number, number];
      return turnedProduct(product, [at[a]!, at[b]!], rewriter);
    }
    return rewriter.put({ ...node, inputs: node.inputs.map((k) => at[k]!) });
  };
  plan.nodes.forEach((node, i) => at.push(rewritten(node, i)));
  return prune(
    rewriter.nodes,
    plan.leaves.map((i) => at[i]!),
    plan.outputs.map((i) => at[i]!),
    plan.scalarCount,
  );
}

/** What the outputs need, and the leaves. */
function prune(
  nodes: readonly PlanNode[],
  leaves: readonly number[],
  outputs: readonly number[],
  scalarCount: number,
): Plan {
  const live = new Set<number>(leaves);
  const visit = [...outputs];
  while (visit.length > 0) {
    const i = visit.pop()!;
    if (live.has(i)) continue;
    live.add(i);
    visit.push(...nodes[i]!.inputs);
  }
  const kept = [...live].sort((p, q) => p - q);
  const place = new Map(kept.map((i, k) => [i, k]));
  return {
    nodes: kept.map((i) => ({ ...nodes[i]!, inputs: nodes[i]!.inputs.map((k) => place.get(k)!) })),
    leaves: leaves.map((i) => place.get(i)!),
    outputs: outputs.map((i) => place.get(i)!),
    scalarCount,
  };
}

/** The same computation with less of it. Leaves keep their order. */
export const optimize = (plan: Plan): Plan => optimizeLoops(unroll(plan));
/** The same, with loops as they are. */
export const optimizeLoops = (plan: Plan): Plan => rebuild(simplify(plan));
