// float16 and bfloat16: rounding, arithmetic and gradients as PyTorch 2.13 has them (golden/make-torch-half.py), files, and every device.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentDevice, device } from '../src/device.js';
import { DTypeError, GradientError, ValueError } from '../src/errors.js';
import { roundToBfloat16, roundToFloat16 } from '../src/half.js';
import { autocast, full, manualSeed, randn, type Tensor, tensor } from '../src/index.js';
import { readNpy, readSafetensors, writeNpy, writeSafetensors } from '../src/io/index.js';
import { layerNorm, linear, mseLoss, relu, sequential } from '../src/nn/index.js';
import { type GradScaler, gradScaler, sgd } from '../src/optim/index.js';
import { Parameter } from '../src/tensor.js';

type Numbers = readonly (number | string)[];
type Golden = Readonly<Record<string, Numbers>>;
const golden = JSON.parse(readFileSync(new URL('golden/torch-half.json', import.meta.url), 'utf8')) as {
  x: Numbers;
  float16: Golden;
  bfloat16: Golden;
};
const numbers = (list: Numbers): number[] => list.map(Number);
const before = currentDevice().name;
afterAll(() => {
  device(before);
});

test('numbers round as PyTorch rounds them', () => {
  const x = numbers(golden.x);
  expect(x.map(roundToFloat16)).toEqual(numbers(golden.float16.rounded!));
  expect(x.map(roundToBfloat16)).toEqual(numbers(golden.bfloat16.rounded!));
});

/** Largest difference in units of the last place of the result. */
const ulps = (dtype: 'float16' | 'bfloat16', found: Tensor, expected: readonly number[]): number => {
  const bits = dtype === 'float16' ? 10 : 7;
  return Math.max(
    ...Array.from(found.dataSync(), (v, i) => {
      const e = expected[i]!;
      if (Object.is(v, e) || v === e) return 0;
      return Math.abs(v - e) / 2 ** (Math.floor(Math.log2(Math.abs(e) || 2 ** -14)) - bits);
    }),
  );
};

const onThese = ['reference', 'cpu'] as const;
describe.each(onThese)('on %s', (name) => {
  beforeAll(() => {
    device(name);
  });

  describe.each(['float16', 'bfloat16'] as const)('%s', (dtype) => {
    const at = (key: string): readonly number[] => numbers(golden[dtype][key]!);
    const a = (): Tensor => tensor([...at('a')], { dtype });
    const b = (): Tensor => tensor([...at('b')], { dtype });

    test('numbers round when a tensor is made, cast or filled', () => {
      const x = tensor(numbers(golden.x));
      expect(Array.from(x.to(dtype).dataSync())).toEqual(at('rounded'));
      expect(Array.from(tensor(numbers(golden.x), { dtype }).dataSync())).toEqual(at('rounded'));
      expect(full([1], 0.1, { dtype }).item()).toBe(dtype === 'float16' ? roundToFloat16(0.1) : roundToBfloat16(0.1));
      expect([x.to(dtype).dtype, x.to(dtype).bytes]).toEqual([dtype, 2 * x.size]);
    });
    test('elementwise operations are exact to the last place', () => {
      for (const op of ['add', 'sub', 'mul', 'div', 'maximum'] as const) {
        const y = a()[op](b());
        expect(y.dtype).toBe(dtype);
        expect(Array.from(y.dataSync()), op).toEqual(at(op));
      }
      for (const op of ['neg', 'relu', 'sqrt'] as const) expect(Array.from(a()[op]().dataSync()), op).toEqual(at(op));
      for (const op of ['exp', 'tanh', 'sigmoid'] as const)
        expect(ulps(dtype, a()[op](), at(op)), op).toBeLessThanOrEqual(1);
    });
    test('sums, means and products are summed in float32', () => {
      for (const op of ['sum', 'mean', 'var'] as const)
        expect(ulps(dtype, a()[op](), at(op)), op).toBeLessThanOrEqual(1);
      expect(full([1000], 100, { dtype }).mean().item()).toBe(at('bigMean')[0]);
      expect(ulps(dtype, a().softmax(0), at('softmax'))).toBeLessThanOrEqual(1);
      expect(ulps(dtype, a().logSoftmax(0), at('logSoftmax'))).toBeLessThanOrEqual(1);
      const product = a().reshape(5, 8).matmul(b().reshape(8, 5));
      expect([product.dtype, ulps(dtype, product, at('matmul')) <= 1]).toEqual([dtype, true]);
      expect(ulps(dtype, layerNorm(8).forward(a().reshape(5, 8)).to(dtype), at('layerNorm'))).toBeLessThanOrEqual(2);
    });
    test('gradients have the dtype, too', () => {
      const p = new Parameter(a());
      p.tanh().mul(b()).sum().backward();
      expect(p.grad!.dtype).toBe(dtype);
      // 1 − tanh² loses digits where tanh is close to 1, and each step rounds.
      expect(ulps(dtype, p.grad!, at('grad'))).toBeLessThanOrEqual(8);
    });
    test('a model of this dtype trains', () => {
      manualSeed(1);
      const model = sequential(linear(4, 16), layerNorm(16), relu(), linear(16, 2)).to(dtype);
      const x = randn([32, 4]).to(dtype);
      const y = x.at(':', '0:2').gt(0).to(dtype);
      const optimizer = sgd(model.parameters(), { lr: 0.5 });
      const losses = Array.from({ length: 40 }, () => {
        const loss = mseLoss(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.item();
      });
      expect(losses[39]!).toBeLessThan(losses[0]! / 3);
      expect(model.parameters().every((w) => w.dtype === dtype)).toBe(true);
    });
  });

  test('two of 16 bits meet in float32, others give way', () => {
    const [h, b] = [tensor([1], { dtype: 'float16' }), tensor([2], { dtype: 'bfloat16' })];
    expect([
      h.add(b).dtype,
      h.add(tensor([1])).dtype,
      h.add(tensor([1], { dtype: 'int32' })).dtype,
      h.mul(2).dtype,
    ]).toEqual(['float32', 'float32', 'float16', 'float16']);
    expect(String(h.div(3))).toContain('float16[1]');
  });

  test('autocast computes products in 16 bits and leaves the rest', () => {
    manualSeed(3);
    const model = linear(8, 4);
    const x = randn([5, 8]);
    const exact = model.forward(x);
    const cast = autocast('bfloat16', () => model.forward(x));
    expect(autocast('float16', () => x.matmul(x.T)).dtype).toBe('float16');
    const apart = cast.sub(exact).abs().max().item();
    expect(apart).toBeGreaterThan(1e-5);
    expect(apart).toBeLessThan(0.05);
    cast.sum().backward();
    expect(model.weight.grad!.dtype).toBe('float32');
    expect(model.forward(x).sub(exact).abs().max().item()).toBe(0);
    expect(() => autocast('float64' as 'float16', () => x)).toThrow(DTypeError);
    expect(() => autocast('float16', async () => x)).toThrow(GradientError);
  });

  test('a scaled loss keeps small gradients, and an overflow skips the step', () => {
    const w = new Parameter(tensor([1, 2]));
    const optimizer = sgd([w], { lr: 1 });
    const scaler = gradScaler({ initialScale: 1024, growthInterval: 2 });
    const step = (factor: number): boolean => {
      optimizer.zeroGrad();
      scaler.scale(w.mul(factor).sum()).backward();
      return scaler.step(optimizer);
    };
    expect(step(0.5)).toBe(true);
    expect(w.toArray()).toEqual([0.5, 1.5]);
    expect(step(Number.POSITIVE_INFINITY)).toBe(false);
    expect([w.toArray(), scaler.scaleFactor]).toEqual([[0.5, 1.5], 512]);
    expect([step(0), step(0), scaler.scaleFactor]).toEqual([true, true, 1024]);
    // In float16 alone this gradient, 2⁻³⁰, is 0.
    const tiny = (scale: GradScaler): number => {
      const p = new Parameter(tensor([1]));
      const only = sgd([p], { lr: 2 ** 30 });
      scale
        .scale(
          autocast('float16', () =>
            p
              .reshape(1, 1)
              .matmul(tensor([[2 ** -15]]))
              .float()
              .mul(2 ** -15)
              .sum(),
          ),
        )
        .backward();
      scale.step(only);
      return p.item();
    };
    expect(tiny(gradScaler({ initialScale: 1 }))).toBe(1);
    expect(tiny(gradScaler())).toBe(0);
    expect(() => gradScaler({ backoff: 2 })).toThrow(ValueError);
  });
});

test('files keep 16 bits', () => {
  const values = numbers(golden.float16.a!);
  const x = tensor(values, { dtype: 'float16' });
  const y = tensor(numbers(golden.bfloat16.a!), { dtype: 'bfloat16' });
  const bytes = writeSafetensors({ x, y });
  expect(bytes.length).toBeLessThan(2 * 2 * 40 + 200);
  const { tensors } = readSafetensors(bytes);
  expect(Array.from(tensors.x!.dataSync())).toEqual(values);
  expect(Array.from(tensors.y!.dataSync())).toEqual(numbers(golden.bfloat16.a!));
  const special = tensor([0, -0, 65504, 2 ** -24, -(2 ** -15), Infinity, -Infinity, NaN, 1 / 3], { dtype: 'float16' });
  expect(Array.from(readNpy(writeNpy(special)).dataSync())).toEqual(Array.from(special.dataSync()));
  expect(Array.from(readNpy(writeNpy(y)).dataSync())).toEqual(Array.from(y.dataSync()));
});
