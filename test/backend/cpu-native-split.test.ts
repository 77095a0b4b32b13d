// Products of float32 that may run on split floats (AMX): no less accurate than adding up in float32, for every range of values.
import { describe, expect, test } from 'vitest';
import { type ContractSpec, Program, randomFrom } from './cpu-native-harness.js';
import { onEachIsa } from './cpu-native-isas.js';

const [M, N, K] = [130, 101, 500];
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const fill = (size: number, value: (i: number) => number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => value(i));

function spec(a: Float32Array, b: Float32Array, out: Float32Array, layout: number): ContractSpec {
  return {
    dims: [
      ['m', M, layout & 1 ? 1 : K, 0],
      ['n', N, 0, layout & 2 ? 1 : K],
      ['k', K, layout & 1 ? M : 1, layout & 2 ? N : 1],
    ],
    a,
    b,
    inputs: [],
    registers: 1,
    outputs: [[0, { data: out, strides: [N, 1, 0] }]],
  };
}
function product(a: Float32Array, b: Float32Array, layout = 2): Float32Array {
  const out = new Float32Array(M * N);
  new Program().contract(spec(a, b, out, layout)).run();
  return out;
}

/** Root mean square and largest error of `actual`, and of adding up in float32 in order, relative to the sum of magnitudes. */
function errors(a: Float32Array, b: Float32Array, layout: number, actual: Float32Array) {
  const [aM, aK] = layout & 1 ? [1, M] : [K, 1];
  const [bN, bK] = layout & 2 ? [1, N] : [K, 1];
  const ours = { rms: 0, worst: 0 };
  const ordered = { rms: 0, worst: 0 };
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let exact = 0;
      let single = 0;
      let magnitude = 0;
      for (let k = 0; k < K; k++) {
        const term = a[m * aM + k * aK]! * b[n * bN + k * bK]!;
        exact += term;
        magnitude += Math.abs(term);
        single = Math.fround(single + Math.fround(term));
      }
      if (magnitude === 0) continue;
      for (const [error, value] of [
        [ours, actual[m * N + n]!],
        [ordered, single],
      ] as const) {
        // Below the normal numbers a result cannot be nearer than half of the least one.
        const relative = Math.max(0, Math.abs(value - exact) - 2 ** -150) / magnitude;
        error.rms += relative ** 2 / (M * N);
        error.worst = Math.max(error.worst, relative);
      }
    }
  }
  return {
    ours: { rms: Math.sqrt(ours.rms), worst: ours.worst },
    ordered: { rms: Math.sqrt(ordered.rms), worst: ordered.worst },
  };
}

const values: Record<string, (random: () => number) => number> = {
  uniform: (random) => random() - 0.5,
  positive: (random) => random(),
  normal,
  'spread over 1e±18': (random) => Math.sign(random() - 0.5) * 10 ** (36 * random() - 18),
  'spread over 1e±6': (random) => Math.sign(random() - 0.5) * 10 ** (12 * random() - 6) * (1 + random()),
  'around 1e-20': (random) => normal(random) * 1e-20,
  'around 1e18': (random) => normal(random) * 1e18,
  denormal: (random) => normal(random) * 1e-39,
  'mostly zero': (random) => (random() < 0.9 ? 0 : normal(random)),
};

onEachIsa(() => {
  describe('a product is as accurate as float32', () => {
    test.each(Object.keys(values).flatMap((name) => [0, 1, 2, 3].map((layout) => ({ name, layout }))))(
      '$name, layout $layout',
      ({ name, layout }) => {
        const random = randomFrom(layout + 1);
        const a = fill(M * K, () => values[name]!(random));
        const b = fill(N * K, () => (name === 'denormal' ? normal(random) * 1e3 : values[name]!(random)));
        const { ours, ordered } = errors(a, b, layout, product(a, b, layout));
        // A rounding to float32 alone is 2 ** -24.
        expect(ours.rms).toBeLessThanOrEqual(Math.max(ordered.rms * 1.05, 2 ** -24));
        // Few terms are rounded up to six times a group of 32 steps instead of once a term: 8 such roundings.
        expect(ours.worst).toBeLessThanOrEqual(Math.max(ordered.worst, 8 * 2 ** -24));
      },
    );
    test('terms that cancel', () => {
      const random = randomFrom(5);
      const a = fill(M * K, () => normal(random));
      const b = fill(N * K, () => normal(random));
      // Each odd step takes back the even one before it, but for a part in a million.
      for (let k = 1; k < K; k += 2) {
        for (let m = 0; m < M; m++) a[m * K + k] = -a[m * K + k - 1]! * (1 + 1e-6 * random());
        for (let n = 0; n < N; n++) b[k * N + n] = b[(k - 1) * N + n]!;
      }
      const { ours, ordered } = errors(a, b, 2, product(a, b, 2));
      expect(ours.worst).toBeLessThanOrEqual(Math.max(ordered.worst, 1e-7));
    });
  });

  test('infinity and NaN reach exactly the elements that they belong to', () => {
    const random = randomFrom(6);
    const a = fill(M * K, () => normal(random));
    const b = fill(N * K, () => normal(random));
    a[7 * K + 3] = Number.POSITIVE_INFINITY;
    b[9 * N + 50] = Number.NaN;
    a[40 * K + 10] = Number.POSITIVE_INFINITY;
    b[10 * N + 20] = 0;
    const out = product(a, b, 2);
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        const value = out[m * N + n]!;
        if (n === 50 || (m === 40 && n === 20)) expect(value).toBeNaN();
        else if (m === 7) expect(value).toBe(b[3 * N + n]! > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
        else if (m === 40) expect(value).toBe(b[10 * N + n]! > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
        else expect(value).toSatisfy(Number.isFinite);
      }
    }
  });

  test('the same bits with 1, 2 and 3 threads, unusual values in some panels', () => {
    const random = randomFrom(7);
    const a = fill(M * K, (i) => normal(random) * (i % 9973 === 0 ? 1e-30 : 1));
    const b = fill(N * K, () => normal(random));
    const { native } = new Program();
    const before = native.threads(0);
    try {
      const results = [1, 2, 3].map((threads) => {
        native.threads(threads);
        return product(a, b, 2);
      });
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    } finally {
      native.threads(before);
    }
  });
});
