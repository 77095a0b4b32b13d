// Node builders with broadcasting: what gradient rules and tensor methods are written in.
import type { DeviceMemory } from './device.js';
import { type DType, isFloat, promote } from './dtype.js';
import { DTypeError, ShapeError, show } from './errors.js';
import { make, type Node } from './graph.js';
import type { BinaryName, ReduceName, UnaryName } from './op-names.js';
import type { Attributes } from './ops.js';
import { autocastDType } from './precision.js';
import { broadcastShapes, type Shape, sameShape, sizeOf } from './shape.js';

/** A number repeated to `shape`. */
export const constant = (value: number, shape: Shape, dtype: DType): Node =>
  make('constant', [], { shape, dtype }, [value]);

/** The same value in the memory `to`. */
export function transfer(node: Node, to: DeviceMemory | null): Node {
  if (to === null || node.home === to) return node;
  const moved = make('transfer', [node]);
  moved.place = to;
  return moved;
}

/** The number that a node repeats, if it is a constant. */
const constantOf = (node: Node): number | undefined => (node.op === 'constant' ? node.scalars?.[0] : undefined);

export const cast = (node: Node, dtype: DType): Node => {
  if (node.dtype === dtype) return node;
  const value = constantOf(node);
  if (
    value !== undefined &&
    (isFloat(dtype) || (Number.isInteger(value) && dtype !== 'bool' && (dtype === 'int32' || value >= 0)))
  ) {
    return constant(value, node.shape, dtype);
  }
  return make('cast', [node], { dtype });
};

export const unary = (op: UnaryName, node: Node): Node => {
  if (isFloat(node.dtype) && op === 'not')
    throw new DTypeError(`not: operand is ${node.dtype}`, 'It takes bool (logical) or integers (bitwise).');
  if (node.dtype === 'bool' && op === 'neg')
    throw new DTypeError('neg: operand is bool', 'Use t.not(), or convert first: t.int().');
  if (!isFloat(node.dtype) && op === 'isnan') return constant(0, node.shape, 'bool');
  if (!isFloat(node.dtype) && (op === 'floor' || op === 'ceil' || op === 'round' || op === 'trunc')) return node;
  return make(op, [node]);
};

/** Both operands at their common shape. */
function broadcast(op: string, a: Node, b: Node): [Node, Node] {
  if (sameShape(a.shape, b.shape)) return [a, b];
  const shape = broadcastShapes(op, a.shape, b.shape);
  return [expandTo(a, shape), expandTo(b, shape)];
}

/** Broadcasts to `shape`, adding leading axes. */
export function expandTo(node: Node, shape: Shape): Node {
  if (sameShape(node.shape, shape)) return node;
  const value = constantOf(node);
  if (value !== undefined) return constant(value, shape, node.dtype);
  const lead = new Array<number>(shape.length - node.shape.length).fill(1);
  return expand(reshape(node, [...lead, ...node.shape]), shape);
}

const kindOf = (dtype: DType): 'bool' | 'whole' | 'real' =>
  isFloat(dtype) ? 'real' : dtype === 'bool' ? 'bool' : 'whole';

/** The dtype of two operands: the wider; but one number does not widen a tensor with axes of its own kind, as in PyTorch. */
function together(a: Node, b: Node): DType {
  const [p, q] = [a.shape.length, b.shape.length];
  if ((p === 0) === (q === 0) || kindOf(a.dtype) !== kindOf(b.dtype)) return promote(a.dtype, b.dtype);
  return p === 0 ? b.dtype : a.dtype;
}

/** Elementwise with broadcasting; see `together` for the dtype of the result. */
export function binary(op: BinaryName, a: Node, b: Node): Node {
  if (a.dtype === b.dtype && a.dtype !== 'bool' && sameShape(a.shape, b.shape)) return make(op, [a, b]);
  const dtype = together(a, b);
  const [p, q] = broadcast(op, cast(a, dtype), cast(b, dtype));
  return make(dtype === 'bool' ? logical(op) : op, [p, q]);
}

/** What an arithmetic operation means for booleans, as in PyTorch: sums are or, products and. */
function logical(op: BinaryName): BinaryName {
  switch (op) {
    case 'add':
    case 'max':
      return 'or';
    case 'mul':
    case 'min':
      return 'and';
    case 'sub':
    case 'div':
    case 'pow':
    case 'mod':
    case 'atan2':
    case 'shl':
    case 'shr':
      throw new DTypeError(
        `${op}: both operands are bool`,
        "Convert one first: t.to('int32'); or use and, or, xor, not.",
      );
    default:
      return op;
  }
}

export const add = (a: Node, b: Node): Node =>
  constantOf(b) === 0 && a.dtype === promote(a.dtype, b.dtype) && sameShape(a.shape, b.shape) ? a : binary('add', a, b);
export const sub = (a: Node, b: Node): Node => binary('sub', a, b);
export const mul = (a: Node, b: Node): Node => {
  if (sameShape(a.shape, b.shape)) {
    const dtype = promote(a.dtype, b.dtype);
    if (constantOf(b) === 1 && a.dtype === dtype) return a;
    if (constantOf(a) === 1 && b.dtype === dtype) return b;
  }
  return binary('mul', a, b);
};
export const div = (a: Node, b: Node): Node => binary('div', a, b);
export const neg = (a: Node): Node => unary('neg', a);
export const less = (a: Node, b: Node): Node => binary('lt', a, b);
export const equal = (a: Node, b: Node): Node => binary('eq', a, b);

/** Chooses from a where the bool `condition` holds, else from b; all three broadcast. */
export function where(condition: Node, a: Node, b: Node): Node {
  const dtype = together(a, b);
  const [p, q] = broadcast('where', cast(a, dtype), cast(b, dtype));
  const shape = broadcastShapes('where', condition.shape, p.shape);
  return make('where', [expandTo(cast(condition, 'bool'), shape), expandTo(p, shape), expandTo(q, shape)]);
}

export function reshape(node: Node, shape: Shape): Node {
  if (sameShape(node.shape, shape)) return node;
  const value = constantOf(node);
  if (value !== undefined) return constant(value, shape, node.dtype);
  if (sizeOf(shape) !== sizeOf(node.shape)) {
    throw new ShapeError(
      `reshape: ${show(node.shape)} has ${sizeOf(node.shape)} elements and ${show(shape)} has ${sizeOf(shape)}`,
      'The products must be equal; one length may be -1 to be worked out.',
    );
  }
  // Not through a detach or a custom gradient, which are reshapes that gradients must see.
  const inner = node.inputs[0];
  if (node.op === 'reshape' && inner && !node.storage && !node.custom && node.tracked === inner.tracked)
    return reshape(inner, shape);
  return make('reshape', [node], { shape });
}

export const permute = (node: Node, axes: readonly number[]): Node =>
  axes.every((axis, i) => axis === i) ? node : make('permute', [node], { axes });

/** Swaps the last two axes. */
export const swapLast = (node: Node): Node => {
  const axes = node.shape.map((_, i) => i);
  const n = axes.length;
  [axes[n - 2], axes[n - 1]] = [n - 1, n - 2];
  return permute(node, axes);
};

/** Repeats axes of length 1; the rank stays. */
export const expand = (node: Node, shape: Shape): Node => {
  if (sameShape(node.shape, shape)) return node;
  const value = constantOf(node);
  return value !== undefined ? constant(value, shape, node.dtype) : make('expand', [node], { shape });
};

/** shape[d] elements from start[d] in steps of step[d]. */
export const slice = (node: Node, start: readonly number[], step: readonly number[], shape: Shape): Node =>
  sameShape(shape, node.shape) && start.every((s) => s === 0) && step.every((s) => s === 1)
    ? node
    : make('slice', [node], { start, step, shape });

export const flip = (node: Node, axes: readonly number[]): Node =>
  slice(
    node,
    node.shape.map((n, i) => (axes.includes(i) ? n - 1 : 0)),
    node.shape.map((_, i) => (axes.includes(i) ? -1 : 1)),
    node.shape,
  );

/** Pads with `value`; negative amounts crop, and then only crop. */
export function pad(node: Node, low: readonly number[], high: readonly number[], value = 0): Node {
  const zero = (v: number): boolean => v === 0;
  if (low.every(zero) && high.every(zero)) return node;
  let inner = node;
  if (low.some((v) => v < 0) || high.some((v) => v < 0)) {
    const start = low.map((v) => Math.max(0, -v));
    const shape = node.shape.map((n, i) => n - start[i]! - Math.max(0, -high[i]!));
    inner = slice(
      node,
      start,
      node.shape.map(() => 1),
      shape,
    );
  }
  const lows = low.map((v) => Math.max(0, v));
  const highs = high.map((v) => Math.max(0, v));
  return lows.every(zero) && highs.every(zero) ? inner : make('pad', [inner], { low: lows, high: highs, value });
}

export const reduce = (op: ReduceName, node: Node, axes: readonly number[]): Node =>
  axes.length === 0 && op !== 'argmax' && op !== 'argmin' ? node : make(op, [node], { axes });

/** The factors of a product, as `autocast` wants them. */
export function factors(a: Node, b: Node): [Node, Node] {
  const to = autocastDType();
  return to && a.dtype === 'float32' && b.dtype === 'float32' ? [cast(a, to), cast(b, to)] : [a, b];
}

/** Matrix product of operands whose batch axes are already equal. */
export const matmul = (a: Node, b: Node): Node => make('matmul', [a, b]);

export const windowOf = (node: Node, kernel: Shape, a: Attributes): Node =>
  make('window', [node], {
    kernel,
    ...(a.stride && { stride: a.stride }),
    ...(a.dilation && { dilation: a.dilation }),
  });

export const fold = (node: Node, shape: Shape, a: Attributes): Node =>
  make('fold', [node], {
    shape,
    ...(a.kernel && { kernel: a.kernel }),
    ...(a.stride && { stride: a.stride }),
    ...(a.dilation && { dilation: a.dilation }),
  });

export const gather = (node: Node, index: Node, axis: number): Node => make('gather', [node, index], { axis });
export const scatterAdd = (node: Node, index: Node, axis: number, shape: Shape): Node =>
  make('scatterAdd', [node, index], { axis, shape });

/** [g·a, b, …] → [g·b, a, …] with each group's two leading axes swapped. */
function swapGrouped(node: Node, groups: number): Node {
  const [outer, inner, ...rest] = node.shape as [number, number, ...number[]];
  const each = outer / groups;
  const split = reshape(node, [groups, each, inner, ...rest]);
  const swapped = permute(split, [0, 2, 1, ...rest.map((_, i) => i + 3)]);
  return reshape(swapped, [groups * inner, each, ...rest]);
}

const ones = (n: number): number[] => new Array<number>(n).fill(1);
const zeros = (n: number): number[] => new Array<number>(n).fill(0);

interface Geometry {
  stride: readonly number[];
  low: readonly number[];
  dilation: readonly number[];
  inputDilation: readonly number[];
  groups: number;
}

function geometry(node: Node): Geometry {
  const rank = node.shape.length - 2;
  const a = node.attributes;
  return {
    stride: a.stride ?? ones(rank),
    low: a.low ?? zeros(rank),
    dilation: a.dilation ?? ones(rank),
    inputDilation: a.inputDilation ?? ones(rank),
    groups: a.groups ?? 1,
  };
}

/** The full correlation of g with the flipped, channel-swapped weights: itself a convolution. */
export function convGradientInput(node: Node, g: Node): Node {
  const [input, weight] = node.inputs as [Node, Node];
  const { stride, low, dilation, inputDilation, groups } = geometry(node);
  const spatial = input.shape.slice(2);
  const reach = spatial.map((_, i) => (weight.shape[i + 2]! - 1) * dilation[i]!);
  const lowBack = reach.map((r, i) => r - low[i]!);
  const highBack = spatial.map((n, i) => {
    const dilatedInput = (n - 1) * inputDilation[i]! + 1;
    const dilatedOutput = (node.shape[i + 2]! - 1) * stride[i]! + 1;
    return dilatedInput + reach[i]! - lowBack[i]! - dilatedOutput;
  });
  const kernel = flip(
    swapGrouped(weight, groups),
    spatial.map((_, i) => i + 2),
  );
  return make('conv', [g, kernel], {
    stride: inputDilation,
    inputDilation: stride,
    dilation,
    low: lowBack,
    high: highBack,
    groups,
  });
}

/** The correlation of the input with g, channels and batch swapped: itself a convolution. */
export function convGradientWeight(node: Node, g: Node): Node {
  const [input, weight] = node.inputs as [Node, Node];
  const { stride, low, dilation, inputDilation, groups } = geometry(node);
  const spatial = input.shape.slice(2);
  const axes = spatial.map((_, i) => i + 2);
  const [batch, channels] = input.shape as [number, number, ...number[]];
  const high = spatial.map((n, i) => {
    const dilatedInput = (n - 1) * inputDilation[i]! + 1;
    const dilatedOutput = (node.shape[i + 2]! - 1) * stride[i]! + 1;
    return (weight.shape[i + 2]! - 1) * dilation[i]! + dilatedOutput - dilatedInput - low[i]!;
  });
  // [n, g·c, …] → [c, g·n, …]: the batch becomes the channels of each group.
  const perGroup = reshape(input, [batch, groups, channels / groups, ...spatial]);
  const turned = reshape(permute(perGroup, [2, 1, 0, ...axes.map((i) => i + 1)]), [
    channels / groups,
    groups * batch,
    ...spatial,
  ]);
  const kernel = permute(g, [1, 0, ...axes]);
  const correlation = make('conv', [turned, kernel], {
    stride: dilation,
    dilation: stride,
    inputDilation,
    low,
    high,
    groups,
  });
  return permute(correlation, [1, 0, ...axes]);
}

/** The wider of two dtypes. */
export const widest = promote;
/** Both nodes at their common dtype. */
export function meet(a: Node, c: Node): [Node, Node] {
  const dtype = promote(a.dtype, c.dtype);
  return [cast(a, dtype), cast(c, dtype)];
}
