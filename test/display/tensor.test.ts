// In: tensors. Out: their text and HTML are aligned, elided, truthful about NaN, and pictures decode to the right pixels.
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodePng, enlarge } from '../../src/display/png.js';
import { tensorBundle } from '../../src/display/tensor-view.js';
import { arange, rand, randn, type Tensor, tensor, zeros } from '../../src/index.js';

const html = (t: Tensor): string => String(tensorBundle(t)['text/html'] ?? '');

/** Pixel bytes of a PNG, filters 0 and 2 undone. */
function decodePng(png: Buffer): { width: number; height: number; type: number; data: Uint8Array } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const type = png[25]!;
  const channels = { 0: 1, 2: 3, 3: 1, 6: 4 }[type]!;
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const rows = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const data = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    expect([0, 2]).toContain(filter);
    for (let x = 0; x < stride; x++) {
      const above = filter === 2 ? data[(y - 1) * stride + x]! : 0;
      data[y * stride + x] = rows[y * (stride + 1) + 1 + x]! + above;
    }
  }
  return { width, height, type, data };
}

const pictureIn = (text: string): Buffer => Buffer.from(/data:image\/png;base64,([^"]+)/.exec(text)![1]!, 'base64');

describe('text', () => {
  test.each<[string, Tensor, string]>([
    ['a scalar', tensor(1.23456), 'tensor(1.2346, float32)'],
    [
      'whole floats',
      tensor([
        [1, 2],
        [3, 4],
      ]),
      'tensor([[1, 2],\n        [3, 4]], float32[2, 2])',
    ],
    ['one precision', tensor([0.5, -12.25, 3]), 'tensor([  0.50, -12.25,   3.00], float32[3])'],
    ['booleans', tensor([true, false]), 'tensor([ true, false], bool[2])'],
    ['a tiny number among large ones', tensor([1e-9, 0.5]), 'tensor([1e-9,  0.5], float32[2])'],
    ['only tiny numbers', tensor([1e-5, -2e-6]), 'tensor([ 1.000e-5, -2.000e-6], float32[2])'],
    [
      'what is not finite',
      tensor([Number.NaN, -Infinity, 1]),
      'tensor([NaN,  -∞,   1], float32[3], 1 NaN, 1 infinite)',
    ],
    ['nothing', zeros([2, 0]), 'tensor([], float32[2, 0])'],
    ['a leaf with gradients', tensor([1], { requiresGrad: true }), 'tensor([1], float32[1], requiresGrad)'],
  ])('%s', (_, t, text) => {
    expect(String(t)).toBe(text);
  });

  test('negative numbers that round to zero keep their size', () => {
    expect(String(tensor([-1e-7, 1]))).toBe('tensor([-1e-7,     1], float32[2])');
  });

  test('large tensors are elided on every axis, and lines stay short', () => {
    const lines = String(randn([100, 100])).split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[3]).toContain('…');
    for (const line of String(rand([180])).split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test('plain text has no escape codes', () => {
    const plain = String(tensorBundle(randn([4, 4]))['text/plain']);
    expect([...plain].every((c) => c === '\n' || c >= ' ')).toBe(true);
  });
});

describe('html', () => {
  test('a small matrix is a table in which NaN stands out', () => {
    const text = html(
      tensor([
        [1, Number.NaN],
        [-1, 0],
      ]),
    );
    expect(text.match(/<td /g)).toHaveLength(4);
    expect(text).toContain('1 NaN');
    expect(text).toContain('#e600e6');
  });

  test('numbers between 0 and 1 make a grey picture, brightest where they are largest', () => {
    const values = new Float32Array(28 * 28);
    values[0] = 1;
    const { width, height, type, data } = decodePng(pictureIn(html(tensor(values, { shape: [1, 28, 28] }))));
    expect([width, height, type]).toEqual([280, 280, 3]);
    expect([data[0], data[9], data[10], data[280 * 9], data[280 * 10]]).toEqual([63, 63, 0, 63, 0]);
  });

  test.each<[string, number[]]>([
    ['colour, channels first', [4, 3, 8, 8]],
    ['colour, channels last', [4, 8, 8, 3]],
  ])('%s: the first pixel keeps its colour', (_, shape) => {
    const first = shape[1] === 3 ? [0, 64, 128] : [0, 1, 2];
    const values = new Float32Array(4 * 3 * 64);
    values[first[0]!] = 1;
    values[first[1]!] = 0.5;
    const { type, data } = decodePng(pictureIn(html(tensor(values, { shape }))));
    expect(type).toBe(6);
    expect([...data.slice(0, 4)]).toEqual([255, 128, 0, 255]);
  });

  test('a batch shows at most 64 pictures and says so', () => {
    expect(html(rand([100, 1, 28, 28]))).toContain('64 of 100 pictures');
    expect(html(randn([32, 16, 3, 3]))).toContain('128 of 512 pictures');
  });

  test('a vector of floats is a curve, whole numbers are text', () => {
    expect(html(rand([50]))).toContain('data:image/svg+xml');
    expect(html(arange(50))).not.toContain('<img');
  });

  test('output is small, needs no network, and never runs out of its cell', () => {
    for (const t of [randn([1000, 1000]), rand([64, 3, 224, 224].map((n) => Math.min(n, 64))), rand([100_000])]) {
      const text = html(t);
      expect(text.length).toBeLessThan(400_000);
      expect(text).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
      expect(text).toContain('max-width:100%');
    }
  });
});

describe('png', () => {
  test('what was encoded decodes to the same pixels', () => {
    const data = Uint8Array.from({ length: 5 * 7 * 3 }, (_, i) => (i * 37) % 256);
    expect(decodePng(encodePng({ width: 5, height: 7, channels: 3, data }))).toEqual({
      width: 5,
      height: 7,
      type: 2,
      data,
    });
    const large = enlarge({ width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) }, 2, 3);
    expect(decodePng(encodePng(large)).data).toEqual(Uint8Array.of(1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2));
  });

  test('sizes that do not fit are refused', () => {
    expect(() => encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(3) })).toThrow(/2 × 2 pixels/);
  });
});
