// Schedules mean what plans mean, and expressions become as few kernels as we claim.
import { beforeAll, describe, expect, test } from 'vitest';
import { device, registerDevice } from '../../src/device.js';
import { evaluate } from '../../src/evaluate.js';
import { arange, manualSeed, noGrad, randn, Tensor, tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { interpreter, lastSchedule } from './interpret.js';

registerDevice('interpreter', () => interpreter);

/** Computes on both devices; the results must agree. Returns the kernels of the schedule. */
function same(build: () => Tensor[] | Tensor): string[] {
  const run = (name: string): number[][] => {
    device(name);
    manualSeed(7);
    const built = build();
    const out = Array.isArray(built) ? built : [built];
    return out.map((t) => Array.from(t.dataSync()));
  };
  const expected = run('reference');
  const got = run('interpreter');
  got.forEach((values, k) => {
    expect(values.length).toBe(expected[k]!.length);
    values.forEach((v, i) => expect(v, `output ${k} element ${i}`).toBeCloseTo(expected[k]![i]!, 4));
  });
  return (lastSchedule?.kernels ?? []).map((k) => (k.kind === 'loop' ? (k.rowDims ? 'row' : 'map') : k.kind));
}

const leaf = (...shape: number[]): Tensor => randn(shape).eval();

beforeAll(() => {
  device('reference');
});

describe('kernel counts', () => {
  test('an elementwise chain is one map', () => {
    expect(
      same(() => {
        const x = leaf(4, 5);
        return x.mul(2).add(1).tanh().mul(x);
      }),
    ).toEqual(['map']);
  });
  test('softmax is one row', () => {
    expect(same(() => leaf(4, 9).softmax())).toEqual(['row']);
  });
  test('layer norm is one row', () => {
    expect(
      same(() => {
        const x = leaf(4, 9);
        const centred = x.sub(x.mean(-1, true));
        return centred.div(centred.square().mean(-1, true).add(1e-5).sqrt()).mul(leaf(9)).add(leaf(9));
      }),
    ).toEqual(['row']);
  });
  test('a linear layer with its activation is one contraction', () => {
    expect(same(() => leaf(4, 9).matmul(leaf(9, 3)).add(leaf(3)).relu())).toEqual(['contract']);
  });
  test('a convolution with bias and activation is a pad and one contraction', () => {
    expect(
      same(() =>
        leaf(2, 3, 5, 6)
          .conv2d(leaf(4, 3, 3, 3), { padding: 1 })
          .add(leaf(4, 1, 1))
          .relu(),
      ),
    ).toEqual(['map', 'contract']);
  });
  test('a bias gradient is one reduction', () => {
    expect(same(() => leaf(6, 5).sum(0).mul(3))).toEqual(['reduce']);
  });
});

describe('schedules compute what plans say', () => {
  test('views of views', () => {
    same(() => {
      const x = leaf(4, 6);
      return [
        x.T.reshape(3, 8).add(1),
        x.at('::-1', '1:5:2').mul(2),
        x.pad([1, 2, 0, 1], 3).T.add(0),
        x.exp().pad([1, 1], 5).mul(2),
        x.T.flatten().relu(),
      ];
    });
  });
  test('windows, pooling and fold', () => {
    same(() => {
      const x = leaf(2, 2, 7, 6);
      return [
        x.maxPool2d(2),
        x.avgPool2d(3, { stride: 2, padding: 1 }),
        x.relu().maxPool2d(3, { stride: 2, padding: 1 }),
      ];
    });
  });
  test('gradients of a convolutional network', () => {
    same(() => {
      const x = leaf(3, 2, 8, 8);
      const w = randn([4, 2, 3, 3], { requiresGrad: true });
      const v = randn([4, 4, 3, 3], { requiresGrad: true });
      const d = randn([16, 5], { requiresGrad: true });
      const h = x.conv2d(w, { padding: 1 }).relu().maxPool2d(2).conv2d(v, { padding: 1, stride: 2 }).relu();
      const loss = h
        .flatten(1)
        .matmul(d)
        .logSoftmax()
        .gather(tensor([[0], [3], [1]], { dtype: 'int32' }), 1)
        .mean()
        .neg();
      loss.backward();
      return [loss, w.grad!, v.grad!, d.grad!];
    });
  });
  test('grouped, dilated and strided convolutions', () => {
    same(() => {
      const x = randn([2, 4, 9, 8], { requiresGrad: true });
      const w = randn([6, 2, 3, 2], { requiresGrad: true });
      const y = x.conv2d(w, { groups: 2, dilation: [2, 1], stride: [1, 2], padding: [1, 2] });
      y.mul(y).sum().backward();
      return [y, x.grad!, w.grad!];
    });
  });
  test.each([
    { kernel: 4, stride: 2, padding: 1, outputPadding: 0, groups: 1 },
    { kernel: 3, stride: 2, padding: 1, outputPadding: 1, groups: 1 },
    { kernel: 5, stride: 2, padding: 0, outputPadding: 0, groups: 2 },
    { kernel: 2, stride: 3, padding: 0, outputPadding: 2, groups: 1 },
    { kernel: 5, stride: 3, padding: 2, outputPadding: 1, groups: 2 },
    { kernel: 1, stride: 2, padding: 0, outputPadding: 0, groups: 1 },
  ])('a transposed convolution and its gradients: %j', ({ kernel, ...options }) => {
    same(() => {
      const layer = nn.convTranspose2d(4, 6, [kernel, 2], options);
      const x = randn([2, 4, 5, 3], { requiresGrad: true });
      const y = layer.forward(x);
      y.mul(y).sum().backward();
      return [y, x.grad!, layer.weight.grad!];
    });
  });
  test.each([
    { stride: [2, 1], padding: 1 },
    { stride: [2, 3], padding: 0 },
    { stride: [4, 2], padding: [3, 0] },
  ] as const)('gradients of a strided convolution: %j', (options) => {
    same(() => {
      const x = randn([2, 3, 9, 8], { requiresGrad: true });
      const w = randn([5, 3, 4, 3], { requiresGrad: true });
      const y = x.conv2d(w, { stride: [...options.stride], padding: options.padding as number | [number, number] });
      y.mul(y).sum().backward();
      return [y, x.grad!, w.grad!];
    });
  });
  test('a transposed convolution multiplies none of the zeros that it stands for', () => {
    const kinds = same(() =>
      nn.convTranspose2d(4, 6, 4, { stride: 2, padding: 1, bias: false }).forward(leaf(2, 4, 5, 3)),
    );
    expect(kinds.filter((kind) => kind === 'contract')).toHaveLength(1);
    const product = lastSchedule?.kernels.find((kernel) => kernel.kind === 'contract');
    // Each of 2·6·10·6 results meets 4 channels of 2·2 elements.
    expect(product?.kind === 'contract' && product.dims.reduce((n, d) => n * d.size, 1)).toBe(
      2 * 6 * 10 * 6 * 4 * 2 * 2,
    );
  });
  test('batched products, gather, scatter, sort, concat, cumsum', () => {
    same(() => {
      const a = randn([2, 3, 4], { requiresGrad: true });
      const index = tensor(
        [
          [2, 0],
          [1, 1],
        ],
        { dtype: 'int32' },
      );
      const joined = Tensor.concat([a.exp(), a.mul(2).narrow(1, 0, 2)], 1);
      const out = [
        a.matmul(a.transpose()),
        a.at(0).take(index),
        a.sort(1).values,
        joined,
        a.cumsum(1),
        a.argmax(1),
        arange(12).reshape(3, 4).mul(2),
      ];
      a.matmul(a.transpose()).sum().add(joined.square().sum()).add(a.at(0).take(index).exp().sum()).backward();
      return [...out, a.grad!];
    });
  });
  test('an unrolled recurrence: sums over time become single products', () => {
    const kernels = same(() => {
      const steps = 12;
      const x = leaf(steps, 3, 4);
      const [wi, wh] = [randn([4, 10], { requiresGrad: true }), randn([5, 10], { requiresGrad: true })];
      let h = leaf(3, 5);
      const xi = x.matmul(wi);
      const all: Tensor[] = [];
      for (let t = 0; t < steps; t++) {
        const [a, b] = xi.at(t).add(h.matmul(wh)).split(5, 1) as [Tensor, Tensor];
        h = a.sigmoid().mul(b.tanh()).add(h.mul(0.5));
        all.push(h);
      }
      const loss = Tensor.stack(all).square().mean();
      loss.backward();
      return [loss, wi.grad!, wh.grad!];
    });
    // The last plan is that of wh.grad: steps forward and back, the input product, one product for the weight.
    expect(kernels.filter((kind) => kind === 'contract').length).toBe(12 + 11 + 2);
  });
  test('random numbers, shared and viewed', () => {
    same(() => {
      const r = randn([6, 4]);
      return [r.add(1), r.T.mul(2), r.sum(0)];
    });
  });
  test('an optimizer step: several outputs share one map', () => {
    const kernels = same(() =>
      noGrad(() => {
        const [p, g, m, v] = [leaf(3, 4), leaf(3, 4), leaf(3, 4), leaf(3, 4)];
        const m1 = m.mul(0.9).add(g.mul(0.1));
        const v1 = v.abs().mul(0.99).add(g.square().mul(0.01));
        return [m1, v1, p.sub(m1.div(v1.sqrt().add(1e-8)).mul(0.001))];
      }),
    );
    expect(kernels.length).toBeLessThanOrEqual(3);
  });
});

test('what follows a sum at a distance is not taken for what follows at once', () => {
  const x = leaf(50, 40);
  same(() => {
    const chain = [x.sum(0)];
    for (let i = 0; i < 120; i++) chain.push(chain[i]!.sin().add(i % 3));
    evaluate(chain.map((t) => t.node));
    return chain;
  });
});

test('pads with values that look alike as JSON stay apart', () => {
  device('cpu');
  const x = tensor([1, 2, 3]);
  const [above, below] = [x.pad([1, 1], Number.POSITIVE_INFINITY).min(), x.pad([1, 1], Number.NEGATIVE_INFINITY).max()];
  expect([above.item(), below.item()]).toEqual([1, 3]);
  const both = x
    .pad([1, 1], Number.POSITIVE_INFINITY)
    .mul(2)
    .minimum(x.pad([1, 1], Number.NEGATIVE_INFINITY).mul(3));
  expect(Array.from(both.dataSync())).toEqual([Number.NEGATIVE_INFINITY, 2, 4, 6, Number.NEGATIVE_INFINITY]);
});
