// Pieces of concatenations that are written where they end up, so that joining them costs nothing.
import { need, ops } from '../ops.js';
import type { Plan } from '../plan.js';
import { sizeOf } from '../shape.js';
import { View } from './view.js';

/** A stored node that is the part `shape` from `start` of a concatenation. */
export interface Piece {
  readonly whole: number;
  readonly start: readonly number[];
  readonly shape: readonly number[];
}

/** The value that an input of a concatenation only renames. */
export function renamed(plan: Plan, stored: ReadonlySet<number>, input: number): number {
  let at = input;
  while (!stored.has(at) && plan.nodes[at]!.op === 'reshape') at = plan.nodes[at]!.inputs[0]!;
  return at;
}

/** Nodes that some routine needs dense. */
function denseOperands(plan: Plan, stored: ReadonlySet<number>): Set<number> {
  const found = new Set<number>();
  plan.nodes.forEach((node) => {
    if (ops[node.op].kind !== 'routine' || node.op === 'concat') return;
    for (const input of node.inputs) {
      let at = input;
      found.add(at);
      while (!stored.has(at) && ops[plan.nodes[at]!.op].kind === 'view') {
        at = plan.nodes[at]!.inputs[0]!;
        found.add(at);
      }
    }
  });
  return found;
}

/**
 * Which stored nodes can lie inside a concatenation: those that it alone joins once and no routine writes or wants dense.
 * @param fixed says which nodes have a place of their own.
 */
export function placePieces(
  plan: Plan,
  stored: ReadonlySet<number>,
  fixed: (i: number) => boolean,
): Map<number, Piece> {
  const pieces = new Map<number, Piece>();
  const dense = denseOperands(plan, stored);
  for (let whole = plan.nodes.length - 1; whole >= 0; whole--) {
    const node = plan.nodes[whole]!;
    if (node.op !== 'concat' || !stored.has(whole)) continue;
    const axis = need(node.attributes.axis, 'axis');
    const bases = node.inputs.map((input) => renamed(plan, stored, input));
    let from = 0;
    node.inputs.forEach((input, k) => {
      const { shape } = plan.nodes[input]!;
      const start = shape.map((_, d) => (d === axis ? from : 0));
      from += shape[axis]!;
      const base = bases[k]!;
      const { op, shape: own } = plan.nodes[base]!;
      const writes = ops[op].kind === 'routine' && op !== 'concat';
      if (!stored.has(base) || writes || fixed(base) || dense.has(base) || pieces.has(base) || sizeOf(own) === 0)
        return;
      if (bases.indexOf(base) !== k || bases.lastIndexOf(base) !== k) return;
      const ones = shape.map(() => 1);
      if (View.dense(node.shape).slice(start, ones, shape).reshape(own)) pieces.set(base, { whole, start, shape });
    });
  }
  return pieces;
}
