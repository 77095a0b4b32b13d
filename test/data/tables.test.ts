// CSV, damaged CSV, and standardisation.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCsv, readCsv, Standardizer, standardizer } from '../../src/data/index.js';
import { DataError, Generator, manualSeed, randn, ShapeError, tensor, ValueError, zeros } from '../../src/index.js';

const text = '\uFEFFname,size,"a, b"\r\nx,1.5,"say ""hi"""\r\n\r\ny,NA,"two\nlines"\nx,-2e3,\n';

describe('CSV', () => {
  const table = readCsv(text);
  test('has quotes, line ends in quotes, missing fields, a mark at its start', () => {
    expect(table.columns).toEqual(['name', 'size', 'a, b']);
    expect(table.length).toBe(3);
    expect([...table.numbers('size')]).toEqual([1.5, Number.NaN, -2000]);
    expect(table.texts('a, b')).toEqual(['say "hi"', 'two\nlines', null]);
    expect(table.categories('name')).toEqual({ codes: Int32Array.of(0, 1, 0), names: ['x', 'y'] });
    expect(table.tensor('size', 'size').shape).toEqual([3, 2]);
    expect(table.complete('size').texts('name')).toEqual(['x', 'x']);
    expect(table.complete().length).toBe(1);
    expect(table.filter((row) => row.name === 'y').length).toBe(1);
  });
  test('may have other delimiters and no names', () => {
    const other = readCsv('1;2\n3;?', { delimiter: ';', columns: ['a', 'b'], missing: ['?'] });
    expect([...other.numbers('b')]).toEqual([2, Number.NaN]);
  });
  test('comes from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradlab-csv-'));
    await writeFile(join(folder, 'a.csv'), text);
    expect((await loadCsv(join(folder, 'a.csv'))).rows).toEqual(table.rows);
    await expect(loadCsv(join(folder, 'b.csv'))).rejects.toThrow(/there is no file/);
    await writeFile(join(folder, 'a.csv'), Uint8Array.of(0x61, 0xff, 0x0a));
    await expect(loadCsv(join(folder, 'a.csv'))).rejects.toThrow(/not a text in UTF-8/);
    await rm(folder, { recursive: true });
  });
  const bad: [string, string, RegExp][] = [
    ['nothing', '', /is empty/],
    ['an open quote', 'a,b\n"1,2\n3,4', /line \d/],
    ['a quote within a field', 'a,b\n1"x,2', /line 2/],
    ['text after a quote', 'a,b\n"1"x,2', /line 2/],
    ['a short row', 'a,b\n1,2\n3', /line 3/],
    ['a long row', 'a,b\n1,2,3', /line 2/],
    ['a column that comes twice', 'a,a\n1,2', /comes twice/],
  ];
  for (const [name, content, message] of bad)
    test(`is refused: ${name}`, () => {
      expect(() => readCsv(content)).toThrow(DataError);
      expect(() => readCsv(content)).toThrow(message);
    });
  test('says which field is no number, and which columns there are', () => {
    expect(() => table.numbers('name')).toThrow(/row 1, column 'name': 'x' is no number/);
    expect(() => table.numbers('color')).toThrow(/no column 'color'.*name, size, a, b/s);
    expect(() => readCsv('a', { delimiter: '' })).toThrow(ValueError);
    expect(() => readCsv('1,2', { columns: ['a'] })).toThrow(/row 1 has 2 fields, but there are 1 columns/);
  });
  test('damaged at random is read or refused, at once (seed 8)', () => {
    const random = new Generator(8);
    const original = Buffer.from(text.repeat(20));
    const telling = [0x22, 0x2c, 0x0a, 0x0d, 0x00, 0xff, 0xef, 0x41];
    let refused = 0;
    for (let i = 0; i < 1000; i++) {
      const bytes = Uint8Array.from(original);
      const [changes, cut] = [...random.words(2)] as [number, number];
      for (let k = 0; k <= changes % 4; k++) {
        const [at, what] = [...random.words(2)] as [number, number];
        bytes[at % bytes.length] = telling[what % telling.length]!;
      }
      try {
        expect(
          readCsv(bytes.subarray(0, cut % 3 === 0 ? cut % bytes.length : bytes.length)).columns.length,
        ).toBeLessThan(50);
      } catch (error) {
        expect(error, `round ${i}`).toBeInstanceOf(DataError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(1000);
  });
});

describe('standardisation', () => {
  test('is fitted on the training part and used on all', () => {
    manualSeed(2);
    const train = randn([500, 3])
      .mul(tensor([1, 20, 0.1]))
      .add(tensor([5, -7, 0]));
    const fitted = standardizer(train);
    const z = fitted.transform(train);
    for (const m of z.mean(0).dataSync()) expect(m).toBeCloseTo(0, 4);
    for (const s of z.std(0, false, 0).dataSync()) expect(s).toBeCloseTo(1, 4);
    const test = zeros([1, 3]).add(tensor([5, -7, 0]));
    const there = fitted.transform(test);
    for (const v of there.dataSync()) expect(Math.abs(v)).toBeLessThan(0.2);
    const back = fitted.inverse(there).sub(test).abs().max().item();
    expect(back).toBeLessThan(1e-5);
    const { mean, deviation } = fitted.stateDict();
    expect(new Standardizer(mean!, deviation!).transform(test).toArray()).toEqual(there.toArray());
  });
  test('leaves missing values out, and features that do not vary in peace', () => {
    const fitted = standardizer(
      tensor([
        [1, 4],
        [Number.NaN, 4],
        [3, 4],
      ]),
    );
    expect(fitted.mean.toArray()).toEqual([[2, 4]]);
    expect(fitted.deviation.toArray()).toEqual([[1, 1]]);
    expect(fitted.transform(tensor([[4, 5]])).toArray()).toEqual([[2, 1]]);
  });
  test('takes channels of images by themselves', () => {
    const fitted = standardizer(randn([4, 2, 5, 5]), [0, 2, 3]);
    expect(fitted.mean.shape).toEqual([1, 2, 1, 1]);
    expect(fitted.transform(zeros([1, 2, 7, 7])).shape).toEqual([1, 2, 7, 7]);
    expect(() => fitted.transform(zeros([1, 3, 5, 5]))).toThrow(ShapeError);
    expect(() => fitted.inverse(zeros([2, 5]))).toThrow(/fitted on \[1, 2, 1, 1\]/);
    expect(() => standardizer(tensor([[Number.NaN], [Number.NaN]]))).toThrow(/without a value/);
    expect(() => standardizer(zeros([0, 2]))).toThrow(ValueError);
  });
});
