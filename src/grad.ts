// Reverse-mode differentiation, graph to graph, by the table in ops.ts.
import { add, constant } from './build.js';
import { GradientError, ShapeError, show } from './errors.js';
import type { Node } from './graph.js';
import { ops } from './ops.js';
import { sameShape } from './shape.js';

/** Where gradients of a node flow on to. */
const sourcesOf = (node: Node): readonly Node[] => node.custom?.inputs ?? node.inputs;

/** Tracked nodes behind `output`, each after its inputs. */
export function trackedOrder(output: Node): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [{ node: output, next: 0 }];
  seen.add(output);
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const input = top.node.variable ? undefined : sourcesOf(top.node)[top.next++];
    if (input === undefined) {
      order.push(top.node);
      stack.pop();
    } else if (input.tracked && !seen.has(input)) {
      seen.add(input);
      stack.push({ node: input, next: 0 });
    }
  }
  return order;
}

/**
 * Vector–Jacobian product: the gradient of Σ output·seed with respect to every tracked node behind `output`.
 * Nodes in `stops` keep their gradient and pass nothing on.
 */
export function pullBack(output: Node, seed: Node, stops: ReadonlySet<Node> = new Set()): Map<Node, Node> {
  if (!sameShape(output.shape, seed.shape)) {
    throw new ShapeError(`backward: the gradient has shape ${show(seed.shape)}, the tensor ${show(output.shape)}`, 'They must be equal.');
  }
  const gradients = new Map<Node, Node>([[output, seed]]);
  const order = trackedOrder(output);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!;
    const g = gradients.get(node);
    if (!g || node.variable || stops.has(node)) continue;
    if (node.freed && node !== output) throw usedUp();
    if (node.inputs.length === 0) continue;
    const parts = node.custom ? node.custom.rule(g) : ops[node.op].gradient(node, g);
    sourcesOf(node).forEach((input, k) => {
      const part = parts[k];
      if (!part || !input.tracked) return;
      const sum = gradients.get(input);
      gradients.set(input, sum ? add(sum, part) : part);
    });
    if (node !== output) gradients.delete(node);
  }
  return gradients;
}

const usedUp = (): GradientError =>
  new GradientError('backward: this graph was already used', 'Compute the loss again, or pass { retainGraph: true } to the first call.');

/** Differentiates `output` and hands each variable behind it its gradient. */
export function backward(output: Node, seed: Node | null, retainGraph: boolean): void {
  if (output.freed) throw usedUp();
  if (!output.tracked) {
    throw new GradientError(
      'backward: the tensor does not depend on anything that requires a gradient',
      'Make a leaf with { requiresGrad: true } or use a Module’s parameters, and compute outside noGrad().',
    );
  }
  if (!seed && output.shape.length > 0 && !output.shape.every((n) => n === 1)) {
    throw new GradientError(
      `backward: the tensor has shape ${show(output.shape)}, not one number`,
      'Reduce it first, for example with .mean() or .sum(), or pass the gradient of each element.',
    );
  }
  const gradients = pullBack(output, seed ?? constant(1, output.shape, output.dtype));
  for (const [node, gradient] of gradients) node.variable?.accumulate(gradient);
  output.freed = !retainGraph;
}
