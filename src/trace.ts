// In: what happens while a compiled function is traced. Out: a record of it, from which the same can happen again without tracing.
import { ValueError } from './errors.js';
import { type Node, nextId, observeNodes } from './graph.js';

/** What has a value that changes: a parameter. */
export interface Cell {
  node: Node;
}

/** What is known already of the run that begins, by owner and by name. */
export type Known = Map<object, Map<string, readonly number[]>>;
/** The numbers of the run that begins, in the order of their nodes. */
export type Next = (known: Known) => readonly number[];

/** Numbers of a graph that another run has anew. */
interface Source {
  readonly nodes: readonly Node[];
  readonly next: Next;
}

/** A record of one call of a compiled function. */
export class Trace {
  /** Nodes from this number on belong to the trace. */
  readonly first = nextId();
  /** Parameters that were given a value, with the version that they had before. */
  readonly assigned = new Map<Cell, Node>();
  /** What was given a gradient. */
  readonly graded = new Set<{ grad: unknown }>();
  readonly sources: Source[] = [];
  /** Where the streams of random numbers move on. */
  readonly draws: { readonly node: Node; readonly draw: () => readonly number[] }[] = [];
  /** What else has to happen in each run: counters of steps. */
  readonly effects: (() => void)[] = [];

  /** @param defers whether values are left uncomputed until the trace ends. */
  constructor(readonly defers: boolean) {}
}

let active: Trace | null = null;

/** The trace under way that defers values. */
export const tracing = (): Trace | null => (active?.defers ? active : null);
/** The trace under way. */
export const watching = (): Trace | null => active;

/** Runs `body` and records what happens in `trace`. */
export function record<T>(trace: Trace, body: () => T): T {
  if (active) throw new ValueError('compile: a compiled function called another', 'Compile only the outer one.');
  active = trace;
  try {
    return body();
  } finally {
    active = null;
  }
}

/** Runs `body` outside the trace under way: what it makes is no part of it. */
export function untraced<T>(body: () => T): T {
  const outer = active;
  active = null;
  try {
    return body();
  } finally {
    active = outer;
  }
}

/** Throws where a value is asked for that a trace has yet to compute. */
export function refuseValues(targets: readonly Node[]): void {
  const trace = tracing();
  if (trace && targets.some((node) => node.id >= trace.first))
    throw new ValueError(
      'compile: a value was asked for (item(), data(), toArray()) within a compiled function',
      'Return the tensor and ask for its value outside; a branch on a value cannot be compiled.',
    );
}

/** The numbers of the constants that `body` makes, and the nodes that hold them. */
function constantsOf<T>(body: () => T): { result: T; nodes: Node[] } {
  const nodes: Node[] = [];
  const before = observeNodes((node) => {
    before?.(node);
    if (node.op === 'constant') nodes.push(node);
  });
  try {
    return { result: body(), nodes };
  } finally {
    observeNodes(before);
  }
}

/** The numbers of the constants that `body` makes, in order. */
export const numbersOf = (body: () => unknown): number[] =>
  untraced(() => constantsOf(body)).nodes.map((node) => node.scalars![0]!);

/** Runs `body`, whose constants depend on numbers that change; `next` gives those that it would make in the next run. */
export function withChangingNumbers<T>(body: () => T, next: Next): T {
  const trace = tracing();
  if (!trace) return body();
  const { result, nodes } = constantsOf(body);
  for (const node of nodes) node.changing = true;
  trace.sources.push({ nodes, next });
  return result;
}
