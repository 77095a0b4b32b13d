// Runs the graph behind nodes: trace, find or compile the executable, run, store.
import { type Backend, type DeviceMemory, deviceOf, type Executable, type Memory, Storage } from './device.js';
import type { DType } from './dtype.js';
import { ValueError } from './errors.js';
import { widen } from './fuse/widen.js';
import { apart, type Node } from './graph.js';
import { ops } from './ops.js';
import { type Plan, planOf, resolve, type Signature, sign, type Walk, walk } from './plan.js';
import { type MatmulPrecision, matmulPrecision } from './precision.js';
import { sizeOf } from './shape.js';
import { refuseValues } from './trace.js';

interface Cached {
  signature: Int32Array;
  precision: MatmulPrecision;
  executable: Executable;
}
const caches = new WeakMap<Backend, Map<number, Cached[]>>();
const limit = 512;

const equal = (a: Int32Array, b: Int32Array): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** The device that computes a graph: the one that its values lie on. */
export function backendOf({ leaves }: Walk, targets: readonly Node[]): Backend {
  let home: DeviceMemory | null = null;
  for (const { home: next } of leaves) {
    if (home && next && next !== home) throw apart(targets[0]!.op, home, next);
    home = next;
  }
  return deviceOf(home ?? targets[0]!.home);
}

/** The executable of a graph: compiled once for each structure. */
function executableOf(backend: Backend, found: Walk, { words, hash }: Signature, targets: readonly Node[]): Executable {
  const cache = caches.get(backend) ?? new Map<number, Cached[]>();
  caches.set(backend, cache);
  const bucket = cache.get(hash) ?? [];
  const precision = matmulPrecision();
  let hit = bucket.find((entry) => entry.precision === precision && equal(entry.signature, words));
  if (!hit) {
    hit = { signature: words.slice(), precision, executable: backend.compile(widen(planOf(found, targets))) };
    bucket.push(hit);
  }
  // Most recently used last, so that the first is the one to forget.
  cache.delete(hash);
  cache.set(hash, bucket);
  if (cache.size > limit) cache.delete(cache.keys().next().value!);
  return hit.executable;
}

const retired: Node[] = [];
const spare = new Map<DeviceMemory, Map<string, Memory[]>>();

/** Memory of the same kind that waits to serve again. */
function spareOf(home: DeviceMemory, dtype: DType, length: number): Memory[] {
  const classes = spare.get(home) ?? new Map<string, Memory[]>();
  spare.set(home, classes);
  const key = `${dtype} ${length}`;
  const list = classes.get(key) ?? [];
  classes.set(key, list);
  return list;
}

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
    spareOf(storage.home, storage.dtype, storage.length).push(storage.memory);
  }
}

/** Storage of a node that is about to be computed. */
function storageFor(backend: Backend, { dtype, shape }: Node): Storage {
  const length = sizeOf(shape);
  const memory = spareOf(backend.memory, dtype, length).pop() ?? backend.allocate(dtype, length);
  return new Storage(dtype, length, memory, backend.memory);
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
  /** Where the leaves lie that it was compiled for. */
  readonly home: DeviceMemory;
  /** Computes the targets from the leaves of `found`, or what stands for them. */
  run(leaves: readonly Storage[], scalars: readonly number[]): Storage[];
}

/** Compiles what leads to `targets`, none of which is in memory. */
export function capture(targets: readonly Node[]): Captured {
  const found = walk(targets);
  if (found.transfers.length > 0)
    throw new ValueError(
      'compile: the function moves a tensor to another device',
      'Move it before, and pass it as an argument.',
    );
  const { scalars, words, hash } = sign(found, targets);
  const plan = planOf(found, targets);
  const backend = backendOf(found, targets);
  const executable = backend.compile(widen(plan));
  return {
    found,
    plan,
    signature: { scalars, words: words.slice(), hash },
    home: backend.memory,
    run(leaves, numbers) {
      const outputs = targets.map((target) => storageFor(backend, target));
      executable.run(
        leaves.map(({ memory }) => memory),
        numbers,
        outputs.map(({ memory }) => memory),
      );
      reclaim();
      for (const output of outputs) output.reusable = true;
      return outputs;
    },
  };
}

let inspector: ((found: Walk, targets: readonly Node[]) => void) | null = null;
/** Shows `inspect` every computation before it runs; null ends this. */
export function inspectRuns(inspect: ((found: Walk, targets: readonly Node[]) => void) | null): void {
  inspector = inspect;
}

/** Bytes kept for values to come, in the memory of a device. */
export function spareBytes(home: DeviceMemory): number {
  let bytes = 0;
  for (const list of spare.get(home)?.values() ?? []) for (const memory of list) bytes += memory.byteLength;
  return bytes;
}

/** Brings values that wait to be moved to where they go. */
function move(transfers: readonly Node[]): void {
  evaluate(transfers.map(({ inputs }) => inputs[0]!));
  for (const node of transfers) {
    const input = node.inputs[0]!;
    node.storage = input.storage!.clone(node.place!);
    node.computed = true;
    input.settled++;
    release(node);
  }
}

/** The memories that a computation would need. */
function homesOf({ leaves }: Walk, targets: Iterable<Node>): Set<DeviceMemory> {
  const homes = new Set<DeviceMemory>();
  for (const { home } of leaves) if (home) homes.add(home);
  for (const { home } of targets) if (home) homes.add(home);
  return homes;
}

/** Targets by the memory that each alone would need. */
function apportioned(wanted: ReadonlySet<Node>): ReadonlySet<Node>[] {
  const groups = new Map<DeviceMemory | undefined, Set<Node>>();
  for (const node of wanted) {
    const [home] = homesOf(walk([node]), [node]);
    groups.set(home, (groups.get(home) ?? new Set()).add(node));
  }
  return [...groups.values()];
}

function compute(wanted: ReadonlySet<Node>, spill: boolean): void {
  if (wanted.size === 0) return;
  const found = walk([...wanted]);
  const groups = homesOf(found, wanted).size > 1 ? apportioned(wanted) : [];
  if (groups.length > 1) {
    for (const group of groups) compute(group, spill);
    return;
  }
  if (found.transfers.length > 0) {
    move(found.transfers);
    compute(new Set([...wanted].filter((node) => !node.storage)), spill);
    return;
  }
  const sources = [...wanted, ...needed(found, wanted, spill)];
  inspector?.(found, sources);
  const signature = sign(found, sources);
  const backend = backendOf(found, sources);
  const executable = executableOf(backend, found, signature, sources);
  const outputs = sources.map((source) => storageFor(backend, source));
  executable.run(
    found.leaves.map((node) => node.storage!.memory),
    signature.scalars,
    outputs.map(({ memory }) => memory),
  );
  for (const node of found.order) {
    if (node.computed || node.storage) continue;
    node.computed = true;
    for (const input of node.inputs) input.settled++;
  }
  sources.forEach((node, i) => {
    node.storage = outputs[i]!;
    node.storage.reusable = !node.lent;
    release(node);
  });
}
