// In: the wish to know where NaN comes from. Out: an error that names the operation that made it, and the line that asked for it.
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFloat, type TypedArray } from './dtype.js';
import { show, ValueError } from './errors.js';
import { backendOf, inspectRuns } from './evaluate.js';
import { widen } from './fuse/widen.js';
import { type Node, observeNodes } from './graph.js';
import { planOf, resolve, sign, type Walk } from './plan.js';
import { sizeOf } from './shape.js';

const library = dirname(fileURLToPath(import.meta.url)) + sep;
/** Frames of a call to look through for the caller's own. */
const depth = 40;

/** Where each node was made. */
let origins = new WeakMap<Node, Error>();

function remember(node: Node): void {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = depth;
  origins.set(node, new Error());
  Error.stackTraceLimit = before;
}

/** The first line outside the library that led to a node. */
function lineOf(node: Node): string {
  const frames = (origins.get(node)?.stack ?? '').split('\n').slice(1);
  const own = frames.find((frame) => !frame.includes(library) && !frame.includes('node:'));
  return own ? own.trim() : 'at an unknown line: it was written before detectNaN()';
}

const nanAt = (array: TypedArray): number => array.findIndex((value: number) => Number.isNaN(value));

/** Computes every value of a walk by itself and follows a NaN in `targets` to where it came from. */
function inspect(found: Walk, targets: readonly Node[]): void {
  const computed = found.order.filter((node) => !node.storage);
  const arrays = new Map<Node, TypedArray>();
  for (const node of found.leaves) arrays.set(node, node.storage!.array);
  const backend = backendOf(found, computed);
  const outputs = computed.map((node) => backend.allocate(node.dtype, sizeOf(node.shape)));
  const leaves = found.leaves.map((node) => node.storage!.memory);
  const { scalars } = sign(found, computed);
  backend.compile(widen(planOf(found, computed))).run(leaves, scalars, outputs);
  computed.forEach((node, i) => {
    arrays.set(node, backend.memory.read(outputs[i]!, node.dtype));
  });
  const bad = (node: Node): boolean => isFloat(node.dtype) && nanAt(arrays.get(resolve(node))!) >= 0;
  let node = targets.map(resolve).find(bad);
  if (!node) return;
  for (let from: Node | undefined = node; from; from = from.storage ? undefined : from.inputs.map(resolve).find(bad))
    node = from;
  const { op, dtype, shape } = node;
  if (node.storage)
    throw new ValueError(
      `a NaN came in with a ${dtype} tensor of shape ${show(shape)}, at flat element ${nanAt(arrays.get(node)!)}`,
      'Look at the data or at the weights: t.isNaN().any(), nanToNum(t).',
    );
  const inputs = node.inputs.map((input) => `${input.dtype}${show(input.shape)}`).join(', ');
  const at = nanAt(arrays.get(node)!);
  const values = node.inputs.flatMap((input) => {
    const array = arrays.get(resolve(input))!;
    return array.length === sizeOf(node!.shape) ? [array[at]!] : [];
  });
  throw new ValueError(
    `${op}(${inputs}) made a NaN at flat element ${at}${values.length ? ` from ${values.join(' and ')}` : ''}, ${lineOf(node)}`,
    'Keep its operands in the domain: add a small number before log, sqrt or a division, or lower the learning rate.',
  );
}

/**
 * Switches the search for NaN on or off: while on, every computation is checked, and one whose result holds a NaN throws
 * ValueError with the operation that made it, its operands, and the line that asked for it. Much slower: for finding mistakes.
 */
export function detectNaN(on = true): void {
  observeNodes(on ? remember : null);
  inspectRuns(on ? inspect : null);
  if (!on) origins = new WeakMap();
}
