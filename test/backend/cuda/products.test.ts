// Products that a library computes: which are taken out of their kernels, and that numbers stay the same, on the stand-in for cublasLt.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { device } from '../../../src/device.js';
import { manualSeed, matmulPrecision, randn, type Tensor, tensor } from '../../../src/index.js';
import { linear, sequential, tanh } from '../../../src/nn/index.js';
import { adam } from '../../../src/optim/index.js';
import { measure } from '../../../src/profile.js';
import { missing, useStandIn } from './stand-in.js';

const reason = missing();

/** Leaves of a case from one seed, and what is computed of them. */
const cases: readonly (readonly [string, readonly (readonly number[])[], (...t: Tensor[]) => Tensor])[] = [
  [
    'both by rows',
    [
      [5, 7],
      [7, 4],
    ],
    (a, b) => a!.matmul(b!),
  ],
  [
    'left transposed',
    [
      [7, 5],
      [7, 4],
    ],
    (a, b) => a!.transpose().matmul(b!),
  ],
  [
    'right transposed',
    [
      [5, 7],
      [4, 7],
    ],
    (a, b) => a!.matmul(b!.transpose()),
  ],
  [
    'both transposed',
    [
      [7, 5],
      [4, 7],
    ],
    (a, b) => a!.transpose().matmul(b!.transpose()),
  ],
  [
    'rows of a wider matrix',
    [
      [5, 12],
      [8, 4],
    ],
    (a, b) => a!.at(':', '4:').matmul(b!),
  ],
  [
    'every other column, which does not fit',
    [
      [5, 12],
      [6, 4],
    ],
    (a, b) => a!.at(':', '::2').matmul(b!),
  ],
  [
    'an offset that does not fit',
    [
      [5, 12],
      [9, 4],
    ],
    (a, b) => a!.at(':', '3:').matmul(b!),
  ],
  [
    'a batch',
    [
      [3, 5, 7],
      [3, 7, 4],
    ],
    (a, b) => a!.matmul(b!),
  ],
  [
    'one right factor for a batch',
    [
      [3, 5, 7],
      [7, 4],
    ],
    (a, b) => a!.matmul(b!),
  ],
  [
    'one left factor for a batch',
    [
      [5, 7],
      [3, 7, 4],
    ],
    (a, b) => a!.matmul(b!),
  ],
  [
    'two axes of a batch, heads apart',
    [
      [2, 5, 3, 8],
      [2, 5, 3, 8],
    ],
    (a, b) => a!.transpose(1, 2).matmul(b!.transpose(1, 2).transpose()),
  ],
  [
    'a row',
    [
      [1, 7],
      [7, 4],
    ],
    (a, b) => a!.matmul(b!),
  ],
  [
    'a column',
    [
      [5, 7],
      [7, 1],
    ],
    (a, b) => a!.matmul(b!),
  ],
  [
    'an outer product',
    [
      [5, 1],
      [1, 4],
    ],
    (a, b) => a!.matmul(b!),
  ],
  ['an epilogue', [[5, 7], [7, 4], [4], [5, 4]], (a, b, c, d) => a!.matmul(b!).add(c!).relu().mul(d!)],
  [
    'an epilogue that turns the result',
    [
      [5, 7],
      [7, 4],
      [4, 5],
    ],
    (a, b, c) => a!.matmul(b!).transpose().mul(c!),
  ],
  [
    'a convolution, which does not fit',
    [
      [2, 3, 6, 6],
      [4, 3, 3, 3],
    ],
    (x, w) => x!.conv2d(w!),
  ],
];

describe.skipIf(reason !== null)(reason ?? 'products by a library', { timeout: 600_000 }, () => {
  beforeAll(() => {
    process.env.GRADLAB_CUDA_LIBRARY_FROM = '1';
    useStandIn();
  }, 600_000);
  afterAll(() => {
    delete process.env.GRADLAB_CUDA_LIBRARY_FROM;
    matmulPrecision('highest');
    device('cpu');
  });
  const values = (
    name: string,
    [, shapes, compute]: (typeof cases)[number],
    dtype: 'float32' | 'float64',
  ): number[] => {
    device(name);
    const leaves = shapes.map((shape, i) =>
      tensor(
        Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(k * 1.7 + i)),
        { shape, dtype },
      ),
    );
    return Array.from(compute(...leaves).dataSync());
  };
  test.each(cases)('%s', (...c) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const expected = values('reference', c, dtype);
      values('cuda', c, dtype).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, dtype === 'float32' ? 5 : 12));
    }
  });

  test('what follows is a kernel of its own, unless there is nothing', () => {
    device('cuda');
    const [a, b] = [randn([5, 7]).eval(), randn([7, 4]).eval()];
    const kinds = (compute: () => Tensor): string[] => measure(() => void compute().eval()).map(({ kind }) => kind);
    expect(kinds(() => a.matmul(b))).toEqual(['contract']);
    expect(kinds(() => a.matmul(b).relu())).toEqual(['contract', 'map']);
  });

  test('a model trains as on the reference, its steps as graphs', () => {
    const losses = (name: string): number[] => {
      device(name);
      manualSeed(3);
      const model = sequential(linear(6, 8), tanh(), linear(8, 5), tanh(), linear(5, 2));
      const optimizer = adam(model.parameters(), { lr: 0.05 });
      const x = randn([10, 6]);
      return Array.from({ length: 6 }, () => {
        optimizer.zeroGrad();
        const loss = model.forward(x).sub(1).square().mean();
        loss.backward();
        optimizer.step();
        return loss.item();
      });
    };
    const expected = losses('reference');
    losses('cuda').forEach((loss, i) => expect(loss).toBeCloseTo(expected[i]!, 4));
  });

  test('coarser units on request', () => {
    const product = (): number =>
      tensor([[1 + 2 ** -9]])
        .matmul(tensor([[1]]))
        .item();
    device('cuda');
    const found = (['highest', 'high', 'bf16'] as const).map((level) => {
      matmulPrecision(level);
      return product() - 1;
    });
    expect(found).toEqual([2 ** -9, 2 ** -9, 0]);
    matmulPrecision('highest');
  });
});
