// Runs the graph behind nodes: trace, find or compile the executable, run, store.
import { type Backend, currentDevice, type Executable } from './device.js';
import { arrayName, type TypedArray } from './dtype.js';
import type { Node, Storage } from './graph.js';
import { ops } from './ops.js';
import { type Plan, planOf, resolve, type Signature, sign, type Walk, walk } from './plan.js';
import { sizeOf } from './shape.js';
import { refuseValues } from './trace.js';

interface Cached {
  signature: Int32Array;
  executable: Executable;
}
const caches = new WeakMap<Backend, Map<number, Cached[]>>();
const limit = 512;

const equal = (a: Int32Array, b: Int32Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** The executable of a graph: compiled once for each structure. */
function executableOf(found: Walk, { words, hash }: Signature, targets: readonly Node[]): Executable {
  const backend = currentDevice();
  const cache = caches.get(backend) ?? new Map<number, Cached[]>();
  caches.set(backend, cache);
  const bucket = cache.get(hash) ?? [];
  let hit = bucket.find((entry) => equal(entry.signature, words));
  if (!hit) {
    hit = { signature: words.slice(), executable: backend.compile(planOf(found, targets)) };
    bucket.push(hit);
  }
  // Most recently used last, so that the first is the one to forget.
  cache.delete(hash);
  cache.set(hash, bucket);
  if (cache.size > limit) cache.delete(cache.keys().next().value!);
  return hit.executable;
}

const retired: Node[] = [];
const free = new Map<string, TypedArray[]>();
const sizeClass = (array: TypedArray): string => `${array.constructor.name} ${array.length}`;

/** Says that `node` is a version of a parameter that two newer ones have replaced: its memory may serve again. */
export function retire(node: Node): void {
  retired.push(node);
}

/** Takes back the memory of retired versions that nothing can ask for any more. */
function reclaim(): void {
  for (const node of retired.splice(0)) {
    const { storage } = node;
    if (!storage?.reusable || node.handles > 0 || node.uses > node.settled) continue;
    node.storage = null;
    node.expired =
      'this tensor was not computed while the parameters that it depends on had their old values, and they have changed twice since';
    const list = free.get(sizeClass(storage.array)) ?? [];
    list.push(storage.array);
    free.set(sizeClass(storage.array), list);
  }
}

function memoryFor(backend: Backend, node: Node): TypedArray {
  const length = sizeOf(node.shape);
  const list = free.get(`${arrayName(node.dtype)} ${length}`);
  return list?.pop() ?? backend.allocate(node.dtype, length);
}

/** What a node computes from, dropped where no gradient will ask for it again. */
function release(node: Node): void {
  if (node.tracked && !node.freed && !node.variable) return;
  node.inputs = [];
  node.custom = null;
}

/** A costly value that gradients still to be asked for will need: with its parameters changed, it could not be computed again. */
const awaited = (node: Node): boolean => {
  const { kind } = ops[node.op];
  return node.tracked && !node.passed && (kind === 'contract' || kind === 'reduce' || kind === 'routine');
};

/**
 * Values that were computed before and not stored, and that new nodes read: a state carried from one computation to the next. Unstored,
 * each computation would begin again where the first began. What gradients read of their forward pass is cheaper computed again.
 */
function carried({ order }: Walk): Set<Node> {
  const found = new Set<Node>();
  for (const node of order) {
    if (node.computed) continue;
    for (const input of node.inputs)
      if (input.computed && !input.storage && (!input.tracked || node.tracked)) found.add(input);
  }
  return found;
}

/**
 * Values of a walk, besides those in `sources`, that were carried here, that parameters took over, and with `spill` those that nodes outside take as inputs or
 * gradients will.
 */
function needed(found: Walk, sources: ReadonlySet<Node>, spill: boolean): Node[] {
  const { order } = found;
  const again = carried(found);
  if (spill) for (const node of order) for (const input of node.inputs) input.readers++;
  return order.filter(
    (node) =>
      !node.storage &&
      (node.kept || again.has(node) || (spill && (node.uses > node.settled + node.readers || awaited(node)))) &&
      node.op !== 'constant' &&
      !sources.has(node),
  );
}

/**
 * Brings every target into memory.
 * @param spill also store intermediate values that nodes outside this computation take as inputs.
 */
export function evaluate(targets: readonly Node[], spill = false): void {
  const wanted = targets.filter((node) => !node.storage);
  if (wanted.length === 0) return;
  refuseValues(wanted);
  const sources = new Set(wanted.map(resolve).filter((node) => !node.storage));
  if (sources.size > 0) compute(sources, spill);
  for (const target of wanted) {
    let node = target;
    while (!node.storage) node = node.inputs[0]!;
    const { storage } = node;
    for (node = target; node.storage !== storage; node = node.inputs[0]!) {
      node.storage = storage;
      node.computed = true;
      node.inputs[0]!.settled++;
    }
  }
  wanted.forEach(release);
  reclaim();
}

/** A computation without its inputs, to be run with others of the same shapes. */
export interface Captured {
  readonly found: Walk;
  readonly plan: Plan;
  readonly signature: Signature;
  /** Computes the targets from the leaves of `found`, or what stands for them. */
  run(leaves: readonly Storage[], scalars: readonly number[]): Storage[];
}

/** Compiles what leads to `targets`, none of which is in memory. */
export function capture(targets: readonly Node[]): Captured {
  const found = walk(targets);
  const { scalars, words, hash } = sign(found, targets);
  const plan = planOf(found, targets);
  const backend = currentDevice();
  const executable = backend.compile(plan);
  return {
    found,
    plan,
    signature: { scalars, words: words.slice(), hash },
    run(leaves, numbers) {
      const outputs = targets.map((target) => memoryFor(backend, target));
      executable.run(
        leaves.map((leaf) => leaf.array),
        numbers,
        outputs,
      );
      reclaim();
      return outputs.map((array, i) => ({ dtype: targets[i]!.dtype, length: array.length, array, reusable: true }));
    },
  };
}

let inspector: ((found: Walk, targets: readonly Node[]) => void) | null = null;
/** Shows `inspect` every computation before it runs; null ends this. */
export function inspectRuns(inspect: ((found: Walk, targets: readonly Node[]) => void) | null): void {
  inspector = inspect;
}

/** Bytes kept for values to come. */
export function spareBytes(): number {
  let bytes = 0;
  for (const list of free.values()) for (const array of list) bytes += array.byteLength;
  return bytes;
}

function compute(wanted: ReadonlySet<Node>, spill: boolean): void {
  const found = walk([...wanted]);
  const sources = [...wanted, ...needed(found, wanted, spill)];
  inspector?.(found, sources);
  const signature = sign(found, sources);
  const backend = currentDevice();
  const executable = executableOf(found, signature, sources);
  const outputs = sources.map((source) => memoryFor(backend, source));
  executable.run(
    found.leaves.map((node) => node.storage!.array),
    signature.scalars,
    outputs,
  );
  for (const node of found.order) {
    if (node.computed || node.storage) continue;
    node.computed = true;
    for (const input of node.inputs) input.settled++;
  }
  sources.forEach((node, i) => {
    const array = outputs[i]!;
    node.storage = { dtype: node.dtype, length: array.length, array, reusable: !node.lent };
    release(node);
  });
}
