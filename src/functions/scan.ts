// In: a step from (carry, x) to (carry, y). Out: the last carry and all outputs.
import { stack } from '../create.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { sameShape } from '../shape.js';
import { Tensor } from '../tensor.js';

/** What is carried from step to step: a tensor, or several. */
export type Carry = Tensor | readonly Tensor[];

const parts = (carry: Carry): readonly Tensor[] => (carry instanceof Tensor ? [carry] : carry);

/**
 * Applies `f` along the first axis of `xs`, handing a carry from step to step; differentiable in everything that `f` uses.
 * The steps are written out, so that time and memory grow with their number, and `f` may differ from step to step.
 * @param f from the carry and xs[t] to the next carry and the output of the step.
 * @returns the last carry, and the outputs stacked along a new first axis.
 * @throws ShapeError where `f` returns a carry of another shape; ValueError for an axis of length 0.
 * @example scan((sum, x) => [sum.add(x), sum], zeros([]), xs)
 */
export function scan<C extends Carry>(
  f: (carry: C, x: Tensor, step: number) => readonly [C, Tensor],
  init: C,
  xs: Tensor,
): { carry: C; ys: Tensor } {
  const steps = xs.shape[0];
  if (!steps)
    throw new ValueError(`scan: xs has shape ${show(xs.shape)}`, 'It needs a first axis with at least one step.');
  const ys: Tensor[] = [];
  let carry = init;
  for (let t = 0; t < steps; t++) {
    const [next, y] = f(carry, xs.narrow(0, t, 1).squeeze(0), t);
    const [before, after] = [parts(carry), parts(next)];
    if (before.length !== after.length || before.some((part, i) => !sameShape(part.shape, after[i]!.shape)))
      throw new ShapeError(
        `scan: step ${t} turned a carry of ${before.map((part) => show(part.shape)).join(', ')} into ${after.map((part) => show(part.shape)).join(', ')}`,
        'The carry keeps its shapes; use y for what grows.',
      );
    carry = next;
    ys.push(y);
  }
  return { carry, ys: stack(ys) };
}
