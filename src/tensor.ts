// The tensor: a lazy, immutable handle on a node of the graph, with PyTorch's names.
import { awaitLoss } from './boundary.js';
import * as b from './build.js';
import { currentDevice, type DeviceMemory, type DeviceName, deviceNames, isDevice, memoryOf } from './device.js';
import { tensorBundle, tensorText } from './display/tensor-view.js';
import { bytesPerElement, checkDType, type DType, isFloat, isHalf, type TypedArray } from './dtype.js';
import { DTypeError, GradientError, IndexError, ShapeError, show, ValueError } from './errors.js';
import { evaluate, retire } from './evaluate.js';
import { backward, watchGradient } from './grad.js';
import { leaf, make, type Node, type Variable, withRecording } from './graph.js';
import { type Index, readIndex } from './indexing.js';
import type { BinaryName, ReduceName, UnaryName } from './op-names.js';
import { convSpatial } from './ops.js';
import {
  broadcastShapes,
  checkAxes,
  checkAxis,
  checkExtent,
  checkShape,
  checkWhole,
  type Shape,
  sameShape,
  sizeOf,
} from './shape.js';
import { watching } from './trace.js';
import type * as t from './types/index.js';

/** What the elementwise methods take beside a tensor: a number or a boolean, broadcast to every element. */
export type Operand = Tensor | number | boolean;
/** One axis or several; negative ones count from the end. */
export type Axes = number | readonly number[];
/** Numbers nested as deep as the tensor has axes. */
export type Nested = number | Nested[];
/** A length for every spatial axis, or one for all. */
export type Extent = number | readonly number[];

/** Options of convolutions; each a number for all spatial axes or one number an axis. */
export interface ConvOptions<
  Stride extends Extent = Extent,
  Padding extends Extent | 'same' = Extent | 'same',
  Dilation extends Extent = Extent,
  Groups extends number = number,
> {
  /** Step between windows. Default 1. */
  stride?: Stride;
  /** Zeros added on both sides, or `'same'` so that the output has ⌈length / stride⌉ positions. Default 0. */
  padding?: Padding;
  /** Distance between kernel elements. Default 1. */
  dilation?: Dilation;
  /** Splits channels into independent groups. Default 1. */
  groups?: Groups;
}
/** Options of pooling. */
export interface PoolOptions<
  Stride extends Extent = Extent,
  Padding extends Extent = Extent,
  Dilation extends Extent = Extent,
> {
  /** Step between windows. Default: the kernel's size. */
  stride?: Stride;
  /** Positions added on both sides: −∞ for maxima, zeros for means. Default 0. */
  padding?: Padding;
  /** Distance between window elements. Default 1. */
  dilation?: Dilation;
  /** Whether means count the padding's zeros as elements; maxima never do. Default true. */
  countIncludePad?: boolean;
}

/** Elements in order, with the indices (int32) that they had. */
export interface Ordered<S extends Shape = Shape> {
  values: Tensor<S>;
  indices: Tensor<S>;
}

declare const lengths: unique symbol;

/**
 * An array of numbers of one dtype. Operations describe new tensors; nothing is computed until a value is asked for
 * (`await t.data()`, `t.item()`, display). Tensors never change and never need to be freed.
 *
 * `S` is the shape where the compiler can know it: `Tensor<[64, 784]>`. A length that it cannot know is `number`, an
 * unknown number of axes `Shape`; both go along with everything, and what they turn out to be is checked when it runs.
 */
export class Tensor<S extends Shape = Shape> {
  /** The lengths of the axes, for the compiler only. @internal */
  declare readonly [lengths]: t.Phantom<S>;
  /** The described value. @internal */
  node: Node;
  /** The gradient collected by `backward()`, for leaves that require one. */
  grad: Tensor<S> | null = null;

  /** @internal */
  constructor(node: Node) {
    this.node = node;
    node.handles++;
  }

  /** Lengths of the axes. */
  get shape(): Shape {
    return this.node.shape;
  }
  /** Element type. */
  get dtype(): DType {
    return this.node.dtype;
  }
  /** Number of axes. */
  get rank(): number {
    return this.node.shape.length;
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.node.shape);
  }
  /** Bytes that the elements take by their dtype. */
  get bytes(): number {
    return this.size * (isHalf(this.dtype) ? 2 : bytesPerElement(this.dtype));
  }
  /** True where `backward()` will reach: leaves that ask for it and what is computed from them. */
  get requiresGrad(): boolean {
    return this.node.tracked;
  }

  // — values —

  /** Computes the value and returns its elements, row-major, as a fresh array (bool as 0 and 1). */
  async data(): Promise<TypedArray> {
    evaluate([this.node]);
    const { shared, home, memory } = this.node.storage!;
    return shared ? shared.slice() : home.readLater(memory, this.dtype);
  }
  /** As `data()`, at once: on a GPU, the program waits for it. */
  dataSync(): TypedArray {
    evaluate([this.node]);
    return this.node.storage!.copy();
  }
  /** The number in a tensor of one element. */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        `item: the tensor has shape ${show(this.shape)}`,
        'It takes one element; index or reduce first, or use t.toArray().',
      );
    }
    evaluate([this.node]);
    return this.node.storage!.array[0]!;
  }
  /** The elements as nested arrays (bool as 0 and 1); a number for a scalar. */
  toArray(): Nested {
    const flat = this.dataSync();
    const build = (axis: number, from: number, span: number): Nested => {
      if (axis === this.rank) return flat[from]!;
      const step = span / this.shape[axis]!;
      return Array.from({ length: this.shape[axis]! }, (_, i) => build(axis + 1, from + i * step, step));
    };
    return build(0, 0, flat.length);
  }
  /** Computes the value now and keeps it. Returns the tensor. */
  eval(): this {
    evaluate([this.node]);
    return this;
  }

  // — gradients —

  /**
   * Adds the gradient of this tensor with respect to every leaf that requires one to the leaf's `grad`.
   * @param gradient weight of each element; may be left out for a single element.
   * @param options `retainGraph` allows another call on the same graph; `createGraph` makes the gradients differentiable.
   * @throws GradientError when nothing requires a gradient, the tensor is not one number, or the graph was used already.
   */
  backward(gradient?: Tensor, options: { retainGraph?: boolean; createGraph?: boolean } = {}): void {
    const { createGraph = false, retainGraph = createGraph } = options;
    withRecording(createGraph, () => backward(this.node, gradient?.node ?? null, retainGraph));
    awaitLoss(this);
  }
  /**
   * Shows `look` the gradient of this tensor as each `backward()` passes it; a tensor that `look` returns takes its place.
   * @returns a function that ends this.
   * @throws GradientError when the tensor does not require a gradient; ShapeError (in `backward`) for a return of another shape.
   */
  onGradient(look: (gradient: Tensor) => unknown): () => void {
    requireGradient('onGradient', this);
    return watchGradient(this instanceof Parameter ? this : this.node, (g) => {
      const instead = look(new Tensor(g));
      if (!(instead instanceof Tensor)) return g;
      if (!sameShape(instead.shape, g.shape))
        throw new ShapeError(
          `onGradient: a gradient of shape ${show(g.shape)} became one of shape ${show(instead.shape)}`,
          'Shapes of gradients stay.',
        );
      return b.cast(instead.node, g.dtype);
    });
  }
  /** Keeps the gradient of this tensor in `grad` at each `backward()`, as parameters do. Returns the tensor. */
  retainGrad(): this {
    if (this instanceof Parameter) return this;
    this.onGradient((gradient) => {
      this.grad = this.grad ? new Tensor(b.add(this.grad.node, gradient.node)) : gradient;
      awaitLoss(this.grad);
    });
    return this;
  }
  /** The same value, cut off from its history; of a parameter, its present value. */
  detach(): Tensor<S> {
    const node = this.node;
    if (!node.tracked) return this instanceof Parameter ? new Tensor(node) : this;
    return withRecording(false, () => new Tensor(make('reshape', [node], { shape: node.shape })));
  }

  // — elementwise —

  #lift(other: Operand): Node {
    if (other instanceof Tensor) return other.node;
    return scalarNode(other, this.dtype);
  }
  #binary(op: BinaryName, other: Operand): Tensor {
    return new Tensor(b.binary(op, this.node, this.#lift(other)));
  }
  #unary(op: UnaryName): Tensor<S> {
    return new Tensor(b.unary(op, this.node));
  }
  #float(op: UnaryName): Tensor<S> {
    return new Tensor(b.unary(op, floating(this.node)));
  }

  /** this + other, broadcast. */
  add<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'add', T, U>): Tensor<t.Both<T, U>>;
  add(this: Tensor, other: Operand): Tensor {
    return new Tensor(b.add(this.node, this.#lift(other)));
  }
  /** this − other, broadcast. */
  sub<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'sub', T, U>): Tensor<t.Both<T, U>>;
  sub(this: Tensor, other: Operand): Tensor {
    return this.#binary('sub', other);
  }
  /** this · other, element by element, broadcast. */
  mul<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'mul', T, U>): Tensor<t.Both<T, U>>;
  mul(this: Tensor, other: Operand): Tensor {
    return new Tensor(b.mul(this.node, this.#lift(other)));
  }
  /** this / other, broadcast; integers divide to float32. */
  div<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'div', T, U>): Tensor<t.Both<T, U>>;
  div(this: Tensor, other: Operand): Tensor {
    return new Tensor(b.div(floating(this.node), floating(this.#lift(other))));
  }
  /** ⌊this / other⌋, broadcast. Whole numbers divided by 0 give 0, where PyTorch stops: values are known too late to stop here. */
  floorDivide<T extends Tensor, U extends Tensor = t.Scalar>(
    this: T,
    other: t.Other<'floorDivide', T, U>,
  ): Tensor<t.Both<T, U>>;
  floorDivide(this: Tensor, other: Operand): Tensor {
    const [p, q] = [this.node, this.#lift(other)];
    if (isFloat(p.dtype) || isFloat(q.dtype)) return new Tensor(b.unary('floor', b.div(p, q)));
    // The quotient is cut off towards 0: one less where a remainder lies on the other side.
    const zero = b.constant(0, [], 'int32');
    const apart = b.binary('xor', b.less(p, zero), b.less(q, zero));
    const rest = b.binary('ne', b.binary('mod', p, q), zero);
    return new Tensor(b.sub(b.div(p, q), b.binary('and', apart, rest)));
  }
  /** Remainder with the sign of the divisor. Of whole numbers divided by 0 it is the dividend. */
  mod<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'mod', T, U>): Tensor<t.Both<T, U>>;
  mod(this: Tensor, other: Operand): Tensor {
    return this.#binary('mod', other);
  }
  /** this to the power of other, broadcast. */
  pow<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'pow', T, U>): Tensor<t.Both<T, U>>;
  pow(this: Tensor, other: Operand): Tensor {
    if (this.dtype === 'bool' && (typeof other === 'number' || other === true)) return this.int().pow(other);
    if (typeof other === 'number' && other < 0 && Number.isInteger(other) && !isFloat(this.dtype))
      throw new DTypeError(
        `pow: ${this.dtype} to the power of ${other} is no integer`,
        'Convert first: t.float().pow(…), or use t.reciprocal().',
      );
    if (other === 2) return this.mul(this);
    if (other === 1) return this;
    if (other === 0.5) return this.sqrt();
    return this.#binary('pow', other);
  }
  /** this². */
  square(): Tensor<S>;
  square(this: Tensor): Tensor {
    return this.pow(2);
  }
  /** The larger of each pair; NaN wins. */
  maximum<T extends Tensor, U extends Tensor = t.Scalar>(
    this: T,
    other: t.Other<'maximum', T, U>,
  ): Tensor<t.Both<T, U>>;
  maximum(this: Tensor, other: Operand): Tensor {
    return this.#binary('max', other);
  }
  /** The smaller of each pair; NaN wins. */
  minimum<T extends Tensor, U extends Tensor = t.Scalar>(
    this: T,
    other: t.Other<'minimum', T, U>,
  ): Tensor<t.Both<T, U>>;
  minimum(this: Tensor, other: Operand): Tensor {
    return this.#binary('min', other);
  }
  /** The angle of the point (x = other, y = this), in radians. */
  atan2<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'atan2', T, U>): Tensor<t.Both<T, U>>;
  atan2(this: Tensor, other: Operand): Tensor {
    return new Tensor(b.binary('atan2', floating(this.node), floating(this.#lift(other))));
  }
  /** Limits values to [low, high]; either may be left out as undefined. The gradient at a limit is 1, outside and at NaN 0. */
  clamp(low?: number, high?: number): Tensor<S>;
  clamp(this: Tensor, low?: number, high?: number): Tensor {
    let out: Tensor = this;
    if (low !== undefined) out = out.where(out.ge(low), out.detach().maximum(low));
    if (high !== undefined) out = out.where(out.le(high), out.detach().minimum(high));
    return out;
  }
  /** −this. */
  neg(): Tensor<S> {
    return this.#unary('neg');
  }
  abs(): Tensor<S> {
    return this.#unary('abs');
  }
  /** −1, 0 or 1. */
  sign(): Tensor<S> {
    return this.#unary('sign');
  }
  exp(): Tensor<S> {
    return this.#float('exp');
  }
  /** Natural logarithm. */
  log(): Tensor<S> {
    return this.#float('log');
  }
  log2(): Tensor<S>;
  log2(this: Tensor): Tensor {
    return this.log().mul(Math.LOG2E);
  }
  log10(): Tensor<S>;
  log10(this: Tensor): Tensor {
    return this.log().mul(Math.LOG10E);
  }
  /** eˣ − 1, exact near 0. */
  expm1(): Tensor<S> {
    return this.#float('expm1');
  }
  /** ln(1 + x), exact near 0. */
  log1p(): Tensor<S> {
    return this.#float('log1p');
  }
  sqrt(): Tensor<S> {
    return this.#float('sqrt');
  }
  /** 1/√x. */
  rsqrt(): Tensor<S> {
    return this.#float('rsqrt');
  }
  /** 1/x. */
  reciprocal(): Tensor<S> {
    return this.#float('reciprocal');
  }
  sin(): Tensor<S> {
    return this.#float('sin');
  }
  cos(): Tensor<S> {
    return this.#float('cos');
  }
  tan(): Tensor<S> {
    return this.#float('tan');
  }
  asin(): Tensor<S> {
    return this.#float('asin');
  }
  acos(): Tensor<S> {
    return this.#float('acos');
  }
  atan(): Tensor<S> {
    return this.#float('atan');
  }
  sinh(): Tensor<S> {
    return this.#float('sinh');
  }
  cosh(): Tensor<S> {
    return this.#float('cosh');
  }
  tanh(): Tensor<S> {
    return this.#float('tanh');
  }
  asinh(): Tensor<S> {
    return this.#float('asinh');
  }
  acosh(): Tensor<S> {
    return this.#float('acosh');
  }
  atanh(): Tensor<S> {
    return this.#float('atanh');
  }
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(): Tensor<S> {
    return this.#float('sigmoid');
  }
  /** Gauss error function. */
  erf(): Tensor<S> {
    return this.#float('erf');
  }
  /** max(x, 0); its gradient is 0 at 0, and at NaN, where PyTorch's is 1. */
  relu(): Tensor<S> {
    return this.#unary('relu');
  }
  floor(): Tensor<S> {
    return this.#unary('floor');
  }
  ceil(): Tensor<S> {
    return this.#unary('ceil');
  }
  /** To the nearest whole number, halves to the even one. */
  round(): Tensor<S> {
    return this.#unary('round');
  }
  trunc(): Tensor<S> {
    return this.#unary('trunc');
  }
  isNaN(): Tensor<S> {
    return new Tensor(b.unary('isnan', this.node));
  }
  isFinite(): Tensor<S>;
  isFinite(this: Tensor): Tensor {
    return this.abs().lt(Number.POSITIVE_INFINITY);
  }

  /** this < other, as bool. */
  lt<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'lt', T, U>): Tensor<t.Both<T, U>>;
  lt(this: Tensor, other: Operand): Tensor {
    return this.#binary('lt', other);
  }
  /** this ≤ other, as bool. */
  le<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'le', T, U>): Tensor<t.Both<T, U>>;
  le(this: Tensor, other: Operand): Tensor {
    return this.#binary('le', other);
  }
  /** this > other, as bool. */
  gt<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'gt', T, U>): Tensor<t.Both<T, U>>;
  gt(this: Tensor, other: Operand): Tensor {
    return new Tensor(b.binary('lt', this.#lift(other), this.node));
  }
  /** this ≥ other, as bool. */
  ge<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'ge', T, U>): Tensor<t.Both<T, U>>;
  ge(this: Tensor, other: Operand): Tensor {
    return new Tensor(b.binary('le', this.#lift(other), this.node));
  }
  /** this = other, as bool. */
  eq<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'eq', T, U>): Tensor<t.Both<T, U>>;
  eq(this: Tensor, other: Operand): Tensor {
    return this.#binary('eq', other);
  }
  /** this ≠ other, as bool. */
  ne<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'ne', T, U>): Tensor<t.Both<T, U>>;
  ne(this: Tensor, other: Operand): Tensor {
    return this.#binary('ne', other);
  }
  #logic(op: 'and' | 'or' | 'xor' | 'shl' | 'shr', other: Operand): Tensor {
    const node = this.#lift(other);
    for (const { dtype } of [this.node, node]) {
      if (isFloat(dtype))
        throw new DTypeError(
          `${op}: operand is ${dtype}`,
          'It takes bool (logical) or integers (bitwise); compare first, for example t.gt(0).',
        );
    }
    return new Tensor(b.binary(op, this.node, node));
  }
  /** Logical for bool, bitwise for integers. */
  and<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'and', T, U>): Tensor<t.Both<T, U>>;
  and(this: Tensor, other: Operand): Tensor {
    return this.#logic('and', other);
  }
  /** Logical for bool, bitwise for integers. */
  or<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'or', T, U>): Tensor<t.Both<T, U>>;
  or(this: Tensor, other: Operand): Tensor {
    return this.#logic('or', other);
  }
  /** Logical for bool, bitwise for integers. */
  xor<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'xor', T, U>): Tensor<t.Both<T, U>>;
  xor(this: Tensor, other: Operand): Tensor {
    return this.#logic('xor', other);
  }
  /** Logical for bool, bitwise for integers. */
  not(): Tensor<S> {
    return this.#unary('not');
  }
  /** Bits shifted left. */
  shl<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'shl', T, U>): Tensor<t.Both<T, U>>;
  shl(this: Tensor, other: Operand): Tensor {
    return this.#logic('shl', other);
  }
  /** Bits shifted right, with the sign for int32. */
  shr<T extends Tensor, U extends Tensor = t.Scalar>(this: T, other: t.Other<'shr', T, U>): Tensor<t.Both<T, U>>;
  shr(this: Tensor, other: Operand): Tensor {
    return this.#logic('shr', other);
  }
  /** This where `condition` (bool) holds, `other` elsewhere; all broadcast. */
  where<T extends Tensor, C extends Tensor, U extends Tensor = t.Scalar>(
    this: T,
    condition: t.Other<'where', T, C>,
    other: t.Other<'where', Tensor<t.Both<T, C>>, U>,
  ): Tensor<t.Both<Tensor<t.Both<T, C>>, U>>;
  where(this: Tensor, condition: Tensor, other: Operand): Tensor {
    return new Tensor(b.where(condition.node, this.node, this.#lift(other)));
  }

  /** The device that holds the value or will compute it: `'cpu'`, `'cuda'`, `'webgpu'`, … */
  get device(): string {
    return (this.node.home ?? currentDevice().memory).name;
  }
  /**
   * Converts to another dtype, or moves to another device; the tensor itself where it is that already. Real numbers are cut off
   * towards zero on the way to integers.
   * @throws DTypeError when `target` is neither; DeviceError when the device cannot run here, with what to do about it.
   * @example x.to('float32'); x.to('cuda')
   */
  to(target: DType | DeviceName): Tensor<S> {
    if (!isDevice(target)) return new Tensor(b.cast(this.node, checkDType(target, deviceNames())));
    this.node.place ??= currentDevice().memory;
    const moved = b.transfer(this.node, memoryOf(target));
    return moved === this.node ? this : new Tensor(moved);
  }
  /** As float32. */
  float(): Tensor<S> {
    return this.to('float32');
  }
  /** As int32. */
  int(): Tensor<S> {
    return this.to('int32');
  }

  // — shape —

  /** The same elements, row-major, in another shape; one length may be −1. */
  reshape<T extends Tensor, const N extends t.Listed>(
    this: T,
    ...shape: t.Args<t.Reshaped<t.ShapeOf<T>, t.ListOf<N>>, N>
  ): Tensor<t.Out<t.Reshaped<t.ShapeOf<T>, t.ListOf<N>>>>;
  reshape(this: Tensor, ...shape: number[] | [Shape]): Tensor {
    const wanted = [...listOf(shape)];
    const free = wanted.indexOf(-1);
    if (free >= 0) {
      const rest = wanted.reduce((product, n, i) => (i === free ? product : product * n), 1);
      if (rest === 0 || this.size % rest !== 0 || wanted.indexOf(-1, free + 1) >= 0) {
        throw new ShapeError(
          `reshape: ${show(this.shape)} to ${show(wanted)}`,
          `${this.size} elements must divide evenly by the other lengths, and only one length may be -1.`,
        );
      }
      wanted[free] = this.size / rest;
    }
    return new Tensor(b.reshape(this.node, checkShape('reshape', wanted)));
  }
  /** Joins the axes from `from` to `to` (both included) into one. */
  flatten<T extends Tensor, P extends number = 0, Q extends number = -1>(
    this: T,
    from?: t.Arg<t.Flattened<t.ShapeOf<T>, P, Q>, P>,
    to?: Q,
  ): Tensor<t.Out<t.Flattened<t.ShapeOf<T>, P, Q>>>;
  flatten(this: Tensor, from = 0, to = -1): Tensor {
    if (this.rank === 0) return this.reshape(1);
    const first = checkAxis('flatten', from, this.rank);
    const last = checkAxis('flatten', to, this.rank);
    if (last < first)
      throw new IndexError(`flatten: from axis ${from} to axis ${to}`, 'The first must not lie after the last.');
    return this.reshape([
      ...this.shape.slice(0, first),
      sizeOf(this.shape.slice(first, last + 1)),
      ...this.shape.slice(last + 1),
    ]);
  }
  /** Reorders the axes: axis i of the result is axis axes[i]. */
  permute<T extends Tensor, const N extends t.Listed>(
    this: T,
    ...axes: t.Args<t.Permuted<t.ShapeOf<T>, t.ListOf<N>>, N>
  ): Tensor<t.Out<t.Permuted<t.ShapeOf<T>, t.ListOf<N>>>>;
  permute(this: Tensor, ...axes: number[] | [readonly number[]]): Tensor {
    const order = listOf(axes).map((axis) => checkAxis('permute', axis, this.rank));
    if (new Set(order).size !== this.rank) {
      throw new IndexError(
        `permute: axes ${show(listOf(axes))} for shape ${show(this.shape)}`,
        `Name each of the ${this.rank} axes once.`,
      );
    }
    return new Tensor(b.permute(this.node, order));
  }
  /** Swaps two axes; the last two by default. */
  transpose<T extends Tensor, P extends number = -2, Q extends number = -1>(
    this: T,
    a?: t.Arg<t.Transposed<t.ShapeOf<T>, P, Q>, P>,
    c?: Q,
  ): Tensor<t.Out<t.Transposed<t.ShapeOf<T>, P, Q>>>;
  transpose(this: Tensor, a = -2, c = -1): Tensor {
    if (this.rank < 2) return this;
    const axes = this.shape.map((_, i) => i);
    const [p, q] = [checkAxis('transpose', a, this.rank), checkAxis('transpose', c, this.rank)];
    [axes[p], axes[q]] = [q, p];
    return new Tensor(b.permute(this.node, axes));
  }
  /** The last two axes swapped. */
  get T(): Tensor<t.Turned<S>> {
    return turned(this);
  }
  /** Removes axes of length 1: all, or the one named. */
  squeeze<T extends Tensor, A extends number | undefined = undefined>(
    this: T,
    axis?: t.Arg<t.Squeezed<t.ShapeOf<T>, A>, A>,
  ): Tensor<t.Out<t.Squeezed<t.ShapeOf<T>, A>>>;
  squeeze(this: Tensor, axis?: number): Tensor {
    if (axis === undefined) return this.reshape(this.shape.filter((n) => n !== 1));
    const at = checkAxis('squeeze', axis, this.rank);
    return this.shape[at] === 1 ? this.reshape(this.shape.filter((_, i) => i !== at)) : this;
  }
  /** Adds an axis of length 1 at `axis`. */
  unsqueeze<T extends Tensor, A extends number>(
    this: T,
    axis: t.Arg<t.Inserted<'unsqueeze', t.ShapeOf<T>, A>, A>,
  ): Tensor<t.Out<t.Inserted<'unsqueeze', t.ShapeOf<T>, A>>>;
  unsqueeze(this: Tensor, axis: number): Tensor {
    const at = checkAxis('unsqueeze', axis, this.rank + 1);
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  /** Broadcasts to `shape`; −1 keeps a length. */
  expand<T extends Tensor, const N extends t.Listed>(
    this: T,
    ...shape: t.Args<t.Expanded<t.ShapeOf<T>, t.ListOf<N>>, N>
  ): Tensor<t.Out<t.Expanded<t.ShapeOf<T>, t.ListOf<N>>>>;
  expand(this: Tensor, ...shape: number[] | [Shape]): Tensor {
    const wanted = listOf(shape);
    const lead = wanted.length - this.rank;
    const full = wanted.map((n, i) => (n === -1 && i >= lead ? this.shape[i - lead]! : n));
    if (!sameShape(broadcastShapes('expand', this.shape, checkShape('expand', full)), full)) {
      throw new ShapeError(`expand: ${show(this.shape)} to ${show(wanted)}`, 'Only axes of length 1 can be repeated.');
    }
    return new Tensor(b.expandTo(this.node, full));
  }
  /** Repeats the whole tensor `times[i]` times along axis i. */
  tile(...times: number[] | [readonly number[]]): Tensor {
    const given = listOf(times);
    for (const count of given) checkWhole('tile: a count', count);
    const rank = Math.max(given.length, this.rank);
    const counts = [...new Array<number>(rank - given.length).fill(1), ...given];
    const shape = [...new Array<number>(rank - this.rank).fill(1), ...this.shape];
    const split = b.reshape(
      this.node,
      shape.flatMap((n) => [1, n]),
    );
    const expanded = b.expand(
      split,
      shape.flatMap((n, i) => [counts[i]!, n]),
    );
    return new Tensor(
      b.reshape(
        expanded,
        shape.map((n, i) => n * counts[i]!),
      ),
    );
  }
  /** Reverses the order along axes. */
  flip(axes: Axes): Tensor<S> {
    return new Tensor(b.flip(this.node, checkAxes('flip', axes, this.rank)));
  }
  /** Moves elements by `shift` along `axis`; what falls off returns at the other end. */
  roll(shift: number, axis?: number): Tensor<S>;
  roll(this: Tensor, shift: number, axis = 0): Tensor {
    const at = checkAxis('roll', axis, this.rank);
    const n = this.shape[at]!;
    checkWhole('roll: shift', shift, Number.NEGATIVE_INFINITY);
    const by = n === 0 ? 0 : ((shift % n) + n) % n;
    return by === 0 ? this : Tensor.concat([this.narrow(at, n - by, by), this.narrow(at, 0, n - by)], at);
  }
  /** `length` elements along `axis` from `start`. */
  narrow<T extends Tensor, A extends number, N extends number>(
    this: T,
    axis: t.AxisOf<'narrow', T, A, N>,
    start: number,
    length: N,
  ): Tensor<t.Cut<T, A, N>>;
  narrow(this: Tensor, axis: number, start: number, length: number): Tensor {
    const at = checkAxis('narrow', axis, this.rank);
    if (![start, length].every(Number.isSafeInteger) || start < 0 || length < 0 || start + length > this.shape[at]!) {
      throw new IndexError(
        `narrow: elements ${start} to ${start + length} of axis ${at} in ${show(this.shape)}`,
        `The axis has ${this.shape[at]} elements.`,
      );
    }
    return new Tensor(
      b.slice(
        this.node,
        this.shape.map((_, i) => (i === at ? start : 0)),
        this.shape.map(() => 1),
        this.shape.map((n, i) => (i === at ? length : n)),
      ),
    );
  }
  /**
   * NumPy's indexing: a number picks, a string `'start:end:step'` cuts, `null` adds an axis, `'...'` skips,
   * an integer tensor or array selects along its axis, a bool tensor in first place keeps rows.
   * @example t.at(0), t.at(':', '1:3'), t.at('...', -1), t.at('::-1')
   */
  at<T extends Tensor, const N extends readonly Index[]>(
    this: T,
    ...indices: t.Args<t.Indexed<t.ShapeOf<T>, N>, N>
  ): Tensor<t.Out<t.Indexed<t.ShapeOf<T>, N>>>;
  at(this: Tensor, ...indices: Index[]): Tensor {
    return readIndex(this, indices);
  }
  /** Cuts along `axis` into pieces of the given length, or of the given lengths. */
  split(this: Tensor, lengths: number | readonly number[], axis = 0): Tensor[] {
    const at = checkAxis('split', axis, this.rank);
    const n = this.shape[at]!;
    for (const length of typeof lengths === 'number' ? [lengths] : lengths)
      checkWhole('split: a length', length, typeof lengths === 'number' ? 1 : 0);
    const list =
      typeof lengths === 'number'
        ? Array.from({ length: Math.ceil(n / lengths) }, (_, i) => Math.min(lengths, n - i * lengths))
        : [...lengths];
    if (list.reduce((sum, v) => sum + v, 0) !== n)
      throw new ShapeError(`split: lengths ${show(list)} of an axis with ${n} elements`, 'They must add up.');
    let from = 0;
    return list.map((length) => {
      from += length;
      return this.narrow(at, from - length, length);
    });
  }
  /** Cuts along `axis` into `count` pieces of equal length (the last may be shorter). */
  chunk(this: Tensor, count: number, axis = 0): Tensor[] {
    const n = this.shape[checkAxis('chunk', axis, this.rank)]!;
    return this.split(Math.max(1, Math.ceil(n / checkWhole('chunk: count', count, 1))), axis);
  }
  /** Surrounds the last axes with `value`: pairs [before, after], the last axis first as in PyTorch, or one amount for all of the last two. */
  pad<T extends Tensor>(this: T, amounts: readonly number[], value?: number): Tensor<t.Out<t.Blurred<t.ShapeOf<T>>>>;
  pad(this: Tensor, amounts: readonly number[], value = 0): Tensor {
    const low = this.shape.map(() => 0);
    const high = this.shape.map(() => 0);
    if (amounts.length % 2 || amounts.length / 2 > this.rank) {
      throw new ShapeError(
        `pad: ${amounts.length} amounts for shape ${show(this.shape)}`,
        'Give pairs [before, after] from the last axis backwards.',
      );
    }
    for (const amount of amounts) checkWhole('pad: an amount', amount, Number.NEGATIVE_INFINITY);
    for (let i = 0; i < amounts.length; i += 2) {
      const axis = this.rank - 1 - i / 2;
      const [before, after, length] = [amounts[i]!, amounts[i + 1]!, this.shape[axis]!];
      if (Math.min(before, 0) + Math.min(after, 0) + length < 0 || before + after + length < 0)
        throw new ShapeError(
          `pad: ${before} before and ${after} after axis ${axis} of ${show(this.shape)}`,
          `Negative amounts crop; the axis has only ${length} elements.`,
        );
      [low[axis], high[axis]] = [before, after];
    }
    return new Tensor(b.pad(this.node, low, high, this.dtype === 'bool' ? Number(value !== 0) : value));
  }
  /** Joins tensors along an axis that they already have. */
  static concat<const L extends readonly Tensor[], A extends number = 0>(
    tensors: t.Arg<t.Concatenated<t.ShapesOf<L>, A>, L>,
    axis?: A,
  ): Tensor<t.Out<t.Concatenated<t.ShapesOf<L>, A>>>;
  static concat(tensors: readonly Tensor[], axis = 0): Tensor {
    const [head] = tensors;
    if (!head) throw new ValueError('concat: no tensors', 'Pass at least one.');
    const at = checkAxis('concat', axis, head.rank);
    for (const t of tensors) {
      if (t.rank !== head.rank || t.shape.some((n, i) => i !== at && n !== head.shape[i])) {
        throw new ShapeError(
          `concat: ${tensors.map((u) => show(u.shape)).join(', ')} along axis ${at}`,
          'All other axes must be equal.',
        );
      }
    }
    const dtype = tensors.map((t) => t.dtype).reduce((p, q) => b.widest(p, q));
    return tensors.length === 1
      ? head
      : new Tensor(
          make(
            'concat',
            tensors.map((t) => b.cast(t.node, dtype)),
            { axis: at },
          ),
        );
  }
  /** Joins tensors of one shape along a new axis. */
  static stack<const L extends readonly Tensor[], A extends number = 0>(
    tensors: t.Arg<t.Stacked<t.ShapesOf<L>, A>, L>,
    axis?: A,
  ): Tensor<t.Out<t.Stacked<t.ShapesOf<L>, A>>>;
  static stack(tensors: readonly Tensor[], axis = 0): Tensor {
    const [head] = tensors;
    if (!head) throw new ValueError('stack: no tensors', 'Pass at least one.');
    const at = checkAxis('stack', axis, head.rank + 1);
    return Tensor.concat(
      tensors.map((t) => t.unsqueeze(at)),
      at,
    );
  }

  // — reductions —

  #reduce(op: ReduceName, axes: Axes | undefined, keepDims: boolean, node = this.node): Tensor {
    const list = checkAxes(op, axes, this.rank);
    const out = b.reduce(op, node, list);
    return new Tensor(
      keepDims
        ? b.reshape(
            out,
            this.shape.map((n, i) => (list.includes(i) ? 1 : n)),
          )
        : out,
    );
  }
  #notEmpty(op: string, axes: Axes | undefined): void {
    for (const axis of checkAxes(op, axes, this.rank)) {
      if (this.shape[axis] === 0)
        throw new ShapeError(
          `${op}: axis ${axis} of shape ${show(this.shape)} is empty`,
          'An extreme needs at least one element.',
        );
    }
  }
  /** Sum over `axes` (all by default); bool counts as int32. */
  sum<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'sum', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  sum(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    return this.#reduce('sum', axes, keepDims, this.dtype === 'bool' ? b.cast(this.node, 'int32') : this.node);
  }
  /** Mean over `axes` (all by default). */
  mean<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'mean', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  mean(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    if (isHalf(this.dtype)) return this.float().mean(axes, keepDims).to(this.dtype);
    const count = checkAxes('mean', axes, this.rank).reduce((n, i) => n * this.shape[i]!, 1);
    return new Tensor(floating(this.node)).sum(axes, keepDims).mul(1 / count);
  }
  /** Product over `axes` (all by default). */
  prod<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'prod', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  prod(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    return this.#reduce('prod', axes, keepDims, this.dtype === 'bool' ? b.cast(this.node, 'int32') : this.node);
  }
  /** Variance over `axes`, divided by n − `correction` (1 by default, Bessel’s; 0 for the population). */
  var<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'var', T, A, K>,
    keepDims?: K,
    correction?: number,
  ): Tensor<t.Over<T, A, K>>;
  var(this: Tensor, axes?: Axes, keepDims = false, correction = 1): Tensor {
    if (isHalf(this.dtype)) return this.float().var(axes, keepDims, correction).to(this.dtype);
    const count = checkAxes('var', axes, this.rank).reduce((n, i) => n * this.shape[i]!, 1);
    const centred = this.sub(this.mean(axes, true));
    return centred
      .mul(centred)
      .sum(axes, keepDims)
      .div(Math.max(0, count - correction));
  }
  /** Standard deviation over `axes`; see `var`. */
  std<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'std', T, A, K>,
    keepDims?: K,
    correction?: number,
  ): Tensor<t.Over<T, A, K>>;
  std(this: Tensor, axes?: Axes, keepDims = false, correction = 1): Tensor {
    if (isHalf(this.dtype)) return this.float().std(axes, keepDims, correction).to(this.dtype);
    return this.var(axes, keepDims, correction).#root(2);
  }
  /** Largest element over `axes` (all by default); NaN wins. Equal elements share the gradient. */
  max<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'max', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  max(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    this.#notEmpty('max', axes);
    return this.#reduce('reduceMax', axes, keepDims);
  }
  /** Smallest element over `axes` (all by default); NaN wins. Equal elements share the gradient. */
  min<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'min', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  min(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    this.#notEmpty('min', axes);
    return this.#reduce('reduceMin', axes, keepDims);
  }
  /** Index (int32) of the first largest element along `axis`, or in the flattened tensor. */
  argmax<T extends Tensor, A extends number | undefined = undefined, K extends boolean = false>(
    this: T,
    axis?: t.AxesFor<'argmax', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  argmax(this: Tensor, axis?: number, keepDims = false): Tensor {
    this.#notEmpty('argmax', axis);
    return this.#reduce('argmax', axis, keepDims);
  }
  /** Index (int32) of the first smallest element along `axis`, or in the flattened tensor. */
  argmin<T extends Tensor, A extends number | undefined = undefined, K extends boolean = false>(
    this: T,
    axis?: t.AxesFor<'argmin', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  argmin(this: Tensor, axis?: number, keepDims = false): Tensor {
    this.#notEmpty('argmin', axis);
    return this.#reduce('argmin', axis, keepDims);
  }
  /** True where any element over `axes` is not zero. */
  any<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'any', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  any(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    return this.to('bool').sum(axes, keepDims).gt(0);
  }
  /** True where all elements over `axes` are not zero. */
  all<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'all', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  all(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    return this.to('bool').not().sum(axes, keepDims).eq(0);
  }
  /** ln Σ eˣ over `axes`, without overflow. */
  logSumExp<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    axes?: t.AxesFor<'logSumExp', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  logSumExp(this: Tensor, axes?: Axes, keepDims = false): Tensor {
    if (isHalf(this.dtype)) return this.float().logSumExp(axes, keepDims).to(this.dtype);
    const peak = this.#peak(axes);
    const safe = peak.where(peak.isFinite(), 0);
    const sum = this.sub(safe).exp().sum(axes, true).log().add(safe);
    return keepDims ? sum : sum.#dropAxes(checkAxes('logSumExp', axes, this.rank));
  }
  /** The largest over `axes`, which stay with length 1, as a constant; 0 for nothing. */
  #peak(this: Tensor, axes: Axes | undefined): Tensor {
    const list = checkAxes('max', axes, this.rank);
    if (list.every((axis) => this.shape[axis] !== 0)) return this.max(axes, true).detach();
    return new Tensor(
      b.constant(
        0,
        this.shape.map((n, i) => (list.includes(i) ? 1 : n)),
        this.dtype,
      ),
    );
  }
  #dropAxes(axes: readonly number[]): Tensor {
    return this.reshape(this.shape.filter((_, i) => !axes.includes(i)));
  }
  /** (Σ |x|ᵖ)^(1/p) over `axes`; p = 2 by default, ∞ gives the largest magnitude. */
  norm<T extends Tensor, const A extends Axes | undefined = undefined, K extends boolean = false>(
    this: T,
    p?: number,
    axes?: t.AxesFor<'norm', T, A, K>,
    keepDims?: K,
  ): Tensor<t.Over<T, A, K>>;
  norm(this: Tensor, p = 2, axes?: Axes, keepDims = false): Tensor {
    if (isHalf(this.dtype)) return this.float().norm(p, axes, keepDims).to(this.dtype);
    if (p === Number.POSITIVE_INFINITY) return this.abs().max(axes, keepDims);
    if (p === 1) return this.abs().sum(axes, keepDims);
    if (p === 0) return new Tensor(b.cast(this.ne(0).node, floating(this.node).dtype)).sum(axes, keepDims);
    if (p === 2) return this.mul(this).sum(axes, keepDims).#root(2);
    // Below 1 the slope of xᵖ itself has no limit at 0.
    const there = this.ne(0);
    const powers: Tensor = p < 1 ? this.where(there, 1).abs().pow(p).where(there, 0) : this.abs().pow(p);
    return powers.sum(axes, keepDims).#root(p);
  }
  /** this^(1/p), with the gradient 0 at 0, where the slope has no limit. */
  #root(this: Tensor, p: number): Tensor {
    const there = this.ne(0);
    const safe = this.where(there, 1);
    return (p === 2 ? safe.sqrt() : safe.pow(1 / p)).where(there, 0);
  }
  /** eˣ / Σ eˣ along `axis` (the last by default). */
  softmax<T extends Tensor, A extends number = -1>(this: T, axis?: t.AxisFor<'softmax', T, A>): Tensor<t.ShapeOf<T>>;
  softmax(this: Tensor, axis = -1): Tensor {
    if (isHalf(this.dtype)) return this.float().softmax(axis).to(this.dtype);
    const shifted = new Tensor(floating(this.node)).sub(this.#peak(axis));
    const e = shifted.exp();
    return e.div(e.sum(axis, true));
  }
  /** ln softmax along `axis` (the last by default), without overflow. */
  logSoftmax<T extends Tensor, A extends number = -1>(
    this: T,
    axis?: t.AxisFor<'logSoftmax', T, A>,
  ): Tensor<t.ShapeOf<T>>;
  logSoftmax(this: Tensor, axis = -1): Tensor {
    if (isHalf(this.dtype)) return this.float().logSoftmax(axis).to(this.dtype);
    const shifted = new Tensor(floating(this.node)).sub(this.#peak(axis));
    return shifted.sub(shifted.exp().sum(axis, true).log());
  }
  /** Running sum along `axis`. */
  cumsum<T extends Tensor, A extends number>(this: T, axis: t.AxisFor<'cumsum', T, A>): Tensor<t.ShapeOf<T>>;
  cumsum(this: Tensor, axis: number): Tensor {
    return new Tensor(
      make('cumsum', [this.dtype === 'bool' ? b.cast(this.node, 'int32') : this.node], {
        axis: checkAxis('cumsum', axis, this.rank),
      }),
    );
  }
  /** Indices (int32) that sort along `axis`; equal elements keep their order, NaN counts as greatest. */
  argsort<T extends Tensor, A extends number = -1>(
    this: T,
    axis?: t.AxisFor<'argsort', T, A>,
    descending?: boolean,
  ): Tensor<t.ShapeOf<T>>;
  argsort(this: Tensor, axis = -1, descending = false): Tensor {
    const at = checkAxis('argsort', axis, this.rank);
    const last = (this.dtype === 'bool' ? this.int() : this).transpose(at, -1);
    return new Tensor(make('argsort', [last.node], { descending })).transpose(at, -1);
  }
  /** Sorted along `axis`, with the indices that sort. */
  sort<T extends Tensor, A extends number = -1>(
    this: T,
    axis?: t.AxisFor<'sort', T, A>,
    descending?: boolean,
  ): Ordered<t.ShapeOf<T>>;
  sort(this: Tensor, axis = -1, descending = false): Ordered {
    const indices = this.argsort(axis, descending);
    return { values: this.gather(indices, axis), indices };
  }
  /** The k largest (or smallest) along `axis`, in order, with their indices. */
  topk<T extends Tensor, N extends number, A extends number = -1>(
    this: T,
    k: N,
    axis?: t.AxisFor<'topk', T, A>,
    largest?: boolean,
  ): Ordered<t.Cut<T, A, N>>;
  topk(this: Tensor, k: number, axis = -1, largest = true): Ordered {
    const at = checkAxis('topk', axis, this.rank);
    if (!Number.isInteger(k) || k < 0 || k > this.shape[at]!)
      throw new IndexError(
        `topk: k = ${k} of an axis with ${this.shape[at]} elements`,
        'k must not be larger than the axis.',
      );
    const indices = this.argsort(at, largest).narrow(at, 0, k);
    return { values: this.gather(indices, at), indices };
  }

  // — selection —

  /** out[…i…] = this[…index[…i…]…] along `axis`, as in PyTorch: the other axes of index and tensor agree. Indices are int32. */
  gather<U extends Tensor>(index: U, axis: number): Tensor<t.ShapeOf<U>>;
  gather(this: Tensor, index: Tensor, axis: number): Tensor {
    const at = checkAxis('gather', axis, this.rank);
    const fits = index.rank === this.rank && index.shape.every((n, i) => i === at || n <= this.shape[i]!);
    if (!fits)
      throw new ShapeError(
        `gather: index ${show(index.shape)} for ${show(this.shape)} along axis ${at}`,
        'They need the same rank, and all other axes must be equal.',
      );
    const cut = new Tensor(
      b.slice(
        this.node,
        this.shape.map(() => 0),
        this.shape.map(() => 1),
        this.shape.map((n, i) => (i === at ? n : index.shape[i]!)),
      ),
    );
    return new Tensor(b.gather(cut.node, integral('gather', index), at));
  }
  /** Whole slices along `axis` at `indices` (any shape): the axis is replaced by the axes of `indices`. */
  take<T extends Tensor, U extends Tensor, A extends number = 0>(
    this: T,
    indices: U,
    axis?: A,
  ): Tensor<t.Out<t.Taken<t.ShapeOf<T>, t.ShapeOf<U>, A>>>;
  take(this: Tensor, indices: Tensor, axis = 0): Tensor {
    const at = checkAxis('take', axis, this.rank);
    const inner = this.shape.slice(at + 1);
    const outer = this.shape.slice(0, at);
    const flat = indices
      .reshape([...outer.map(() => 1), indices.size, ...inner.map(() => 1)])
      .expand([...outer, indices.size, ...inner]);
    return new Tensor(b.gather(this.node, integral('take', flat), at)).reshape([...outer, ...indices.shape, ...inner]);
  }
  /** This plus zeros[…index[…i…]…] += src[…i…] along `axis`. */
  scatterAdd(axis: number, index: Tensor, src: Tensor): Tensor<S>;
  scatterAdd(this: Tensor, axis: number, index: Tensor, src: Tensor): Tensor {
    const at = checkAxis('scatterAdd', axis, this.rank);
    if (
      !sameShape(index.shape, src.shape) ||
      index.rank !== this.rank ||
      index.shape.some((n, i) => i !== at && n !== this.shape[i])
    ) {
      throw new ShapeError(
        `scatterAdd: index ${show(index.shape)} and source ${show(src.shape)} into ${show(this.shape)} along axis ${at}`,
        'Index and source must be equal in shape, and agree with the tensor on the other axes.',
      );
    }
    if (this.dtype === 'bool') throw new DTypeError('scatterAdd: elements are bool', "Convert first: t.to('int32').");
    return this.add(
      new Tensor(b.scatterAdd(b.cast(src.node, this.dtype), integral('scatterAdd', index), at, this.shape)),
    );
  }
  /** 1 at the index, 0 elsewhere, along a new last axis of length `classes`; float32. */
  oneHot<T extends Tensor, N extends number>(this: T, classes: N): Tensor<t.Out<[...t.ShapeOf<T>, N]>>;
  oneHot(this: Tensor, classes: number): Tensor {
    const range = new Tensor(make('iota', [], { shape: [classes] }));
    return new Tensor(b.cast(b.equal(this.unsqueeze(-1).int().node, range.node), 'float32'));
  }

  // — products —

  /**
   * Matrix product over the last two axes, the others broadcast; vectors are rows on the left and columns on the right.
   * @throws ShapeError when the inner lengths differ.
   */
  matmul<T extends Tensor, U extends Tensor>(
    this: T,
    other: t.Arg<t.Matmul<t.ShapeOf<T>, t.ShapeOf<U>>, U>,
  ): Tensor<t.Out<t.Matmul<t.ShapeOf<T>, t.ShapeOf<U>>>>;
  matmul(this: Tensor, other: Tensor): Tensor {
    if (this.rank === 0 || other.rank === 0)
      throw new ShapeError(
        `matmul: shapes ${show(this.shape)} and ${show(other.shape)}`,
        'Scalars have no matrix product; use mul.',
      );
    const left = this.rank === 1 ? this.unsqueeze(0) : this;
    const right = other.rank === 1 ? other.unsqueeze(1) : other;
    const k = left.shape[left.rank - 1]!;
    if (k !== right.shape[right.rank - 2]) {
      const [m, n] = [this.shape[this.rank - 1], right.shape[right.rank - 2]];
      throw new ShapeError(
        `matmul: ${show(this.shape)} × ${show(other.shape)}: the inner lengths ${m} and ${n} differ`,
        other.rank >= 2 && other.shape[other.rank - 1] === k
          ? 'Transpose the right side: a.matmul(b.T).'
          : 'The last axis of the left must equal the second-to-last of the right.',
      );
    }
    const [p, q] = b.factors(...b.meet(left.node, right.node));
    let out: Node;
    if (q.shape.length === 2 && p.shape.length > 2) {
      // One matrix on the right: the batch is just more rows.
      const rows = b.reshape(p, [sizeOf(p.shape.slice(0, -1)), k]);
      out = b.reshape(b.matmul(rows, q), [...p.shape.slice(0, -1), q.shape[1]!]);
    } else {
      const batch = broadcastShapes('matmul', p.shape.slice(0, -2), q.shape.slice(0, -2));
      out = b.matmul(b.expandTo(p, [...batch, ...p.shape.slice(-2)]), b.expandTo(q, [...batch, ...q.shape.slice(-2)]));
    }
    let result = new Tensor(out);
    if (this.rank === 1) result = result.squeeze(-2);
    if (other.rank === 1) result = result.squeeze(-1);
    return result;
  }
  /** Σ this·other of two vectors. */
  dot<T extends Tensor, U extends Tensor>(this: T, other: t.Other<'dot', T, U>): Tensor<[]>;
  dot(this: Tensor, other: Tensor): Tensor {
    return this.mul(other).sum();
  }
  /** Every product of two vectors: [m] and [n] give [m, n]. */
  outer<T extends Tensor, U extends Tensor>(
    this: T,
    other: U,
  ): Tensor<t.Out<t.OuterProduct<t.ShapeOf<T>, t.ShapeOf<U>>>>;
  outer(this: Tensor, other: Tensor): Tensor {
    return this.unsqueeze(1).mul(other.unsqueeze(0));
  }

  /** Cross-correlation over one spatial axis: [n, c, length] with weights [o, c/groups, k]. */
  conv1d<
    T extends Tensor,
    W extends Tensor,
    const Stride extends Extent = 1,
    const Padding extends Extent | 'same' = 0,
    const Dilation extends Extent = 1,
    Groups extends number = 1,
  >(
    this: T,
    weight: t.Arg<t.Convolved<1, t.ShapeOf<T>, t.ShapeOf<W>, t.Moves<Stride, Padding, Dilation, Groups>>, W>,
    options?: ConvOptions<Stride, Padding, Dilation, Groups>,
  ): Tensor<t.Out<t.Convolved<1, t.ShapeOf<T>, t.ShapeOf<W>, t.Moves<Stride, Padding, Dilation, Groups>>>>;
  conv1d(this: Tensor, weight: Tensor, options?: ConvOptions): Tensor {
    return this.#conv('conv1d', 1, weight, options);
  }
  /**
   * Cross-correlation over two spatial axes: [n, c, height, width] with weights [o, c/groups, kh, kw] gives [n, o, h′, w′],
   * h′ = ⌊(h + 2·padding − dilation·(kh − 1) − 1) / stride⌋ + 1.
   * @throws ShapeError when the channels differ or the kernel is larger than the padded input.
   */
  conv2d<
    T extends Tensor,
    W extends Tensor,
    const Stride extends Extent = 1,
    const Padding extends Extent | 'same' = 0,
    const Dilation extends Extent = 1,
    Groups extends number = 1,
  >(
    this: T,
    weight: t.Arg<t.Convolved<2, t.ShapeOf<T>, t.ShapeOf<W>, t.Moves<Stride, Padding, Dilation, Groups>>, W>,
    options?: ConvOptions<Stride, Padding, Dilation, Groups>,
  ): Tensor<t.Out<t.Convolved<2, t.ShapeOf<T>, t.ShapeOf<W>, t.Moves<Stride, Padding, Dilation, Groups>>>>;
  conv2d(this: Tensor, weight: Tensor, options?: ConvOptions): Tensor {
    return this.#conv('conv2d', 2, weight, options);
  }
  /** Cross-correlation over three spatial axes: [n, c, d, h, w] with weights [o, c/groups, kd, kh, kw]. */
  conv3d<
    T extends Tensor,
    W extends Tensor,
    const Stride extends Extent = 1,
    const Padding extends Extent | 'same' = 0,
    const Dilation extends Extent = 1,
    Groups extends number = 1,
  >(
    this: T,
    weight: t.Arg<t.Convolved<3, t.ShapeOf<T>, t.ShapeOf<W>, t.Moves<Stride, Padding, Dilation, Groups>>, W>,
    options?: ConvOptions<Stride, Padding, Dilation, Groups>,
  ): Tensor<t.Out<t.Convolved<3, t.ShapeOf<T>, t.ShapeOf<W>, t.Moves<Stride, Padding, Dilation, Groups>>>>;
  conv3d(this: Tensor, weight: Tensor, options?: ConvOptions): Tensor {
    return this.#conv('conv3d', 3, weight, options);
  }
  #conv(name: string, rank: number, weight: Tensor, options: ConvOptions = {}): Tensor {
    const { groups = 1, padding = 0 } = options;
    const stride = checkExtent(`${name}: stride`, options.stride ?? 1, rank, 1);
    const dilation = checkExtent(`${name}: dilation`, options.dilation ?? 1, rank, 1);
    checkExtent(`${name}: groups`, groups, 1, 1);
    if (this.rank !== rank + 2 || weight.rank !== rank + 2) {
      throw new ShapeError(
        `${name}: input ${show(this.shape)}, weight ${show(weight.shape)}`,
        `Both need ${rank + 2} axes: [batch, channels, …] and [outputs, channels / groups, …].`,
      );
    }
    const [channels, outputs] = [this.shape[1]!, weight.shape[0]!];
    if (channels !== weight.shape[1]! * groups || outputs % groups !== 0) {
      throw new ShapeError(
        `${name}: input ${show(this.shape)} has ${channels} channels, weight ${show(weight.shape)} expects ${weight.shape[1]! * groups}${groups > 1 ? ` in ${groups} groups` : ''}`,
        'Axis 1 of the input must be axis 1 of the weight times groups, and groups must divide the outputs.',
      );
    }
    const kernel = weight.shape.slice(2);
    let low: number[];
    let high: number[];
    if (padding === 'same') {
      const total = kernel.map((k, i) => {
        const n = this.shape[i + 2]!;
        return Math.max(0, (Math.ceil(n / stride[i]!) - 1) * stride[i]! + (k - 1) * dilation[i]! + 1 - n);
      });
      low = total.map((t) => Math.floor(t / 2));
      high = total.map((t, i) => t - low[i]!);
    } else {
      low = checkExtent(`${name}: padding`, padding, rank, 0);
      high = low;
    }
    const attributes = { stride, low, high, dilation, groups };
    if (convSpatial(this.shape.slice(2), kernel, attributes).some((n) => n < 1)) {
      throw new ShapeError(
        `${name}: a kernel of ${show(kernel)} on ${show(this.shape.slice(2))} with padding ${padding}`,
        'The kernel (with dilation) is larger than the padded input; add padding or use a smaller kernel.',
      );
    }
    const [p, q] = b.factors(...b.meet(floating(this.node), weight.node));
    return new Tensor(make('conv', [p, q], attributes));
  }
  #pooled(
    name: string,
    rank: number,
    kernel: Extent,
    options: PoolOptions,
  ): { kernel: number[]; stride: number[]; low: number[]; high: number[]; dilation: number[] } {
    const size = checkExtent(`${name}: kernel`, kernel, rank, 1);
    const padding = checkExtent(`${name}: padding`, options.padding ?? 0, rank, 0);
    const attributes = {
      kernel: size,
      stride: checkExtent(`${name}: stride`, options.stride ?? size, rank, 1),
      low: padding,
      high: padding,
      dilation: checkExtent(`${name}: dilation`, options.dilation ?? 1, rank, 1),
    };
    if (this.rank < rank) throw new ShapeError(`${name}: input ${show(this.shape)}`, `It needs at least ${rank} axes.`);
    if (attributes.low.some((p, i) => p * 2 > size[i]!))
      throw new ShapeError(
        `${name}: padding ${show(attributes.low)} for a kernel of ${show(size)}`,
        'Padding must be at most half the kernel.',
      );
    if (convSpatial(this.shape.slice(-rank), size, attributes).some((n) => n < 1)) {
      throw new ShapeError(
        `${name}: a window of ${show(size)} on ${show(this.shape.slice(-rank))}`,
        'The window is larger than the padded input.',
      );
    }
    return attributes;
  }
  #maxPool(name: string, rank: number, kernel: Extent, options: PoolOptions = {}): Tensor {
    const attributes = this.#pooled(name, rank, kernel, options);
    if (!isFloat(this.dtype) && this.dtype !== 'int32')
      throw new DTypeError(`${name}: elements are ${this.dtype}`, 'Convert first: t.float() or t.int().');
    return new Tensor(make('poolTake', [this.node, this.node], attributes));
  }
  #avgPool(name: string, rank: number, kernel: Extent, options: PoolOptions = {}): Tensor {
    const { low, high, ...window } = this.#pooled(name, rank, kernel, options);
    const lead = new Array<number>(this.rank - rank).fill(0);
    const padded = b.pad(floating(this.node), [...lead, ...low], [...lead, ...high]);
    const axes = window.kernel.map((_, i) => this.rank + i);
    const windows: Tensor = new Tensor(b.windowOf(padded, window.kernel, window));
    if (options.countIncludePad !== false || low.every((p) => p === 0)) return windows.mean(axes);
    const real = b.pad(b.constant(1, this.shape.slice(-rank), windows.dtype), low, high);
    const counts: Tensor = new Tensor(b.windowOf(real, window.kernel, window));
    return windows.sum(axes).div(counts.sum(window.kernel.map((_, i) => rank + i)));
  }
  /** Largest element of each window over the last axis. */
  maxPool1d<
    T extends Tensor,
    const K extends Extent,
    const Stride extends Extent = K,
    const Padding extends Extent = 0,
    const Dilation extends Extent = 1,
  >(
    this: T,
    kernel: t.Arg<t.Pooled<'maxPool1d', 1, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>, K>,
    options?: PoolOptions<Stride, Padding, Dilation>,
  ): Tensor<t.Out<t.Pooled<'maxPool1d', 1, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>>>;
  maxPool1d(this: Tensor, kernel: Extent, options?: PoolOptions): Tensor {
    return this.#maxPool('maxPool1d', 1, kernel, options);
  }
  /** Largest element of each window over the last two axes. */
  maxPool2d<
    T extends Tensor,
    const K extends Extent,
    const Stride extends Extent = K,
    const Padding extends Extent = 0,
    const Dilation extends Extent = 1,
  >(
    this: T,
    kernel: t.Arg<t.Pooled<'maxPool2d', 2, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>, K>,
    options?: PoolOptions<Stride, Padding, Dilation>,
  ): Tensor<t.Out<t.Pooled<'maxPool2d', 2, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>>>;
  maxPool2d(this: Tensor, kernel: Extent, options?: PoolOptions): Tensor {
    return this.#maxPool('maxPool2d', 2, kernel, options);
  }
  /** Largest element of each window over the last three axes. */
  maxPool3d<
    T extends Tensor,
    const K extends Extent,
    const Stride extends Extent = K,
    const Padding extends Extent = 0,
    const Dilation extends Extent = 1,
  >(
    this: T,
    kernel: t.Arg<t.Pooled<'maxPool3d', 3, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>, K>,
    options?: PoolOptions<Stride, Padding, Dilation>,
  ): Tensor<t.Out<t.Pooled<'maxPool3d', 3, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>>>;
  maxPool3d(this: Tensor, kernel: Extent, options?: PoolOptions): Tensor {
    return this.#maxPool('maxPool3d', 3, kernel, options);
  }
  /** Mean of each window over the last axis; padding counts as zeros. */
  avgPool1d<
    T extends Tensor,
    const K extends Extent,
    const Stride extends Extent = K,
    const Padding extends Extent = 0,
    const Dilation extends Extent = 1,
  >(
    this: T,
    kernel: t.Arg<t.Pooled<'avgPool1d', 1, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>, K>,
    options?: PoolOptions<Stride, Padding, Dilation>,
  ): Tensor<t.Out<t.Pooled<'avgPool1d', 1, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>>>;
  avgPool1d(this: Tensor, kernel: Extent, options?: PoolOptions): Tensor {
    return this.#avgPool('avgPool1d', 1, kernel, options);
  }
  /** Mean of each window over the last two axes; padding counts as zeros. */
  avgPool2d<
    T extends Tensor,
    const K extends Extent,
    const Stride extends Extent = K,
    const Padding extends Extent = 0,
    const Dilation extends Extent = 1,
  >(
    this: T,
    kernel: t.Arg<t.Pooled<'avgPool2d', 2, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>, K>,
    options?: PoolOptions<Stride, Padding, Dilation>,
  ): Tensor<t.Out<t.Pooled<'avgPool2d', 2, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>>>;
  avgPool2d(this: Tensor, kernel: Extent, options?: PoolOptions): Tensor {
    return this.#avgPool('avgPool2d', 2, kernel, options);
  }
  /** Mean of each window over the last three axes; padding counts as zeros. */
  avgPool3d<
    T extends Tensor,
    const K extends Extent,
    const Stride extends Extent = K,
    const Padding extends Extent = 0,
    const Dilation extends Extent = 1,
  >(
    this: T,
    kernel: t.Arg<t.Pooled<'avgPool3d', 3, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>, K>,
    options?: PoolOptions<Stride, Padding, Dilation>,
  ): Tensor<t.Out<t.Pooled<'avgPool3d', 3, t.ShapeOf<T>, K, t.Moves<Stride, Padding, Dilation>>>>;
  avgPool3d(this: Tensor, kernel: Extent, options?: PoolOptions): Tensor {
    return this.#avgPool('avgPool3d', 3, kernel, options);
  }

  // — display —

  toString(): string {
    return tensorText(this);
  }
  /** What Node's console prints. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return tensorText(this);
  }
  /** What a notebook shows. */
  [Symbol.for('Jupyter.display')](): Record<string, unknown> {
    return tensorBundle(this);
  }
}

const turned = (t: Tensor): Tensor => t.transpose();

const listOf = (args: readonly number[] | [readonly number[]]): readonly number[] =>
  args.length === 1 && typeof args[0] !== 'number' ? (args[0] ?? []) : args.filter((v) => typeof v === 'number');

/** Real numbers from whatever the node holds. */
export const floating = (node: Node): Node => (isFloat(node.dtype) ? node : b.cast(node, 'float32'));

/** A JavaScript number beside a tensor of `dtype`: it takes that dtype unless it would lose its fraction. */
export function scalarNode(value: number | boolean, dtype: DType): Node {
  if (typeof value === 'boolean') return b.constant(value ? 1 : 0, [], 'bool');
  if (isFloat(dtype)) return b.constant(value, [], dtype);
  return b.constant(value, [], Number.isInteger(value) ? (dtype === 'bool' ? 'int32' : dtype) : 'float32');
}

function integral(op: string, index: Tensor): Node {
  if (isFloat(index.dtype))
    throw new DTypeError(`${op}: indices are ${index.dtype}`, "Convert them first: index.to('int32').");
  return b.cast(index.node, 'int32');
}

/**
 * A leaf whose value can be replaced: a weight, or the state of an optimizer or a layer.
 * Reading it always sees the newest value; what was computed from an earlier one keeps its meaning.
 */
export class Parameter<S extends Shape = Shape> extends Tensor<S> implements Variable {
  readonly #trains: boolean;

  /** @param trains whether gradients are collected. Default true. */
  constructor(value: Tensor<S>, trains = true) {
    super(value.node);
    this.#trains = trains && isFloat(value.dtype);
    this.assign(value);
  }

  /** Whether gradients are collected now; see `freeze`. */
  get trains(): boolean {
    return this.#trains && !this.frozen;
  }
  /** True while the parameter is kept out of training. */
  frozen = false;

  /**
   * Replaces the value; computed when first needed.
   * @throws ShapeError when shape or dtype differ. A value on another device is moved to the parameter's.
   */
  assign(value: Tensor<S>): void {
    // The caller may look at `value` again when this parameter has long changed.
    for (let node = value.node; ; node = node.inputs[0]!) {
      node.lent = true;
      if (node.storage) node.storage.reusable = false;
      if (node.storage || node.op !== 'variable') break;
    }
    this.replace(value);
  }
  /** As `assign`, for a value that nothing else will ask for: its memory serves again two versions later. @internal */
  replace(value: Tensor<S>): void {
    if (!sameShape(value.shape, this.shape) || value.dtype !== this.dtype) {
      throw new ShapeError(
        `assign: ${value.dtype}${show(value.shape)} to a parameter of ${this.dtype}${show(this.shape)}`,
        'Shape and dtype of a parameter stay.',
      );
    }
    const previous = this.node;
    const { home } = previous;
    if (home && value.node.home && value.node.home !== home) {
      this.replace(new Tensor(b.transfer(value.node, home)));
      return;
    }
    const trace = watching();
    if (trace && !trace.assigned.has(this)) trace.assigned.set(this, previous);
    value.node.kept = true;
    withRecording(false, () => {
      this.node =
        value.node.storage && !value.node.tracked
          ? leaf(value.node.storage, value.shape)
          : make('variable', [value.node]);
    });
    this.#mark();
    if (this.#older) retire(this.#older);
    this.#older = previous;
  }
  /** The version before this one: what was computed from it can still be asked for. */
  #older: Node | null = null;
  /** Moves the value, and the gradient with it, to the memory of another device. @internal */
  moveTo(home: DeviceMemory): void {
    if (this.grad) this.grad = new Tensor(b.transfer(this.grad.node, home));
    evaluate([this.node]);
    const storage = this.node.storage!;
    if (storage.home === home) return;
    this.node = leaf(storage.clone(home), this.shape);
    this.#older = null;
    this.#mark();
  }
  /** Stops (or resumes) the collection of gradients. */
  freeze(on = true): void {
    this.frozen = on;
    this.#mark();
  }
  #mark(): void {
    const storage = this.node.storage;
    if (storage && this.node.tracked !== this.trains) this.node = leaf(storage, this.node.shape);
    this.node.tracked = this.trains;
    this.node.variable = this;
  }
  /** @internal */
  accumulate(gradient: Node): void {
    if (!this.trains) return;
    watching()?.graded.add(this);
    this.grad = new Tensor(this.grad ? b.add(this.grad.node, gradient) : gradient);
  }
}

/** Runs `body` without recording how to differentiate what it computes. `body` must be synchronous. */
export const noGrad = <T>(body: () => T): T => withRecording(false, body);

/** Throws unless gradients can flow into `t`. */
export function requireGradient(op: string, t: Tensor): void {
  if (!t.requiresGrad)
    throw new GradientError(`${op}: the tensor does not require a gradient`, 'Make it with { requiresGrad: true }.');
}
