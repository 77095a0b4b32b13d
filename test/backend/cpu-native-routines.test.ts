// Routines of the native library (gather, scatterAdd, pooling, fold, argsort, cumsum), other dtypes, aliasing, errors, and equal bits for any number of threads.
import { describe, expect, test } from 'vitest';
import { loadLibrary, NativeRunError } from '../../src/backend/cpu/library.js';
import {
  dense,
  dtypeCodes,
  dtypeOf,
  indices,
  type Numbers,
  Program,
  product,
  randomArray,
  randomFrom,
  read,
  rowMajor,
  type View,
} from './cpu-native-harness.js';
import { onEachIsa } from './cpu-native-isas.js';

const random = randomFrom(5);
const integers = (length: number, limit: number) => Int32Array.from({ length }, () => Math.floor(random() * limit));

function gather(dims: number[], axis: number, limit: number, x: View, index: View, out: View): void {
  const program = new Program();
  program
    .record('gather', [dims.length, ...dims, axis, limit, ...[x, index, out].flatMap((view) => program.view(view))])
    .run();
}
function scatterAdd(dims: number[], axis: number, limit: number, out: View, index: View, source: View): void {
  const program = new Program();
  const views = [out, index, source].flatMap((view) => program.view(view));
  program.record('scatterAdd', [dims.length, ...dims, axis, limit, out.data.length, ...views]).run();
}

onEachIsa(() => {
  describe('gather and scatterAdd', () => {
    test('embedding: whole rows', () => {
      const [table, ids, out] = [randomArray(65 * 64, random), integers(300, 65), new Float32Array(300 * 64)];
      const index = { data: ids, strides: [1, 0] };
      gather([300, 64], 0, 65, dense(table, [65, 64]), index, dense(out, [300, 64]));
      for (const [i, j] of indices([300, 64])) expect(out[i! * 64 + j!]).toBe(table[ids[i!]! * 64 + j!]);
      const gradient = new Float32Array(65 * 64).fill(7);
      scatterAdd([300, 64], 0, 65, dense(gradient, [65, 64]), index, dense(out, [300, 64]));
      const counts = new Float64Array(65);
      for (const id of ids) counts[id]!++;
      for (const [v, j] of indices([65, 64]))
        expect(gradient[v! * 64 + j!]).toBeCloseTo(counts[v!]! * table[v! * 64 + j!]!, 4);
    });
    test.each([
      [[4, 5, 6], 0],
      [[4, 5, 6], 1],
      [[4, 50, 6], 2],
      [[3, 400], 1],
    ] as const)('along axis: %j, %i', (dims, axis) => {
      const limit = 7;
      const shape = dims.map((n, d) => (d === axis ? limit : n));
      const x = randomArray(product(shape), random);
      const ids = integers(product(dims), limit);
      const index = { data: ids, strides: rowMajor(dims) };
      const out = new Float32Array(product(dims));
      gather([...dims], axis, limit, dense(x, shape), index, dense(out, dims));
      const sums = new Float32Array(x.length);
      scatterAdd([...dims], axis, limit, dense(sums, shape), index, dense(out, dims));
      const expected = new Float64Array(x.length);
      for (const i of indices(dims)) {
        const from = i.map((at, d) => (d === axis ? read(index, i) : at));
        const value = read(dense(x, shape), from);
        expect(read(dense(out, dims), i)).toBe(value);
        expected[from.reduce((at, k, d) => at + k * rowMajor(shape)[d]!, 0)]! += value;
      }
      expected.forEach((value, i) => void expect(sums[i]).toBeCloseTo(value, 4));
    });
    test('an index out of range is an error that names it', () => {
      const x = dense(randomArray(20, random), [5, 4]);
      const out = dense(new Float32Array(12), [3, 4]);
      for (const bad of [5, -1]) {
        const index = { data: Int32Array.from([0, bad, 99]), strides: [1, 0] };
        const message = new RegExp(`index ${bad} is out of range for an axis of size 5`);
        expect(() => gather([3, 4], 0, 5, x, index, out)).toThrow(NativeRunError);
        expect(() => gather([3, 4], 0, 5, x, index, out)).toThrow(message);
        expect(() => scatterAdd([3, 4], 0, 5, dense(new Float32Array(20), [5, 4]), index, out)).toThrow(message);
      }
    });
  });

  describe('pooling and fold', () => {
    const geometries = [
      { size: [8, 6], kernel: [2, 2], stride: [2, 2], pad: [0, 0], dilation: [1, 1] },
      { size: [29, 77], kernel: [2, 2], stride: [2, 2], pad: [0, 0], dilation: [1, 1] },
      { size: [9, 7], kernel: [3, 3], stride: [2, 1], pad: [1, 1], dilation: [1, 1] },
      { size: [12], kernel: [3], stride: [1], pad: [0], dilation: [2] },
      { size: [5, 6, 4], kernel: [2, 2, 2], stride: [1, 2, 1], pad: [0, 0, 1], dilation: [1, 1, 2] },
    ].map((g) => ({
      ...g,
      out: g.size.map(
        (n, d) => Math.floor((n + 2 * g.pad[d]! - g.dilation[d]! * (g.kernel[d]! - 1) - 1) / g.stride[d]!) + 1,
      ),
    }));
    const batch = 5;
    const header = (g: (typeof geometries)[number]) => [
      g.size.length,
      batch,
      ...g.size,
      ...g.out,
      ...g.kernel,
      ...g.stride,
      ...g.pad,
      ...g.dilation,
    ];
    /** Places of the window's elements, in order; -1 in the padding. */
    const window = (g: (typeof geometries)[number], b: number, o: readonly number[]) =>
      Array.from(indices(g.kernel), (k) => {
        const at = o.map((i, d) => i * g.stride[d]! + k[d]! * g.dilation[d]! - g.pad[d]!);
        if (at.some((i, d) => i < 0 || i >= g.size[d]!)) return -1;
        return at.reduce((place, i, d) => place * g.size[d]! + i, b);
      });
    describe.each([Float32Array, Float64Array, Int32Array])('%o', (array) => {
      test.each(geometries)('$size by $kernel', (g) => {
        const numbers = (n: number) => array.from(Array.from({ length: n }, () => Math.floor(random() * 9)));
        const x = numbers(batch * product(g.size));
        if (!(x instanceof Int32Array)) for (let i = 0; i < x.length; i += 37) x[i] = NaN;
        const t = numbers(x.length);
        const gradient = numbers(batch * product(g.out));
        const [taken, put] = [new array(gradient.length), new array(x.length)];
        const program = new Program();
        const dtype = dtypeCodes[dtypeOf(x)];
        const slots = (...list: Numbers[]) => list.flatMap((data) => [program.slot(data), 0]);
        program.record('poolTake', [...header(g), dtype, ...slots(x, t, taken)]);
        program.record('poolPut', [...header(g), dtype, ...slots(x, gradient, put)]).run();
        const expected = new Float64Array(x.length);
        let i = 0;
        for (const [b, ...o] of indices([batch, ...g.out])) {
          let best = -1;
          for (const place of window(g, b!, o))
            if (place >= 0 && (best < 0 || x[place]! > x[best]! || Number.isNaN(x[place]))) best = place;
          expect(taken[i]).toBe(t[best]);
          expected[best]! += gradient[i++]!;
        }
        expect(Array.from(put)).toEqual(Array.from(expected));

        const dims = [batch, ...g.out, ...g.kernel];
        const windows = numbers(product(dims));
        const folded = new array(x.length);
        const folding = new Program();
        folding.record('fold', [...header(g), ...folding.view(dense(windows, dims)), folding.slot(folded), 0]).run();
        expected.fill(0);
        i = 0;
        for (const [b, ...o] of indices([batch, ...g.out]))
          for (const place of window(g, b!, o))
            if (place >= 0) expected[place]! += windows[i++]!;
            else i++;
        expect(Array.from(folded)).toEqual(Array.from(expected));
      });
    });
  });

  describe('argsort and cumsum', () => {
    test.each([Float32Array, Float64Array, Int32Array, Uint32Array])('argsort %o', (array) => {
      for (const [rows, length] of [
        [3, 1],
        [4, 100],
        [2, 1777],
      ]) {
        const x = array.from(Array.from({ length: rows! * length! }, () => Math.floor(random() * 50)));
        if (x instanceof Float32Array || x instanceof Float64Array) for (let i = 0; i < x.length; i += 11) x[i] = NaN;
        for (const descending of [0, 1]) {
          const out = new Int32Array(x.length);
          const program = new Program();
          program
            .record('argsort', [
              rows!,
              length!,
              descending,
              dtypeCodes[dtypeOf(x)],
              program.slot(x),
              0,
              program.slot(out),
              0,
            ])
            .run();
          const rank = (v: number) => (Number.isNaN(v) ? Infinity : v);
          for (let r = 0; r < rows!; r++) {
            const row = Array.from(x.subarray(r * length!, (r + 1) * length!), rank);
            const order = row
              .map((_, i) => i)
              .sort((i, j) => (row[i] === row[j] ? i - j : (row[i]! - row[j]!) * (descending ? -1 : 1)));
            expect(Array.from(out.subarray(r * length!, (r + 1) * length!))).toEqual(order);
          }
        }
      }
    });
    test.each([0, 1])('cumsum, op %i', (op) => {
      const dims = [4, 30, 5];
      for (const axis of [0, 1, 2]) {
        const x = Float64Array.from({ length: product(dims) }, () => 0.5 + random());
        const out = new Float64Array(x.length);
        const program = new Program();
        program
          .record('cumsum', [3, ...dims, axis, op, ...program.view(dense(x, dims)), ...program.view(dense(out, dims))])
          .run();
        for (const i of indices(dims)) {
          let total = op;
          for (let k = 0; k <= i[axis]!; k++) {
            const value = read(
              dense(x, dims),
              i.map((at, d) => (d === axis ? k : at)),
            );
            total = op ? total * value : total + value;
          }
          expect(read(dense(out, dims), i)).toBeCloseTo(total, 10);
        }
      }
    });
  });

  describe('dtypes', () => {
    test('bool in memory is a byte', () => {
      const [a, b] = [
        Uint8Array.from({ length: 777 }, () => (random() < 0.5 ? 1 : 0)),
        Int32Array.from({ length: 777 }, (_, i) => i % 3),
      ];
      const out = new Uint8Array(777);
      new Program()
        .map({
          dims: [777],
          inputs: [dense(a, [777]), dense(b, [777])],
          registers: 3,
          code: [['mul_i32', 2, 0, 1]],
          outputs: [[2, dense(out, [777])]],
        })
        .run();
      expect(Array.from(out)).toEqual(Array.from(a, (v, i) => Number(v * b[i]! !== 0)));
    });
    test.each([Float64Array, Int32Array])('contract %o', (array) => {
      for (const [m, n, k] of [
        [3, 5, 7],
        [70, 33, 200],
        [20, 20, 1500],
      ]) {
        const numbers = (length: number) => array.from(Array.from({ length }, () => Math.floor(random() * 9) - 4));
        const [a, b, out] = [numbers(m! * k!), numbers(k! * n!), new array(m! * n!)];
        new Program()
          .contract({
            dims: [
              ['m', m!, k!, 0],
              ['n', n!, 0, 1],
              ['k', k!, 1, n!],
            ],
            a,
            b,
            inputs: [],
            registers: 1,
            outputs: [[0, { data: out, strides: [n!, 1, 0] }]],
          })
          .run();
        const expected = Array.from(indices([m!, n!]), ([i, j]) => {
          let sum = 0;
          for (let p = 0; p < k!; p++) sum += a[i! * k! + p]! * b[p * n! + j!]!;
          return sum;
        });
        expect(Array.from(out)).toEqual(expected);
      }
    });
    test('float64 and int32 reductions', () => {
      const x = Float64Array.from({ length: 6000 }, () => random() - 0.5);
      const n = Int32Array.from({ length: 6000 }, () => Math.floor(random() * 2 ** 32));
      const [sum, product64, wrapped, most] = [
        new Float64Array(3),
        new Float64Array(3),
        new Int32Array(3),
        new Int32Array(3),
      ];
      new Program()
        .reduce({
          kept: [3],
          reduced: [2000],
          before: {
            inputs: [dense(x, [3, 2000]), dense(n, [3, 2000])],
            constants: [
              [1, 'f64'],
              [1e-3, 'f64'],
            ],
            registers: 5,
            code: [['fma_f64', 4, 0, 3, 2]],
          },
          accumulators: [
            ['rsum', 0, 'f64'],
            ['rprod', 4, 'f64'],
            ['rsum', 1, 'i32'],
            ['rmax', 1, 'i32'],
          ],
          after: {
            inputs: [],
            registers: 4,
            outputs: [
              [0, dense(sum, [3])],
              [1, dense(product64, [3])],
              [2, dense(wrapped, [3])],
              [3, dense(most, [3])],
            ],
          },
        })
        .run();
      for (let r = 0; r < 3; r++) {
        const [row, whole] = [x.subarray(r * 2000, (r + 1) * 2000), n.subarray(r * 2000, (r + 1) * 2000)];
        expect(sum[r]).toBeCloseTo(
          row.reduce((a, b) => a + b, 0),
          10,
        );
        expect(product64[r]).toBeCloseTo(
          row.reduce((a, b) => a * (1 + 1e-3 * b), 1),
          10,
        );
        expect(wrapped[r]).toBe(whole.reduce((a, b) => (a + b) | 0, 0));
        expect(most[r]).toBe(whole.reduce((a, b) => Math.max(a, b)));
      }
    });
    test('NaN wins in max, min and arguments', () => {
      for (const length of [5, 300]) {
        const x = randomArray(length, random);
        x[3] = NaN;
        const [values, places] = [new Float32Array(2), new Int32Array(2)];
        new Program()
          .row({
            dims: [1, length],
            rowDims: 1,
            kinds: [0, 1, 1, 1, 1],
            inputs: [dense(x, [1, length])],
            registers: 5,
            code: [
              ['rmax', 1, 0],
              ['rmin', 2, 0],
              ['rargmax', 3, 0],
              ['rargmin', 4, 0],
            ],
            outputs: [
              [1, { data: values, strides: [0, 0] }],
              [2, { data: values, offset: 1, strides: [0, 0] }],
              [3, { data: places, strides: [0, 0] }],
              [4, { data: places, offset: 1, strides: [0, 0] }],
            ],
          })
          .run();
        expect([...values, ...places]).toEqual([NaN, NaN, 3, 3]);
      }
    });
  });

  test('outputs may take the place of inputs', () => {
    for (const length of [16, 100, 5000]) {
      const [a, b] = [randomArray(length, random), randomArray(length, random)];
      const [a0, b0] = [a.slice(), b.slice()];
      const view = (data: Float32Array) => dense(data, [length]);
      new Program() // a, b = b + 1 written first, then a + b
        .map({
          dims: [length],
          inputs: [view(a), view(b)],
          constants: [[1, 'f32']],
          registers: 5,
          code: [
            ['add_f32', 3, 1, 2],
            ['add_f32', 4, 0, 1],
          ],
          outputs: [
            [3, view(a)],
            [4, view(b)],
          ],
        })
        .run();
      expect(Array.from(a)).toEqual(Array.from(b0, (v) => Math.fround(v + 1)));
      expect(Array.from(b)).toEqual(Array.from(b0, (v, i) => Math.fround(v + a0[i]!)));
      const [c, d] = [a.slice(), b.slice()];
      new Program()
        .map({
          dims: [length],
          inputs: [view(a), view(b)],
          registers: 2,
          outputs: [
            [1, view(a)],
            [0, view(b)],
          ],
        })
        .run();
      expect([a, b]).toEqual([d, c]); // a swap
    }
  });

  test('equal bits for 1, 2 and 3 threads', () => {
    const native = loadLibrary();
    const [x, w] = [randomArray(64 * 3000, randomFrom(1)), randomArray(3000 * 70, randomFrom(2))];
    const results = [1, 2, 3].map((threads) => {
      native.threads(threads);
      const [y, sums, columns, all, weights] = [64 * 70, 64, 3000, 1, 3000 * 70].map((n) => new Float32Array(n));
      const program = new Program();
      const matrix = (data: Float32Array) => ({ a: x, b: data, inputs: [], registers: 1 });
      program.contract({
        ...matrix(w),
        dims: [
          ['m', 64, 3000, 0],
          ['n', 70, 0, 1],
          ['k', 3000, 1, 70],
        ],
        outputs: [[0, { data: y!, strides: [70, 1, 0] }]],
      });
      program.contract({
        ...matrix(y!),
        dims: [
          ['m', 3000, 1, 0],
          ['n', 70, 0, 1],
          ['k', 64, 3000, 70],
        ],
        outputs: [[0, { data: weights!, strides: [70, 1, 0] }]],
      });
      const sum = (kept: number[], reduced: number[], strides: number[], out: Float32Array) =>
        program.reduce({
          kept,
          reduced,
          before: { inputs: [{ data: x, strides }], registers: 1 },
          accumulators: [['rsum', 0, 'f32']],
          after: { inputs: [], registers: 1, outputs: [[0, dense(out, kept)]] },
        });
      sum([64], [3000], [3000, 1], sums!);
      sum([3000], [64], [1, 3000], columns!);
      sum([], [64 * 3000], [1], all!);
      program.run();
      return [y, sums, columns, all, weights];
    });
    native.threads(2);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
});

test('malformed records are refused', () => {
  const bad = (kind: string, payload: number[]) => () => new Program().record(kind, payload).run();
  expect(bad('map', [99])).toThrow(/kernel 0: malformed/);
  expect(bad('map', [1, 5, 0, 1, 0, 1, 0, 3, 0, 0, 0, -1, 1])).toThrow(NativeRunError); // an output of register 3 of 1
  expect(bad('contract', [1, 7, 5, 1, 1])).toThrow(/malformed/);
  expect(bad('cumsum', [])).toThrow(/malformed/);
  expect(bad('scan', [4, 0, 1, 0, 0])).toThrow(/malformed/);
  expect(bad('scan', [4, 0, 1, 2, 1, 1, 0, ...Array<number>(30).fill(0)])).toThrow(/malformed/); // carries 2 of 1
  expect(bad('scan', [4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99, 2])).toThrow(/malformed/); // a record of kind 99
});

test('runs on a worker thread, reports its errors, and profiles', async () => {
  const native = loadLibrary();
  const out = new Float32Array(1000);
  const profile = new Float64Array(1);
  const program = new Program().map({
    dims: [1000],
    inputs: [],
    constants: [[3, 'f32']],
    registers: 1,
    outputs: [[0, dense(out, [1000])]],
  });
  await native.runAsync(program.prepared(profile));
  expect(out.every((v) => v === 3)).toBe(true);
  expect(profile[0]).toBeGreaterThan(0);
  await expect(native.runAsync(new Program().record('map', [-1]).prepared())).rejects.toThrow(/malformed/);
});
