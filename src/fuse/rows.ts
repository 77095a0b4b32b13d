// The body of a loop to the same body for a part of the rows (elements of the first axis), where rows do not meet.
import { need, ops } from '../ops.js';
import type { Body, Plan, PlanNode } from '../plan.js';

/** Parts have at least so many rows, so many where there are enough, and there are at most so many parts. */
const [fewest, enough, mostParts] = [8, 32, 8];

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

class Mixed extends Error {}

/** The axis along which the rows of a node lie; null where it has none. Throws Mixed where they would meet. */
function axisOf(
  node: PlanNode,
  inputs: readonly PlanNode[],
  axes: readonly (number | null)[],
  rows: number,
): number | null {
  const { op, attributes: a, shape } = node;
  const [first = null] = axes;
  const same = (): number | null => {
    if (axes.some((axis) => axis !== first)) throw new Mixed();
    return first;
  };
  if (op === 'constant') return shape[0] === rows ? 0 : null;
  if (op === 'expand' && first === null) return shape[0] === rows && inputs[0]!.shape[0] === 1 ? 0 : null;
  if (axes.every((axis) => axis === null)) return null;
  if (ops[op].kind === 'elementwise') return same();
  if (first === null) throw new Mixed();
  const { shape: before } = inputs[0]!;
  switch (op) {
    case 'variable':
    case 'expand':
      return first;
    case 'reshape': {
      const outer = product(before.slice(0, first));
      const found = shape.findIndex((n, i) => n === rows && product(shape.slice(0, i)) === outer);
      if (found < 0) throw new Mixed();
      return found;
    }
    case 'permute':
      return need(a.axes, 'axes').indexOf(first);
    case 'slice':
      if (shape[first] !== rows || need(a.step, 'step')[first] !== 1) throw new Mixed();
      return first;
    case 'pad':
      if (shape[first] !== rows) throw new Mixed();
      return first;
    case 'concat':
      if (a.axis === first) throw new Mixed();
      return same();
    case 'matmul': {
      const rank = shape.length;
      const second = axes[1] ?? null;
      if (first === rank - 1 || (first < rank - 2 ? second !== first : second !== null)) throw new Mixed();
      return first;
    }
    default: {
      const reduced = ops[op].kind === 'reduce' ? need(a.axes, 'axes') : null;
      if (!reduced || reduced.includes(first)) throw new Mixed();
      return first - reduced.filter((axis) => axis < first).length;
    }
  }
}

/** The same plan for `part` of the rows that its leaves up to `varying` have along their first axis. */
function forPart({ nodes, outputs, ...rest }: Plan, varying: number, rows: number, part: number): Plan {
  const axes: (number | null)[] = [];
  const made = nodes.map((node, i): PlanNode => {
    const inputs = node.inputs.map((k) => nodes[k]!);
    const leaf = i < varying && node.shape[0] === rows ? 0 : null;
    const axis =
      node.op === 'data'
        ? leaf
        : axisOf(
            node,
            inputs,
            node.inputs.map((k) => axes[k]!),
            rows,
          );
    axes.push(axis);
    if (axis === null) return node;
    const shape = node.shape.map((n, d) => (d === axis ? part : n));
    const attributes = node.attributes.shape ? { ...node.attributes, shape } : node.attributes;
    return { ...node, attributes, shape };
  });
  if (outputs.some((i) => axes[i] !== 0)) throw new Mixed();
  return { ...rest, nodes: made, outputs };
}

/** A body that is run for parts of the rows apart: each takes all of its steps without waiting for another. */
export interface Parts {
  readonly count: number;
  readonly plan: Plan;
}

/** A body in parts; in one where rows meet or are few. The number of parts depends on shapes alone. */
export function inParts({ plan, carried, scanned }: Body): Parts {
  const rows = plan.nodes[0]?.shape[0] ?? 0;
  if (carried === 0 || rows < 2 * fewest || rows % 2 !== 0) return { count: 1, plan };
  let count = 2;
  while (count < mostParts && rows % (2 * count) === 0 && rows / (2 * count) >= enough) count *= 2;
  try {
    return { count, plan: forPart(plan, carried + scanned, rows, rows / count) };
  } catch (error) {
    if (error instanceof Mixed) return { count: 1, plan };
    throw error;
  }
}
