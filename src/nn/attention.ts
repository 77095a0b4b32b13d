// In: queries, keys and values. Out: for each query a mean of the values, weighted by how well their keys fit.
import { arange, zeros } from '../create.js';
import { ShapeError, show, ValueError } from '../errors.js';
import { Parameter, Tensor } from '../tensor.js';
import type * as t from '../types/index.js';
import type { flow } from '../types/layers.js';
import { checkCount, checkProbability } from './check.js';
import { drop } from './dropout.js';
import { xavierUniform } from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';

/** Options of attention. */
export interface AttentionOptions {
  /** Where a query (last but one axis) may look at a key (last axis): bool true, or real numbers added to the scores. Broadcast to [n, heads, queries, keys]. */
  mask?: Tensor;
  /** Lets each query see only keys up to its own position. Default false. */
  causal?: boolean;
  /** Which keys are real and not padding: bool [n, keys]. */
  keyMask?: Tensor;
}

/** True where query i may see key j, when queries are the last of the keys: [queries, keys]. */
export const causalMask = <Q extends number, K extends number = Q>(queries: Q, keys?: K): Tensor<[Q, K]> =>
  lowerLeft(queries, keys ?? queries);
const lowerLeft = (queries: number, keys: number): Tensor =>
  arange(queries)
    .add(keys - queries)
    .unsqueeze(1)
    .ge(arange(keys).unsqueeze(0));

/**
 * softmax(Q·Kᵀ/√d + mask)·V over the last two axes (Vaswani et al., 2017).
 * @param q [..., queries, d] @param k [..., keys, d] @param v [..., keys, e]
 * @returns output [..., queries, e] and weights [..., queries, keys].
 */
export function scaledDotProductAttention<Q extends Tensor, K extends Tensor, V extends Tensor>(
  q: Q,
  k: t.Arg<t.Scores<Q, K>, K>,
  v: t.Arg<t.Matmul<t.Out<t.Scores<Q, K>>, t.ShapeOf<V>>, V>,
  options?: { mask?: Tensor; causal?: boolean; scale?: number; dropout?: number },
): { output: Tensor<t.Out<t.Matmul<t.Out<t.Scores<Q, K>>, t.ShapeOf<V>>>>; weights: Tensor<t.Out<t.Scores<Q, K>>> };
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: { mask?: Tensor; causal?: boolean; scale?: number; dropout?: number } = {},
): { output: Tensor; weights: Tensor } {
  const { mask, causal = false, scale = 1 / Math.sqrt(q.shape[q.rank - 1] ?? 1), dropout = 0 } = options;
  let scores = q.mul(scale).matmul(k.transpose(-1, -2));
  if (causal)
    scores = scores.where(
      causalMask(scores.shape[scores.rank - 2]!, scores.shape[scores.rank - 1]!),
      Number.NEGATIVE_INFINITY,
    );
  if (mask) scores = mask.dtype === 'bool' ? scores.where(mask, Number.NEGATIVE_INFINITY) : scores.add(mask);
  const weights = scores.softmax(-1);
  return { output: drop(weights, dropout, weights.shape).matmul(v), weights };
}

/** Keys and values of the positions that a decoder has already read, [n, heads, positions, size]; grows with each call. */
export class KeyValueCache {
  #keys: Tensor | null = null;
  #values: Tensor | null = null;

  /** Positions kept. */
  get length(): number {
    return this.#keys?.shape[2] ?? 0;
  }
  /** Appends new positions and returns all. @internal */
  extend(k: Tensor, v: Tensor): { k: Tensor; v: Tensor } {
    this.#keys = this.#keys ? Tensor.concat([this.#keys, k], 2) : k;
    this.#values = this.#values ? Tensor.concat([this.#values, v], 2) : v;
    return { k: this.#keys, v: this.#values };
  }
  /** Forgets everything. */
  clear(): void {
    this.#keys = null;
    this.#values = null;
  }
}

/** Options of `multiHeadAttention`. */
export interface MultiHeadOptions {
  /** Dropout of the attention weights. Default 0. */
  dropout?: number;
  /** Adds learnt constants. Default true. */
  bias?: boolean;
  /** Turns queries and keys by their positions (`rotary`), with this base; 0 does not. Default 0. */
  rotaryBase?: number;
}
/** What goes into `attend` beside queries, keys and values. */
export interface AttendOptions extends AttentionOptions {
  /** Keys and values of earlier positions, to which the new ones are added. */
  cache?: KeyValueCache;
}

/** Turns pairs of features by angles that grow with the position (Su et al., 2021): x [..., positions, size], size even. */
export function rotary(x: Tensor, options: { base?: number; offset?: number } = {}): Tensor {
  const { base = 10000, offset = 0 } = options;
  const [positions, size] = x.shape.slice(-2) as [number, number];
  if (size % 2)
    throw new ShapeError(
      `rotary: input ${show(x.shape)}`,
      'The last axis must be even, because features turn in pairs.',
    );
  const speed = arange(size / 2)
    .to('float32')
    .mul((-2 / size) * Math.log(base))
    .exp();
  const angle = arange(positions).to('float32').add(offset).unsqueeze(1).mul(speed).to(x.dtype); // [positions, size/2]
  const [a, b] = x.split(size / 2, -1) as [Tensor, Tensor];
  const [cos, sin] = [angle.cos(), angle.sin()];
  return Tensor.concat([a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))], -1);
}

/** Attention by several heads, each with its own view of the features (Vaswani et al., 2017). */
export class MultiHeadAttention<N extends number = number> extends Module {
  declare readonly [flow]: t.Phantom<['last', 'multiHeadAttention', N]>;
  /** Projections of queries, keys and values, stacked: [3 · size, size]. */
  readonly inWeight: Parameter;
  readonly inBias: Parameter | null;
  readonly out: Linear;
  readonly #dropout: number;
  readonly #rotaryBase: number;

  constructor(
    readonly size: number,
    readonly heads: number,
    options: MultiHeadOptions = {},
  ) {
    super();
    checkCount('multiHeadAttention', { size, heads });
    if (size % heads)
      throw new ValueError(`multiHeadAttention: ${size} features for ${heads} heads`, 'heads must divide the size.');
    const { dropout = 0, bias = true, rotaryBase = 0 } = options;
    checkProbability('multiHeadAttention', dropout);
    this.#dropout = dropout;
    this.#rotaryBase = rotaryBase;
    this.inWeight = new Parameter(xavierUniform([3 * size, size]));
    this.inBias = bias ? new Parameter(zeros([3 * size])) : null;
    this.out = new Linear(size, size, { bias });
    this.out.bias?.assign(zeros([size]));
  }

  /** [n, t, size] → [n, heads, t, size / heads] */
  #split(x: Tensor): Tensor {
    const [n, t] = x.shape as [number, number, number];
    return x.reshape(n, t, this.heads, this.size / this.heads).transpose(1, 2);
  }
  /** Part `from` … `to` of the stacked projections. */
  #project(x: Tensor, from: number, to: number): Tensor {
    const whole = from === 0 && to === 3;
    const [start, length] = [from * this.size, (to - from) * this.size];
    const y = x.matmul((whole ? this.inWeight : this.inWeight.narrow(0, start, length)).T);
    return this.inBias ? y.add(whole ? this.inBias : this.inBias.narrow(0, start, length)) : y;
  }

  /**
   * @param query [n, queries, size] @param key [n, keys, size], by default the queries @param value [n, keys, size], by default the keys
   * @returns output [n, queries, size] and weights [n, heads, queries, keys].
   */
  attend(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: AttendOptions = {},
  ): { output: Tensor; weights: Tensor } {
    for (const [name, t] of Object.entries({ query, key, value })) {
      if (t.rank !== 3 || t.shape[2] !== this.size)
        throw new ShapeError(
          `multiHeadAttention(${this.size}, ${this.heads}): ${name} ${show(t.shape)}`,
          `It takes [batch, positions, ${this.size}].`,
        );
    }
    const parts =
      query === key && key === value
        ? this.#project(query, 0, 3).split(this.size, -1)
        : [
            this.#project(query, 0, 1),
            ...(key === value
              ? this.#project(key, 1, 3).split(this.size, -1)
              : [this.#project(key, 1, 2), this.#project(value, 2, 3)]),
          ];
    let [q, k, v] = parts.map((part) => this.#split(part)) as [Tensor, Tensor, Tensor];
    const offset = options.cache?.length ?? 0;
    if (this.#rotaryBase > 0) {
      q = rotary(q, { base: this.#rotaryBase, offset });
      k = rotary(k, { base: this.#rotaryBase, offset });
    }
    if (options.cache) ({ k, v } = options.cache.extend(k, v));
    let { mask } = options;
    if (options.keyMask) {
      const real = options.keyMask.unsqueeze(1).unsqueeze(1); // [n, 1, 1, keys]
      mask = !mask ? real : mask.dtype === 'bool' ? mask.and(real) : mask.where(real, Number.NEGATIVE_INFINITY);
    }
    const { output, weights } = scaledDotProductAttention(q, k, v, {
      ...(mask && { mask }),
      causal: options.causal ?? false,
      dropout: this.training ? this.#dropout : 0,
    });
    const [n, t] = query.shape as [number, number, number];
    return { output: this.out.forward(output.transpose(1, 2).reshape(n, t, this.size)), weights };
  }
  /** As `attend`, without the weights. */
  forward<L extends MultiHeadAttention, T extends Tensor>(
    this: L,
    query: t.Into<L, T>,
    key?: Tensor<[number, number, N]>,
    value?: Tensor<[number, number, N]>,
    options?: AttendOptions,
  ): Tensor<t.ShapeOf<T>>;
  forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: AttendOptions = {}): Tensor {
    return this.attend(query, key, value, options).output;
  }
  override describe(): string {
    return `${this.size}, ${this.heads} heads`;
  }
}
/** Attention of `size` features by `heads` heads. */
export const multiHeadAttention = <N extends number>(
  size: N,
  heads: number,
  options?: MultiHeadOptions,
): MultiHeadAttention<N> => new MultiHeadAttention(size, heads, options);
