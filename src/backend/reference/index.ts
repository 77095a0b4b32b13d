// The definition of every operation: plain loops over dense arrays, sums in float64.
import type { Backend, Executable } from '../../device.js';
import { allocate, type TypedArray } from '../../dtype.js';
import { ops } from '../../ops.js';
import type { Plan, PlanNode } from '../../plan.js';
import { sizeOf } from '../../shape.js';
import { elementwise } from './elementwise.js';
import { reduceNode } from './reduce.js';
import { routine } from './routines.js';
import { viewNode } from './views.js';

/** An operand of a reference loop. */
export interface Dense {
  readonly shape: readonly number[];
  readonly array: TypedArray;
}

function compute(node: PlanNode, inputs: readonly Dense[], scalars: readonly number[], out: TypedArray): void {
  switch (ops[node.op].kind) {
    case 'elementwise':
      return elementwise(node, inputs, out);
    case 'view':
      return viewNode(node, inputs[0]!, out);
    case 'reduce':
      return reduceNode(node, inputs[0]!, out);
    default:
      return routine(node, inputs, scalars, out);
  }
}

class Interpreter implements Executable {
  readonly kernels: Executable['kernels'];

  constructor(private readonly plan: Plan) {
    this.kernels = plan.nodes
      .filter((node) => node.op !== 'data')
      .map((node) => ({ kind: node.op, text: `${node.dtype}[${node.shape.join(', ')}] ${node.op}` }));
  }

  run(leaves: readonly TypedArray[], scalars: readonly number[], outputs: readonly TypedArray[]): void {
    const values: Dense[] = [];
    let leaf = 0;
    for (const node of this.plan.nodes) {
      const array = node.op === 'data' ? leaves[leaf++]! : allocate(node.dtype, sizeOf(node.shape));
      if (node.op !== 'data')
        compute(
          node,
          node.inputs.map((i) => values[i]!),
          scalars,
          array,
        );
      values.push({ shape: node.shape, array });
    }
    this.plan.outputs.forEach((position, i) => {
      const value = values[position]!.array;
      if (outputs[i] !== value) outputs[i]!.set(value);
    });
  }
}

/** Opens the reference device. */
export const openReference = (): Backend => ({
  name: 'reference',
  description: 'reference (plain TypeScript loops: slow, the definition of every operation)',
  compile: (plan) => new Interpreter(plan),
  allocate,
});
