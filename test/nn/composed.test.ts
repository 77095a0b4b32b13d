// Layers without a counterpart in PyTorch, or made of compared parts: properties that define them.
import { describe, expect, test } from 'vitest';
import { gradCheck, manualSeed, noGrad, type Parameter, rand, randn, stack, Tensor, tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';

const values = (t: Tensor): number[] => [...t.dataSync()];
function near(found: Tensor, expected: Tensor, digits = 5): void {
  expect([...found.shape]).toEqual([...expected.shape]);
  const e = values(expected);
  for (const [i, f] of values(found).entries()) expect(f, `element ${i}`).toBeCloseTo(e[i]!, digits);
}
/** Checks gradients of inputs and of all weights of a module. */
function check(module: nn.Module, forward: (x: Tensor) => Tensor, x: Tensor): void {
  module.to('float64');
  gradCheck(forward, [x]);
  for (const owner of module.modules()) {
    for (const [name, member] of owner.members()) {
      if (!(member instanceof Tensor) || !name || name.includes('.')) continue;
      gradCheck(
        (w) => {
          Reflect.set(owner, name, w);
          try {
            return forward(x.to('float64'));
          } finally {
            Reflect.set(owner, name, member);
          }
        },
        [member],
      );
    }
  }
}

describe('dropout', () => {
  test('keeps the mean, drops the share it should, repeats with the seed, and stops in eval', () => {
    const layer = nn.dropout(0.3);
    const x = tensor(new Float32Array(20_000).fill(1));
    manualSeed(5);
    const y = values(layer.forward(x));
    const kept = y.filter((v) => v !== 0);
    expect(kept.length / y.length).toBeCloseTo(0.7, 1);
    expect(kept.every((v) => Math.abs(v - 1 / 0.7) < 1e-6)).toBe(true);
    manualSeed(5);
    expect(values(layer.forward(x))).toEqual(y);
    expect(values(layer.forward(x))).not.toEqual(y);
    expect(layer.eval().forward(x)).toBe(x);
  });
  test('the gradient passes where the value did', () => {
    const x = tensor(new Float32Array(50).fill(1), { requiresGrad: true });
    const y = nn.dropout(0.5).forward(x);
    y.sum().backward();
    expect(values(x.grad!)).toEqual(values(y));
  });
  test('dropout2d drops whole channels', () => {
    const y = nn
      .dropout2d(0.5)
      .forward(rand([4, 8, 3, 3], { low: 1, high: 2 }))
      .eval();
    const channels = values(y.ne(0).int().sum([2, 3]));
    expect(new Set(channels)).toEqual(new Set([0, 9]));
  });
});

describe('recurrent variants', () => {
  manualSeed(2);
  const x = randn([2, 3, 2]).eval();
  test.each([
    ['gru, reset before', () => nn.gru(2, 3, { reset: 'before' })],
    ['gru, reset before, no bias', () => nn.gru(2, 3, { reset: 'before', bias: false })],
    ['lstm with peepholes', () => nn.lstm(2, 3, { peephole: true })],
    ['stacked in both directions', () => nn.gru(2, 2, { layers: 2, bidirectional: true })],
  ])('%s: gradients', (_, make) => {
    const module = make();
    check(module, (t) => module.forward(t).output, x);
  });
  test('the two reset formulations agree where nothing is reset', () => {
    const [after, before] = [nn.gru(2, 3, { bias: false }), nn.gru(2, 3, { bias: false, reset: 'before' })];
    const { weightIh, weightHh } = after.cells[0]!;
    // A huge input weight of the reset gate opens it fully.
    weightIh.assign(
      noGrad(() => Tensor.concat([tensor(new Float32Array(6).fill(1e4), { shape: [3, 2] }), weightIh.narrow(0, 3, 6)])),
    );
    before.cells[0]!.weightIh.assign(weightIh.detach());
    before.cells[0]!.weightHh.assign(weightHh.detach());
    const positive = x.abs().add(0.1);
    near(after.forward(positive).output, before.forward(positive).output);
  });
  test('a sequence in two parts gives what it gives whole', () => {
    const module = nn.lstm(2, 3, { layers: 2 });
    const whole = module.forward(x);
    const first = module.forward(x.narrow(1, 0, 2));
    const second = module.forward(x.narrow(1, 2, 1), { state: first.state });
    near(Tensor.concat([first.output, second.output], 1), whole.output);
    near(second.state[1]!, whole.state[1]!);
  });
});

describe('attention', () => {
  manualSeed(3);
  const x = randn([2, 5, 8]).eval();
  test('weights sum to 1 and respect the mask', () => {
    const layer = nn.multiHeadAttention(8, 2);
    const { weights } = layer.attend(x, x, x, { causal: true });
    near(weights.sum(-1), tensor(new Float32Array(20).fill(1), { shape: [2, 2, 5] }));
    near(weights.where(nn.causalMask(5).not(), 0).sum(), tensor(0));
  });
  test.each([0, 10000])(
    'decoding step by step with caches gives what the whole gives (rotary base %d)',
    (rotaryBase) => {
      const body = nn.transformerEncoder(8, 2, 2, { dropout: 0, rotaryBase });
      const whole = body.forward(x, { causal: true });
      const caches = nn.keyValueCaches(2);
      const steps = Array.from({ length: 5 }, (_, t) => body.forward(x.narrow(1, t, 1), { causal: true, caches }));
      near(Tensor.concat(steps, 1), whole);
      expect(caches[0]!.length).toBe(5);
    },
  );
  test('rotary products depend on the distance only', () => {
    const [q, k] = [randn([1, 6]).eval(), randn([1, 6]).eval()];
    const product = (i: number, j: number): Tensor =>
      nn
        .rotary(q, { offset: i })
        .mul(nn.rotary(k, { offset: j }))
        .sum();
    near(product(3, 1), product(7, 5));
    expect(product(3, 1).item()).not.toBeCloseTo(product(3, 2).item(), 3);
  });
  test('an encoder–decoder sees no later target, and all of the source', () => {
    const model = nn.transformer(8, 2, { encoderLayers: 1, decoderLayers: 1, dropout: 0, feedForward: 8 }).eval();
    const target = randn([2, 4, 8]).eval();
    const changed = Tensor.concat([target.narrow(1, 0, 3), target.narrow(1, 3, 1).add(1)], 1);
    near(model.forward(x, changed).narrow(1, 0, 3), model.forward(x, target).narrow(1, 0, 3));
    const source = Tensor.concat([x.narrow(1, 0, 4), x.narrow(1, 4, 1).add(1)], 1);
    expect(values(model.forward(source, target).sub(model.forward(x, target)).abs().max())[0]).toBeGreaterThan(1e-3);
    const real = tensor(
      [
        [1, 1, 1, 1, 0],
        [1, 1, 1, 1, 0],
      ],
      { dtype: 'bool' },
    );
    near(model.forward(source, target, { sourceKeyMask: real }), model.forward(x, target, { sourceKeyMask: real }));
  });
});

describe('positions', () => {
  test('sinusoidal values', () => {
    const p = nn.sinusoidal(3, 4);
    const expected = [0, 1, 2].flatMap((t) => [Math.sin(t), Math.cos(t), Math.sin(t / 100), Math.cos(t / 100)]);
    near(p, tensor(expected, {}).reshape(3, 4));
  });
  test('are added, from an offset', () => {
    const x = randn([2, 3, 4]).eval();
    near(nn.sinusoidalPositions(4).forward(x, 2), x.add(nn.sinusoidal(5, 4).narrow(0, 2, 3)));
    const learned = nn.learnedPositions(5, 4);
    near(learned.forward(x, 2), x.add(learned.weight.narrow(0, 2, 3)));
    expect(() => learned.forward(x, 3)).toThrow(/Only 5 were learnt/);
  });
});

describe('vector quantizer', () => {
  test('takes the nearest code, passes the gradient on, and pulls codes', () => {
    const layer = nn.vectorQuantizer(3, 2);
    layer.weight.assign(
      tensor([
        [0, 0],
        [1, 1],
        [4, 0],
      ]),
    );
    const x = tensor(
      [
        [0.9, 0.8],
        [3, 0.1],
      ],
      { requiresGrad: true },
    );
    const { output, indices, loss } = layer.forward(x);
    expect(values(indices)).toEqual([1, 2]);
    near(
      output,
      tensor([
        [1, 1],
        [4, 0],
      ]),
    );
    output
      .mul(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      .sum()
      .backward();
    near(
      x.grad!,
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const distance = (0.01 + 0.04 + 1 + 0.01) / 4;
    expect(loss.item()).toBeCloseTo(1.25 * distance, 5);
    layer.zeroGrad();
    loss.backward();
    near(
      layer.weight.grad!,
      tensor([
        [0, 0],
        [0.05, 0.1],
        [0.5, -0.05],
      ]),
    );
  });
});

describe('graph layers', () => {
  const edges = tensor([
    [0, 1, 0],
    [1, 0, 1],
    [0, 1, 0],
  ]);
  test('normalised adjacency', () => {
    const r = 1 / Math.sqrt(6);
    near(
      nn.normalizedAdjacency(edges),
      tensor([
        [0.5, r, 0],
        [r, 1 / 3, r],
        [0, r, 0.5],
      ]),
    );
  });
  test('gradients', () => {
    manualSeed(6);
    const x = randn([3, 2]).eval();
    const conv = nn.graphConv(2, 3);
    check(conv, (t) => conv.forward(t, nn.normalizedAdjacency(edges)), x);
    const attention = nn.graphAttention(2, 3, 2);
    check(attention, (t) => attention.forward(t, edges), x);
    const averaged = nn.graphAttention(2, 3, 2, { join: false });
    expect([...averaged.forward(x, edges).shape]).toEqual([3, 3]);
  });
  test('attention reads neighbours only', () => {
    const layer = nn.graphAttention(2, 2);
    const x = randn([3, 2]).eval();
    const moved = Tensor.concat([x.narrow(0, 0, 2), x.narrow(0, 2, 1).add(5)]);
    near(layer.forward(moved, edges).at(0), layer.forward(x, edges).at(0));
  });
});

describe('initialisers', () => {
  const statistics = (t: Tensor): { mean: number; std: number; peak: number } => {
    const v = values(t);
    const mean = v.reduce((a, b) => a + b, 0) / v.length;
    return {
      mean,
      std: Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length),
      peak: Math.max(...v.map(Math.abs)),
    };
  };
  const shape = [60, 40, 3] as const;
  const [fanIn, fanOut] = [120, 180];
  test.each([
    ['xavierUniform', () => nn.init.xavierUniform(shape), Math.sqrt(2 / (fanIn + fanOut))],
    ['xavierNormal', () => nn.init.xavierNormal(shape, 2), 2 * Math.sqrt(2 / (fanIn + fanOut))],
    ['heUniform', () => nn.init.heUniform(shape), Math.sqrt(2 / fanIn)],
    ['heNormal', () => nn.init.heNormal(shape, { mode: 'fanOut', gain: 1 }), Math.sqrt(1 / fanOut)],
    ['defaultUniform', () => nn.init.defaultUniform(shape, fanIn), 1 / Math.sqrt(3 * fanIn)],
  ])('%s has its standard deviation', (_, make, std) => {
    manualSeed(8);
    const found = statistics(make());
    expect(found.std / std).toBeCloseTo(1, 1);
    expect(Math.abs(found.mean)).toBeLessThan(std / 20);
  });
  test('truncated normal stays within two standard deviations', () => {
    expect(statistics(nn.init.truncatedNormal([500], 0, 0.5)).peak).toBeLessThanOrEqual(1);
  });
  test.each([[[4, 7]], [[7, 4]], [[3, 2, 2]]])('orthogonal %j', (size) => {
    const q = nn.init.orthogonal(size, 2).reshape(size[0]!, -1);
    const [rows, columns] = q.shape as [number, number];
    const gram = rows <= columns ? q.matmul(q.T) : q.T.matmul(q);
    const n = Math.min(rows, columns);
    near(
      gram,
      stack(Array.from({ length: n }, (_, i) => tensor(Float32Array.from({ length: n }, (_, j) => (i === j ? 4 : 0))))),
      4,
    );
  });
});

test('padding vectors stay zero', () => {
  const layer = nn.embedding(4, 2, { paddingIndex: 1 });
  expect(values(layer.forward(tensor([1], { dtype: 'int32' })))).toEqual([0, 0]);
  const all: Parameter[] = layer.parameters();
  expect(all.length).toBe(1);
});
