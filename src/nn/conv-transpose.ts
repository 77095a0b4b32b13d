// In: [n, c, …spatial]. Out: [n, outputs, …larger], the transpose of a convolution: what spreads instead of gathers.
import { factors } from '../build.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { make } from '../graph.js';
import { type Extent, Parameter, Tensor } from '../tensor.js';
import { checkChannels, checkCount, checkRank } from './check.js';
import { extents } from './conv.js';
import { defaultUniform, fans } from './init.js';
import { Module } from './module.js';

/** Options of transposed convolutions. */
export interface ConvTransposeOptions {
  /** Distance between the places where inputs land. Default 1. */
  stride?: Extent;
  /** Positions cut off on both sides. Default 0. */
  padding?: Extent;
  /** Positions added at the end, less than the stride or the dilation. Default 0. */
  outputPadding?: Extent;
  /** Distance between kernel elements. Default 1. */
  dilation?: Extent;
  /** Splits channels into independent groups. Default 1. */
  groups?: number;
  /** Adds a learnt constant to each output channel. Default true. */
  bias?: boolean;
}

abstract class ConvTranspose extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly kernel: readonly number[];
  /** The options, a number for each spatial axis. */
  readonly geometry: {
    readonly stride: readonly number[];
    readonly padding: readonly number[];
    readonly outputPadding: readonly number[];
    readonly dilation: readonly number[];
    readonly groups: number;
  };

  constructor(
    private readonly rank: 1 | 2 | 3,
    readonly inputs: number,
    readonly outputs: number,
    kernel: Extent,
    options: ConvTransposeOptions = {},
  ) {
    super();
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, bias = true } = options;
    this.kernel = extents(kernel, rank);
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
    this.geometry = {
      stride: extents(stride, rank, 'convTranspose: stride', 1),
      padding: extents(padding, rank, 'convTranspose: padding', 0),
      outputPadding: extents(outputPadding, rank, 'convTranspose: outputPadding', 0),
      dilation: extents(dilation, rank, 'convTranspose: dilation', 1),
      groups,
    };
    this.geometry.outputPadding.forEach((p, i) => {
      const room = Math.max(this.geometry.stride[i]!, this.geometry.dilation[i]!);
      if (p < 0 || p >= room)
        throw new ValueError(
          `${this.#name}: outputPadding ${p}`,
          `It must be less than the stride or the dilation (${room}).`,
        );
    });
    const shape = [inputs, outputs / groups, ...this.kernel];
    this.weight = new Parameter(defaultUniform(shape, fans(shape).fanIn));
    this.bias = bias ? new Parameter(defaultUniform([outputs], fans(shape).fanIn)) : null;
  }
  get #name(): string {
    return `convTranspose${this.rank}d(${this.inputs}, ${this.outputs})`;
  }

  /** @param x [n, inputs, …spatial] @returns [n, outputs, …(n − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1] */
  forward(x: Tensor): Tensor {
    checkRank(this.#name, x, this.rank + 2, '[batch, channels, …spatial]');
    checkChannels(this.#name, x, this.inputs);
    const { stride, padding, outputPadding, dilation, groups } = this.geometry;
    const axes = this.kernel.map((_, i) => i + 2);
    // [inputs, outputs/groups, …] → [outputs, inputs/groups, …], flipped: the kernel of the equal convolution.
    const split = this.weight.reshape(groups, this.inputs / groups, this.outputs / groups, ...this.kernel);
    const kernel = split
      .transpose(1, 2)
      .reshape(this.outputs, this.inputs / groups, ...this.kernel)
      .flip(axes);
    const low = this.kernel.map((k, i) => dilation[i]! * (k - 1) - padding[i]!);
    const high = low.map((v, i) => v + outputPadding[i]!);
    const length = this.kernel.map(
      (k, i) => (x.shape[i + 2]! - 1) * stride[i]! - 2 * padding[i]! + dilation[i]! * (k - 1) + outputPadding[i]! + 1,
    );
    if (length.some((n) => n < 1))
      throw new ShapeError(
        `${this.#name}: input ${show(x.shape)} gives spatial lengths ${show(length)}`,
        'Use less padding or a larger input.',
      );
    const input = x.dtype === kernel.dtype ? x : x.to(kernel.dtype);
    const y = new Tensor(
      make('conv', factors(input.node, kernel.node), {
        stride: stride.map(() => 1),
        inputDilation: stride,
        dilation,
        low,
        high,
        groups,
      }),
    );
    return this.bias ? y.add(this.bias.reshape([this.outputs, ...axes.map(() => 1)])) : y;
  }
  override describe(): string {
    return `${this.inputs} → ${this.outputs}, ${this.kernel.join('×')}, stride ${this.geometry.stride.join('×')}`;
  }
}

/** Transposed convolution over one spatial axis; weights [inputs, outputs / groups, k]. */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inputs: number, outputs: number, kernel: Extent, options?: ConvTransposeOptions) {
    super(1, inputs, outputs, kernel, options);
  }
}
/** Transposed convolution over two spatial axes; weights [inputs, outputs / groups, kh, kw]. */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inputs: number, outputs: number, kernel: Extent, options?: ConvTransposeOptions) {
    super(2, inputs, outputs, kernel, options);
  }
}
/** Transposed convolution over three spatial axes; weights [inputs, outputs / groups, kd, kh, kw]. */
export class ConvTranspose3d extends ConvTranspose {
  constructor(inputs: number, outputs: number, kernel: Extent, options?: ConvTransposeOptions) {
    super(3, inputs, outputs, kernel, options);
  }
}
/** A transposed convolution [n, inputs, length] → [n, outputs, length′]. */
export const convTranspose1d = (
  inputs: number,
  outputs: number,
  kernel: Extent,
  options?: ConvTransposeOptions,
): ConvTranspose1d => new ConvTranspose1d(inputs, outputs, kernel, options);
/** A transposed convolution [n, inputs, h, w] → [n, outputs, h′, w′], for example to double a picture with kernel 4, stride 2, padding 1. */
export const convTranspose2d = (
  inputs: number,
  outputs: number,
  kernel: Extent,
  options?: ConvTransposeOptions,
): ConvTranspose2d => new ConvTranspose2d(inputs, outputs, kernel, options);
/** A transposed convolution [n, inputs, d, h, w] → [n, outputs, d′, h′, w′]. */
export const convTranspose3d = (
  inputs: number,
  outputs: number,
  kernel: Extent,
  options?: ConvTransposeOptions,
): ConvTranspose3d => new ConvTranspose3d(inputs, outputs, kernel, options);
