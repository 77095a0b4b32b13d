// In: one step, from what is carried and read to what is carried on and given out. Out: nodes that stand for all steps at once.
import { isRecording, make, Node, nextId, none, withRecording } from './graph.js';
import { ops } from './ops.js';

const leaked = 'this tensor stands for one step of a recurrence, and has no value outside of it';

/** Something that has a value within a step only: of the shape and dtype of `like`, or of one element of its first axis. */
export function placeholder(like: Node, element: boolean, tracked: boolean): Node {
  const node = new Node('data', [], none, element ? like.shape.slice(1) : like.shape, like.dtype, null);
  node.tracked = tracked;
  node.place = like.home;
  node.expired = leaked;
  return node;
}

/** Elements of another node in another order, and no more than that. */
export const isView = ({ op, storage, custom, variable }: Node): boolean =>
  ops[op].kind === 'view' && op !== 'variable' && !storage && !custom && !variable;
/** A view, a repeated number or a count: cheaper to have in every step than to hand in. */
const isFree = (node: Node): boolean => isView(node) || node.op === 'constant' || node.op === 'iota';

/** Nodes behind `results` up to those where `stops` holds, each after its inputs; and where it stopped. */
export function between(
  results: readonly Node[],
  stops: (node: Node) => boolean,
): { inner: readonly Node[]; ends: readonly Node[] } {
  const inner = new Set<Node>();
  const ends = new Set<Node>();
  const visit = (node: Node): void => {
    if (inner.has(node) || ends.has(node)) return;
    if (stops(node)) {
      ends.add(node);
      return;
    }
    node.inputs.forEach(visit);
    inner.add(node);
  };
  results.forEach(visit);
  return { inner: [...inner], ends: [...ends] };
}

/** Tells whether a node depends on one of `varying`; those of `still` do not, nor do nodes made before `first`. */
export function variation(
  varying: ReadonlySet<Node>,
  still: ReadonlySet<Node>,
  first: number,
): (node: Node) => boolean {
  const known = new Map<Node, boolean>();
  const varies = (node: Node): boolean => {
    if (varying.has(node)) return true;
    if (node.id < first || still.has(node)) return false;
    let found = known.get(node);
    if (found === undefined) {
      found = node.inputs.some(varies);
      known.set(node, found);
    }
    return found;
  };
  return varies;
}

/** Where the body of a loop ends: at what it is given, and at what is computed once for all steps. */
export const isEnd = (given: ReadonlySet<Node>, varies: (node: Node) => boolean): ((node: Node) => boolean) => {
  return (node) => given.has(node) || (!varies(node) && !isFree(node));
};

/** What a loop is made of. */
export interface LoopParts {
  readonly steps: number;
  /** True where the last step comes first. */
  readonly reverse: boolean;
  /** What the body reads: carried values, then elements of sequences, then what stays the same. */
  readonly args: readonly Node[];
  /** The values for `args` at the start, whole sequences, and what stays the same. */
  readonly inputs: readonly Node[];
  readonly carried: number;
  readonly scanned: number;
  /** Carried values after a step, then what it gives out. */
  readonly results: readonly Node[];
  /** Nodes of the body have at least this number. */
  readonly first: number;
}

/**
 * A body that is run once a step. Each of its results, stacked along a new first axis, is a node of its own; all of them are
 * computed together.
 */
export class Loop {
  readonly steps: number;
  readonly reverse: boolean;
  readonly args: readonly Node[];
  readonly inputs: readonly Node[];
  readonly carried: number;
  readonly scanned: number;
  readonly first: number;
  readonly #results: Node[];
  readonly #stacks: Node[] = [];
  readonly #recorded = isRecording();

  constructor({ steps, reverse, args, inputs, carried, scanned, results, first }: LoopParts) {
    this.steps = steps;
    this.reverse = reverse;
    this.args = args;
    this.inputs = inputs;
    this.carried = carried;
    this.scanned = scanned;
    this.first = first;
    this.#results = [...results];
    // Nodes of the body are never computed as such: they do not count as readers of what stays the same.
    for (const node of this.body()) for (const input of node.inputs) if (node.id >= first) input.uses--;
  }

  get results(): readonly Node[] {
    return this.#results;
  }
  /** Nodes between `args` and the results, each after its inputs. */
  body(): readonly Node[] {
    const given = new Set(this.args);
    return between(this.#results, (node) => given.has(node)).inner;
  }
  /** Result k of all steps: [steps, …]. */
  stack(k: number): Node {
    this.#stacks[k] ??= withRecording(this.#recorded, () => make('scan', this.inputs, { loop: this, result: k }));
    return this.#stacks[k];
  }
  /** What a node of the body was in all steps, for a gradient that reads it. */
  trace(node: Node): Node {
    const at = this.#results.indexOf(node);
    const k = at >= 0 ? at : this.#results.push(node) - 1;
    return this.#stacks[k] ?? make('scan', this.inputs, { loop: this, result: k });
  }
}

/** What one step makes of what it is given. */
export interface Step {
  /** As many as were carried in, of the same shapes and dtypes. */
  readonly carry: readonly Node[];
  readonly outputs: readonly Node[];
}

/**
 * A loop over the first axis of `sequences`.
 * @param start what the first step is handed
 * @param step is called once, with nodes that stand for a step's values. What it computes from other nodes alone is computed once.
 */
export function loop(
  start: readonly Node[],
  sequences: readonly Node[],
  step: (carry: readonly Node[], elements: readonly Node[]) => Step,
  reverse = false,
): Loop {
  const recording = isRecording();
  const carry = start.map((node) => placeholder(node, false, recording));
  const elements = sequences.map((node) => placeholder(node, true, recording && node.tracked));
  const first = nextId();
  const { carry: next, outputs } = step(carry, elements);
  const given = new Set([...carry, ...elements]);
  const results = [...next, ...outputs];
  const { ends } = between(results, isEnd(given, variation(given, new Set(), first)));
  const still = ends.filter((node) => !given.has(node));
  return new Loop({
    steps: sequences[0]!.shape[0]!,
    reverse,
    args: [...carry, ...elements, ...still],
    inputs: [...start, ...sequences, ...still],
    carried: carry.length,
    scanned: elements.length,
    results,
    first,
  });
}
