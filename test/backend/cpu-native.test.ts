// Kernels of the native library against plain loops over the same views: random shapes, strides, bounds.
import { describe, expect, test } from 'vitest';
import {
  type ContractSpec,
  dense,
  indices,
  Program,
  product,
  randomArray,
  randomFrom,
  read,
  rowMajor,
  type View,
} from './cpu-native-harness.js';
import { onEachIsa } from './cpu-native-isas.js';

/** Largest difference, relative to the largest expected magnitude (at least 1); equal infinities and NaNs differ by 0. */
function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = 0;
  let scale = 1;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || (Number.isNaN(a) && Number.isNaN(e)) || a === e) continue;
    if (Number.isFinite(e)) scale = Math.max(scale, Math.abs(e));
    worst = Math.max(worst, Number.isNaN(a - e) ? Number.POSITIVE_INFINITY : Math.abs(a - e));
  }
  return worst / scale;
}

/** A random view over dims: some dims broadcast, reversed or padded with bounds. */
function randomView(dims: readonly number[], random: () => number, bounded = true): View {
  const order = dims.map((_, d) => d).sort(() => random() - 0.5);
  const strides = dims.map(() => 0);
  let size = 1;
  let offset = 0;
  for (const d of order) {
    if (random() < 0.2) continue;
    const step = size * (random() < 0.2 ? 2 : 1);
    if (random() < 0.15) {
      strides[d] = -step;
      offset += step * (dims[d]! - 1);
    } else strides[d] = step;
    size = step * dims[d]!;
  }
  const view: View = { data: randomArray(size + 3, random), strides, offset: offset + Math.floor(random() * 3) };
  if (bounded && random() < 0.3) {
    const lo = dims.map((n) => Math.floor(random() * Math.min(2, n)));
    const hi = dims.map((n, d) => Math.max(lo[d]!, n - Math.floor(random() * 2)));
    view.bounds = { lo, hi, fill: -0.5 };
  }
  return view;
}
const shapes = [
  [],
  [1],
  [7],
  [16],
  [1000],
  [33, 65],
  [4, 1, 300],
  [5, 6, 7],
  [2, 3, 4, 17],
  [3, 5000],
  [40, 3],
  [2, 2, 2, 2, 31],
];

/** C by definition, over the dims that are not k, in the given order. */
function contracted(spec: ContractSpec): number[] {
  const outer = spec.dims.filter(([role]) => role !== 'k');
  const inner = spec.dims.filter(([role]) => role === 'k');
  return Array.from(indices(outer.map(([, size]) => size)), (o) => {
    const a0 = outer.reduce((at, [, , s], d) => at + o[d]! * s, spec.offsetA ?? 0);
    const b0 = outer.reduce((at, [, , , s], d) => at + o[d]! * s, spec.offsetB ?? 0);
    let sum = 0;
    for (const k of indices(inner.map(([, size]) => size))) {
      const a = inner.reduce((at, [, , s], d) => at + k[d]! * s, a0);
      const b = inner.reduce((at, [, , , s], d) => at + k[d]! * s, b0);
      sum += spec.a[a]! * spec.b[b]!;
    }
    return sum;
  });
}

onEachIsa(() => {
  describe('map', () => {
    test.each(shapes.map((dims, seed) => ({ dims, seed })))('$dims', ({ dims, seed }) => {
      const random = randomFrom(seed + 1);
      for (let repeat = 0; repeat < 4; repeat++) {
        const [a, b] = [randomView(dims, random), randomView(dims, random)];
        const out = new Float32Array(product(dims));
        const reversed = new Float32Array(product(dims));
        const strides = rowMajor(dims).map((s) => -s);
        new Program()
          .map({
            dims,
            inputs: [a, b],
            constants: [[0.25, 'f32']],
            registers: 5,
            code: [
              ['mul_f32', 3, 0, 1],
              ['add_f32', 4, 3, 2],
            ],
            outputs: [
              [4, dense(out, dims)],
              [3, { data: reversed, strides, offset: Math.max(0, product(dims) - 1) }],
            ],
          })
          .run();
        const expected = Array.from(indices(dims), (i) => read(a, i) * read(b, i));
        expect(difference(reversed.toReversed(), expected)).toBeLessThan(1e-6);
        expect(
          difference(
            out,
            expected.map((x) => x + 0.25),
          ),
        ).toBeLessThan(1e-6);
      }
    });
  });

  describe('row', () => {
    test.each([
      [5, 10],
      [3, 1],
      [64, 64],
      [2, 5000],
      [100, 33],
    ])('softmax %i x %i', (rows, length) => {
      const x = randomView([rows, length], randomFrom(rows), false);
      const out = new Float32Array(rows * length);
      const best = new Int32Array(rows);
      new Program()
        .row({
          dims: [rows, length],
          rowDims: 1,
          kinds: [0, 1, 0, 0, 0, 1, 0, 0, 1],
          inputs: [x],
          registers: 9,
          code: [
            ['rmax', 1, 0],
            ['expand', 2, 1],
            ['sub_f32', 3, 0, 2],
            ['exp_f32', 4, 3],
            ['rsum', 5, 4],
            ['expand', 6, 5],
            ['div_f32', 7, 4, 6],
            ['rargmax', 8, 0],
          ],
          outputs: [
            [7, dense(out, [rows, length])],
            [8, { data: best, strides: [1, 0] }],
          ],
        })
        .run();
      for (let r = 0; r < rows; r++) {
        const values = Array.from({ length }, (_, j) => read(x, [r, j]));
        const total = values.reduce((sum, v) => sum + Math.exp(v), 0);
        expect(
          difference(
            out.subarray(r * length, (r + 1) * length),
            values.map((v) => Math.exp(v) / total),
          ),
        ).toBeLessThan(1e-6);
        expect(best[r]).toBe(values.indexOf(Math.max(...values)));
      }
    });
  });

  describe('reduce', () => {
    const cases = [
      { kept: [], reduced: [100000] },
      { kept: [10], reduced: [64] },
      { kept: [3, 5], reduced: [7, 9] },
      { kept: [700], reduced: [33] },
      { kept: [4], reduced: [50000] },
      { kept: [2, 600], reduced: [3, 40] },
      { kept: [6], reduced: [1] },
      { kept: [20, 1], reduced: [2100] },
    ];
    test.each(cases.flatMap((c) => [0, 1, 2].map((seed) => ({ ...c, seed }))))(
      '$kept by $reduced ($seed)',
      ({ kept, reduced, seed }) => {
        const random = randomFrom(seed);
        const dims = [...kept, ...reduced];
        const x = randomView(dims, random, seed === 2);
        const bias = randomView(kept, random, false);
        const n = product(kept);
        const [sum, max, squares] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
        const argmin = new Int32Array(n);
        new Program()
          .reduce({
            kept,
            reduced,
            before: { inputs: [x], registers: 2, code: [['mul_f32', 1, 0, 0]] },
            accumulators: [
              ['rsum', 0, 'f32'],
              ['rmax', 0, 'f32'],
              ['rsum', 1, 'f32'],
              ['rargmin', 0, 'i32'],
            ],
            after: {
              inputs: [bias],
              registers: 6,
              code: [['add_f32', 5, 0, 4]],
              outputs: [
                [5, dense(sum, kept)],
                [1, dense(max, kept)],
                [2, dense(squares, kept)],
                [3, dense(argmin, kept)],
              ],
            },
          })
          .run();
        let i = 0;
        for (const k of indices(kept)) {
          const values = Array.from(indices(reduced), (r) => read(x, [...k, ...r]));
          expect(sum[i]).toBeCloseTo(values.reduce((a, b) => a + b, 0) + read(bias, k), 2);
          expect(max[i]).toBe(values.reduce((a, b) => Math.max(a, b), -Infinity));
          const expected = values.reduce((a, b) => a + b * b, 0);
          expect(Math.abs(squares[i]! - expected) / expected).toBeLessThan(1e-6);
          expect(argmin[i]).toBe(values.indexOf(values.reduce((a, b) => Math.min(a, b), Infinity)));
          i++;
        }
      },
    );
  });

  describe('contract', () => {
    const sizes = [
      [1, 1, 1],
      [1, 10, 128],
      [64, 10, 128],
      [10, 64, 64],
      [32, 70, 33],
      [15, 33, 700],
      [128, 40, 90],
      [7, 5, 3000],
      [40, 40, 0],
      [300, 130, 20],
      [1, 1, 2000],
    ];
    test.each(sizes.flatMap(([m, n, k]) => [0, 1, 2, 3, 4, 5, 6, 7].map((layout) => ({ m, n, k, layout }))))(
      '$m x $n x $k, layout $layout',
      ({ m, n, k, layout }) => {
        const [M, N, K] = [m!, n!, k!];
        const random = randomFrom(M * 7 + N);
        const [a, b] = [randomArray(M * K + 1, random), randomArray(K * N + 1, random)];
        const [aM, aK] = layout & 1 ? [1, M] : [K, 1];
        const [bN, bK] = layout & 2 ? [1, N] : [K, 1];
        const out = new Float32Array(M * N);
        const spec: ContractSpec = {
          dims: [
            ['m', M, aM, 0],
            ['n', N, 0, bN],
            ['k', K, aK, bK],
          ],
          a,
          b,
          inputs: [],
          registers: 1,
          outputs: [[0, { data: out, strides: layout & 4 ? [1, M, 0] : [N, 1, 0] }]],
        };
        new Program().contract(spec).run();
        const expected = contracted(spec);
        const actual = layout & 4 ? Array.from(indices([M, N]), ([i, j]) => out[j! * M + i!]!) : out;
        expect(difference(actual, expected)).toBeLessThan(2e-6);
      },
    );

    test.each([1, 2, 3])('operands that other contractions read too (%i)', (kept) => {
      const [M, N, K] = [70, 300, 200];
      const random = randomFrom(kept);
      const [first, second, b] = [M * K, M * K, N * K].map((size) => randomArray(size, random)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const program = new Program();
      const specs = [first, second, first, second].map((a, i): ContractSpec => {
        // The last two read B as if it were turned, which must not be taken for the same.
        const [bN, bK] = i < 2 ? [1, N] : [K, 1];
        return {
          dims: [
            ['m', M, K, 0],
            ['n', N, 0, bN],
            ['k', K, 1, bK],
          ],
          a,
          b,
          kept,
          inputs: [],
          registers: 1,
          outputs: [[0, { data: new Float32Array(M * N), strides: [N, 1, 0] }]],
        };
      });
      for (const spec of specs) program.contract(spec);
      for (let run = 0; run < 2; run++) {
        program.run();
        for (const spec of specs) expect(difference(spec.outputs[0]![1].data, contracted(spec))).toBeLessThan(2e-6);
        for (const array of [first, b]) array.forEach((x, i) => array.fill(-x, i, i + 1));
      }
    });

    test.each([600, 1260])('a row in tiles, the last one narrower, with an epilogue, %i wide', (N) => {
      const K = 3;
      const random = randomFrom(13);
      const factor = randomArray(N, random);
      const out = new Float32Array(N);
      const spec: ContractSpec = {
        dims: [
          ['n', N, 0, K],
          ['k', K, 1, 1],
        ],
        a: randomArray(K, random),
        b: randomArray(N * K, random),
        inputs: [{ data: factor, strides: [1, 0] }],
        constants: [],
        registers: 3,
        code: [['mul_f32', 2, 0, 1]],
        outputs: [[2, { data: out, strides: [1, 0] }]],
      };
      new Program().contract(spec).run();
      const expected = contracted(spec).map((c, n) => c * factor[n]!);
      expect(difference(out, expected)).toBeLessThan(2e-6);
    });

    test.each([47, 208])('batched, with an epilogue of bias, row factor and residual, %i wide', (N) => {
      const [B, M, K] = [5, 33, 20];
      const random = randomFrom(9);
      const [a, b] = [randomArray(B * M * K, random), randomArray(B * K * N, random)];
      const [bias, factor, residual] = [
        randomArray(N, random),
        randomArray(M * B, random),
        randomArray(B * M * N, random),
      ];
      const out = new Float32Array(B * M * N);
      const spec: ContractSpec = {
        dims: [
          ['batch', B, M * K, K * N],
          ['m', M, K, 0],
          ['n', N, 0, 1],
          ['k', K, 1, N],
        ],
        a,
        b,
        inputs: [
          { data: bias, strides: [0, 0, 1, 0] },
          { data: factor, strides: [M, 1, 0, 0] },
          { data: residual, strides: [M * N, N, 1, 0] },
        ],
        constants: [[0, 'f32']],
        registers: 6,
        code: [
          ['fma_f32', 5, 0, 2, 1],
          ['max_f32', 5, 5, 4],
          ['add_f32', 3, 5, 3],
        ],
        outputs: [[3, { data: out, strides: [M * N, N, 1, 0] }]],
      };
      new Program().contract(spec).run();
      const expected = contracted(spec).map((c, i) => {
        const [x, j] = [Math.floor(i / N), i % N];
        return Math.max(0, c * factor[x]! + bias[j]!) + residual[i]!;
      });
      expect(difference(out, expected)).toBeLessThan(2e-6);
    });

    // X [n, c, h + 2, w + 2] padded, W [f, c, 3, 3]
    const conv = { n: 3, c: 4, f: 9, h: 10, w: 11 };
    const { n, c, f, h, w } = conv;
    const [hp, wp] = [h + 2, w + 2];
    const random = randomFrom(3);
    const x = randomArray(n * c * hp * wp, random);
    const weights = randomArray(f * c * 9, random);
    test('convolution', () => {
      const out = new Float32Array(n * f * h * w);
      const spec: ContractSpec = {
        dims: [
          ['n', n, 0, c * hp * wp],
          ['m', f, c * 9, 0],
          ['n', h, 0, wp],
          ['n', w, 0, 1],
          ['k', c, 9, hp * wp],
          ['k', 3, 3, wp],
          ['k', 3, 1, 1],
        ],
        a: weights,
        b: x,
        inputs: [],
        registers: 1,
        outputs: [[0, { data: out, strides: [f * h * w, h * w, w, 1, 0, 0, 0] }]],
      };
      new Program().contract(spec).run();
      expect(difference(out, contracted(spec))).toBeLessThan(2e-6);
    });
    test('weight gradient of a convolution, k in pieces', () => {
      const gradient = randomArray(n * f * h * w, random);
      const out = new Float32Array(f * c * 9);
      for (const times of [1, 4]) {
        const spec: ContractSpec = {
          dims: [
            ['m', f, h * w, 0],
            ['n', c, 0, hp * wp],
            ['n', 3, 0, wp],
            ['n', 3, 0, 1],
            ['k', times, 0, 0],
            ['k', n, f * h * w, c * hp * wp],
            ['k', h, w, wp],
            ['k', w, 1, 1],
          ],
          a: gradient,
          b: x,
          inputs: [],
          registers: 1,
          outputs: [[0, { data: out, strides: [c * 9, 9, 3, 1, 0, 0, 0, 0] }]],
        };
        new Program().contract(spec).run();
        expect(difference(out, contracted(spec))).toBeLessThan(2e-6);
      }
    });
  });
});
