// From live nodes to a plan: a self-contained description of a computation that a backend compiles once.
import { type DType, dtypes } from './dtype.js';
import { ExpiredError } from './errors.js';
import type { Node } from './graph.js';
import type { OpName } from './op-names.js';
import { type Attributes, ops } from './ops.js';
import type { Shape } from './shape.js';

/** One operation of a plan; inputs are positions in the plan. */
export interface PlanNode {
  readonly op: OpName;
  readonly inputs: readonly number[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Where its numbers start in the run's scalars; -1 for none, and for a constant that is attributes.value in every run. */
  readonly scalar: number;
}

/** Operations in an order in which each follows its inputs. */
export interface Plan {
  readonly nodes: readonly PlanNode[];
  /** Positions of the nodes whose values come from outside. */
  readonly leaves: readonly number[];
  /** Positions of the values that are wanted. */
  readonly outputs: readonly number[];
  readonly scalarCount: number;
}

/** A walk over the live graph behind some nodes. */
export interface Trace {
  /** Everything to be computed and the leaves it starts from, inputs first. */
  readonly order: readonly Node[];
  readonly leaves: readonly Node[];
  readonly scalars: readonly number[];
  /** Equal for two traces exactly if one plan serves both. */
  readonly signature: Int32Array;
  readonly hash: number;
}

let walks = 0;
const opIndex = new Map<OpName, number>();
for (const name in ops) if (isOpName(name)) opIndex.set(name, opIndex.size);
function isOpName(name: string): name is OpName {
  return name in ops;
}

const lists = [
  'shape',
  'axes',
  'start',
  'step',
  'low',
  'high',
  'kernel',
  'stride',
  'dilation',
  'inputDilation',
] as const;
const numbers = ['axis', 'groups'] as const;

function encode(a: Attributes, out: number[]): void {
  let present = 0;
  const at = out.push(0) - 1;
  for (let i = 0; i < lists.length; i++) {
    const list = a[lists[i]!];
    if (list === undefined) continue;
    present |= 1 << i;
    out.push(list.length);
    for (let k = 0; k < list.length; k++) out.push(list[k]!);
  }
  for (let i = 0; i < numbers.length; i++) {
    const value = a[numbers[i]!];
    if (value === undefined) continue;
    present |= 1 << (10 + i);
    out.push(value);
  }
  if (a.descending) present |= 1 << 12;
  if (a.dtype !== undefined) present |= (1 + dtypes.indexOf(a.dtype)) << 13;
  if (a.value !== undefined) {
    present |= 1 << 16;
    bits[0] = a.value;
    out.push(words[0]!, words[1]!);
  }
  out[at] = present;
}
const bits = new Float64Array(1);
const words = new Int32Array(bits.buffer);

/** The node whose value this one is: versions of variables are names for other nodes. */
export const resolve = (node: Node): Node => {
  let n = node;
  while (n.op === 'variable' && !n.storage && n.inputs[0]) n = n.inputs[0];
  return n;
};

/** Numbers that a plan may rely on; all others may differ from run to run. */
const isStructural = (value: number): boolean => Object.is(value, 0) || value === 1;

/** Walks the uncomputed graph behind `targets`. Throws ExpiredError where a value can no longer be had. */
export function trace(targets: readonly Node[]): Trace {
  const mark = ++walks;
  const order: Node[] = [];
  const leaves: Node[] = [];
  const scalars: number[] = [];
  const constants = new Map<number, number>();
  const signature: number[] = [];
  const stack: Node[] = [];
  const position: number[] = [];
  for (const target of targets) {
    const root = resolve(target);
    if (root.mark === mark) continue;
    root.mark = mark;
    root.index = -1;
    stack.push(root);
    position.push(0);
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      const next = position[position.length - 1]!;
      if (!node.storage && next < node.inputs.length) {
        position[position.length - 1] = next + 1;
        const input = resolve(node.inputs[next]!);
        if (input.mark !== mark) {
          input.mark = mark;
          input.index = -1;
          stack.push(input);
          position.push(0);
        }
        continue;
      }
      stack.pop();
      position.pop();
      if (!node.storage && node.expired)
        throw new ExpiredError(node.expired, 'Ask for the value (await t.data()) before the parameters change twice.');
      node.index = order.push(node) - 1;
      signature.push(node.storage ? -1 : opIndex.get(node.op)!, dtypes.indexOf(node.dtype), node.shape.length);
      for (let i = 0; i < node.shape.length; i++) signature.push(node.shape[i]!);
      if (node.storage) {
        leaves.push(node);
        continue;
      }
      for (let i = 0; i < node.inputs.length; i++) signature.push(resolve(node.inputs[i]!).index);
      encode(node.attributes, signature);
      if (node.op === 'constant') {
        const value = node.scalars![0]!;
        if (isStructural(value)) {
          signature.push(-3 - value);
          continue;
        }
        let slot = constants.get(value);
        if (slot === undefined) {
          slot = scalars.push(value) - 1;
          constants.set(value, slot);
        }
        signature.push(slot);
      } else if (node.op === 'random') {
        signature.push(scalars.length);
        scalars.push(...node.scalars!);
      }
    }
  }
  signature.push(-2);
  for (const target of targets) signature.push(resolve(target).index);
  const packed = Int32Array.from(signature);
  let hash = 0x811c9dc5;
  for (let i = 0; i < packed.length; i++) hash = Math.imul(hash ^ packed[i]!, 0x01000193);
  return { order, leaves, scalars, signature: packed, hash };
}

/** The plan of a trace, free of references to live nodes. */
export function planOf(walk: Trace, targets: readonly Node[]): Plan {
  const constants = new Map<number, number>();
  let scalarCount = 0;
  const nodes = walk.order.map((node): PlanNode => {
    const base = { attributes: node.attributes, shape: node.shape, dtype: node.dtype };
    if (node.storage) return { ...base, op: 'data', inputs: [], scalar: -1 };
    let scalar = -1;
    if (node.op === 'constant') {
      const value = node.scalars![0]!;
      if (isStructural(value))
        return { ...base, attributes: { ...node.attributes, value }, op: node.op, inputs: [], scalar };
      scalar = constants.get(value) ?? scalarCount++;
      constants.set(value, scalar);
    } else if (node.op === 'random') {
      scalar = scalarCount;
      scalarCount += node.scalars!.length;
    }
    return { ...base, op: node.op, inputs: node.inputs.map((input) => resolve(input).index), scalar };
  });
  return {
    nodes,
    leaves: walk.leaves.map((node) => node.index),
    outputs: targets.map((target) => resolve(target).index),
    scalarCount,
  };
}
