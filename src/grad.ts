// Reverse-mode differentiation, graph to graph, by the table in ops.ts.
import { add, constant } from './build.js';
import { GradientError, ShapeError, show } from './errors.js';
import { make, type Node, nextId, nextMark, type Variable } from './graph.js';
import type { Loop } from './loop.js';
import { loopGradient } from './loop-gradient.js';
import { ops } from './ops.js';
import { sameShape } from './shape.js';

/** Where gradients of a node flow on to. */
const sourcesOf = (node: Node): readonly Node[] => node.custom?.inputs ?? node.inputs;

/** Tracked nodes behind `output` up to `stops`, each after its inputs; and for each the places in that order of what its gradient flows on to. */
function tracked(output: Node, stops: ReadonlySet<Node>): { order: Node[]; places: readonly (readonly number[])[] } {
  const mark = nextMark();
  const order: Node[] = [];
  const stack = [output];
  const position = [0];
  output.mark = mark;
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!;
    const next = position[position.length - 1]!;
    const input = node.variable || stops.has(node) ? undefined : sourcesOf(node)[next];
    if (input === undefined) {
      node.index = order.push(node) - 1;
      stack.pop();
      position.pop();
      continue;
    }
    position[position.length - 1] = next + 1;
    if (input.tracked && input.mark !== mark) {
      input.mark = mark;
      stack.push(input);
      position.push(0);
    }
  }
  // At once, because gradient rules may walk by themselves.
  const places = order.map((node) =>
    node.variable || stops.has(node) ? [] : sourcesOf(node).map((source) => (source.tracked ? source.index : -1)),
  );
  return { order, places };
}
/** Tracked nodes behind `output`, each after its inputs. */
export const trackedOrder = (output: Node): Node[] => tracked(output, new Set()).order;

/** The single axis along which `node` is zeros around something, or -1. */
function paddedAxis(node: Node): number {
  if (node.op !== 'pad' || node.storage) return -1;
  const { low, high, value } = node.attributes;
  if (value !== 0 || !low || !high) return -1;
  let found = -1;
  for (let i = 0; i < low.length; i++) {
    if (low[i] === 0 && high[i] === 0) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
}

/**
 * Gradients of pieces that were cut out along one axis, put side by side again: their sum, in one pass instead of one
 * pass a piece. Null where they overlap.
 */
function join(pieces: readonly Node[], axis: number): Node | null {
  const { shape, dtype } = pieces[0]!;
  const low = (node: Node): number => node.attributes.low![axis]!;
  const gap = (length: number): Node[] =>
    length > 0
      ? [
          constant(
            0,
            shape.map((n, i) => (i === axis ? length : n)),
            dtype,
          ),
        ]
      : [];
  const parts: Node[] = [];
  let end = 0;
  for (const piece of [...pieces].sort((a, b) => low(a) - low(b))) {
    const inner = piece.inputs[0]!;
    if (low(piece) < end) return null;
    parts.push(...gap(low(piece) - end), inner);
    end = low(piece) + inner.shape[axis]!;
  }
  parts.push(...gap(shape[axis]! - end));
  return make('concat', parts, { axis });
}

/**
 * Says that nodes made since `first` are not wanted after all, so that they do not count as readers of their inputs:
 * what is read from outside a plan is stored. Those in `wanted`, and what is read, stay.
 */
function discard(nodes: readonly Node[], first: number, wanted: ReadonlySet<Node>): void {
  const mark = nextMark();
  const stack = [...nodes];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.id < first || node.uses > 0 || node.mark === mark || wanted.has(node)) continue;
    node.mark = mark;
    for (const input of node.inputs) {
      input.uses--;
      stack.push(input);
    }
  }
}

/** Results of one loop pass their gradients on together: when the last of them in our way, the first in `order`, has its own. */
interface Bundle {
  readonly last: number;
  readonly arrived: Map<number, Node>;
}
function loopsIn(order: readonly Node[]): ReadonlyMap<Loop, Bundle> {
  const found = new Map<Loop, Bundle>();
  order.forEach(({ op, attributes: { loop } }, i) => {
    if (op === 'scan' && loop && !found.has(loop)) found.set(loop, { last: i, arrived: new Map() });
  });
  return found;
}

type Look = (g: Node) => Node;
const watchers = new WeakMap<Node | Variable, Set<Look>>();
/** How many have been asked for: until there is one, no node needs to be looked up. */
let watches = 0;

/** Shows `look` every gradient that arrives at `target`; what it returns goes on. Returns how to end this. */
export function watchGradient(target: Node | Variable, look: Look): () => void {
  const looks = watchers.get(target) ?? new Set();
  watches++;
  watchers.set(target, looks.add(look));
  return () => looks.delete(look);
}

function watched(node: Node, g: Node): Node {
  if (watches === 0) return g;
  let seen = g;
  for (const look of watchers.get(node.variable ?? node) ?? []) seen = look(seen);
  return seen;
}

/** The sum of what arrived at a node; what does not go into it is added to `unwanted`. */
function total(parts: readonly Node[], unwanted: Node[]): Node {
  if (parts.length === 1) return parts[0]!;
  const cut = new Map<number, Node[]>();
  for (const part of parts) {
    const axis = paddedAxis(part);
    const pieces = cut.get(axis);
    if (pieces) pieces.push(part);
    else if (axis >= 0) cut.set(axis, [part]);
  }
  const joined: Node[] = [];
  const done = new Set<Node>();
  for (const [axis, pieces] of cut) {
    const whole = pieces.length > 1 ? join(pieces, axis) : null;
    if (!whole) continue;
    joined.push(whole);
    for (const piece of pieces) done.add(piece);
    unwanted.push(...pieces);
  }
  return [...joined, ...parts.filter((part) => !done.has(part))].reduce((sum, part) => add(sum, part));
}

/**
 * Vector–Jacobian product: the gradient of Σ output·seed with respect to every tracked node behind `output`.
 * Nodes in `stops` keep their gradient and pass nothing on. `last` says that no other gradient is expected to take this way.
 */
export function pullBack(
  output: Node,
  seed: Node,
  stops: ReadonlySet<Node> = new Set(),
  last = false,
): Map<Node, Node> {
  if (!sameShape(output.shape, seed.shape)) {
    throw new ShapeError(
      `backward: the gradient has shape ${show(seed.shape)}, the tensor ${show(output.shape)}`,
      'They must be equal.',
    );
  }
  const first = nextId();
  const gradients = new Map<Node, Node>();
  const { order, places } = tracked(output, stops);
  const loops = loopsIn(order);
  const arrived = new Array<Node[] | null>(order.length).fill(null);
  arrived[order.length - 1] = [seed];
  const unwanted: Node[] = [];
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    const parts = arrived[i];
    const bundle = node.op === 'scan' ? loops.get(node.attributes.loop!) : undefined;
    const sources = places[i]!;
    let passed: readonly (Node | null)[] | null = null;
    if (parts) {
      arrived[i] = null;
      const g = watched(node, total(parts, unwanted));
      const ends = node.variable !== null || stops.has(node) || sources.length === 0;
      if (ends || node === output) gradients.set(node, g);
      if (ends) continue;
      if (node.freed && node !== output) throw usedUp();
      node.passed ||= last;
      if (bundle) {
        const result = node.attributes.result!;
        const before = bundle.arrived.get(result);
        bundle.arrived.set(result, before ? add(before, g) : g);
      } else passed = node.custom ? node.custom.rule(g) : ops[node.op].gradient(node, g);
    }
    if (bundle?.last === i && bundle.arrived.size > 0) passed = loopGradient(node.attributes.loop!, bundle.arrived);
    if (!passed) continue;
    for (let k = 0; k < sources.length; k++) {
      const source = sources[k]!;
      const part = passed[k];
      if (!part) continue;
      if (source < 0) {
        unwanted.push(part);
        continue;
      }
      const list = arrived[source];
      if (list) list.push(part);
      else arrived[source] = [part];
    }
  }
  // At the end, when all that will read them has been made.
  discard(unwanted, first, new Set(gradients.values()));
  return gradients;
}

const usedUp = (): GradientError =>
  new GradientError(
    'backward: this graph was already used',
    'Compute the loss again, or pass { retainGraph: true } to the first call.',
  );

/** Differentiates `output` and hands each variable behind it its gradient. */
export function backward(output: Node, seed: Node | null, retainGraph: boolean): void {
  if (output.freed) throw usedUp();
  if (!output.tracked) {
    throw new GradientError(
      'backward: the tensor does not depend on anything that requires a gradient',
      'Make a leaf with { requiresGrad: true } or use a Module’s parameters, and compute outside noGrad().',
    );
  }
  if (!seed && output.shape.length > 0 && !output.shape.every((n) => n === 1)) {
    throw new GradientError(
      `backward: the tensor has shape ${show(output.shape)}, not one number`,
      'Reduce it first, for example with .mean() or .sum(), or pass the gradient of each element.',
    );
  }
  const gradients = pullBack(output, seed ?? constant(1, output.shape, output.dtype), new Set(), !retainGraph);
  for (const [node, gradient] of gradients) node.variable?.accumulate(gradient);
  output.freed = !retainGraph;
}
