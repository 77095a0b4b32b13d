// The definition of every operation: plain loops over dense arrays, sums in float64.
import { type Backend, type Executable, hostMemory, type Memory, onHost } from '../../device.js';
import { allocate, type TypedArray } from '../../dtype.js';
import { unroll } from '../../fuse/unroll.js';
import { ops } from '../../ops.js';
import type { Plan, PlanNode } from '../../plan.js';
import { isProfiling, record } from '../../profile.js';
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

/** The value of one operation into `out`. */
export function compute(node: PlanNode, inputs: readonly Dense[], scalars: readonly number[], out: TypedArray): void {
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
      .map((node) => ({
        kind: node.op,
        text: `${node.dtype}[${node.shape.join(', ')}] ${node.op}`,
        flops: sizeOf(node.shape),
        bytes: 0,
      }));
  }

  run(leaves: readonly Memory[], scalars: readonly number[], outputs: readonly Memory[]): void {
    const values: Dense[] = [];
    const times: number[] = [];
    let leaf = 0;
    for (const node of this.plan.nodes) {
      if (node.op === 'data') {
        values.push({ shape: node.shape, array: onHost(leaves[leaf++]!) });
        continue;
      }
      const array = allocate(node.dtype, sizeOf(node.shape));
      const operands = node.inputs.map((i) => values[i]!);
      const start = performance.now();
      compute(node, operands, scalars, array);
      times.push((performance.now() - start) * 1e6);
      values.push({ shape: node.shape, array });
    }
    if (isProfiling()) record(this.kernels, times);
    this.plan.outputs.forEach((position, i) => {
      const value = values[position]!.array;
      if (outputs[i] !== value) onHost(outputs[i]!).set(value);
    });
  }
}

/** Opens the reference device. */
export const openReference = (): Backend => ({
  name: 'reference',
  description: 'reference (plain TypeScript loops: slow, the definition of every operation)',
  memory: hostMemory,
  compile: (plan) => new Interpreter(unroll(plan)),
  allocate,
  scratchBytes: () => 0,
});
