// Plan to plan: numbers of 16 bits become float32 numbers that are rounded after each operation, as PyTorch computes them.
import type { DType } from '../dtype.js';
import type { OpName } from '../op-names.js';
import { ops } from '../ops.js';
import type { Body, Plan, PlanNode } from '../plan.js';

const rounding: Partial<Record<DType, OpName>> = { float16: 'roundFloat16', bfloat16: 'roundBfloat16' };

/** What gives one of its operands, or a small whole number: nothing to round. */
const exact: ReadonlySet<OpName> = new Set<OpName>([
  'data',
  'neg',
  'abs',
  'sign',
  'relu',
  'floor',
  'ceil',
  'round',
  'trunc',
  'max',
  'min',
  'where',
  'concat',
  'reduceMax',
  'reduceMin',
  'poolTake',
  'gather',
  'scan',
]);

const wide = (dtype: DType): DType => (rounding[dtype] ? 'float32' : dtype);
const bodies = new WeakMap<Body, Body>();

function widenBody(body: Body): Body {
  const known = bodies.get(body);
  if (known) return known;
  const made = { ...body, plan: widen(body.plan) };
  bodies.set(body, made);
  return made;
}

const widened = ({ attributes: a, ...node }: PlanNode): PlanNode => ({
  ...node,
  dtype: wide(node.dtype),
  attributes: {
    ...a,
    ...(a.dtype && { dtype: wide(a.dtype) }),
    ...(a.body && { body: widenBody(a.body) }),
  },
});

/** The same computation without 16-bit dtypes; the plan itself where it has none. Leaves and outputs keep their order. */
export function widen(plan: Plan): Plan {
  const narrow = plan.nodes.some(({ dtype, attributes }) => rounding[dtype] !== undefined || attributes.body);
  if (!narrow) return plan;
  const nodes: PlanNode[] = [];
  const at: number[] = [];
  for (const node of plan.nodes) {
    const made: PlanNode = { ...widened(node), inputs: node.inputs.map((i) => at[i]!) };
    const place = nodes.push(made) - 1;
    const round = rounding[node.dtype];
    const kept = !round || ops[node.op].kind === 'view' || exact.has(node.op);
    at.push(kept ? place : nodes.push({ ...made, op: round, inputs: [place], attributes: {}, scalar: -1 }) - 1);
  }
  return {
    ...plan,
    nodes,
    leaves: plan.leaves.map((i) => at[i]!),
    outputs: plan.outputs.map((i) => at[i]!),
  };
}
