// In: IDX files, right and damaged. Out: whether the reader gives their numbers, or a typed error, and never takes memory for a claim.
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Idx, readIdx } from '../../src/data/index.js';
import { DataError, Generator } from '../../src/index.js';

/** An IDX file of the element type `code`; `write` puts element i at a byte offset. */
function idxFile(
  code: number,
  shape: readonly number[],
  bytes: number,
  write: (view: DataView, at: number, i: number) => void,
): Uint8Array {
  const count = shape.reduce((size, n) => size * n, 1);
  const start = 4 + 4 * shape.length;
  const view = new DataView(new ArrayBuffer(start + count * bytes));
  view.setUint8(2, code);
  view.setUint8(3, shape.length);
  shape.forEach((n, axis) => {
    view.setUint32(4 + 4 * axis, n);
  });
  for (let i = 0; i < count; i++) write(view, start + i * bytes, i);
  return new Uint8Array(view.buffer);
}
const byteFile = (shape: readonly number[]): Uint8Array =>
  idxFile(8, shape, 1, (view, at, i) => view.setUint8(at, (i * 7) % 256));
/** A header that claims `shape` over no elements at all. */
function claim(shape: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  view.setUint8(2, 8);
  view.setUint8(3, shape.length);
  shape.forEach((n, axis) => {
    view.setUint32(4 + 4 * axis, n);
  });
  return new Uint8Array(view.buffer);
}

const values = [0, 1, -1, 100, -100, 3];
const cases: { name: string; file: Uint8Array; want: Idx }[] = [
  {
    name: 'uint8',
    file: idxFile(8, [2, 3], 1, (v, at, i) => v.setUint8(at, values[i]!)),
    want: { shape: [2, 3], data: Uint8Array.from(values) },
  },
  {
    name: 'int8',
    file: idxFile(9, [6], 1, (v, at, i) => v.setInt8(at, values[i]!)),
    want: { shape: [6], data: Int8Array.from(values) },
  },
  {
    name: 'int16',
    file: idxFile(11, [3, 2], 2, (v, at, i) => v.setInt16(at, values[i]! * 300)),
    want: { shape: [3, 2], data: Int16Array.from(values, (n) => n * 300) },
  },
  {
    name: 'int32',
    file: idxFile(12, [1, 6, 1], 4, (v, at, i) => v.setInt32(at, values[i]! * 1e7)),
    want: { shape: [1, 6, 1], data: Int32Array.from(values, (n) => n * 1e7) },
  },
  {
    name: 'float32',
    file: idxFile(13, [6], 4, (v, at, i) => v.setFloat32(at, values[i]! / 8)),
    want: { shape: [6], data: Float32Array.from(values, (n) => n / 8) },
  },
  {
    name: 'float64',
    file: idxFile(14, [6], 8, (v, at, i) => v.setFloat64(at, values[i]! / 3)),
    want: { shape: [6], data: Float64Array.from(values, (n) => n / 3) },
  },
];

describe('IDX files', () => {
  for (const { name, file, want } of cases) {
    it(`of ${name} are read, plain and gzipped`, () => {
      expect(readIdx(file)).toEqual(want);
      expect(readIdx(gzipSync(file))).toEqual(want);
    });
  }

  it('are read where they lie within a larger buffer, at an odd offset', () => {
    const { file, want } = cases[5]!;
    const larger = new Uint8Array(file.length + 9);
    larger.set(file, 3);
    expect(readIdx(larger.subarray(3, 3 + file.length))).toEqual(want);
  });

  it('may hold nothing', () => {
    expect(readIdx(byteFile([0, 28, 28]))).toEqual({ shape: [0, 28, 28], data: new Uint8Array(0) });
  });
});

describe('damaged IDX files are refused with what was found and what to do', () => {
  const good = byteFile([4, 5, 5]);
  const refused: [string, Uint8Array, RegExp][] = [
    ['nothing at all', new Uint8Array(0), /0 bytes, too short/],
    ['another format', new TextEncoder().encode('<!DOCTYPE html>'), /starts with 3c 21 44 4f where 00 00 is expected/],
    [
      'an unknown element type',
      Uint8Array.of(0, 0, 10, 1, 0, 0, 0, 0),
      /unknown IDX element type 0a.*08 uint8.*0e float64/s,
    ],
    ['a cut header', good.subarray(0, 11), /cut off in the header, after 11 of 16 bytes/],
    ['cut elements', good.subarray(0, 90), /promises \[4, 5, 5\], 116 bytes in all, but there are 90/],
    ['trailing bytes', Uint8Array.from([...good, 1]), /promises .* but the file has 117: trailing bytes/],
    ['a cut gzip', gzipSync(good).subarray(0, 60), /truncated|damaged gzip/],
    ['gzip of trailing bytes', gzipSync(Uint8Array.from([...good, 1, 2])), /but the file has more: trailing bytes/],
    ['gzip of cut elements', gzipSync(good.subarray(0, 90)), /promises \[4, 5, 5\]/],
    ['gzip of something else', gzipSync('hello, world'), /starts with 68 65 6c 6c/],
  ];
  for (const [name, file, message] of refused) {
    it(name, () => {
      expect(() => readIdx(file, 'digits.idx')).toThrow(DataError);
      expect(() => readIdx(file, 'digits.idx')).toThrow(message);
      expect(() => readIdx(file, 'digits.idx')).toThrow(/^digits\.idx: .*Fetch the file again/s);
    });
  }

  it('takes no memory for what a header merely claims, plain or gzipped', () => {
    const most = 0xffffffff;
    for (const shape of [[most], [most, most, most], new Array<number>(255).fill(most), [60000, 28, 28]]) {
      const before = process.memoryUsage().arrayBuffers;
      expect(() => readIdx(claim(shape))).toThrow(/truncated or its header damaged/);
      expect(() => readIdx(gzipSync(claim(shape)))).toThrow(/truncated or its header damaged/);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e6);
    }
  });

  it('stops unpacking where the claimed elements end', () => {
    const bomb = gzipSync(new Uint8Array(3e7));
    const file = gzipSync(Buffer.concat([byteFile([10]), new Uint8Array(3e7)]));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readIdx(bomb)).toThrow(/unknown IDX element type 00/);
    expect(() => readIdx(file)).toThrow(/trailing bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e7);
  });
});

describe('any damage', () => {
  const original = byteFile([3, 28, 28]);
  const packed = gzipSync(original);

  it('either leaves the numbers whole or ends in a DataError', () => {
    const dice = new Generator(20);
    const below = (n: number): number => Math.floor(dice.next() * n);
    let refusals = 0;
    for (let round = 0; round < 1500; round++) {
      const file = Uint8Array.from(round % 2 ? packed : original);
      // The header matters most, so half of the hits go there.
      for (let hits = below(4); hits > 0; hits--)
        file[below(2) ? below(Math.min(20, file.length)) : below(file.length)] = below(256);
      const cut = below(3) === 0 ? file.subarray(0, below(file.length + 1)) : file;
      try {
        const { shape, data } = readIdx(cut);
        expect(shape.reduce((size, n) => size * n, 1)).toBe(data.length);
        expect(data.byteLength).toBeLessThanOrEqual(cut[0] === 0x1f ? gunzipSync(cut).length : cut.length);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        refusals++;
      }
    }
    expect(refusals).toBeGreaterThan(300);
  });
});
