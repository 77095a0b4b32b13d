// Augmentation: what each change does to known pictures, that seeds decide, and what is refused.
import { describe, expect, test } from 'vitest';
import {
  type Augmentation,
  Augmented,
  augment,
  colorJitter,
  cutmix,
  DataLoader,
  elastic,
  gaussianNoise,
  mixup,
  randomAffine,
  randomCrop,
  randomErase,
  randomFlip,
  randomRotation,
  renderDigits,
} from '../../src/data/index.js';
import {
  arange,
  DTypeError,
  Generator,
  IndexError,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../src/index.js';

const generator = (): Generator => new Generator(3);
const ramp = (...shape: number[]): Tensor =>
  arange(shape.reduce((a, b) => a * b, 1))
    .float()
    .reshape(shape);
const digits = renderDigits(12).images;
const ink = (t: Tensor): number => t.sum().item();

describe('every change', () => {
  const steps: Readonly<Record<string, Augmentation>> = {
    flip: randomFlip({ p: 1 }),
    crop: randomCrop(),
    affine: randomAffine({ degrees: 15, translate: 0.1, scale: [0.9, 1.1], shear: 5 }),
    rotation: randomRotation(20),
    elastic: elastic({ strength: 1.5 }),
    erase: randomErase({ p: 1 }),
    color: colorJitter({ brightness: 0.3, contrast: 0.3 }),
    noise: gaussianNoise(0.1),
  };
  for (const [name, step] of Object.entries(steps))
    test(`${name} keeps shape and original, and follows the seed`, () => {
      const before = digits.toArray();
      const changed = augment(digits, [step], { generator: generator() });
      expect(changed.shape).toEqual(digits.shape);
      expect(digits.toArray()).toEqual(before);
      expect(changed.toArray()).not.toEqual(before);
      expect(augment(digits, [step], { generator: generator() }).toArray()).toEqual(changed.toArray());
      expect(
        augment(digits, [step], { generator: new Generator(4) })
          .isFinite()
          .all()
          .item(),
      ).toBe(1);
    });
});

describe('known pictures', () => {
  const picture = ramp(1, 1, 2, 3);
  test('are mirrored', () => {
    expect(augment(picture, [randomFlip({ p: 1 })]).toArray()).toEqual([
      [
        [
          [2, 1, 0],
          [5, 4, 3],
        ],
      ],
    ]);
    expect(augment(picture, [randomFlip({ p: 1, axis: 'vertical' })]).toArray()).toEqual([
      [
        [
          [3, 4, 5],
          [0, 1, 2],
        ],
      ],
    ]);
    expect(augment(picture, [randomFlip({ p: 0 })]).toArray()).toEqual(picture.toArray());
  });
  test('half of many are mirrored', () => {
    const many = picture.expand(400, 1, 2, 3);
    const first = augment(many, [randomFlip()], { generator: generator() }).at(':', 0, 0, 0);
    expect(Math.abs(first.eq(2).float().mean().item() - 0.5)).toBeLessThan(0.1);
  });
  test('stay when nothing is asked of them', () => {
    for (const step of [
      randomAffine({}),
      randomCrop({ padding: 0 }),
      elastic({ strength: 0 }),
      colorJitter({}),
      gaussianNoise(0),
    ])
      augment(digits, [step])
        .dataSync()
        .forEach((v, i) => {
          expect(v).toBeCloseTo(digits.dataSync()[i]!, 5);
        });
  }, 20_000);
  test('are moved by whole pixels, filled up from outside', () => {
    const out = augment(ones([50, 1, 5, 5]), [randomCrop({ padding: 2, fill: 7 })], { generator: generator() });
    const values = new Set(out.dataSync());
    expect(values).toEqual(new Set([1, 7]));
    const sums = new Set(out.sum([1, 2, 3]).dataSync());
    expect(sums.size).toBeGreaterThan(3);
  });
  test('are as large as the scale says', () => {
    const square = zeros([1, 1, 41, 41])
      .add(0)
      .where(ones([1, 1, 41, 41]).eq(0), 0);
    const dot = square.add(
      tensor(
        Float32Array.from({ length: 1681 }, (_, i) =>
          Math.abs((i % 41) - 20) <= 5 && Math.abs(Math.floor(i / 41) - 20) <= 5 ? 1 : 0,
        ),
        { shape: [1, 1, 41, 41] },
      ),
    );
    expect(ink(augment(dot, [randomAffine({ scale: [2, 2] })])) / ink(dot)).toBeCloseTo(4, 0);
    expect(ink(augment(dot, [randomAffine({ degrees: 180 })], { generator: generator() })) / ink(dot)).toBeCloseTo(
      1,
      1,
    );
  });
  test('lose a rectangle of the size asked for, in all channels', () => {
    const out = augment(ones([30, 2, 20, 20]), [randomErase({ p: 1, area: [0.1, 0.1], fill: 0 })], {
      generator: generator(),
    });
    const [a, b] = [out.at(':', 0), out.at(':', 1)];
    expect(a.toArray()).toEqual(b.toArray());
    const erased = 1 - a.mean().item();
    expect(erased).toBeGreaterThan(0.07);
    expect(erased).toBeLessThan(0.13);
  });
  test('keep their colours within bounds, and grey has no saturation', () => {
    const grey = ones([4, 3, 3, 3]).mul(0.5);
    const out = augment(grey, [colorJitter({ brightness: 1, contrast: 1, saturation: 1 })], { generator: generator() });
    expect(out.min().item()).toBeGreaterThanOrEqual(0);
    expect(out.max().item()).toBeLessThanOrEqual(1);
    expect(out.at(':', 0).sub(out.at(':', 2)).abs().max().item()).toBeLessThan(1e-6);
  });
  test('get noise of the deviation asked for', () => {
    expect(
      augment(zeros([4, 1, 40, 40]), [gaussianNoise(0.3)], { generator: generator() })
        .std()
        .item(),
    ).toBeCloseTo(0.3, 1);
  });
});

test('a dataset is changed anew in every epoch', () => {
  const set = new Augmented(renderDigits(6), [randomCrop({ padding: 3 })], { generator: generator() });
  const loader = new DataLoader(set, { batchSize: 6 });
  const [first] = [...loader];
  const [second] = [...loader];
  expect(first!.x.toArray()).not.toEqual(second!.x.toArray());
  expect(first!.y.toArray()).toEqual(second!.y.toArray());
  expect(set.length).toBe(6);
});

describe('mixtures', () => {
  const x = ramp(6, 1, 4, 4);
  const y = tensor([0, 1, 2, 0, 1, 2], { dtype: 'int32' });
  for (const [name, mix] of Object.entries({ mixup, cutmix })) {
    test(`${name}: targets are shares that match what was mixed`, () => {
      // Pictures of one value each: what is left of the own value is the share.
      const flat = arange(6).float().mul(10).reshape([6, 1, 1, 1]).expand(6, 1, 8, 8).eval();
      const labels = arange(6);
      for (let seed = 0; seed < 20; seed++) {
        const out = mix(flat, labels, 6, { alpha: 1, generator: new Generator(seed) });
        expect(out.x.shape).toEqual(flat.shape);
        for (const total of out.y.sum(1).dataSync()) expect(total).toBeCloseTo(1, 5);
        const expected = out.y.matmul(arange(6).float().mul(10).reshape([6, 1])).dataSync();
        out.x
          .mean([1, 2, 3])
          .dataSync()
          .forEach((v, i) => {
            expect(v).toBeCloseTo(expected[i]!, 3);
          });
      }
    });
    test(`${name}: misuse is refused`, () => {
      expect(() => mix(x, y, 2)).toThrow(IndexError);
      expect(() => mix(x, y.float(), 3)).toThrow(DTypeError);
      expect(() => mix(x, y.at('1:'), 3)).toThrow(ShapeError);
      expect(() => mix(x, y, 3, { alpha: 0 })).toThrow(ValueError);
    });
  }
  test('cutmix takes images only', () => {
    expect(() => cutmix(x.flatten(1), y, 3)).toThrow(ShapeError);
  });
});

test('misuse is refused', () => {
  expect(() => augment(zeros([3, 4]), [])).toThrow(ShapeError);
  expect(() => augment(zeros([1, 1, 2, 2], { dtype: 'int32' }), [])).toThrow(DTypeError);
  for (const make of [
    () => randomFlip({ p: 2 }),
    () => randomCrop({ padding: -1 }),
    () => randomAffine({ scale: [2, 1] }),
    () => randomAffine({ degrees: Number.NaN }),
    () => elastic({ strength: -1 }),
    () => randomErase({ area: [0.5, 0.1] }),
    () => colorJitter({ brightness: 2 }),
    () => gaussianNoise(-1),
  ])
    expect(make).toThrow(ValueError);
});
