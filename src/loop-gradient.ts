// In: the gradients of what a loop gives out. Out: those of what it reads, from a loop that runs the other way.
import { add, cast, constant, matmul, mul, neg, pad, permute, reduce, reshape, slice, swapLast } from './build.js';
import { isFloat } from './dtype.js';
import { pullBack } from './grad.js';
import { isRecording, make, type Node, nextId, withRecording } from './graph.js';
import { between, isEnd, isView, Loop, placeholder, variation } from './loop.js';
import { need } from './ops.js';

/** Turns a value of one step into that of all steps, stacked. */
type Stack = (node: Node) => Node;
/** What has to be stacked for a sum over all steps, and the sum made from it. */
interface Summed {
  readonly reads: readonly Node[];
  build(stack: Stack): Node;
}

const rowsOf = (node: Node): Node => reshape(node, [node.shape[0]! * node.shape[1]!, ...node.shape.slice(2)]);
const matrixProduct = ({ op, shape, storage }: Node): boolean => op === 'matmul' && shape.length === 2 && !storage;
const isTurn = ({ op, shape, storage }: Node): boolean => op === 'permute' && shape.length === 2 && !storage;

/** Σ over all steps of a node of the body, with what is linear taken out of the sum: so Σ Aᵀ·B becomes one product. */
function sumOverSteps(node: Node, steps: number, varies: (node: Node) => boolean): Summed {
  const inner = (through: (sum: Node) => Node): Summed => {
    const { reads, build } = sumOverSteps(node.inputs[0]!, steps, varies);
    return { reads, build: (stack) => through(build(stack)) };
  };
  const a = node.attributes;
  if (!varies(node)) return { reads: [], build: () => mul(node, constant(steps, node.shape, node.dtype)) };
  switch (node.op) {
    case 'neg':
      return inner(neg);
    case 'cast':
      if (!isFloat(node.inputs[0]!.dtype)) break;
      return inner((sum) => cast(sum, node.dtype));
    case 'reshape':
      return inner((sum) => reshape(sum, node.shape));
    case 'permute':
      return inner((sum) => permute(sum, need(a.axes, 'axes')));
    case 'slice':
      return inner((sum) => slice(sum, need(a.start, 'start'), need(a.step, 'step'), node.shape));
    case 'pad':
      if (a.value !== 0) break;
      return inner((sum) => pad(sum, need(a.low, 'low'), need(a.high, 'high')));
    case 'add':
    case 'concat': {
      const parts = node.inputs.map((input) => sumOverSteps(input, steps, varies));
      return {
        reads: parts.flatMap(({ reads }) => reads),
        build(stack) {
          const sums = parts.map(({ build }) => build(stack));
          return node.op === 'concat' ? make('concat', sums, a) : add(sums[0]!, sums[1]!);
        },
      };
    }
    case 'sum': {
      const input = node.inputs[0]!;
      const axes = [0, ...need(a.axes, 'axes').map((axis) => axis + 1)];
      return { reads: [input], build: (stack) => reduce('sum', stack(input), axes) };
    }
    case 'matmul': {
      if (!matrixProduct(node)) break;
      const [p, q] = node.inputs as [Node, Node];
      if (!varies(p) || !varies(q)) break;
      const turned = isTurn(p) ? p.inputs[0]! : p;
      return {
        reads: [turned, q],
        build(stack) {
          const whole = turned === p ? permute(stack(p), [0, 2, 1]) : stack(turned);
          return matmul(swapLast(rowsOf(whole)), rowsOf(stack(q)));
        },
      };
    }
    default:
  }
  return { reads: [node], build: (stack) => reduce('sum', stack(node), [0]) };
}

/** What the steps were handed, stacked: the start, and what each step but the last carried on. */
function handed(loop: Loop, k: number): Node {
  const { steps, reverse, inputs, results } = loop;
  const start = inputs[k]!;
  const first = reshape(start, [1, ...start.shape]);
  if (steps === 1) return first;
  const all = loop.trace(results[k]!);
  const zero = all.shape.map(() => 0);
  const from = reverse ? [1, ...start.shape.map(() => 0)] : zero;
  const rest = slice(
    all,
    from,
    zero.map(() => 1),
    [steps - 1, ...start.shape],
  );
  return make('concat', reverse ? [rest, first] : [first, rest], { axis: 0 });
}

/** Seeds for the gradients of a step: what later steps hand back for each carried value, and what arrives at each result. */
interface Seeds {
  readonly carries: readonly Node[];
  /** What stands for an element of each gradient that arrived, and that gradient. */
  readonly arrived: ReadonlyMap<Node, Node>;
  /** Σ result·seed over all results. */
  readonly objective: Node | null;
}

function seedsOf({ args, carried, results }: Loop, arrived: ReadonlyMap<number, Node>): Seeds {
  const recording = isRecording();
  const carries = args.slice(0, carried).map((arg) => placeholder(arg, false, recording));
  const elements = new Map<Node, Node>();
  const terms: Node[] = [];
  results.forEach((result, k) => {
    const whole = arrived.get(k);
    const element = whole && placeholder(whole, true, recording && whole.tracked);
    if (element) elements.set(element, whole);
    if (!result.tracked || !isFloat(result.dtype)) return;
    const parts = [...(k < carried ? [carries[k]!] : []), ...(element ? [element] : [])];
    if (parts.length === 0) return;
    const seed = parts.reduce((p, q) => add(p, q));
    const axes = result.shape.map((_, i) => i);
    terms.push(withRecording(true, () => reduce('sum', mul(result, seed), axes)));
  });
  const objective = terms.length > 0 ? withRecording(true, () => terms.reduce((p, q) => add(p, q))) : null;
  return { carries, arrived: elements, objective };
}

/**
 * Gradients of a loop's inputs, one for each (null: none).
 * @param arrived gradients of stacked results, by their places
 */
export function loopGradient(loop: Loop, arrived: ReadonlyMap<number, Node>): (Node | null)[] {
  const { args, inputs, carried, scanned, steps } = loop;
  const first = nextId();
  const seeds = seedsOf(loop, arrived);
  const { carries, objective } = seeds;
  if (!objective) return inputs.map(() => null);
  const pulled = pullBack(objective, constant(1, [], objective.dtype), new Set(args));
  const gradientOf = (k: number): Node | undefined => (inputs[k]!.tracked ? pulled.get(args[k]!) : undefined);

  // The body of the gradient reads what the loop's own body read, its values on the way, and the seeds.
  const constants = new Set(args.slice(carried + scanned));
  const given = new Set([...args, ...carries, ...seeds.arrived.keys()]);
  const varies = variation(new Set([...given].filter((node) => !constants.has(node))), constants, 0);
  const sums = args.map((_, k) => {
    const gradient = k < carried + scanned ? undefined : gradientOf(k);
    return gradient && sumOverSteps(gradient, steps, varies);
  });
  const end = isEnd(given, varies);
  const before = new Set(loop.body());
  const stops = (node: Node): boolean => end(node) || (before.has(node) && varies(node) && !isView(node));
  const own = new Set(carries);
  const wanted = new Set([
    ...args.flatMap((_, k) => (k < carried || k >= carried + scanned ? [] : (gradientOf(k) ?? []))),
    ...sums.flatMap((sum) => sum?.reads ?? []),
  ]);
  const outputs = [...wanted].filter((node) => own.has(node) || !varies(node) || !stops(node));
  const handedBack = carries.map((carry, k) => pulled.get(args[k]!) ?? constant(0, carry.shape, carry.dtype));
  const results = [...handedBack, ...outputs];
  const ends = between(results, stops).ends.filter((node) => !own.has(node));
  const sequences = ends.filter(varies);
  const still = ends.filter((node) => !varies(node));

  const known = new Map<Node, Node>();
  const stackOf = (node: Node): Node => {
    const k = args.indexOf(node);
    const stack =
      known.get(node) ??
      (k >= carried ? inputs[k] : k >= 0 ? handed(loop, k) : undefined) ??
      seeds.arrived.get(node) ??
      loop.trace(node);
    known.set(node, stack);
    return stack;
  };
  const back = new Loop({
    steps,
    reverse: !loop.reverse,
    args: [...carries, ...sequences, ...still],
    inputs: [...carries.map((node) => constant(0, node.shape, node.dtype)), ...sequences.map(stackOf), ...still],
    carried,
    scanned: sequences.length,
    results,
    first,
  });
  const stack: Stack = (node) => {
    const k = outputs.indexOf(node);
    return k >= 0 ? back.stack(carried + k) : stackOf(node);
  };
  return inputs.map((input, k) => {
    const gradient = gradientOf(k);
    if (!gradient) return null;
    if (k >= carried + scanned) return sums[k]?.build(stack) ?? null;
    if (k >= carried) return stack(gradient);
    const all = back.stack(k);
    const start = all.shape.map((_, i) => (i === 0 && loop.reverse ? steps - 1 : 0));
    const ones = all.shape.map(() => 1);
    return reshape(slice(all, start, ones, [1, ...input.shape]), input.shape);
  });
}
