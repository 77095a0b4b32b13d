// The lazy graph: one node type, made and validated by the table in ops.ts.
import type { DeviceMemory, Storage } from './device.js';
import type { DType } from './dtype.js';
import { DeviceError, GradientError } from './errors.js';
import type { OpName } from './op-names.js';
import { type Attributes, ops } from './ops.js';
import type { Shape } from './shape.js';

/** What a leaf node stands for when gradients arrive at it. */
export interface Variable {
  /** Adds `gradient` (same shape as the variable) to what has been collected. */
  accumulate(gradient: Node): void;
}

/** Where the gradient of a node goes when the table does not decide it. */
export interface CustomGradient {
  readonly inputs: readonly Node[];
  /** One gradient for each of `inputs` (null: none) from the gradient of the node. */
  rule(g: Node): readonly (Node | null)[];
}

let counter = 0;

/** The number of the node that is made next. */
export const nextId = (): number => counter;

/** One value of the computation. It is described when made and computed when asked for. */
export class Node {
  readonly id = counter++;
  /** Set once the value is in memory; the inputs of an untracked node are then dropped. */
  storage: Storage | null = null;
  /** True where gradients flow through. */
  tracked = false;
  /** The variable that this node is a version of. */
  variable: Variable | null = null;
  /** A gradient rule that stands in for that of the op. */
  custom: CustomGradient | null = null;
  /** True where a parameter took over this value: it is stored as soon as it is computed, so that it is computed once. */
  kept = false;
  /** True where something beside that parameter may hold the value: its memory is then left to the garbage collector. */
  lent = false;
  /** True for a constant that a compiled function has anew in each run: it stands for itself, whatever its value now. */
  changing = false;
  /** How many tensors were made that show this node. */
  handles = 0;
  /** How many nodes were made that take this one as an input. */
  uses = 0;
  /** How many of those have been computed since. */
  settled = 0;
  /** True after its value was computed, stored or not. */
  computed = false;
  /** True after `backward` used it up; the graph behind it is then dropped. */
  freed = false;
  /** True once a gradient passed through on its last way: no other is expected to need the value. */
  passed = false;
  /** Why the value can no longer be computed. */
  expired: string | null = null;
  /** Scratch of the walk that last came by, see `nextMark`: the position in its order. */
  mark = 0;
  index = -1;
  /** How many inputs within that walk it is. */
  readers = 0;
  /** Where its inputs lie, of a transfer where it goes; null for constants, random numbers and what is made of these alone. */
  place: DeviceMemory | null = null;

  constructor(
    readonly op: OpName,
    public inputs: readonly Node[],
    readonly attributes: Attributes,
    readonly shape: Shape,
    readonly dtype: DType,
    /** Numbers that may differ between two graphs of one structure: constants, seeds. */
    readonly scalars: readonly number[] | null,
  ) {
    for (const input of inputs) {
      const { home } = input;
      if (home === null || home === this.place) continue;
      if (this.place) throw apart(op, this.place, home);
      this.place = home;
    }
  }

  /** The memory that the value lies in or will be computed in; null where any device may. */
  get home(): DeviceMemory | null {
    return this.storage ? this.storage.home : this.place;
  }
}

/** Two operands in different memories. */
export const apart = (op: string, a: DeviceMemory, b: DeviceMemory): DeviceError =>
  new DeviceError(
    `${op}: one operand lies on '${a.name}', another on '${b.name}'`,
    `Move one of them: t.to('${b.name}'), or the whole model: model.to('${b.name}').`,
  );

let marks = 0;
/** A number that no node is marked with yet: for walks that mark where they have been. */
export const nextMark = (): number => ++marks;

let recording = true;

/** True while operations record how to differentiate them. */
export const isRecording = (): boolean => recording;

/** What a function gave that must not be asynchronous: a switch thrown for it would stay thrown for whatever runs meanwhile. */
export function synchronous<T>(name: string, result: T): T {
  if (result instanceof Promise)
    throw new GradientError(
      `${name} was given an asynchronous function`,
      'Await first and wrap only the synchronous part, or use t.detach().',
    );
  return result;
}

/**
 * Runs `body` without recording gradients and returns its result.
 * `body` must be synchronous, because recording would otherwise stay off for whatever runs meanwhile.
 */
export function withRecording<T>(on: boolean, body: () => T): T {
  const before = recording;
  recording = on;
  try {
    return synchronous('noGrad', body());
  } finally {
    recording = before;
  }
}

/** No attributes: what `make` gives a node that has none. */
export const none: Attributes = {};

let observer: ((node: Node) => void) | null = null;
/** Tells `observe` of every node that is made from now on; null ends this. Returns who was told so far. */
export function observeNodes(observe: ((node: Node) => void) | null): ((node: Node) => void) | null {
  const before = observer;
  observer = observe;
  return before;
}

/** Makes a node after checking shapes and dtypes by the op's row. */
export function make(
  op: OpName,
  inputs: readonly Node[],
  attributes: Attributes = none,
  scalars: readonly number[] | null = null,
): Node {
  const { shape, dtype } = ops[op].infer(inputs, attributes);
  const node = new Node(op, inputs, attributes, shape, dtype, scalars);
  for (const input of inputs) {
    input.uses++;
    if (recording && input.tracked) node.tracked = true;
  }
  observer?.(node);
  return node;
}

/** A leaf that holds `storage`. */
export function leaf(storage: Storage, shape: Shape): Node {
  const node = new Node('data', [], none, shape, storage.dtype, null);
  node.storage = storage;
  return node;
}
