// In: any activations. Out: the same, shifted and scaled to mean 0 and variance 1 over a batch, a sample or groups of it.
import { awaitBuffer } from '../boundary.js';
import { ones, zeros } from '../create.js';
import { isHalf } from '../dtype.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { type Shape, sizeOf } from '../shape.js';
import { noGrad, Parameter, type Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { checkChannels, checkCount } from './check.js';
import { Module } from './module.js';

/** Options of the normalising layers. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Learns a scale and a shift. Default true (instance norm: false). */
  affine?: boolean;
}
/** Options of batch norm. */
export interface BatchNormOptions extends NormOptions {
  /** Share of a new batch in the running statistics; null keeps their plain mean. Default 0.1. */
  momentum?: number | null;
  /** Keeps running statistics for `eval()`. Default true. */
  trackRunningStats?: boolean;
}

/** (x − mean)/√(variance + eps) over `axes`, with the variance divided by n. */
function standardise(x: Tensor, axes: readonly number[], eps: number): { y: Tensor; mean: Tensor; variance: Tensor } {
  if (isHalf(x.dtype)) {
    const wide = standardise(x.float(), axes, eps);
    return { ...wide, y: wide.y.to(x.dtype) };
  }
  const mean = x.mean(axes, true);
  const centred = x.sub(mean);
  const variance = centred.mul(centred).mean(axes, true);
  return { y: centred.mul(variance.add(eps).rsqrt()), mean, variance };
}

/** Values of each channel beside x [n, channels, …]. */
const perChannel = (t: Tensor, x: Tensor): Tensor => t.reshape(x.shape.slice(1).map((_, i) => (i === 0 ? t.size : 1)));

/** Scale and shift, where they are learnt. */
function affinely(y: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
  const scaled = weight ? y.mul(weight) : y;
  return bias ? scaled.add(bias) : scaled;
}

abstract class BatchNorm<C extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['channels', 'batchNorm', C]>;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly runningMean: Parameter | null;
  readonly runningVar: Parameter | null;
  /** Batches that the running statistics have seen; int32. */
  readonly numBatchesTracked: Parameter | null;
  readonly eps: number;
  readonly momentum: number | null;

  constructor(
    private readonly name: string,
    private readonly ranks: readonly number[],
    readonly channels: number,
    options: BatchNormOptions = {},
  ) {
    super();
    checkCount(name, { channels });
    const { eps = 1e-5, affine = true, momentum = 0.1, trackRunningStats = true } = options;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(ones([channels])) : null;
    this.bias = affine ? new Parameter(zeros([channels])) : null;
    this.runningMean = trackRunningStats ? new Parameter(zeros([channels]), false) : null;
    this.runningVar = trackRunningStats ? new Parameter(ones([channels]), false) : null;
    this.numBatchesTracked = trackRunningStats ? new Parameter(zeros([], { dtype: 'int32' }), false) : null;
  }

  /** @param x [n, channels, …] @throws ShapeError for other ranks or channels; ValueError for a single value a channel while training. */
  forward<L extends BatchNorm, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.ShapeOf<T>>;
  forward(x: Tensor): Tensor {
    if (!this.ranks.includes(x.rank))
      throw new ShapeError(
        `${this.name}: input ${show(x.shape)}`,
        `It takes ${this.ranks.join(' or ')} axes, channels on axis 1.`,
      );
    checkChannels(this.name, x, this.channels);
    const { runningMean, runningVar } = this;
    const weight = this.weight && perChannel(this.weight, x);
    const bias = this.bias && perChannel(this.bias, x);
    if (!this.training && runningMean && runningVar) {
      const scale = perChannel(runningVar, x).add(this.eps).rsqrt();
      return affinely(x.sub(perChannel(runningMean, x)).mul(scale), weight, bias);
    }
    const count = x.size / this.channels;
    if (this.training && count < 2)
      throw new ValueError(
        `${this.name}: ${show(x.shape)} has one value a channel`,
        'Statistics of a batch need at least two; use larger batches, or eval().',
      );
    const { y, mean, variance } = standardise(
      x,
      x.shape.flatMap((_, i) => (i === 1 ? [] : [i])),
      this.eps,
    );
    const { numBatchesTracked } = this;
    if (this.training && runningMean && runningVar && numBatchesTracked) {
      noGrad(() => {
        const update = (buffer: Parameter, value: Tensor): void => {
          buffer.replace(value);
          awaitBuffer(buffer);
        };
        update(numBatchesTracked, numBatchesTracked.add(1));
        const share = this.momentum ?? numBatchesTracked.to(x.dtype).reciprocal();
        const rest = typeof share === 'number' ? 1 - share : share.neg().add(1);
        const blend = (running: Parameter, now: Tensor, scale: number): void => {
          const fresh = now.detach().reshape(this.channels).mul(scale).mul(share);
          update(running, running.mul(rest).add(fresh).to(running.dtype));
        };
        blend(runningMean, mean, 1);
        blend(runningVar, variance, count / (count - 1));
      });
    }
    return affinely(y, weight, bias);
  }
  override describe(): string {
    return `${this.channels}`;
  }
}
/** Batch norm (Ioffe and Szegedy, 2015) of [n, channels] or [n, channels, length]. */
export class BatchNorm1d<C extends number = number> extends BatchNorm<C> {
  constructor(channels: number, options?: BatchNormOptions) {
    super('batchNorm1d', [2, 3], channels, options);
  }
}
/** Batch norm of [n, channels, h, w]. */
export class BatchNorm2d<C extends number = number> extends BatchNorm<C> {
  constructor(channels: number, options?: BatchNormOptions) {
    super('batchNorm2d', [4], channels, options);
  }
}
/** Batch norm of [n, channels, d, h, w]. */
export class BatchNorm3d<C extends number = number> extends BatchNorm<C> {
  constructor(channels: number, options?: BatchNormOptions) {
    super('batchNorm3d', [5], channels, options);
  }
}

function checkTail(name: string, x: Tensor, tail: Shape): number[] {
  const from = x.rank - tail.length;
  if (from < 0 || tail.some((n, i) => n !== x.shape[from + i]))
    throw new ShapeError(`${name}(${show(tail)}): input ${show(x.shape)}`, `The last axes must be ${show(tail)}.`);
  return tail.map((_, i) => from + i);
}

/** Layer norm (Ba et al., 2016) over the last axes. */
export class LayerNorm<S extends number | Shape = number | Shape> extends Module {
  declare readonly [flow]: t.Phantom<['last', 'layerNorm', t.Last<S>]>;
  readonly shape: Shape;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(shape: S, options: NormOptions & { bias?: boolean } = {}) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : shape;
    const { eps = 1e-5, affine = true, bias = true } = options;
    this.eps = eps;
    this.weight = affine ? new Parameter(ones(this.shape)) : null;
    this.bias = affine && bias ? new Parameter(zeros(this.shape)) : null;
  }
  forward<L extends LayerNorm, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.ShapeOf<T>>;
  forward(x: Tensor): Tensor {
    return affinely(standardise(x, checkTail('layerNorm', x, this.shape), this.eps).y, this.weight, this.bias);
  }
  override describe(): string {
    return this.shape.join(', ');
  }
}

/** Root-mean-square norm (Zhang and Sennrich, 2019) over the last axes: x/√(mean x² + eps), scaled. */
export class RMSNorm<S extends number | Shape = number | Shape> extends Module {
  declare readonly [flow]: t.Phantom<['last', 'rmsNorm', t.Last<S>]>;
  readonly shape: Shape;
  readonly weight: Parameter | null;
  readonly eps: number | null;

  constructor(shape: S, options: { eps?: number | null; affine?: boolean } = {}) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : shape;
    this.eps = options.eps ?? null;
    this.weight = (options.affine ?? true) ? new Parameter(ones(this.shape)) : null;
  }
  forward<L extends RMSNorm, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.ShapeOf<T>>;
  forward(x: Tensor): Tensor {
    const axes = checkTail('rmsNorm', x, this.shape);
    // As PyTorch: the distance from 1 to the next number of the dtype.
    const eps = this.eps ?? (x.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
    return affinely(x.mul(x.mul(x).mean(axes, true).add(eps).rsqrt()), this.weight, null);
  }
  override describe(): string {
    return this.shape.join(', ');
  }
}

/** Group norm (Wu and He, 2018): each sample's channels in groups. */
export class GroupNorm<C extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['channels', 'groupNorm', C]>;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly eps: number;

  constructor(
    readonly groups: number,
    readonly channels: number,
    options: NormOptions = {},
  ) {
    super();
    checkCount('groupNorm', { groups, channels });
    if (channels % groups)
      throw new ValueError(`groupNorm: ${channels} channels in ${groups} groups`, 'groups must divide the channels.');
    const { eps = 1e-5, affine = true } = options;
    this.eps = eps;
    this.weight = affine ? new Parameter(ones([channels])) : null;
    this.bias = affine ? new Parameter(zeros([channels])) : null;
  }
  forward<L extends GroupNorm, T extends Tensor>(this: L, x: t.Into<L, T>): Tensor<t.ShapeOf<T>>;
  forward(x: Tensor): Tensor {
    checkChannels('groupNorm', x, this.channels);
    const rows = x.reshape(x.shape[0]!, this.groups, sizeOf(x.shape.slice(1)) / this.groups);
    const y = standardise(rows, [2], this.eps).y.reshape(x.shape);
    return affinely(y, this.weight && perChannel(this.weight, x), this.bias && perChannel(this.bias, x));
  }
  override describe(): string {
    return `${this.groups} groups of ${this.channels / this.groups}`;
  }
}

/** Instance norm (Ulyanov et al., 2016): each channel of each sample by itself. Learns no scale unless asked to. */
export class InstanceNorm<C extends number = number> extends GroupNorm<C> {
  constructor(channels: number, options: NormOptions = {}) {
    super(channels, channels, { affine: false, ...options });
  }
  override describe(): string {
    return `${this.channels}`;
  }
}

/** Batch norm of [n, channels] or [n, channels, length]. */
export const batchNorm1d = <C extends number>(channels: C, options?: BatchNormOptions): BatchNorm1d<C> =>
  new BatchNorm1d(channels, options);
/** Batch norm of [n, channels, h, w]. */
export const batchNorm2d = <C extends number>(channels: C, options?: BatchNormOptions): BatchNorm2d<C> =>
  new BatchNorm2d(channels, options);
/** Batch norm of [n, channels, d, h, w]. */
export const batchNorm3d = <C extends number>(channels: C, options?: BatchNormOptions): BatchNorm3d<C> =>
  new BatchNorm3d(channels, options);
/** Layer norm over the last axes, whose lengths are `shape`. */
export const layerNorm = <const S extends number | Shape>(
  shape: S,
  options?: NormOptions & { bias?: boolean },
): LayerNorm<S> => new LayerNorm(shape, options);
/** Root-mean-square norm over the last axes, whose lengths are `shape`. */
export const rmsNorm = <const S extends number | Shape>(
  shape: S,
  options?: { eps?: number | null; affine?: boolean },
): RMSNorm<S> => new RMSNorm(shape, options);
/** Group norm of [n, channels, …]. */
export const groupNorm = <C extends number>(groups: number, channels: C, options?: NormOptions): GroupNorm<C> =>
  new GroupNorm(groups, channels, options);
/** Instance norm of [n, channels, …spatial]. */
export const instanceNorm = <C extends number>(channels: C, options?: NormOptions): InstanceNorm<C> =>
  new InstanceNorm(channels, options);
