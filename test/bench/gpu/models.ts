// What is measured on a GPU beside the training steps of ../workloads.ts: a large language model, large products, and long arrays.
import { type MatmulPrecision, noGrad, ones, randint, randn, type Tensor, tril } from '../../../src/index.js';
import * as nn from '../../../src/nn/index.js';
import { adamW } from '../../../src/optim/index.js';

/** Something to measure: `prepare` makes what one call of the result computes. */
export interface Job {
  readonly name: string;
  readonly precision: MatmulPrecision;
  /** Multiplications and additions, for rates. */
  readonly flops?: number;
  /** Bytes read and written. */
  readonly bytes?: number;
  prepare(): () => void;
}

const width = 768;
const heads = 12;
const length = 1024;
const batch = 8;
const vocabulary = 50304;

class Block extends nn.Module {
  readonly first = nn.layerNorm(width);
  readonly second = nn.layerNorm(width);
  readonly qkv = nn.linear(width, 3 * width);
  readonly project = nn.linear(width, width);
  readonly up = nn.linear(width, 4 * width);
  readonly down = nn.linear(4 * width, width);
  readonly gelu = nn.gelu('tanh');

  forward(x: Tensor, mask: Tensor): Tensor {
    const apart = (part: Tensor): Tensor => part.reshape(batch, length, heads, width / heads).transpose(1, 2);
    const [q, k, v] = this.qkv.forward(this.first.forward(x)).split(width, 2).map(apart) as [Tensor, Tensor, Tensor];
    const scores = q.matmul(k.transpose()).mul((width / heads) ** -0.5);
    const attention = scores.where(mask, Number.NEGATIVE_INFINITY).softmax();
    const together = attention.matmul(v).transpose(1, 2).reshape(batch, length, width);
    const mixed = x.add(this.project.forward(together));
    return mixed.add(this.down.forward(this.gelu.forward(this.up.forward(this.second.forward(mixed)))));
  }
}

/** A training step of a decoder of 12 blocks, width 768, 1024 positions, batch 8, 50304 tokens. */
function language(): () => void {
  const tokens = nn.embedding(vocabulary, width);
  const positions = nn.embedding(length, width);
  const blocks = Array.from({ length: 12 }, () => new Block());
  const norm = nn.layerNorm(width);
  const head = nn.linear(width, vocabulary);
  const optimizer = adamW(
    [tokens, positions, ...blocks, norm, head].flatMap((part) => [...part.parameters()]),
    { lr: 3e-4 },
  );
  const x = randint(0, vocabulary, [batch, length]).eval();
  const y = randint(0, vocabulary, [batch * length]).eval();
  const mask = tril(ones([length, length]))
    .gt(0)
    .eval();
  return () => {
    optimizer.zeroGrad();
    let h = tokens.forward(x).add(positions.weight);
    for (const block of blocks) h = block.forward(h, mask);
    const loss = nn.crossEntropy(head.forward(norm.forward(h)).reshape(-1, vocabulary), y);
    loss.backward();
    optimizer.step();
    loss.item();
  };
}

const forward = (compute: () => Tensor): (() => void) => {
  return () => {
    noGrad(compute).eval();
  };
};

const precisions: readonly MatmulPrecision[] = ['highest', 'high', 'bf16'];
const elements = 2 ** 28;

export const jobs: readonly Job[] = [
  ...precisions.slice(1).map((precision): Job => ({ name: `gpt12 ${precision}`, precision, prepare: language })),
  ...[1024, 2048, 4096, 8192].flatMap((n) =>
    precisions.map(
      (precision): Job => ({
        name: `matmul${n} ${precision}`,
        precision,
        flops: 2 * n ** 3,
        prepare() {
          const [a, b] = [randn([n, n]).eval(), randn([n, n]).eval()];
          return forward(() => a.matmul(b));
        },
      }),
    ),
  ),
  {
    name: 'map 1 GiB',
    precision: 'highest',
    bytes: 8 * elements,
    prepare() {
      const x = randn([elements]).eval();
      return forward(() => x.mul(2).add(1).tanh().mul(x));
    },
  },
  ...[1024, 8192].map(
    (row): Job => ({
      name: `softmax 1 GiB, rows of ${row}`,
      precision: 'highest',
      bytes: 8 * elements,
      prepare() {
        const x = randn([elements / row, row]).eval();
        return forward(() => x.softmax());
      },
    }),
  ),
  {
    name: 'layernorm 1 GiB, rows of 1024',
    precision: 'highest',
    bytes: 8 * elements,
    prepare() {
      const x = randn([elements / 1024, 1024]).eval();
      const norm = nn.layerNorm(1024);
      return forward(() => norm.forward(x));
    },
  },
];
