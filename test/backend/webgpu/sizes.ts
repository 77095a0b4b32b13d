// Expressions whose shapes take the paths that small cases do not: slices of sums, tiles with remainders, merges of runs, long rows.
import { manualSeed, rand, randn, Tensor, tensor } from '../../../src/index.js';

export const sizes: Readonly<Record<string, () => Tensor>> = {
  'a product with remainders of tiles': () =>
    randn([70, 37])
      .matmul(randn([37, 85]))
      .relu(),
  'a product of long sums': () =>
    randn([40, 3001])
      .matmul(randn([3001, 35]))
      .mul(0.01)
      .tanh(),
  'a row times a matrix': () =>
    randn([1, 700])
      .matmul(randn([700, 90]))
      .mul(0.01),
  'products in a batch, transposed': () =>
    randn([3, 17, 33])
      .transpose()
      .matmul(randn([3, 17, 20])),
  'a convolution': () =>
    randn([2, 3, 12, 11])
      .conv2d(randn([20, 3, 3, 3]), { padding: 1 })
      .relu(),
  'a long sum': () => randn([200_003]).mean(),
  'a few long sums': () => randn([3, 20_001]).square().mean(1),
  'sums down the columns': () => randn([700, 40]).mean(0),
  'sums over outer and inner axes': () => randn([70, 33, 40]).mean([0, 2]),
  'the largest of many': () => randn([20_000, 3]).max(0, false),
  'the place of the largest of many': () => randn([40_000]).argmax(0),
  'the places of the smallest of columns': () => randn([70, 300]).argmin(0),
  'softmax of long rows': () => randn([3, 5000]).softmax(-1),
  'softmax of short rows': () => randn([100, 10]).logSoftmax(-1),
  'a stable sort of many equal numbers': () => randn([2, 1500]).round().argsort(-1),
  'a sort from the greatest, with NaN': () =>
    Tensor.concat([randn([1100]), tensor([Number.NaN, 3, Number.NaN])], 0).argsort(-1, true),
  'a long running sum': () => randn([2, 3000]).cumsum(-1).mul(0.01),
  'running sums of an inner axis': () => randn([40, 70, 3]).cumsum(1).mul(0.1),
  'a table of which many rows are read, and its gradient': () => {
    const table = randn([300, 40], { requiresGrad: true });
    const rows = rand([700]).mul(300).to('int32');
    table.take(rows, 0).square().sum().backward();
    return table.grad!.mul(0.1);
  },
  'overlapping windows': () => randn([2, 3, 33, 31]).maxPool2d(3, { stride: 2, padding: 1 }),
  'many elements, four to a thread': () => {
    const [x, y] = [randn([64, 2048]), randn([64, 1])];
    const noise = rand([64, 2048]);
    return x
      .mul(y)
      .add(noise)
      .relu()
      .gt(0.5)
      .to('float32')
      .add(randn([2048]).to('int32').to('float32'))
      .mean(1);
  },
  'more operands than a dispatch binds': () =>
    Array.from({ length: 20 }, () => randn([50]).reshape([5, 10]).transpose())
      .reduce((sum, t) => sum.mul(0.9).add(t))
      .softmax(-1),
};

/** Numbers that functions treat apart. */
const special = [1, Number.NaN, 3, -Infinity, Infinity, 0, -2, -0, 0.5, 100, -100, 1e-8, 1e-30, 2.5, -3.5, 1000];
const functions = [
  'tanh',
  'sigmoid',
  'exp',
  'sinh',
  'asinh',
  'log1p',
  'expm1',
  'erf',
  'abs',
  'sign',
  'relu',
  'floor',
] as const;
const others = ['round', 'sqrt', 'reciprocal', 'atan', 'sin', 'cos', 'log', 'rsqrt', 'asin', 'acos'] as const;

export const edges: Readonly<Record<string, () => Tensor>> = {
  'functions of infinities, zeros and NaN': () => {
    const x = tensor(special);
    return Tensor.concat(
      [...functions, ...others].map((name) => x[name]()),
      0,
    );
  },
  'pairs of infinities, zeros and NaN': () => {
    const n = special.length;
    const x = tensor(special).reshape([n, 1]).expand([n, n]).reshape([-1]);
    const y = tensor(special).reshape([1, n]).expand([n, n]).reshape([-1]);
    return Tensor.concat([x.maximum(y), x.minimum(y), x.pow(y), x.div(y), x.mod(y), x.atan2(y)], 0);
  },
  'whole numbers at their limits': () => {
    const x = tensor([5, -5, 7, -2147483648, 0, 3, -7], { dtype: 'int32' });
    const y = tensor([2, 3, 0, -1, 5, -7, 2], { dtype: 'int32' });
    return Tensor.concat([x.div(y), x.mod(y), x.mul(y), x.maximum(y), x.minimum(y)], 0);
  },
  'real numbers as whole ones': () => tensor([1.7, -1.7, 3e10, -3e10, Number.NaN, 0.2, -0.9]).to('int32'),
};

/** Computes an expression from the same random numbers each time. */
export function values(make: () => Tensor): number[] {
  manualSeed(3);
  return Array.from(make().dataSync());
}
