// The training steps and products that we measure, as the peer's script has them (peer.py).
import {
  manualSeed,
  noGrad,
  ones,
  Parameter,
  rand,
  randint,
  randn,
  type Tensor,
  tril,
  zeros,
} from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import * as optim from '../../src/optim/index.js';

/** A workload: `prepare` makes what one call of the result measures. */
export interface Workload {
  readonly name: string;
  /** Multiplications and additions of one run, at the least. */
  readonly flops: number;
  /** Bytes that it reads and writes, at the least; for those that memory limits. */
  readonly bytes?: number;
  prepare(): () => void;
}

function trainer(model: nn.Module, loss: () => Tensor): () => void {
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  return () => {
    optimizer.zeroGrad();
    const value = loss();
    value.backward();
    optimizer.step();
    value.item();
  };
}

function mlp(): () => void {
  const model = nn.sequential(nn.linear(784, 256), nn.relu(), nn.linear(256, 128), nn.relu(), nn.linear(128, 10));
  const x = randn([128, 784]).eval();
  const y = randint(0, 10, [128]).eval();
  return trainer(model, () => nn.crossEntropy(model.forward(x), y));
}

function cnn(): () => void {
  const model = nn.sequential(
    nn.conv2d(1, 32, 3, { padding: 1 }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(32, 64, 3, { padding: 1 }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(3136, 128),
    nn.relu(),
    nn.linear(128, 10),
  );
  const x = randn([64, 1, 28, 28]).eval();
  const y = randint(0, 10, [64]).eval();
  return trainer(model, () => nn.crossEntropy(model.forward(x), y));
}

/** A language model over 65 characters, 64 steps, 32 sequences. */
function recurrent(make: typeof nn.rnn | typeof nn.lstm | typeof nn.gru): () => void {
  const embedding = nn.embedding(65, 64);
  const layer = make(64, 128);
  const head = nn.linear(128, 65);
  const optimizer = new optim.Adam([...embedding.parameters(), ...layer.parameters(), ...head.parameters()], {
    lr: 1e-3,
  });
  const x = randint(0, 65, [32, 64]).eval();
  const y = randint(0, 65, [32 * 64]).eval();
  return () => {
    optimizer.zeroGrad();
    const { output } = layer.forward(embedding.forward(x));
    const loss = nn.crossEntropy(head.forward(output).reshape(-1, 65), y);
    loss.backward();
    optimizer.step();
    loss.item();
  };
}

/** A decoder of four blocks, width 128, four heads, 64 positions, pre-norm. */
class Block extends nn.Module {
  readonly first = nn.layerNorm(128);
  readonly second = nn.layerNorm(128);
  readonly qkv = nn.linear(128, 384);
  readonly project = nn.linear(128, 128);
  readonly up = nn.linear(128, 512);
  readonly down = nn.linear(512, 128);
  readonly gelu = nn.gelu('tanh');

  forward(x: Tensor): Tensor {
    const [n, t] = x.shape as [number, number, number];
    const heads = (part: Tensor): Tensor => part.reshape(n, t, 4, 32).transpose(1, 2);
    const [q, k, v] = this.qkv.forward(this.first.forward(x)).split(128, 2).map(heads) as [Tensor, Tensor, Tensor];
    const scores = q.matmul(k.transpose()).mul(32 ** -0.5);
    const attention = scores.where(tril(ones([t, t])).gt(0), Number.NEGATIVE_INFINITY).softmax();
    const mixed = x.add(this.project.forward(attention.matmul(v).transpose(1, 2).reshape(n, t, 128)));
    return mixed.add(this.down.forward(this.gelu.forward(this.up.forward(this.second.forward(mixed)))));
  }
}

function gpt(): () => void {
  const tokens = nn.embedding(65, 128);
  const positions = nn.embedding(64, 128);
  const blocks = Array.from({ length: 4 }, () => new Block());
  const norm = nn.layerNorm(128);
  const head = nn.linear(128, 65);
  const parts = [tokens, positions, ...blocks, norm, head];
  const optimizer = new optim.AdamW(
    parts.flatMap((part) => [...part.parameters()]),
    { lr: 1e-3 },
  );
  const x = randint(0, 65, [32, 64]).eval();
  const y = randint(0, 65, [32 * 64]).eval();
  return () => {
    optimizer.zeroGrad();
    let h = tokens.forward(x).add(positions.weight);
    for (const block of blocks) h = block.forward(h);
    const loss = nn.crossEntropy(head.forward(norm.forward(h)).reshape(-1, 65), y);
    loss.backward();
    optimizer.step();
    loss.item();
  };
}

function vae(): () => void {
  const [e1, mu, lv, d1, d2] = [
    nn.linear(784, 400),
    nn.linear(400, 20),
    nn.linear(400, 20),
    nn.linear(20, 400),
    nn.linear(400, 784),
  ];
  const optimizer = new optim.Adam(
    [e1, mu, lv, d1, d2].flatMap((layer) => [...layer.parameters()]),
    { lr: 1e-3 },
  );
  const x = rand([128, 784]).eval();
  return () => {
    optimizer.zeroGrad();
    const h = e1.forward(x).relu();
    const [mean, logVariance] = [mu.forward(h), lv.forward(h)];
    const z = mean.add(randn(mean.shape).mul(logVariance.mul(0.5).exp()));
    const r = d2.forward(d1.forward(z).relu());
    const reconstruction = nn.binaryCrossEntropyWithLogits(r, x, { reduction: 'sum' });
    const divergence = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum().mul(-0.5);
    const loss = reconstruction.add(divergence);
    loss.backward();
    optimizer.step();
    loss.item();
  };
}

function dcgan(): () => void {
  const generator = nn.sequential(
    nn.linear(64, 3136),
    nn.unflatten([64, 7, 7]),
    nn.batchNorm2d(64),
    nn.relu(),
    nn.convTranspose2d(64, 32, 4, { stride: 2, padding: 1 }),
    nn.batchNorm2d(32),
    nn.relu(),
    nn.convTranspose2d(32, 1, 4, { stride: 2, padding: 1 }),
    nn.tanh(),
  );
  const discriminator = nn.sequential(
    nn.conv2d(1, 32, 4, { stride: 2, padding: 1 }),
    nn.leakyRelu(0.2),
    nn.conv2d(32, 64, 4, { stride: 2, padding: 1 }),
    nn.batchNorm2d(64),
    nn.leakyRelu(0.2),
    nn.flatten(),
    nn.linear(3136, 1),
  );
  const og = new optim.Adam(generator.parameters(), { lr: 2e-4, betas: [0.5, 0.999] });
  const od = new optim.Adam(discriminator.parameters(), { lr: 2e-4, betas: [0.5, 0.999] });
  const x = rand([64, 1, 28, 28], { low: -1, high: 1 }).eval();
  const [one, zero] = [ones([64, 1]), zeros([64, 1])];
  return () => {
    const fake = generator.forward(randn([64, 64]));
    od.zeroGrad();
    const real = nn.binaryCrossEntropyWithLogits(discriminator.forward(x), one);
    const ld = real.add(nn.binaryCrossEntropyWithLogits(discriminator.forward(fake.detach()), zero));
    ld.backward();
    od.step();
    og.zeroGrad();
    discriminator.freeze();
    const lg = nn.binaryCrossEntropyWithLogits(discriminator.forward(fake), one);
    lg.backward();
    discriminator.freeze(false);
    og.step();
    lg.item();
    ld.item();
  };
}

function chain(): () => void {
  const a = new Parameter(randn([4]));
  const b = randn([4]).eval();
  return () => {
    a.grad = null;
    let y: Tensor = a;
    for (let i = 0; i < 1000; i++) y = y.add(b);
    y.sum().backward();
    a.grad!.eval();
  };
}

const forward = (compute: () => Tensor): (() => void) => {
  return () => {
    noGrad(compute).eval();
  };
};

function matmul(n: number): Workload {
  return {
    name: `matmul${n}`,
    flops: 2 * n ** 3,
    prepare() {
      const [a, b] = [randn([n, n]).eval(), randn([n, n]).eval()];
      return forward(() => a.matmul(b));
    },
  };
}

/** All workloads by name. */
export const workloads: readonly Workload[] = [
  { name: 'mlp', flops: 128.9e6, prepare: mlp },
  { name: 'cnn', flops: 1599.6e6, prepare: cnn },
  { name: 'lstm', flops: 1310e6, prepare: () => recurrent(nn.lstm) },
  { name: 'gru', flops: 1008e6, prepare: () => recurrent(nn.gru) },
  { name: 'rnn', flops: 404e6, prepare: () => recurrent(nn.rnn) },
  { name: 'gpt', flops: 10571e6, prepare: gpt },
  { name: 'vae', flops: 419.8e6, prepare: vae },
  { name: 'dcgan', flops: 2431e6, prepare: dcgan },
  { name: 'chain', flops: 0, prepare: chain },
  ...[256, 512, 1024, 2048].map(matmul),
  {
    name: 'eltchain',
    flops: 0,
    bytes: 8e7,
    prepare() {
      const x = rand([1e7]).eval();
      return forward(() => x.mul(2).add(1).tanh().mul(x));
    },
  },
  {
    name: 'softmax',
    flops: 0,
    bytes: 8 * 4096 * 1024,
    prepare() {
      const x = randn([4096, 1024]).eval();
      return forward(() => x.softmax());
    },
  },
  {
    name: 'layernorm',
    flops: 0,
    bytes: 8 * 4096 * 1024,
    prepare() {
      const x = randn([4096, 1024]).eval();
      const norm = nn.layerNorm(1024);
      return forward(() => norm.forward(x));
    },
  },
  {
    name: 'crossentropy',
    flops: 0,
    bytes: 4 * 4096 * 1024,
    prepare() {
      const x = randn([4096, 1024]).eval();
      const y = randint(0, 1024, [4096]).eval();
      return forward(() => nn.crossEntropy(x, y));
    },
  },
  {
    name: 'conv2d',
    bytes: 8 * 64 * 64 * 56 * 56,
    flops: 2 * 64 * 56 * 56 * 9 * 64 * 64,
    prepare() {
      const [x, w] = [randn([64, 64, 56, 56]).eval(), randn([64, 64, 3, 3]).eval()];
      return forward(() => x.conv2d(w, { padding: 1 }));
    },
  },
];

/** Makes a workload ready from a fixed seed. */
export function prepare(workload: Workload): () => void {
  manualSeed(0);
  return workload.prepare();
}
