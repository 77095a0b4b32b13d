// In: a tensor that was described and maybe differentiated. Out: the operations behind it, their values, and gradients once they come.
import { ValueError } from '../../errors.js';
import { evaluate } from '../../evaluate.js';
import { watchGradient } from '../../grad.js';
import type { Node } from '../../graph.js';
import { Parameter, Tensor } from '../../tensor.js';
import { Newest } from '../newest.js';
import { formatShort } from '../numbers.js';
import { statisticsOf } from '../statistics.js';

/** What a box stands for: a leaf that learns, other data, a number, an operation. */
export type Kind = 'parameter' | 'data' | 'constant' | 'operation';

/** One box of the picture. */
export interface Box {
  readonly id: string;
  readonly kind: Kind;
  /** The operation, or the name of a leaf. */
  readonly title: string;
  readonly inputs: readonly string[];
  /** Shape and value. */
  readonly facts: readonly string[];
  /** The gradient, once it is there. */
  gradient(): string | undefined;
}

/** A graph, the output last. */
export interface Collected {
  readonly boxes: readonly Box[];
  /** Whether `backward()` ran: before the view was made, or since. */
  state(): 'forward' | 'backward' | 'used';
}

const symbols: { readonly [op: string]: string } = {
  add: '+',
  sub: '−',
  mul: '×',
  div: '÷',
  pow: 'power',
  neg: '− (negate)',
  matmul: '@ (matrix product)',
  lt: '<',
  le: '≤',
  eq: '=',
  ne: '≠',
  sum: 'Σ (sum)',
  permute: 'transpose',
  reduceMax: 'largest',
  reduceMin: 'smallest',
};
/** Change how numbers are stored, not what they say. */
const silent: readonly string[] = ['expand', 'reshape', 'cast'];

/** Follows the graph backwards. */
class Path {
  readonly #trackedOnly: boolean;

  /** Of a result with gradients, what has none is data, however it was made. */
  constructor(result: Node) {
    this.#trackedOnly = result.tracked;
  }
  inputsOf(node: Node): readonly Node[] {
    if (node.variable || (this.#trackedOnly && !node.tracked)) return [];
    return (node.custom?.inputs ?? node.inputs).map((input) => this.told(input));
  }
  /** The node that says something: past changes of storage. */
  told(node: Node): Node {
    let at = node;
    while (silent.includes(at.op) && !at.variable && !at.custom && at.inputs.length === 1) at = at.inputs[0]!;
    return at;
  }
}

/** Nodes behind `root`, each after its inputs. */
function order(root: Node, path: Path, limit: number): Node[] {
  const found: Node[] = [];
  const seen = new Set([root]);
  const stack = [{ node: root, next: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const node = path.inputsOf(top.node)[top.next++];
    if (node === undefined) {
      found.push(top.node);
      stack.pop();
      continue;
    }
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, next: 0 });
    if (seen.size > limit)
      throw new ValueError(
        `graphView: more than ${limit} operations`,
        'Look at a smaller part of the computation, or raise { limit }.',
      );
  }
  return found;
}

/** A number, a few numbers, or what many numbers are like. */
function valueText(t: Tensor): string {
  const values = t.dataSync();
  const short = (value: number): string => formatShort(Number(value.toPrecision(4)));
  if (values.length === 1) return short(values[0]!);
  if (values.length <= 3) return `[${Array.from(values, short).join(', ')}]`;
  const { mean, std } = statisticsOf(values);
  return `mean ${formatShort(Number(mean.toPrecision(2)))}, std ${formatShort(Number(std.toPrecision(2)))}`;
}

function titleOf(node: Node, kind: Kind, name: string | undefined): string {
  if (kind === 'constant') return formatShort(node.scalars?.[0] ?? 0);
  if (kind === 'operation') return [symbols[node.op] ?? node.op, ...(name ? [`= ${name}`] : [])].join(' ');
  return name ?? kind;
}

function kindOf(node: Node, inputs: readonly Node[]): Kind {
  if (node.variable) return 'parameter';
  if (node.op === 'constant') return 'constant';
  return inputs.length > 0 ? 'operation' : 'data';
}

/**
 * The gradient of the first `backward()` of this very graph, which reaches `root` before all else; before that, what
 * leaves have kept. Later ones are not followed: leaves live on in other graphs.
 */
function gradientOf(node: Node, root: Newest, isRoot: boolean): Newest {
  const newest = isRoot ? root : new Newest();
  const { variable } = node;
  if (variable instanceof Parameter && variable.grad) newest.set(variable.grad);
  if (!node.tracked) return newest;
  const stop = watchGradient(variable ?? node, (g) => {
    if (!isRoot && !root.tensor) return g;
    newest.set(new Tensor(g));
    stop();
    return g;
  });
  return newest;
}

/** @throws ValueError when there are more than `limit` operations. */
export function collect(output: Tensor, names: { readonly [name: string]: Tensor }, limit: number): Collected {
  const path = new Path(output.node);
  const root = path.told(output.node);
  const known = new Map(Object.entries(names).map(([name, { node }]) => [path.told(node), name]));
  const nodes = order(root, path, limit);
  const used = output.node.freed;
  // Before anything is computed: that lets go of inputs which no gradient needs.
  const shapes = nodes.map((node) => {
    const inputs = path.inputsOf(node);
    return { node, kind: kindOf(node, inputs), inputs };
  });
  const result = new Newest();
  const gradients = new Map(nodes.map((node) => [node, gradientOf(node, result, node === root)]));
  evaluate(nodes.filter((node) => node.op !== 'constant'));
  const idOf = (node: Node): string => String(nodes.indexOf(node));
  const boxes = shapes.map(({ node, kind, inputs }): Box => {
    const value = kind === 'constant' ? [] : [valueText(new Tensor(node))];
    const shape = node.shape.length > 0 && kind !== 'constant' ? [`[${node.shape.join(', ')}]`] : [];
    return {
      id: idOf(node),
      kind,
      title: titleOf(node, kind, known.get(node)),
      inputs: inputs.map(idOf),
      facts: [...shape, ...value],
      gradient: () => {
        const { tensor } = gradients.get(node)!;
        return tensor && valueText(tensor);
      },
    };
  });
  return {
    boxes,
    state: () => (result.tensor ? 'backward' : used ? 'used' : 'forward'),
  };
}
