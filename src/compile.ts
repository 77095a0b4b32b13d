// In: a function of tensors. Out: the same function, which describes its graph twice and then only runs it.
import { currentDevice, type Storage } from './device.js';
import { GradientError, show, ValueError } from './errors.js';
import { type Captured, capture, evaluate } from './evaluate.js';
import { isRecording, leaf, type Node } from './graph.js';
import { resolve } from './plan.js';
import { autocastDType, matmulPrecision } from './precision.js';
import type { Shape } from './shape.js';
import { noGrad, Parameter, Tensor } from './tensor.js';
import { type Known, record, Trace } from './trace.js';

/** What a compiled function takes: tensors, and plain values, of which each has a graph of its own. */
export type CompiledArgument = Tensor | number | string | boolean;
/** What a compiled function returns: tensors, alone, in a list or by name, or nothing. */
export type CompiledResult = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>> | undefined | void;

/** Where the value of a leaf comes from in each run. */
type Origin = { readonly argument: number } | { readonly parameter: Parameter } | { readonly fixed: Storage };

/** Where a wanted value is after a run: among what was computed, or given from the start. */
type Place = { readonly output: number } | { readonly given: Origin };

/** A graph that stands for a call. */
interface Compiled {
  readonly trace: Trace;
  readonly captured: Captured | null;
  readonly origins: readonly Origin[];
  /** Where each constant or random node of the graph has its numbers. */
  readonly slots: ReadonlyMap<Node, number>;
  readonly results: readonly { readonly place: Place; readonly shape: Shape }[];
  readonly updates: readonly { readonly place: Place; readonly parameter: Parameter }[];
  /** The returned value with other tensors in place of those returned. */
  readonly rebuild: (tensors: readonly Tensor[]) => CompiledResult;
}

type Compilable = (...args: CompiledArgument[]) => CompiledResult;

/** So many calls may differ from the one before until tracing is the rule. */
const patience = 4;

interface Entry {
  calls: number;
  latest: Compiled | null;
  /** True once two calls in a row had one graph. */
  settled: boolean;
}

function unpack(result: CompiledResult): {
  tensors: Tensor[];
  rebuild: (tensors: readonly Tensor[]) => CompiledResult;
} {
  if (result === undefined) return { tensors: [], rebuild: () => undefined };
  if (result instanceof Tensor) return { tensors: [result], rebuild: ([only]) => only };
  if (result instanceof Promise)
    throw new ValueError('compile: the function is asynchronous', 'Await before and after; compile the part between.');
  const list: unknown[] = Array.isArray(result) ? result : Object.values(result);
  const tensors = list.filter((item) => item instanceof Tensor);
  if (tensors.length !== list.length)
    throw new ValueError(
      'compile: the function returned something that is no tensor',
      'Return a tensor, a list or an object of tensors, or nothing.',
    );
  if (Array.isArray(result)) return { tensors, rebuild: (others) => others };
  const names = Object.keys(result);
  return { tensors, rebuild: (others) => Object.fromEntries(names.map((name, i) => [name, others[i]!])) };
}

const fresh = (storage: Storage, shape: readonly number[]): Tensor => new Tensor(leaf(storage, shape));

/** Nodes from before the trace that wait to be computed: they are values that it takes in, not part of it. */
function pendingBefore(trace: Trace, targets: readonly Node[]): Node[] {
  const found: Node[] = [];
  const seen = new Set<Node>();
  const stack = targets.map(resolve);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node) || node.storage) continue;
    seen.add(node);
    if (node.id >= trace.first) stack.push(...node.inputs.map(resolve));
    else if (node.op !== 'constant' && node.op !== 'iota') found.push(node);
  }
  return found;
}

function checkDetached(tensors: readonly Tensor[]): void {
  if (tensors.some(({ node }) => node.tracked && !node.freed))
    throw new GradientError(
      'compile: a returned tensor could still be differentiated',
      'Call backward() within the function, return t.detach(), or wrap the body in noGrad(() => …).',
    );
}

/** Calls `fn` without computing anything, and compiles what it described. Parameters stay as they were. */
function traced(fn: Compilable, args: readonly CompiledArgument[]): Compiled {
  const given = args.map((arg) => (arg instanceof Tensor ? fresh(arg.node.storage!, arg.shape) : arg));
  const trace = new Trace(true);
  try {
    const { tensors, rebuild } = unpack(record(trace, () => fn(...given)));
    checkDetached(tensors);
    const parameters = [...trace.assigned.keys()].filter((cell) => cell instanceof Parameter);
    const targets = [...tensors, ...parameters].map(({ node }) => node);
    evaluate(pendingBefore(trace, targets));

    const wanted = [...new Set(targets.map(resolve))].filter((node) => !node.storage);
    const captured = wanted.length > 0 ? capture(wanted) : null;
    const originOf = (node: Node): Origin => {
      const argument = given.findIndex((arg) => arg instanceof Tensor && arg.node === node);
      if (argument >= 0) return { argument };
      const { variable } = node;
      if (variable instanceof Parameter && (trace.assigned.get(variable) ?? variable.node) === node)
        return { parameter: variable };
      return { fixed: node.storage! };
    };
    const placeOf = (node: Node): Place => {
      const source = resolve(node);
      return source.storage ? { given: originOf(source) } : { output: wanted.indexOf(source) };
    };
    const slots = new Map<Node, number>();
    captured?.found.order.forEach((node, i) => {
      const { scalar } = captured.plan.nodes[i]!;
      if (scalar >= 0) slots.set(node, scalar);
    });
    return {
      trace,
      captured,
      origins: captured?.found.leaves.map(originOf) ?? [],
      slots,
      results: tensors.map(({ node, shape }) => ({ place: placeOf(node), shape })),
      updates: parameters.map((parameter) => ({ place: placeOf(parameter.node), parameter })),
      rebuild,
    };
  } finally {
    for (const [cell, before] of trace.assigned) cell.node = before;
    for (const cell of trace.graded) cell.grad = null;
  }
}

/** The numbers of the run that begins; null where the updates of an optimizer are no longer those that were compiled. */
function numbersNow({ trace, slots, captured }: Compiled): number[] | null {
  const scalars = [...(captured?.signature.scalars ?? [])];
  const known: Known = new Map();
  for (const { nodes, next } of trace.sources) {
    const numbers = next(known);
    if (numbers.length !== nodes.length) return null;
    nodes.forEach((node, i) => {
      const slot = slots.get(node);
      if (slot !== undefined) scalars[slot] = numbers[i]!;
    });
  }
  for (const { node, draw } of trace.draws) {
    const words = draw();
    const slot = slots.get(node);
    if (slot !== undefined) scalars.splice(slot, words.length, ...words);
  }
  for (const effect of trace.effects) effect();
  return scalars;
}

/** Runs a graph on the present arguments, parameters and `scalars`, and moves the parameters on. */
function run(
  { captured, origins, results, updates, rebuild }: Compiled,
  args: readonly CompiledArgument[],
  scalars: readonly number[],
): CompiledResult {
  const read = (origin: Origin): Storage => {
    if ('fixed' in origin) return origin.fixed;
    const source = 'parameter' in origin ? origin.parameter : args[origin.argument];
    if (!(source instanceof Tensor)) throw new ValueError('compile: a tensor is missing', 'Call it as the first time.');
    evaluate([source.node]);
    return source.node.storage!;
  };
  const storages = captured?.run(origins.map(read), scalars) ?? [];
  const handed = new Set<Storage>();
  const take = (place: Place): Storage => {
    const storage = 'given' in place ? read(place.given) : storages[place.output]!;
    const shared = 'given' in place || handed.has(storage);
    handed.add(storage);
    return shared ? storage.clone() : storage;
  };
  const news = updates.map(({ place, parameter }) => ({ parameter, storage: take(place) }));
  const tensors = results.map(({ place, shape }) => {
    const storage = take(place);
    storage.reusable = false;
    return fresh(storage, shape);
  });
  noGrad(() => {
    for (const { parameter, storage } of news) parameter.replace(fresh(storage, parameter.shape));
  });
  return rebuild(tensors);
}

const sameOrigin = (a: Origin, b: Origin): boolean => {
  if ('argument' in a) return 'argument' in b && a.argument === b.argument;
  if ('parameter' in a) return 'parameter' in b && a.parameter === b.parameter;
  return 'fixed' in b && a.fixed.memory === b.fixed.memory;
};
const samePlace = (a: Place, b: Place): boolean =>
  'output' in a ? 'output' in b && a.output === b.output : 'given' in b && sameOrigin(a.given, b.given);
const alike = <T>(a: readonly T[], b: readonly T[], same: (p: T, q: T) => boolean): boolean =>
  a.length === b.length && a.every((item, i) => same(item, b[i]!));

/** True where one graph serves both calls, and every number that differs is known to. */
function agree(a: Compiled, b: Compiled): boolean {
  const changing = new Set<number>();
  const mark = (node: Node, count: number): void => {
    const slot = b.slots.get(node);
    for (let i = 0; slot !== undefined && i < count; i++) changing.add(slot + i);
  };
  for (const { nodes } of b.trace.sources) for (const node of nodes) mark(node, 1);
  for (const { node } of b.trace.draws) mark(node, node.scalars!.length);
  const scalars = b.captured?.signature.scalars ?? [];
  return (
    alike([...(a.captured?.signature.words ?? [])], [...(b.captured?.signature.words ?? [])], Object.is) &&
    alike(a.captured?.signature.scalars ?? [], scalars, () => true) &&
    (a.captured?.signature.scalars ?? []).every((v, i) => changing.has(i) || Object.is(v, scalars[i])) &&
    alike(a.origins, b.origins, sameOrigin) &&
    alike(a.results, b.results, (p, q) => samePlace(p.place, q.place)) &&
    alike(a.updates, b.updates, (p, q) => p.parameter === q.parameter && samePlace(p.place, q.place)) &&
    alike(a.trace.sources, b.trace.sources, (p, q) => p.nodes.length === q.nodes.length) &&
    a.trace.draws.length === b.trace.draws.length
  );
}

/** True while every parameter lies where it lay when the graph was compiled. */
const unmoved = ({ captured, origins }: Compiled): boolean =>
  origins.every((origin) => {
    const home = 'parameter' in origin ? origin.parameter.node.home : null;
    return home === null || home === captured?.home;
  });

/** Calls `fn` as it is. */
function plain(fn: Compilable, args: readonly CompiledArgument[]): CompiledResult {
  const trace = new Trace(false);
  const { tensors, rebuild } = unpack(record(trace, () => fn(...args)));
  checkDetached(tensors);
  const parameters = [...trace.assigned.keys()];
  evaluate([...tensors, ...parameters].map(({ node }) => node));
  for (const cell of trace.graded) cell.grad = null;
  return rebuild(tensors.map((t) => t.detach()));
}

function keyOf(args: readonly CompiledArgument[]): string {
  const parts = args.map((arg, i) => {
    if (!(arg instanceof Tensor)) return `${typeof arg} ${arg}`;
    if (arg.requiresGrad)
      throw new GradientError(
        `compile: argument ${i} requires a gradient`,
        'Pass t.detach(), and let the function use the parameter itself; or differentiate within it, with grad().',
      );
    return `${arg.dtype}${show(arg.shape)} ${arg.device}`;
  });
  return [currentDevice().name, matmulPrecision(), autocastDType(), isRecording(), ...parts].join(' ');
}

/**
 * The same function, without describing its graph anew in each call: the first call runs as it is, the next two are
 * described and compared, and all later ones with arguments of these shapes and dtypes only run the compiled graph. Works
 * for a whole training step: parameters, the state of optimizers, their counters and learning rates, and random tensors
 * move on as ever. After a call, gradients collected in it are gone: return what you want to see.
 *
 * Whatever else `fn` reads or changes – a number of the program, `model.training`, a schedule – is looked at only while it
 * is described. Pass numbers as arguments (each value has a graph of its own), and step schedules outside. A function whose
 * graph differs in its first calls is never compiled, but called as it is.
 * @param fn from tensors and plain values to tensors: one, a list, an object by name, or nothing.
 * @throws ValueError when a value is asked for within `fn`, or it returns something else; GradientError when what it returns
 * could still be differentiated, or an argument requires a gradient.
 * @example
 * const step = compile((x, y) => {
 *   optimizer.zeroGrad();
 *   const loss = nn.crossEntropy(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 */
export function compile<A extends readonly CompiledArgument[], R extends CompiledResult>(
  fn: (...args: A) => R,
): (...args: A) => R;
export function compile(fn: Compilable): Compilable {
  const entries = new Map<string, Entry>();
  return (...args) => {
    const key = keyOf(args);
    const entry = entries.get(key) ?? { calls: 0, latest: null, settled: false };
    entries.set(key, entry);
    evaluate(args.flatMap((arg) => (arg instanceof Tensor ? [arg.node] : [])));
    if (entry.settled && entry.latest) {
      const scalars = unmoved(entry.latest) ? numbersNow(entry.latest) : null;
      if (scalars) return run(entry.latest, args, scalars);
      Object.assign(entry, { calls: 1, latest: null, settled: false });
    }
    entry.calls++;
    if (entry.calls === 1 || entry.calls > patience) return plain(fn, args);
    const now = traced(fn, args);
    entry.settled = entry.latest !== null && agree(entry.latest, now);
    entry.latest = now;
    return run(now, args, now.captured?.signature.scalars ?? []);
  };
}
