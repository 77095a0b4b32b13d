// From live nodes to a plan: a self-contained description of a computation that a backend compiles once.
import { type DType, dtypes } from './dtype.js';
import { ExpiredError } from './errors.js';
import { type Node, nextMark, none } from './graph.js';
import type { Loop } from './loop.js';
import type { OpName } from './op-names.js';
import { type Attributes, need, ops } from './ops.js';
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

/** What a scan repeats. Leaves of its plan: carried values, elements of sequences, what stays the same; outputs: carried values, then the rest. */
export interface Body {
  readonly steps: number;
  /** True where the last step comes first. */
  readonly reverse: boolean;
  readonly carried: number;
  readonly scanned: number;
  readonly plan: Plan;
}

/** The uncomputed graph behind some nodes. */
export interface Walk {
  /** Everything to be computed and the leaves it starts from, inputs first; each node's `index` is its place here. */
  readonly order: readonly Node[];
  readonly leaves: readonly Node[];
  /** Values to be moved here from another device first; what they are computed from is not part of the walk. */
  readonly transfers: readonly Node[];
}

/** What a run of a graph brings besides its leaves, and what tells its structure. */
export interface Signature {
  readonly scalars: readonly number[];
  /** Equal for two graphs exactly if one plan serves both. Valid until the next signature is taken. */
  readonly words: Int32Array;
  readonly hash: number;
}

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

/** Signatures are written here: they are compared far more often than kept. */
let scratch = new Int32Array(1 << 14);
let used = 0;

/** Makes room for `count` more words. */
function reserve(count: number): void {
  if (used + count <= scratch.length) return;
  const larger = new Int32Array(2 * scratch.length + count);
  larger.set(scratch);
  scratch = larger;
}
function push(word: number): void {
  reserve(1);
  scratch[used++] = word;
}
function pushAll(list: readonly number[]): void {
  reserve(list.length);
  for (let i = 0; i < list.length; i++) scratch[used++] = list[i]!;
}

const bits = new Float64Array(1);
const halves = new Int32Array(bits.buffer);

/** Attributes of a node, without those that its shape and dtype tell. */
function describe({ op, attributes: a }: Node): void {
  switch (op) {
    case 'reshape':
    case 'expand':
    case 'cast':
    case 'constant':
      return;
    case 'permute':
      return pushAll(need(a.axes, 'axes'));
    case 'slice':
      pushAll(need(a.start, 'start'));
      return pushAll(need(a.step, 'step'));
    default:
      if (a !== none) encode(a);
      else push(0);
  }
}

/** Any attributes, with a word first that says which. */
function encode(a: Attributes): void {
  let present = 0;
  const at = used;
  push(0);
  for (let i = 0; i < lists.length; i++) {
    const list = a[lists[i]!];
    if (list === undefined) continue;
    present |= 1 << i;
    push(list.length);
    for (let k = 0; k < list.length; k++) push(list[k]!);
  }
  for (let i = 0; i < numbers.length; i++) {
    const value = a[numbers[i]!];
    if (value === undefined) continue;
    present |= 1 << (10 + i);
    push(value);
  }
  if (a.descending) present |= 1 << 12;
  if (a.dtype !== undefined) present |= (1 + dtypes.indexOf(a.dtype)) << 13;
  if (a.value !== undefined) {
    present |= 1 << 16;
    bits[0] = a.value;
    push(halves[0]!);
    push(halves[1]!);
  }
  scratch[at] = present;
}

/** The body of a loop; numbers in it are part of the structure. */
function describeLoop(loop: Loop): void {
  const { steps, reverse, carried, scanned, args, results } = loop;
  const place = new Map(args.map((node, i) => [node, i]));
  push(steps);
  push(carried | (reverse ? 1 << 20 : 0));
  push(scanned);
  for (const node of loop.body()) {
    place.set(node, place.size);
    push(opIndex.get(node.op)! | (dtypes.indexOf(node.dtype) << 8) | (node.shape.length << 16));
    pushAll(node.shape);
    push(node.inputs.length);
    for (const input of node.inputs) push(place.get(input)!);
    if (node.op === 'scan') {
      describeLoop(need(node.attributes.loop, 'loop'));
      push(need(node.attributes.result, 'result'));
    } else describe(node);
    if (node.op !== 'constant') continue;
    bits[0] = node.scalars![0]!;
    push(halves[0]!);
    push(halves[1]!);
  }
  push(-2);
  for (const result of results) push(place.get(result)!);
}

/** The node whose value this one is: versions of variables are names for other nodes. */
export const resolve = (node: Node): Node => {
  let n = node;
  while (n.op === 'variable' && !n.storage && n.inputs[0]) n = n.inputs[0];
  return n;
};

/** Numbers that a plan may rely on; all others may differ from run to run. */
const isStructural = (value: number): boolean => Object.is(value, 0) || value === 1;

/** Walks the uncomputed graph behind `targets`. Throws ExpiredError where a value can no longer be had. */
export function walk(targets: readonly Node[]): Walk {
  const mark = nextMark();
  const order: Node[] = [];
  const leaves: Node[] = [];
  const transfers: Node[] = [];
  const stack: Node[] = [];
  const position: number[] = [];
  const visit = (node: Node): void => {
    node.mark = mark;
    node.index = -1;
    node.readers = 0;
    stack.push(node);
    position.push(0);
  };
  for (const target of targets) {
    const root = resolve(target);
    if (root.mark === mark) continue;
    visit(root);
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      const next = position[position.length - 1]!;
      if (!node.storage && node.op !== 'transfer' && next < node.inputs.length) {
        position[position.length - 1] = next + 1;
        const input = resolve(node.inputs[next]!);
        if (input.mark !== mark) visit(input);
        continue;
      }
      stack.pop();
      position.pop();
      if (!node.storage && node.expired)
        throw new ExpiredError(node.expired, 'Ask for the value (await t.data()) before the parameters change twice.');
      node.index = order.push(node) - 1;
      if (node.storage) leaves.push(node);
      else if (node.op === 'transfer') transfers.push(node);
    }
  }
  return { order, leaves, transfers };
}

/** The signature of what `walk` found, with `targets` as outputs. */
export function sign({ order }: Walk, targets: readonly Node[]): Signature {
  used = 0;
  const scalars: number[] = [];
  const constants = new Map<number | Node, number>();
  const loops = new Map<Loop, number>();
  for (let n = 0; n < order.length; n++) {
    const node = order[n]!;
    const { storage, shape, inputs } = node;
    const rank = shape.length;
    reserve(rank + inputs.length + 2);
    scratch[used++] =
      (storage ? opIndex.size : opIndex.get(node.op)!) | (dtypes.indexOf(node.dtype) << 8) | (rank << 16);
    for (let i = 0; i < rank; i++) scratch[used++] = shape[i]!;
    if (storage) continue;
    scratch[used++] = inputs.length;
    for (let i = 0; i < inputs.length; i++) scratch[used++] = resolve(inputs[i]!).index;
    if (node.op === 'scan') {
      const loop = need(node.attributes.loop, 'loop');
      const known = loops.get(loop);
      push(known ?? -1);
      if (known === undefined) describeLoop(loop);
      loops.set(loop, known ?? n);
      push(need(node.attributes.result, 'result'));
      continue;
    }
    describe(node);
    if (node.op === 'constant') {
      const value = node.scalars![0]!;
      if (isStructural(value) && !node.changing) {
        push(-3 - value);
        continue;
      }
      const key = node.changing ? node : value;
      let slot = constants.get(key);
      if (slot === undefined) {
        slot = scalars.push(value) - 1;
        constants.set(key, slot);
      }
      push(slot);
    } else if (node.op === 'random') {
      push(scalars.length);
      scalars.push(...node.scalars!);
    }
  }
  push(-2);
  for (const target of targets) push(resolve(target).index);
  let hash = 0x811c9dc5;
  for (let i = 0; i < used; i++) hash = Math.imul(hash ^ scratch[i]!, 0x01000193);
  return { scalars, words: scratch.subarray(0, used), hash };
}

/** The body of a loop as a plan of its own. */
function bodyOf(loop: Loop): Body {
  const { args, results, steps, reverse, carried, scanned } = loop;
  const place = new Map(args.map((node, i) => [node, i]));
  const nodes = args.map(
    ({ shape, dtype }): PlanNode => ({ op: 'data', inputs: [], attributes: none, shape, dtype, scalar: -1 }),
  );
  const bodies = new Map<Loop, Body>();
  for (const node of loop.body()) {
    place.set(node, place.size);
    const { op, shape, dtype, scalars } = node;
    const inputs = node.inputs.map((input) => place.get(input)!);
    const attributes = op === 'scan' ? repeated(node.attributes, bodies) : node.attributes;
    const value = op === 'constant' ? { value: scalars![0]! } : none;
    nodes.push({ op, inputs, attributes: { ...attributes, ...value }, shape, dtype, scalar: -1 });
  }
  const outputs = results.map((result) => place.get(result)!);
  return { steps, reverse, carried, scanned, plan: { nodes, leaves: args.map((_, i) => i), outputs, scalarCount: 0 } };
}

/** Attributes of a scan in a plan: results of one loop share their body. */
function repeated({ loop, result }: Attributes, bodies: Map<Loop, Body>): Attributes {
  const from = need(loop, 'loop');
  const body = bodies.get(from) ?? bodyOf(from);
  bodies.set(from, body);
  return { body, result: need(result, 'result') };
}

/** The plan of a walk, free of references to live nodes. */
export function planOf({ order, leaves }: Walk, targets: readonly Node[]): Plan {
  const constants = new Map<number | Node, number>();
  let scalarCount = 0;
  const bodies = new Map<Loop, Body>();
  const nodes = order.map((node): PlanNode => {
    const base = { attributes: node.attributes, shape: node.shape, dtype: node.dtype };
    if (node.storage) return { ...base, op: 'data', inputs: [], scalar: -1 };
    let scalar = -1;
    if (node.op === 'constant') {
      const value = node.scalars![0]!;
      if (isStructural(value) && !node.changing)
        return { ...base, attributes: { ...node.attributes, value }, op: node.op, inputs: [], scalar };
      const key = node.changing ? node : value;
      scalar = constants.get(key) ?? scalarCount++;
      constants.set(key, scalar);
    } else if (node.op === 'random') {
      scalar = scalarCount;
      scalarCount += node.scalars!.length;
    }
    const attributes = node.op === 'scan' ? repeated(node.attributes, bodies) : node.attributes;
    return { ...base, attributes, op: node.op, inputs: node.inputs.map((input) => resolve(input).index), scalar };
  });
  return {
    nodes,
    leaves: leaves.map((node) => node.index),
    outputs: targets.map((target) => resolve(target).index),
    scalarCount,
  };
}
