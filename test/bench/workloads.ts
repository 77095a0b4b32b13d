// The training steps and products that we measure, as the peer's script has them (peer.py).
import { manualSeed, noGrad, Parameter, rand, randint, randn, type Tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import * as optim from '../../src/optim/index.js';

/** A workload: `prepare` makes what one call of the result measures. */
export interface Workload {
  readonly name: string;
  /** Multiplications and additions of one run, at the least. */
  readonly flops: number;
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
  { name: 'chain', flops: 0, prepare: chain },
  ...[256, 512, 1024, 2048].map(matmul),
  {
    name: 'eltchain',
    flops: 0,
    prepare() {
      const x = rand([1e7]).eval();
      return forward(() => x.mul(2).add(1).tanh().mul(x));
    },
  },
  {
    name: 'softmax',
    flops: 0,
    prepare() {
      const x = randn([4096, 1024]).eval();
      return forward(() => x.softmax());
    },
  },
  {
    name: 'conv2d',
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
