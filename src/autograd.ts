// In: functions of tensors. Out: functions that give their derivatives.
import * as b from './build.js';
import { stack } from './create.js';
import { type DType, isFloat } from './dtype.js';
import { DTypeError, GradientError, show, ValueError } from './errors.js';
import { pullBack, trackedOrder } from './grad.js';
import { isRecording, make, type Node, withRecording } from './graph.js';
import { Tensor } from './tensor.js';

/** A function from tensors to one tensor. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** Views of the inputs at which gradients are collected. */
function starts(op: string, inputs: readonly Tensor[]): Tensor[] {
  return inputs.map((input, i) => {
    if (!isFloat(input.dtype))
      throw new DTypeError(
        `${op}: argument ${i} is ${input.dtype}`,
        "Derivatives exist for real numbers: convert it with t.to('float32'), or keep it out of the arguments.",
      );
    const node = make('reshape', [input.node], { shape: input.shape });
    node.tracked = true;
    node.custom = { inputs: [input.node], rule: (g) => [g] };
    return new Tensor(node);
  });
}

/** True where something beside `stops` could still be differentiated: then the derivative itself must be recorded. */
function reachesOutside(output: Node, stops: ReadonlySet<Node>): boolean {
  return trackedOrder(output).some((node) => {
    if (stops.has(node)) return (node.custom?.inputs ?? []).some((input) => input.tracked);
    return node.variable !== null || !(node.custom?.inputs ?? node.inputs).some((input) => input.tracked);
  });
}

interface Pulled {
  value: Tensor;
  pull(seed: Tensor): Tensor[];
}

function record(op: string, f: TensorFunction, inputs: readonly Tensor[]): Pulled {
  const outside = isRecording();
  const { output, variables } = withRecording(true, () => {
    const started = starts(op, inputs);
    const result = f(...started);
    if (!(result instanceof Tensor))
      throw new GradientError(
        `${op}: the function returned ${result === null ? 'null' : typeof result}`,
        'It must return a tensor, synchronously.',
      );
    return { output: result, variables: started };
  });
  const stops = new Set(variables.map((v) => v.node));
  const open = outside && output.node.tracked && reachesOutside(output.node, stops);
  return {
    value: open ? output : output.detach(),
    pull(seed) {
      const recorded = isRecording() && (open || seed.node.tracked);
      return withRecording(recorded, () => {
        const gradients = output.node.tracked ? pullBack(output.node, seed.node, stops) : new Map<Node, Node>();
        return variables.map((v) => {
          const gradient = new Tensor(gradients.get(v.node) ?? b.constant(0, v.shape, v.dtype));
          return recorded ? gradient : gradient.detach();
        });
      });
    },
  };
}

function checkNumber(op: string, value: Tensor): void {
  if (value.size !== 1)
    throw new GradientError(
      `${op}: the function returned a tensor of shape ${show(value.shape)}, not one number`,
      'Reduce it with .sum() or .mean(), or use vjp() or jacobian().',
    );
}

/**
 * The value of `f` and its gradient with respect to every argument.
 * @throws GradientError when `f` does not return one number.
 * @example const { value, gradients: [dx] } = valueAndGrad((x) => x.square().sum())(x)
 */
export function valueAndGrad(f: TensorFunction): (...inputs: Tensor[]) => { value: Tensor; gradients: Tensor[] } {
  return (...inputs) => {
    const { value, pull } = record('grad', f, inputs);
    checkNumber('grad', value);
    return { value, gradients: pull(new Tensor(b.constant(1, value.shape, value.dtype))) };
  };
}

/**
 * The derivative of a function to one number, with respect to its first argument (or argument `of`). Can be nested.
 * @example grad((x) => x.sin())(x); grad(grad(f))
 */
export function grad(f: TensorFunction, of = 0): TensorFunction {
  return (...inputs) => {
    const { gradients } = valueAndGrad(f)(...inputs);
    const gradient = gradients[of];
    if (!gradient)
      throw new ValueError(
        `grad: argument ${of} of a function called with ${inputs.length}`,
        'Arguments count from 0.',
      );
    return gradient;
  };
}

/** The value of `f`, and a function from a weight of its elements to the gradients of the arguments: vᵀ·J. */
export function vjp(f: TensorFunction, ...inputs: Tensor[]): { value: Tensor; pull: (weights: Tensor) => Tensor[] } {
  return record('vjp', f, inputs);
}

/** The value of `f` and its directional derivative J·v along `tangents` (one for each argument). */
export function jvp(
  f: TensorFunction,
  inputs: readonly Tensor[],
  tangents: readonly Tensor[],
): { value: Tensor; tangent: Tensor } {
  if (inputs.length !== tangents.length)
    throw new ValueError(
      `jvp: ${inputs.length} arguments and ${tangents.length} tangents`,
      'Give one tangent for each argument.',
    );
  const { value, pull } = vjp(f, ...inputs);
  // vᵀ·J is linear in v; the gradient of ⟨vᵀ·J, tangents⟩ with respect to v is J·tangents.
  const weights = new Tensor(b.constant(0, value.shape, value.dtype));
  const along = (v: Tensor): Tensor =>
    pull(v)
      .map((g, i) => g.mul(tangents[i]!).sum())
      .reduce((p, q) => p.add(q));
  return { value, tangent: grad(along)(weights) };
}

/** All partial derivatives of `f` at `x`: the shape of f(x), then the shape of x. */
export function jacobian(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const { value, pull } = vjp(f, x);
  const seeds = Array.from({ length: value.size }, (_, i) =>
    new Tensor(make('iota', [], { shape: [value.size] })).eq(i).to(value.dtype).reshape(value.shape),
  );
  if (seeds.length === 0) return new Tensor(b.constant(0, [...value.shape, ...x.shape], x.dtype));
  return stack(seeds.map((seed) => pull(seed)[0]!)).reshape([...value.shape, ...x.shape]);
}

/** All second derivatives of a function to one number at `x`: the shape of x, twice. */
export const hessian = (f: (x: Tensor) => Tensor, x: Tensor): Tensor => jacobian((t) => grad((u) => f(u))(t), x);

/** The same value, through which no gradient flows. */
export const stopGradient = (t: Tensor): Tensor => t.detach();

/**
 * A function whose gradient is given by hand.
 * @param f computes the value; what it does is not differentiated.
 * @param gradient from the gradient of the value and the arguments to one gradient (or null) for each argument.
 * @example const reverse = customGradient((x) => x, (g) => [g.neg()])
 */
export function customGradient(
  f: TensorFunction,
  gradient: (g: Tensor, ...inputs: Tensor[]) => readonly (Tensor | null)[],
): TensorFunction {
  return (...inputs) => {
    const value = withRecording(false, () => f(...inputs));
    const node = make('reshape', [value.detach().node], { shape: value.shape });
    if (isRecording() && inputs.some((input) => input.requiresGrad)) {
      node.tracked = true;
      node.custom = {
        inputs: inputs.map((input) => input.node),
        rule: (g) => {
          const parts = gradient(new Tensor(g), ...inputs);
          return inputs.map((input, i) => {
            const part = parts[i];
            if (!part) return null;
            if (show(part.shape) !== show(input.shape))
              throw new GradientError(
                `customGradient: the gradient of argument ${i} has shape ${show(part.shape)}, the argument ${show(input.shape)}`,
                'They must be equal.',
              );
            return part.to(input.dtype).node;
          });
        },
      };
    }
    return new Tensor(node);
  };
}

/** f(x) in value, x in gradient: for steps such as rounding that have no useful derivative (Bengio et al., 2013). */
export const straightThrough = (f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  customGradient(
    (x) => f(x),
    (g) => [g],
  );

/** x in value, −scale · g in gradient (Ganin and Lempitsky, 2015). */
export const reverseGradient = (x: Tensor, scale = 1): Tensor =>
  customGradient(
    (t) => t,
    (g) => [g.mul(-scale)],
  )(x);

/** What `gradCheck` found. */
export interface GradCheck {
  /** Largest difference, relative to max(1, |derivative|). */
  readonly error: number;
  /** Where it is: argument and flat element. */
  readonly argument: number;
  readonly element: number;
}

/**
 * Compares the gradients of `f` with central differences in float64, for every element of every argument.
 * Outputs of any shape are summed with fixed weights.
 * @throws GradientError where they differ by more than `tolerance` (1e-5, relative to max(1, |derivative|)).
 */
export function gradCheck(
  f: TensorFunction,
  inputs: readonly Tensor[],
  options: { step?: number; tolerance?: number } = {},
): GradCheck {
  const { step = 1e-5, tolerance = 1e-5 } = options;
  const wide: DType = 'float64';
  const points = inputs.map((input) => input.detach().to(wide).eval());
  const weigh = (...values: Tensor[]): Tensor => {
    const out = f(...values);
    const weights = new Tensor(make('iota', [], { shape: [out.size] }))
      .to(wide)
      .mul(0.7)
      .sin()
      .add(1.5)
      .reshape(out.shape);
    return out.to(wide).mul(weights).sum();
  };
  const { gradients } = valueAndGrad(weigh)(...points);
  let worst: GradCheck = { error: 0, argument: 0, element: 0 };
  points.forEach((point, argument) => {
    const found = gradients[argument]!.dataSync();
    for (let element = 0; element < point.size; element++) {
      const at = (delta: number): number => {
        const hot = new Tensor(make('iota', [], { shape: [point.size] }))
          .eq(element)
          .to(wide)
          .mul(delta)
          .reshape(point.shape);
        return withRecording(false, () => weigh(...points.map((p, i) => (i === argument ? p.add(hot) : p)))).item();
      };
      const expected = (at(step) - at(-step)) / (2 * step);
      const error = Math.abs(found[element]! - expected) / Math.max(1, Math.abs(expected));
      if (!(error <= tolerance)) {
        throw new GradientError(
          `gradCheck: element ${element} of argument ${argument}: the gradient is ${found[element]}, differences give ${expected}`,
          'Look for a wrong gradient rule, a detach(), or a kink within the step.',
        );
      }
      if (error > worst.error) worst = { error, argument, element };
    }
  });
  return worst;
}
