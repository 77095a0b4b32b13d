// Runs the graph behind nodes: trace, find or compile the executable, run, store.
import { type Backend, currentDevice, type Executable } from './device.js';
import type { TypedArray } from './dtype.js';
import type { Node, Storage } from './graph.js';
import { planOf, resolve, type Trace, trace } from './plan.js';
import { sizeOf } from './shape.js';

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

/** The executable of a trace: compiled once for each structure of graph. */
export function executableOf(walk: Trace, targets: readonly Node[]): Executable {
  const backend = currentDevice();
  let cache = caches.get(backend);
  if (!cache) caches.set(backend, (cache = new Map()));
  const bucket = cache.get(walk.hash) ?? [];
  let hit = bucket.find((entry) => equal(entry.signature, walk.signature));
  if (!hit) {
    hit = { signature: walk.signature, executable: backend.compile(planOf(walk, targets)) };
    bucket.push(hit);
  }
  // Most recently used last, so that the first is the one to forget.
  cache.delete(walk.hash);
  cache.set(walk.hash, bucket);
  if (cache.size > limit) cache.delete(cache.keys().next().value!);
  return hit.executable;
}

/** What a node computes from, dropped where no gradient will ask for it again. */
function release(node: Node): void {
  if (!node.tracked || node.freed || node.variable) node.inputs = [];
}

/**
 * Brings every target into memory.
 * @param spill also store intermediate values that nodes outside this computation take as inputs.
 */
export function evaluate(targets: readonly Node[], spill = false): void {
  const wanted = targets.filter((node) => !node.storage);
  if (wanted.length === 0) return;
  let walk = trace(wanted);
  let roots: Node[] = [...wanted];
  if (spill) {
    const inside = new Map<Node, number>();
    for (const node of walk.order) for (const input of node.inputs) inside.set(input, (inside.get(input) ?? 0) + 1);
    const listed = new Set(roots);
    for (const node of walk.order) {
      if (node.storage || listed.has(node) || node.op === 'constant') continue;
      if (node.uses > node.settled + (inside.get(node) ?? 0)) roots.push(node);
    }
    if (roots.length > wanted.length) walk = trace(roots);
  }
  roots = [...new Set(roots)];
  const sources = roots.map(resolve);
  const backend = currentDevice();
  const executable = executableOf(walk, roots);
  const made = new Map<Node, TypedArray>();
  const outputs = sources.map((source) => {
    const array = source.storage?.array ?? made.get(source) ?? backend.allocate(source.dtype, sizeOf(source.shape));
    made.set(source, array);
    return array;
  });
  executable.run(
    walk.leaves.map((node) => node.storage!.array),
    walk.scalars,
    outputs,
  );
  for (const node of walk.order) {
    if (node.computed || node.storage) continue;
    node.computed = true;
    for (const input of node.inputs) input.settled++;
  }
  roots.forEach((root, i) => {
    const array = outputs[i]!;
    const storage: Storage = { dtype: root.dtype, length: array.length, array };
    for (const node of [root, sources[i]!]) {
      node.storage ??= storage;
      release(node);
    }
  });
}
