// In: [n, c, …spatial]. Out: [n, outputs, …spatial′], a learnt cross-correlation.
import { ValueError } from '../errors.js';
import { type PadMode, padMode } from '../functions/resize.js';
import { checkExtent } from '../shape.js';
import { type ConvOptions, type Extent, Parameter, type Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { checkChannels, checkCount, checkRank } from './check.js';
import { defaultUniform, fans } from './init.js';
import { Module } from './module.js';

/** Options of convolution layers. */
export interface ConvLayerOptions<
  Stride extends Extent = Extent,
  Padding extends Extent | 'same' = Extent | 'same',
  Dilation extends Extent = Extent,
  Groups extends number = number,
> extends ConvOptions<Stride, Padding, Dilation, Groups> {
  /** Adds a learnt constant to each output channel. Default true. */
  bias?: boolean;
  /** What padding is filled with: zeros (default) or the input's own values. */
  padMode?: 'zeros' | PadMode;
}

const axisNames = ['length', 'height, width', 'depth, height, width'] as const;
const showExtent = (extent: readonly number[]): string => extent.join('×');

/** A length for each of `rank` spatial axes. */
export const extents = (value: Extent, rank: number, what = 'length', least = 0): number[] =>
  checkExtent(what, value, rank, least);

abstract class Conv<
  R extends 1 | 2 | 3 = 1 | 2 | 3,
  I extends number = number,
  O extends number = number,
  K extends Extent = Extent,
  M extends t.Moves = t.Moves,
> extends Module {
  declare readonly [flow]: t.Phantom<['conv', R, I, O, K, M]>;
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly kernel: readonly number[];
  readonly options: ConvOptions;
  readonly padMode: 'zeros' | PadMode;

  constructor(
    private readonly rank: R,
    readonly inputs: I,
    readonly outputs: O,
    kernel: K,
    { bias = true, padMode: fill = 'zeros', ...options }: ConvLayerOptions = {},
  ) {
    super();
    const groups = options.groups ?? 1;
    this.kernel = extents(kernel, rank);
    this.options = options;
    this.padMode = fill;
    checkCount(this.#name, {
      inputs,
      outputs,
      groups,
      ...Object.fromEntries(this.kernel.map((k, i) => [`kernel[${i}]`, k])),
    });
    if (inputs % groups || outputs % groups)
      throw new ValueError(
        `${this.#name}: ${inputs} → ${outputs} channels in ${groups} groups`,
        'groups must divide both.',
      );
    const shape = [outputs, inputs / groups, ...this.kernel];
    this.weight = new Parameter(defaultUniform(shape, fans(shape).fanIn));
    this.bias = bias ? new Parameter(defaultUniform([outputs], fans(shape).fanIn)) : null;
  }
  get #name(): string {
    return `conv${this.rank}d(${this.inputs}, ${this.outputs})`;
  }

  /** @param x [n, inputs, …spatial] @returns [n, outputs, …spatial′] @throws ShapeError when rank, channels or size do not fit. */
  forward<L extends Conv, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.From<L, T>>;
  forward(this: Conv, x: Tensor): Tensor {
    checkRank(this.#name, x, this.rank + 2, `[batch, channels, ${axisNames[this.rank - 1]}]`);
    checkChannels(this.#name, x, this.inputs);
    const [input, options] =
      this.padMode === 'zeros' ? [x, this.options] : [this.#padded(x, this.padMode), { ...this.options, padding: 0 }];
    const y =
      this.rank === 1
        ? input.conv1d(this.weight, options)
        : this.rank === 2
          ? input.conv2d(this.weight, options)
          : input.conv3d(this.weight, options);
    return this.bias ? y.add(this.bias.reshape([this.outputs, ...this.kernel.map(() => 1)])) : y;
  }
  /** The input with `padding` filled from its own values. */
  #padded(x: Tensor, mode: PadMode): Tensor {
    const { stride = 1, padding = 0, dilation = 1 } = this.options;
    const [strides, dilations] = [extents(stride, this.rank), extents(dilation, this.rank)];
    const amounts = this.kernel.map((k, i): [number, number] => {
      if (padding !== 'same') {
        const amount = extents(padding, this.rank, 'padding', 0)[i]!;
        return [amount, amount];
      }
      const n = x.shape[i + 2]!;
      const total = Math.max(0, (Math.ceil(n / strides[i]!) - 1) * strides[i]! + (k - 1) * dilations[i]! + 1 - n);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
    return padMode(x, amounts.reverse().flat(), mode);
  }
  override describe(): string {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = this.options;
    const extra = Object.entries({ stride, padding, dilation, groups }).flatMap(([name, value]) =>
      value === (name === 'padding' ? 0 : 1) ? [] : [`${name} ${value}`],
    );
    return [
      `${this.inputs} → ${this.outputs}`,
      showExtent(this.kernel),
      ...extra,
      ...(this.padMode === 'zeros' ? [] : [this.padMode]),
      ...(this.bias ? [] : ['no bias']),
    ].join(', ');
  }
}

/** Cross-correlation over one spatial axis; weights [outputs, inputs / groups, k]. */
export class Conv1d<
  I extends number = number,
  O extends number = number,
  K extends Extent = Extent,
  M extends t.Moves = t.Moves,
> extends Conv<1, I, O, K, M> {
  constructor(inputs: I, outputs: O, kernel: K, options?: ConvLayerOptions) {
    super(1, inputs, outputs, kernel, options);
  }
}
/** Cross-correlation over two spatial axes; weights [outputs, inputs / groups, kh, kw]. */
export class Conv2d<
  I extends number = number,
  O extends number = number,
  K extends Extent = Extent,
  M extends t.Moves = t.Moves,
> extends Conv<2, I, O, K, M> {
  constructor(inputs: I, outputs: O, kernel: K, options?: ConvLayerOptions) {
    super(2, inputs, outputs, kernel, options);
  }
}
/** Cross-correlation over three spatial axes; weights [outputs, inputs / groups, kd, kh, kw]. */
export class Conv3d<
  I extends number = number,
  O extends number = number,
  K extends Extent = Extent,
  M extends t.Moves = t.Moves,
> extends Conv<3, I, O, K, M> {
  constructor(inputs: I, outputs: O, kernel: K, options?: ConvLayerOptions) {
    super(3, inputs, outputs, kernel, options);
  }
}

/** A convolution [n, inputs, length] → [n, outputs, length′]. Weights start uniform on ±1/√(inputs/groups · k). */
export const conv1d = <
  I extends number,
  O extends number,
  const K extends Extent,
  const Stride extends Extent = 1,
  const Padding extends Extent | 'same' = 0,
  const Dilation extends Extent = 1,
  Groups extends number = 1,
>(
  inputs: I,
  outputs: O,
  kernel: K,
  options?: ConvLayerOptions<Stride, Padding, Dilation, Groups>,
): Conv1d<I, O, K, t.Moves<Stride, Padding, Dilation, Groups>> => new Conv1d(inputs, outputs, kernel, options);
/**
 * A convolution [n, inputs, h, w] → [n, outputs, h′, w′]. Weights start uniform on ±1/√(inputs/groups · kh · kw).
 * @example conv2d(1, 32, 3, { padding: 1 }); depthwise: conv2d(32, 32, 3, { groups: 32 })
 */
export const conv2d = <
  I extends number,
  O extends number,
  const K extends Extent,
  const Stride extends Extent = 1,
  const Padding extends Extent | 'same' = 0,
  const Dilation extends Extent = 1,
  Groups extends number = 1,
>(
  inputs: I,
  outputs: O,
  kernel: K,
  options?: ConvLayerOptions<Stride, Padding, Dilation, Groups>,
): Conv2d<I, O, K, t.Moves<Stride, Padding, Dilation, Groups>> => new Conv2d(inputs, outputs, kernel, options);
/** A convolution [n, inputs, d, h, w] → [n, outputs, d′, h′, w′]. */
export const conv3d = <
  I extends number,
  O extends number,
  const K extends Extent,
  const Stride extends Extent = 1,
  const Padding extends Extent | 'same' = 0,
  const Dilation extends Extent = 1,
  Groups extends number = 1,
>(
  inputs: I,
  outputs: O,
  kernel: K,
  options?: ConvLayerOptions<Stride, Padding, Dilation, Groups>,
): Conv3d<I, O, K, t.Moves<Stride, Padding, Dilation, Groups>> => new Conv3d(inputs, outputs, kernel, options);
