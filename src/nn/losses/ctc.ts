// In: log-probabilities of every time step and a label sequence without timing. Out: −ln of the probability of all timings.
import { arange, full } from '../../create.js';
import { IndexError, ShapeError, show } from '../../errors.js';
import { sameShape } from '../../shape.js';
import { Tensor } from '../../tensor.js';
import { type Reduction, reduceLoss } from './reduce.js';

/** ln 0, finite so that differences of two of them are numbers. */
const never = -1e30;

/** ln(eᵃ + eᵇ + eᶜ). */
function logAdd(...terms: readonly [Tensor, Tensor, Tensor]): Tensor {
  const peak = terms.reduce((p, q) => p.maximum(q)).detach();
  return terms
    .map((t) => t.sub(peak).exp())
    .reduce((p, q) => p.add(q))
    .log()
    .add(peak);
}

/** Options of `ctcLoss`. */
export interface CTCOptions {
  /** Index of the blank. Default 0. */
  blank?: number;
  /** `'mean'` divides each loss by its target's length first, as in PyTorch. Default `'mean'`. */
  reduction?: Reduction;
  /** Takes 0 for targets that do not fit into their input, instead of infinity. Default false. */
  zeroInfinity?: boolean;
}

/**
 * Connectionist temporal classification (Graves et al., 2006).
 * @param logProbabilities [n, time, classes] (batch first)
 * @param targets whole numbers [n, labels], without blanks; what lies beyond a length is ignored
 * @param inputLengths [n] @param targetLengths [n]
 */
export function ctcLoss(
  logProbabilities: Tensor,
  targets: Tensor,
  inputLengths: Tensor,
  targetLengths: Tensor,
  options: CTCOptions = {},
): Tensor {
  const { blank = 0, reduction = 'mean', zeroInfinity = false } = options;
  if (logProbabilities.rank !== 3 || targets.rank !== 2)
    throw new ShapeError(
      `ctcLoss: log-probabilities ${show(logProbabilities.shape)}, targets ${show(targets.shape)}`,
      'They are [batch, time, classes] and [batch, labels].',
    );
  const [n, time, classes] = logProbabilities.shape as [number, number, number];
  const labels = targets.shape[1]!;
  for (const [name, lengths, limit] of [
    ['inputLengths', inputLengths, time],
    ['targetLengths', targetLengths, labels],
  ] as const) {
    if (!sameShape(lengths.shape, [n]))
      throw new ShapeError(`ctcLoss: ${name} ${show(lengths.shape)}`, `They must be [${n}].`);
    const wrong = lengths.node.storage?.shared?.find((v) => v < 0 || v > limit);
    if (wrong !== undefined)
      throw new IndexError(`ctcLoss: ${name} contains ${wrong}`, `Lengths run from 0 to ${limit}.`);
  }
  if (blank < 0 || blank >= classes)
    throw new IndexError(`ctcLoss: blank ${blank} with ${classes} classes`, `It must be one of 0 to ${classes - 1}.`);
  const wrong = targets.node.storage?.shared?.find((v) => v < 0 || v >= classes);
  if (wrong !== undefined)
    throw new IndexError(`ctcLoss: label ${wrong} with ${classes} classes`, `Labels run from 0 to ${classes - 1}.`);

  // Labels with blanks between and around: [n, states].
  const states = 2 * labels + 1;
  const blanks = full([n, labels, 1], blank, { dtype: 'int32' });
  const path = Tensor.concat(
    [
      Tensor.concat([blanks, targets.int().unsqueeze(2)], 2).reshape(n, 2 * labels),
      full([n, 1], blank, { dtype: 'int32' }),
    ],
    1,
  );
  const shift = (t: Tensor, by: number, fill: number): Tensor => t.pad([by, 0], fill).narrow(1, 0, states);
  const skips = path.ne(blank).and(path.ne(shift(path, 2, blank)));
  const emitted = logProbabilities
    .gather(path.unsqueeze(1).expand(n, time, states), 2)
    .split(1, 1)
    .map((t) => t.squeeze(1)); // time × [n, states]

  let alpha = emitted[0]!.where(arange(states).lt(2).unsqueeze(0), never);
  for (let t = 1; t < time; t++) {
    const stay = alpha;
    const step = shift(alpha, 1, never);
    const skip = shift(alpha, 2, never).where(skips, never);
    const next = logAdd(stay, step, skip).add(emitted[t]!).maximum(never);
    alpha = next.where(inputLengths.gt(t).unsqueeze(1), alpha);
  }
  const end = targetLengths.int().mul(2).unsqueeze(1); // [n, 1]
  const last = alpha.gather(end, 1);
  const before = alpha.gather(end.sub(1).maximum(0), 1).where(end.gt(0), never);
  const likelihood = logAdd(last, before, full([n, 1], never, { dtype: alpha.dtype })).squeeze(1);
  const impossible = likelihood.lt(never / 2).or(inputLengths.eq(0).and(targetLengths.gt(0)));
  const losses = likelihood.neg().where(impossible.not(), zeroInfinity ? 0 : Number.POSITIVE_INFINITY);
  return reduction === 'mean'
    ? losses.div(targetLengths.maximum(1).to(losses.dtype)).mean()
    : reduceLoss(losses, reduction);
}
