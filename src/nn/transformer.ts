// In: sequences of features [n, t, size]. Out: the same shape, each position informed by the others.
import { ValueError } from '../errors.js';
import { checkWhole } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { geluOf } from './activations.js';
import { type AttentionOptions, KeyValueCache, MultiHeadAttention } from './attention.js';
import { checkCount } from './check.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm } from './norm.js';

/** Options of Transformer layers. */
export interface TransformerOptions {
  /** Width of the feed-forward part. Default 4 · size. */
  feedForward?: number;
  /** Dropout of attention weights and of each part's output. Default 0.1. */
  dropout?: number;
  activation?: 'relu' | 'gelu';
  /** Normalises before each part instead of after it. Default false, as in PyTorch and the paper. */
  normFirst?: boolean;
  /** Adds learnt constants. Default true. */
  bias?: boolean;
  /** Turns queries and keys by their positions, with this base; 0 does not. Default 0. */
  rotaryBase?: number;
}

/** Two linear layers with an activation between, used on every position by itself. */
class FeedForward extends Module {
  readonly up: Linear;
  readonly down: Linear;
  readonly inner: Dropout;
  constructor(
    size: number,
    { feedForward = 4 * size, dropout = 0.1, bias = true }: TransformerOptions,
    private readonly activation: 'relu' | 'gelu',
  ) {
    super();
    this.up = new Linear(size, feedForward, { bias });
    this.down = new Linear(feedForward, size, { bias });
    this.inner = new Dropout(dropout);
  }
  forward(x: Tensor): Tensor {
    const wide = this.up.forward(x);
    return this.down.forward(this.inner.forward(this.activation === 'relu' ? wide.relu() : geluOf(wide)));
  }
}

function activationOf({ activation = 'relu' }: TransformerOptions): 'relu' | 'gelu' {
  if (activation !== 'relu' && activation !== 'gelu')
    throw new ValueError(`transformer: activation '${String(activation satisfies never)}'`, "Use 'relu' or 'gelu'.");
  return activation;
}

abstract class Block extends Module {
  protected readonly normFirst: boolean;
  readonly drop: Dropout;
  constructor({ dropout = 0.1, normFirst = false }: TransformerOptions) {
    super();
    this.normFirst = normFirst;
    this.drop = new Dropout(dropout);
  }
  /** x + part(x), normalised before or after. */
  protected residual(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    return this.normFirst
      ? x.add(this.drop.forward(part(norm.forward(x))))
      : norm.forward(x.add(this.drop.forward(part(x))));
  }
}

const attentionOptions = ({ dropout = 0.1, bias = true, rotaryBase = 0 }: TransformerOptions) => ({
  dropout,
  bias,
  rotaryBase,
});

/** Self-attention and feed-forward. */
export class TransformerEncoderLayer extends Block {
  readonly attention: MultiHeadAttention;
  readonly feedForward: FeedForward;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  constructor(size: number, heads: number, options: TransformerOptions = {}) {
    super(options);
    const bias = options.bias ?? true;
    this.attention = new MultiHeadAttention(size, heads, attentionOptions(options));
    this.feedForward = new FeedForward(size, options, activationOf(options));
    this.norm1 = new LayerNorm(size, { bias });
    this.norm2 = new LayerNorm(size, { bias });
  }
  /** @param x [n, t, size] */
  forward(x: Tensor, options: AttentionOptions & { cache?: KeyValueCache } = {}): Tensor {
    const seen = this.residual(x, this.norm1, (y) => this.attention.forward(y, y, y, options));
    return this.residual(seen, this.norm2, (y) => this.feedForward.forward(y));
  }
}

/** Self-attention, attention to an encoder's output, and feed-forward. */
export class TransformerDecoderLayer extends Block {
  readonly attention: MultiHeadAttention;
  readonly cross: MultiHeadAttention;
  readonly feedForward: FeedForward;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  constructor(size: number, heads: number, options: TransformerOptions = {}) {
    super(options);
    const bias = options.bias ?? true;
    this.attention = new MultiHeadAttention(size, heads, attentionOptions(options));
    this.cross = new MultiHeadAttention(size, heads, { ...attentionOptions(options), rotaryBase: 0 });
    this.feedForward = new FeedForward(size, options, activationOf(options));
    this.norm1 = new LayerNorm(size, { bias });
    this.norm2 = new LayerNorm(size, { bias });
    this.norm3 = new LayerNorm(size, { bias });
  }
  /** @param x [n, t, size] @param memory [n, s, size], the encoder's output */
  forward(x: Tensor, memory: Tensor, options: DecoderOptions & { cache?: KeyValueCache } = {}): Tensor {
    const { memoryMask, memoryKeyMask, ...own } = options;
    const seen = this.residual(x, this.norm1, (y) => this.attention.forward(y, y, y, own));
    const informed = this.residual(seen, this.norm2, (y) =>
      this.cross.forward(y, memory, memory, {
        ...(memoryMask && { mask: memoryMask }),
        ...(memoryKeyMask && { keyMask: memoryKeyMask }),
      }),
    );
    return this.residual(informed, this.norm3, (y) => this.feedForward.forward(y));
  }
}
/** Masks of a decoder: its own, and those of the memory. */
export interface DecoderOptions extends AttentionOptions {
  /** Where the decoder may look at the memory, as `mask`. */
  memoryMask?: Tensor;
  /** Which positions of the memory are real: bool [n, s]. */
  memoryKeyMask?: Tensor;
}

/** One cache for each layer of a stack. */
export const keyValueCaches = (layers: number): KeyValueCache[] =>
  Array.from({ length: checkWhole('keyValueCaches: layers', layers) }, () => new KeyValueCache());

/** Encoder layers on top of each other. With `causal` it is the body of a GPT. */
export class TransformerEncoder extends Module {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm | null;
  constructor(size: number, heads: number, layers: number, options: TransformerOptions = {}) {
    super();
    checkCount('transformerEncoder', { size, heads, layers });
    this.layers = Array.from({ length: layers }, () => new TransformerEncoderLayer(size, heads, options));
    this.norm = options.normFirst ? new LayerNorm(size, { bias: options.bias ?? true }) : null;
  }
  /** @param x [n, t, size] @param options masks, and `caches`, one for each layer, for decoding step by step. */
  forward(x: Tensor, options: AttentionOptions & { caches?: readonly KeyValueCache[] } = {}): Tensor {
    const { caches, ...own } = options;
    const y = this.layers.reduce(
      (value, layer, i) => layer.forward(value, { ...own, ...(caches?.[i] && { cache: caches[i] }) }),
      x,
    );
    return this.norm ? this.norm.forward(y) : y;
  }
}
/** Decoder layers on top of each other. */
export class TransformerDecoder extends Module {
  readonly layers: readonly TransformerDecoderLayer[];
  readonly norm: LayerNorm | null;
  constructor(size: number, heads: number, layers: number, options: TransformerOptions = {}) {
    super();
    checkCount('transformerDecoder', { size, heads, layers });
    this.layers = Array.from({ length: layers }, () => new TransformerDecoderLayer(size, heads, options));
    this.norm = options.normFirst ? new LayerNorm(size, { bias: options.bias ?? true }) : null;
  }
  /** @param x [n, t, size] @param memory [n, s, size] */
  forward(x: Tensor, memory: Tensor, options: DecoderOptions & { caches?: readonly KeyValueCache[] } = {}): Tensor {
    const { caches, ...own } = options;
    const y = this.layers.reduce(
      (value, layer, i) => layer.forward(value, memory, { ...own, ...(caches?.[i] && { cache: caches[i] }) }),
      x,
    );
    return this.norm ? this.norm.forward(y) : y;
  }
}
/** Encoder and decoder: sequence to sequence (Vaswani et al., 2017). */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;
  constructor(
    size: number,
    heads: number,
    options: TransformerOptions & { encoderLayers?: number; decoderLayers?: number } = {},
  ) {
    super();
    const { encoderLayers = 6, decoderLayers = 6, ...own } = options;
    this.encoder = new TransformerEncoder(size, heads, encoderLayers, own);
    this.decoder = new TransformerDecoder(size, heads, decoderLayers, own);
  }
  /** @param source [n, s, size] @param target [n, t, size]; the decoder sees only earlier positions of it unless `causal: false`. @returns [n, t, size] */
  forward(source: Tensor, target: Tensor, options: DecoderOptions & { sourceKeyMask?: Tensor } = {}): Tensor {
    const { sourceKeyMask, ...own } = options;
    const memory = this.encoder.forward(source, sourceKeyMask ? { keyMask: sourceKeyMask } : {});
    return this.decoder.forward(target, memory, {
      causal: true,
      ...(sourceKeyMask && { memoryKeyMask: sourceKeyMask }),
      ...own,
    });
  }
}

/** Self-attention and feed-forward over features of `size`. */
export const transformerEncoderLayer = (
  size: number,
  heads: number,
  options?: TransformerOptions,
): TransformerEncoderLayer => new TransformerEncoderLayer(size, heads, options);
/** Self-attention, attention to a memory, and feed-forward. */
export const transformerDecoderLayer = (
  size: number,
  heads: number,
  options?: TransformerOptions,
): TransformerDecoderLayer => new TransformerDecoderLayer(size, heads, options);
/** `layers` encoder layers; with `causal` in `forward` the body of a GPT. */
export const transformerEncoder = (
  size: number,
  heads: number,
  layers: number,
  options?: TransformerOptions,
): TransformerEncoder => new TransformerEncoder(size, heads, layers, options);
/** `layers` decoder layers. */
export const transformerDecoder = (
  size: number,
  heads: number,
  layers: number,
  options?: TransformerOptions,
): TransformerDecoder => new TransformerDecoder(size, heads, layers, options);
/** Encoder and decoder, six layers each by default. */
export const transformer = (
  size: number,
  heads: number,
  options?: TransformerOptions & { encoderLayers?: number; decoderLayers?: number },
): Transformer => new Transformer(size, heads, options);
