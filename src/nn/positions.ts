// In: features [n, positions, size]. Out: the same plus something that tells the positions apart.
import { arange, stack } from '../create.js';
import { ShapeError, show } from '../errors.js';
import { Parameter, type Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { checkCount } from './check.js';
import { normal } from './init.js';
import { Module } from './module.js';

/** Sines and cosines of wavelengths from 2π to 2π·10000 (Vaswani et al., 2017): [positions, size]. */
export function sinusoidal<P extends number, N extends number>(positions: P, size: N, offset?: number): Tensor<[P, N]>;
export function sinusoidal(positions: number, size: number, offset = 0): Tensor {
  checkCount('sinusoidal', { positions, size });
  const pairs = Math.ceil(size / 2);
  const speed = arange(pairs)
    .to('float32')
    .mul((-2 / size) * Math.log(10000))
    .exp();
  const angle = arange(positions).to('float32').add(offset).unsqueeze(1).mul(speed); // [positions, pairs]
  return stack([angle.sin(), angle.cos()], 2)
    .reshape(positions, 2 * pairs)
    .narrow(1, 0, size);
}

function checkSequence(name: string, x: Tensor, size: number): [number, number] {
  if (x.rank < 2 || x.shape[x.rank - 1] !== size)
    throw new ShapeError(`${name}: input ${show(x.shape)}`, `It takes [..., positions, ${size}].`);
  return [x.shape[x.rank - 2]!, size];
}

/** Adds `sinusoidal` positions. */
export class SinusoidalPositions<N extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['last', 'sinusoidalPositions', N]>;
  constructor(readonly size: number) {
    super();
  }
  /** @param x [..., positions, size] @param offset position of the first. */
  forward<L extends SinusoidalPositions, T extends Tensor>(
    this: L,
    x: t.Into<L, T>,
    offset?: number,
  ): Tensor<t.ShapeOf<T>>;
  forward(x: Tensor, offset = 0): Tensor {
    return x.add(sinusoidal(...checkSequence('sinusoidalPositions', x, this.size), offset).to(x.dtype));
  }
}
/** Adds a learnt vector for each position. */
export class LearnedPositions<N extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['last', 'learnedPositions', N]>;
  readonly weight: Parameter;
  constructor(
    readonly positions: number,
    readonly size: number,
  ) {
    super();
    checkCount('learnedPositions', { positions, size });
    this.weight = new Parameter(normal([positions, size], 0, 0.02));
  }
  /** @param x [..., positions, size] @param offset position of the first. @throws ShapeError beyond the learnt positions. */
  forward<L extends LearnedPositions, T extends Tensor>(
    this: L,
    x: t.Into<L, T>,
    offset?: number,
  ): Tensor<t.ShapeOf<T>>;
  forward(x: Tensor, offset = 0): Tensor {
    const [t] = checkSequence('learnedPositions', x, this.size);
    if (offset + t > this.positions)
      throw new ShapeError(
        `learnedPositions: positions ${offset} to ${offset + t}`,
        `Only ${this.positions} were learnt; make the layer longer.`,
      );
    return x.add(this.weight.narrow(0, offset, t));
  }
  override describe(): string {
    return `${this.positions} × ${this.size}`;
  }
}
/** Adds sines and cosines of the position to features of `size`. */
export const sinusoidalPositions = <N extends number>(size: N): SinusoidalPositions<N> => new SinusoidalPositions(size);
/** Adds a learnt vector for each of `positions` positions. */
export const learnedPositions = <N extends number>(positions: number, size: N): LearnedPositions<N> =>
  new LearnedPositions(positions, size);
