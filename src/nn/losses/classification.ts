// In: logits or log-probabilities and labels. Out: how surprised the model is by the labels, in nats.
import { customGradient } from '../../autograd.js';
import { arange, full, ones } from '../../create.js';
import { isFloat } from '../../dtype.js';
import { DTypeError, IndexError, ShapeError, show, ValueError } from '../../errors.js';
import { ops } from '../../ops.js';
import { type Shape, sameShape } from '../../shape.js';
import type { Tensor } from '../../tensor.js';
import type * as t from '../../types/index.js';
import { checkSame, type LossOptions, reduceLoss } from './reduce.js';

/** Options of `crossEntropy` and `nllLoss`. */
export interface LabelOptions extends LossOptions {
  /** Weight of each class, [classes]; the mean is then weighted too. */
  weight?: Tensor;
  /** A label that does not count. Default −100, as PyTorch's. */
  ignoreIndex?: number;
}
/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends LabelOptions {
  /** Share of the target spread evenly over all classes, 0 to 1. Default 0. */
  labelSmoothing?: number;
}

/** Axis 1 holds the classes, or the only axis. */
const classAxis = (scores: Tensor): number => (scores.rank === 1 ? 0 : 1);

function place(index: number, shape: Shape): string {
  const at: number[] = [];
  for (let i = shape.length - 1, rest = index; i >= 0; i--) {
    at.unshift(rest % shape[i]!);
    rest = Math.floor(rest / shape[i]!);
  }
  return at.length === 0 ? 'the label' : `label [${at.join(', ')}]`;
}

/** Views and casts of numbers that are in memory are brought there too: that costs little, and lets labels be checked now. */
function bringToMemory(labels: Tensor): void {
  let node = labels.node;
  while (!node.storage && node.inputs.length === 1 && (ops[node.op].kind === 'view' || node.op === 'cast'))
    node = node.inputs[0]!;
  if (node.storage) labels.eval();
}

/** Throws IndexError for the first label outside 0 … classes − 1, where the labels are in memory. */
function checkRange(loss: string, labels: Tensor, classes: number, ignoreIndex: number | undefined): void {
  bringToMemory(labels);
  const values = labels.node.storage?.shared;
  if (!values) return;
  for (let i = 0; i < values.length; i++) {
    const label = values[i]!;
    if ((label >= 0 && label < classes) || label === ignoreIndex) continue;
    throw new IndexError(
      `${loss}: ${place(i, labels.shape)} is ${label}, but the scores have ${classes} classes`,
      `Labels run from 0 to ${classes - 1}; ${label < 0 ? 'pass { ignoreIndex } (−100 by default) for labels that do not count' : label === classes ? 'labels that start at 1 want .sub(1)' : 'give the last layer more outputs'}.`,
    );
  }
}

/** PyTorch's label for what does not count. */
const ignoredByDefault = -100;

/** The label that does not count, if labels may hold it: those in memory are looked through, so that none costs nothing. */
function ignoredLabel(labels: Tensor, { ignoreIndex }: LabelOptions): number | undefined {
  const ignored = ignoreIndex ?? ignoredByDefault;
  bringToMemory(labels);
  const values = labels.node.storage?.shared;
  return ignoreIndex !== undefined || !values || values.includes(ignored) ? ignored : undefined;
}

function checkLabels(loss: string, scores: Tensor, labels: Tensor, ignoreIndex: number | undefined): void {
  const axis = classAxis(scores);
  const wanted = scores.shape.filter((_, i) => i !== axis);
  if (scores.rank === 0 || !sameShape(labels.shape, wanted)) {
    throw new ShapeError(
      `${loss}: scores ${show(scores.shape)}, labels ${show(labels.shape)}`,
      `Scores are [batch, classes, …] and labels [batch, …], so labels of shape ${show(wanted)} fit; sequences [batch, time, classes] want .transpose(1, 2) or .flatten(0, 1).`,
    );
  }
  checkRange(loss, labels, scores.shape[axis]!, ignoreIndex);
}

/**
 * The scores at the labels. Labels that were in memory have been checked and become a mask that fuses with what surrounds it;
 * computed ones are gathered, which checks them on the device.
 */
function pick(scores: Tensor, labels: Tensor, checked: boolean): Tensor {
  const axis = classAxis(scores);
  const at = labels.unsqueeze(axis);
  if (!checked) return scores.gather(at, axis).squeeze(axis);
  const classes = arange(scores.shape[axis]!).reshape(scores.shape.slice(axis).map((n, i) => (i === 0 ? n : 1)));
  return scores.where(at.eq(classes), 0).sum(axis);
}

function checkWeight(loss: string, weight: Tensor | undefined, classes: number): void {
  if (weight && !sameShape(weight.shape, [classes])) {
    throw new ShapeError(
      `${loss}: class weights ${show(weight.shape)}`,
      `They must be [${classes}], one for each class.`,
    );
  }
}

/** sum / total; where nothing counts NaN, whose gradient is 0 as in PyTorch. */
function shareOf(sum: Tensor, total: Tensor): Tensor {
  const counts = total.ne(0);
  return sum.div(total.where(counts, 1)).where(counts, Number.NaN);
}

/** Reduces losses of labelled elements: ignored ones count nothing, the mean is divided by the weights of the labels. */
function reduceLabelled(
  losses: Tensor,
  labels: Tensor,
  { weight, reduction }: LabelOptions,
  ignoreIndex: number | undefined,
): Tensor {
  if (!weight && ignoreIndex === undefined) return reduceLoss(losses, reduction);
  let share = weight
    ? weight.take(ignoreIndex === undefined ? labels : labels.where(labels.ne(ignoreIndex), 0))
    : ones(losses.shape, { dtype: losses.dtype });
  if (ignoreIndex !== undefined) share = share.where(labels.ne(ignoreIndex), 0);
  if (reduction === 'mean' || reduction === undefined) return shareOf(losses.mul(share).sum(), share.sum());
  return reduceLoss(losses.mul(share), reduction);
}

/**
 * Negative log-likelihood of labels: −logProbabilities at the label.
 * @param logProbabilities [n, classes, …], for example from `logSoftmax(1)`.
 * @param labels [n, …] whole numbers.
 * @throws ShapeError, DTypeError, and IndexError for a label outside the classes.
 */
export function nllLoss<S extends Tensor, T extends Tensor>(
  logProbabilities: S,
  labels: t.LabelsFor<'nllLoss', S, T>,
  options?: LabelOptions,
): Tensor;
export function nllLoss(logProbabilities: Tensor, labels: Tensor, options: LabelOptions = {}): Tensor {
  if (isFloat(labels.dtype))
    throw new DTypeError(`nllLoss: labels are ${labels.dtype}`, "Labels are whole numbers: labels.to('int32').");
  const ignoreIndex = ignoredLabel(labels, options);
  checkLabels('nllLoss', logProbabilities, labels, ignoreIndex);
  checkWeight('nllLoss', options.weight, logProbabilities.shape[classAxis(logProbabilities)]!);
  const safe = ignoreIndex === undefined ? labels : labels.where(labels.ne(ignoreIndex), 0);
  const losses = pick(logProbabilities, safe, labels.node.storage !== null).neg();
  return reduceLabelled(losses, labels, options, ignoreIndex);
}

/**
 * Cross-entropy of logits, in nats: −Σ target · ln softmax(logits).
 * @param logits [n, classes, …] (or [classes]).
 * @param target whole-number labels [n, …], or probabilities in the shape of the logits.
 * @throws ShapeError, DTypeError, and IndexError that names the first label outside the classes.
 */
export function crossEntropy<S extends Tensor, T extends Tensor>(
  logits: S,
  target: t.LabelsFor<'crossEntropy', S, T>,
  options?: CrossEntropyOptions,
): Tensor;
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing = 0, weight, reduction } = options;
  if (!isFloat(logits.dtype))
    throw new DTypeError(
      `crossEntropy: logits are ${logits.dtype}`,
      'Pass the real-valued scores of the last layer, before any softmax.',
    );
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
    throw new ValueError(`crossEntropy: labelSmoothing = ${labelSmoothing}`, 'It must lie between 0 and 1.');
  const axis = classAxis(logits);
  const classes = logits.shape[axis] ?? 0;
  checkWeight('crossEntropy', weight, classes);
  const along = (t: Tensor): Tensor => t.reshape(logits.shape.slice(axis).map((n, i) => (i === 0 ? n : 1)));
  if (isFloat(target.dtype)) {
    if (!sameShape(logits.shape, target.shape)) {
      throw new DTypeError(
        `crossEntropy: target ${target.dtype}${show(target.shape)} for logits ${show(logits.shape)}`,
        `Real numbers are probabilities and have the shape of the logits; labels are whole numbers: target.to('int32').`,
      );
    }
    const smooth = labelSmoothing > 0 ? target.mul(1 - labelSmoothing).add(labelSmoothing / classes) : target;
    const surprise = smooth.mul(logits.logSoftmax(axis));
    const losses = (weight ? surprise.mul(along(weight)) : surprise).sum(axis).neg();
    return reduction === undefined || reduction === 'mean'
      ? losses.sum().div(losses.size)
      : reduceLoss(losses, reduction);
  }
  const ignoreIndex = ignoredLabel(target, options);
  checkLabels('crossEntropy', logits, target, ignoreIndex);
  const labels = ignoreIndex === undefined ? target : target.where(target.ne(ignoreIndex), 0);
  // −ln softmax = ln Σ e^(z − max) − (z − max)[label]: one row for the fuser, exact for large logits.
  const shifted = logits.sub(logits.max(axis, true).detach());
  const normaliser = shifted.exp().sum(axis).log();
  const losses = normaliser.sub(pick(shifted, labels, target.node.storage !== null));
  const hard = reduceLabelled(losses, target, options, ignoreIndex);
  if (labelSmoothing === 0) return hard;
  const each = normaliser.unsqueeze(axis).sub(shifted);
  const spread = (weight ? each.mul(along(weight)) : each).sum(axis).mul(labelSmoothing / classes);
  const counted = ignoreIndex === undefined ? spread : spread.where(target.ne(ignoreIndex), 0);
  return hard.mul(1 - labelSmoothing).add(spreadLoss(counted, target, labels, options, ignoreIndex));
}

/** The smoothed part, divided like the hard part: by the weights of the labels where there are any. */
function spreadLoss(
  losses: Tensor,
  target: Tensor,
  labels: Tensor,
  { weight, reduction = 'mean' }: LabelOptions,
  ignoreIndex: number | undefined,
): Tensor {
  if (reduction !== 'mean') return reduceLoss(losses, reduction);
  if (!weight && ignoreIndex === undefined) return losses.mean();
  const share = weight ? weight.take(labels) : ones(losses.shape, { dtype: losses.dtype });
  const counted = ignoreIndex === undefined ? share : share.where(target.ne(ignoreIndex), 0);
  return shareOf(losses.sum(), counted.sum());
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryOptions extends LossOptions {
  /** Weight of each element, broadcast. */
  weight?: Tensor;
  /** Weight of the positive class, broadcast: above 1 favours recall. */
  positiveWeight?: Tensor | number;
}

/**
 * Cross-entropy of independent yes/no targets, from logits: −y·ln σ(z) − (1 − y)·ln(1 − σ(z)), without overflow.
 * @param logits any shape. @param target 0 … 1, the same shape.
 */
export function binaryCrossEntropyWithLogits<P extends Tensor, T extends Tensor>(
  logits: P,
  target: t.TargetFor<'binaryCrossEntropyWithLogits', P, T>,
  options?: BinaryOptions,
): Tensor;
export function binaryCrossEntropyWithLogits(logits: Tensor, target: Tensor, options: BinaryOptions = {}): Tensor {
  checkSame('binaryCrossEntropyWithLogits', logits, target);
  const y = target.to(logits.dtype);
  // By halves instead of |z| and max(z, 0), whose second derivatives at 0 are those of a kink.
  const right = logits.gt(0);
  const tail = logits.neg().where(right, logits).exp().log1p();
  let losses: Tensor;
  if (options.positiveWeight === undefined) losses = logits.where(right, 0).sub(logits.mul(y)).add(tail);
  else {
    const scale = y
      .mul(typeof options.positiveWeight === 'number' ? options.positiveWeight - 1 : options.positiveWeight.sub(1))
      .add(1);
    losses = y
      .neg()
      .add(1)
      .mul(logits)
      .add(scale.mul(tail.add(full([], 0, { dtype: logits.dtype }).where(right, logits.neg()))));
  }
  return reduceLoss(options.weight ? losses.mul(options.weight) : losses, options.reduction);
}

/**
 * Cross-entropy of independent yes/no targets, from probabilities; logarithms stop at −100 as in PyTorch.
 * Prefer `binaryCrossEntropyWithLogits`, which loses no digits.
 */
export function binaryCrossEntropy(
  probabilities: Tensor,
  target: Tensor,
  options: LossOptions & { weight?: Tensor } = {},
): Tensor {
  checkSame('binaryCrossEntropy', probabilities, target);
  const losses = surprise(probabilities, target.to(probabilities.dtype));
  return reduceLoss(options.weight ? losses.mul(options.weight) : losses, options.reduction);
}
/** ln t, at least −100. */
const boundedLog = (t: Tensor): Tensor => t.log().maximum(-100);
/** −y·ln p − (1 − y)·ln(1 − p) and its slope (p − y)/(p·(1 − p)), both finite at 0 and 1: PyTorch's bounds, −100 and 1e-12. */
const surprise = customGradient(
  (p, y) => {
    const no = p.neg().add(1);
    return y
      .mul(boundedLog(p))
      .add(y.neg().add(1).mul(boundedLog(no)))
      .neg();
  },
  (g, p, y) => {
    const no = p.neg().add(1);
    return [g.mul(p.sub(y)).div(p.mul(no).maximum(1e-12)), g.mul(boundedLog(no).sub(boundedLog(p)))];
  },
);
