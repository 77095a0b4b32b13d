// In: a function of tensors. Out: the same function, which forgets what it computed within and computes it again for the gradients.
import type { TensorFunction } from './autograd.js';
import { pullBack, trackedOrder } from './grad.js';
import { isRecording, make, type Node, type Variable, withRecording } from './graph.js';
import { generator } from './random.js';
import { Tensor } from './tensor.js';

/** Gradients of the function end here; they are handed on by the rule. */
const end: Variable = { accumulate: () => undefined };

/** The inputs, at which gradients are collected; with `linked`, they go on to what the inputs were computed from. */
function starts(inputs: readonly Tensor[], linked: boolean): Tensor[] {
  return inputs.map((input) => {
    if (!input.requiresGrad) return input;
    const node = withRecording(false, () => make('reshape', [input.node], { shape: input.shape }));
    node.tracked = true;
    if (linked) node.custom = { inputs: [input.node], rule: (g) => [g] };
    else node.variable = end;
    return new Tensor(node);
  });
}

/** The inputs in a form that cannot be computed before `gradient`: else one plan would compute both passes at once. */
function after(gradient: Tensor, inputs: readonly Tensor[]): Tensor[] {
  if (gradient.size === 0) return [...inputs];
  const first = gradient.reshape(-1).narrow(0, 0, 1).squeeze(0);
  const always = first.eq(first).or(first.isNaN());
  return inputs.map((input) => input.where(always, 0));
}

/**
 * f(...inputs), whose intermediate values are not kept for the gradients but computed again when these are asked for
 * (Chen et al., 2016): memory for time. Weights that `f` uses get their gradients as always, and random numbers of the shared
 * stream come out the same. What `f` changes besides (running statistics) it changes twice.
 * @example h = checkpoint((x) => block.forward(x), h)
 */
export function checkpoint(f: TensorFunction, ...inputs: Tensor[]): Tensor {
  if (!isRecording()) return f(...inputs);
  const stream = generator();
  const before = stream.state;
  const value = f(...starts(inputs, false));
  if (!value.requiresGrad) return value;
  const weights = trackedOrder(value.node).filter((node) => node.variable && node.variable !== end);
  const node = withRecording(false, () => make('reshape', [value.node], { shape: value.shape }));
  node.tracked = true;
  node.custom = {
    inputs: [...inputs.map((input) => input.node), ...weights],
    rule(g) {
      const linked = isRecording();
      const now = stream.state;
      stream.state = before;
      try {
        const again = starts(inputs, linked);
        const output = withRecording(true, () => f(...after(new Tensor(g), again)));
        const gradients = pullBack(output.node, g, new Set(again.map((t) => t.node)));
        return [...again.map((t) => t.node), ...weights].map((source): Node | null => gradients.get(source) ?? null);
      } finally {
        stream.state = now;
      }
    },
  };
  return new Tensor(node);
}
