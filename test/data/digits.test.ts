// In: rendered digits. Out: whether they are the same on every machine, balanced, inked like handwriting, varied, and hard enough.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type LabelledImages, renderDigits } from '../../src/data/index.js';
import { ValueError } from '../../src/index.js';

const side = 28;
const area = side * side;
const digits = renderDigits(1000, { seed: 7 });
const pixelsOf = (set: LabelledImages): Float32Array => Float32Array.from(set.images.dataSync());
const labelsOf = (set: LabelledImages): number[] => [...set.labels.dataSync()];
const pixels = pixelsOf(digits);
const labels = labelsOf(digits);
const picture = (i: number): Float32Array => pixels.subarray(i * area, (i + 1) * area);

describe('rendered digits', () => {
  it('are images [n, 1, 28, 28] and labels [n]', () => {
    expect(digits.images.shape).toEqual([1000, 1, side, side]);
    expect([digits.images.dtype, digits.labels.dtype]).toEqual(['float32', 'int32']);
    expect(digits.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(renderDigits(0).length).toBe(0);
  });

  it('are the same to the last bit wherever they are drawn', () => {
    const grey = Uint8Array.from(pixels, (value) => Math.round(value * 255));
    expect(createHash('sha256').update(grey).update(Int32Array.from(labels)).digest('hex')).toBe(
      'e1e5574b408031d737cda1b357df1aabd839c6b4c4b8c10ac5a9146d4bab7a06',
    );
    expect(pixels.every((value, i) => value === Math.fround(grey[i]! / 255))).toBe(true);
  });

  it('do not depend on how many are drawn or where one starts', () => {
    const part = renderDigits(25, { seed: 7, first: 313 });
    expect(pixelsOf(part)).toEqual(pixels.slice(313 * area, 338 * area));
    expect(labelsOf(part)).toEqual(labels.slice(313, 338));
  });

  it('differ from seed to seed and from picture to picture', () => {
    expect(pixelsOf(renderDigits(10, { seed: 8 }))).not.toEqual(pixels.slice(0, 10 * area));
    expect(new Set(labels.map((_, i) => picture(i).join())).size).toBe(1000);
  });

  it('hold every digit once in each ten, in changing order', () => {
    const tens = Array.from({ length: 100 }, (_, i) => labels.slice(10 * i, 10 * i + 10));
    for (const ten of tens) expect([...ten].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(tens.map(String)).size).toBeGreaterThan(95);
  });

  it('use ink as MNIST does: mean 0.13, deviation 0.31, each picture neither empty nor full', () => {
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    const deviation = Math.sqrt(pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length);
    expect(mean).toBeGreaterThan(0.09);
    expect(mean).toBeLessThan(0.16);
    expect(deviation).toBeGreaterThan(0.24);
    expect(deviation).toBeLessThan(0.34);
    for (let i = 0; i < 1000; i++) {
      const inked = picture(i).filter((value) => value > 0.3).length;
      expect(inked).toBeGreaterThan(15);
      expect(inked).toBeLessThan(320);
    }
  });

  it('lie inside the frame, around its middle', () => {
    let [onBorder, ink] = [0, 0];
    for (let i = 0; i < pixels.length; i++) {
      const [row, column] = [Math.floor((i % area) / side), i % side];
      ink += pixels[i]!;
      if (row === 0 || column === 0 || row === side - 1 || column === side - 1) onBorder += pixels[i]!;
    }
    expect(onBorder / ink).toBeLessThan(0.005);
    const centres = labels.map((_, i) => {
      const values = picture(i);
      const total = values.reduce((sum, value) => sum + value, 0);
      return values.reduce((sum, value, at) => sum + value * (at % side), 0) / total;
    });
    const mean = centres.reduce((sum, value) => sum + value, 0) / centres.length;
    expect(Math.abs(mean - (side - 1) / 2)).toBeLessThan(0.5);
    expect(Math.max(...centres) - Math.min(...centres)).toBeGreaterThan(5);
  });

  it('cannot be told apart by their mean pictures, and yet are not noise', () => {
    const means = Array.from({ length: 10 }, () => new Float64Array(area));
    labels.slice(0, 700).forEach((label, i) => {
      picture(i).forEach((value, at) => {
        means[label]![at]! += value / 70;
      });
    });
    const distance = (mean: Float64Array, values: Float32Array): number =>
      mean.reduce((sum, value, at) => sum + (value - values[at]!) ** 2, 0);
    const right = labels.slice(700).filter((label, i) => {
      const distances = means.map((mean) => distance(mean, picture(700 + i)));
      return distances.indexOf(Math.min(...distances)) === label;
    }).length;
    expect(right / 300).toBeGreaterThan(0.5);
    expect(right / 300).toBeLessThan(0.85);
  });

  it('refuse counts and seeds that make no sense', () => {
    for (const count of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => renderDigits(count)).toThrow(ValueError);
    expect(() => renderDigits(1, { first: -1 })).toThrow(/first -1/);
    expect(() => renderDigits(1, { seed: 0.5 })).toThrow(/seed 0.5/);
  });
});
