// Every instruction of the native library over special and random values, against Math in double precision or integer arithmetic by BigInt.

import { describe, expect, test } from 'vitest';
import { loadLibrary } from '../../src/backend/cpu/library.js';
import { roundToBfloat16, roundToFloat16 } from '../../src/half.js';
import { type DType, type Instruction, type Numbers, Program, randomFrom } from './cpu-native-harness.js';
import { onEachIsa } from './cpu-native-isas.js';

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u32: Uint32Array, bool: Int32Array };

/** Runs one instruction elementwise. */
function apply(name: string, result: DType, ...operands: Numbers[]): Numbers {
  const length = operands[0]!.length;
  const out = new arrays[result](length);
  const registers = operands.map((_, r) => r);
  const instruction: Instruction = [name, operands.length, registers[0], registers[1], registers[2]];
  new Program()
    .map({
      dims: [length],
      inputs: operands.map((data) => ({ data, strides: [1] })),
      registers: operands.length + 1,
      code: [instruction],
      outputs: [[operands.length, { data: out, strides: [1] }]],
    })
    .run();
  return out;
}

const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  1.5,
  2.5,
  -2.5,
  Infinity,
  -Infinity,
  NaN,
  1e-45,
  -1e-45,
  1e-40,
  1.1754944e-38,
  3.4e38,
  -3.4e38,
  1e-20,
  1e20,
];
const ranges = [1e-6, 0.3, 1, 4, 30, 90, 110, 1e4, 1e7, 1e30];
const random = randomFrom(11);
const values = [...specials, ...ranges.flatMap((r) => Array.from({ length: 200 }, () => (random() * 2 - 1) * r))];
const pairs = (list: readonly number[]): [number[], number[]] => {
  const some = list.filter((_, i) => i < specials.length || i % 31 === 0);
  return [some.flatMap((x) => some.map(() => x)), some.flatMap(() => some)];
};

/** Distance in units of the last place of the expected value, as a float of that width. */
function ulps(actual: number, expected: number, f32: boolean): number {
  if (Object.is(actual, expected) || (Number.isNaN(actual) && Number.isNaN(expected))) return 0;
  const rounded = f32 ? Math.fround(expected) : expected;
  if (Object.is(actual, rounded)) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) return Infinity;
  const [digits, smallest] = f32 ? [23, -149] : [52, -1074];
  const exponent = rounded === 0 ? -Infinity : Math.floor(Math.log2(Math.abs(rounded)));
  return Math.abs(actual - expected) / 2 ** Math.max(smallest, exponent - digits);
}

/** erf and erfc by series and continued fraction. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) return 1 - erf(x);
  if (x > 27) return 0;
  let fraction = 0;
  for (let k = 120; k > 0; k--) fraction = k / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}
function erf(x: number): number {
  if (Math.abs(x) > 2) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  if (x === 0 || Number.isNaN(x)) return x;
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const roundHalfEven = (x: number): number => {
  const r = Math.round(x);
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : Object.is(x, -0) || (x < 0 && r === 0) ? -0 : r;
};
const cPow = (x: number, y: number): number =>
  x === 1 || y === 0 ? 1 : x === -1 && Math.abs(y) === Infinity ? 1 : x ** y;
const remainder = (x: number, y: number): number => {
  const r = x % y;
  return r !== 0 && r < 0 !== y < 0 ? r + y : r;
};

/** Meaning, and the error that is allowed in float32 and float64. */
const unary: Record<string, [(x: number) => number, number, number]> = {
  neg: [(x) => -x, 0, 0],
  abs: [Math.abs, 0, 0],
  relu: [(x) => (x < 0 ? 0 : x), 0, 0],
  sign: [(x) => (x > 0 ? 1 : x < 0 ? -1 : 0), 0, 0],
  exp: [Math.exp, 1.5, 2],
  exp2: [(x) => 2 ** x, 1, 2],
  log: [Math.log, 1.5, 2],
  log2: [Math.log2, 1.5, 3],
  sqrt: [Math.sqrt, 0.51, 0.51],
  rsqrt: [(x) => 1 / Math.sqrt(x), 1.6, 2],
  recip: [(x) => 1 / x, 0.51, 0],
  sin: [Math.sin, 1, 2],
  cos: [Math.cos, 1, 2],
  tan: [Math.tan, 1, 3],
  asin: [Math.asin, 1, 2],
  acos: [Math.acos, 1, 2],
  atan: [Math.atan, 1, 2],
  sinh: [Math.sinh, 1, 4],
  cosh: [Math.cosh, 1, 4],
  tanh: [Math.tanh, 2, 3],
  asinh: [Math.asinh, 1, 4],
  acosh: [Math.acosh, 1, 4],
  atanh: [Math.atanh, 1, 4],
  sigmoid: [(x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))), 2.5, 3],
  erf: [erf, 1, 64],
  erfc: [erfc, 2, 1e4],
  expm1: [Math.expm1, 1, 2],
  log1p: [Math.log1p, 1, 2],
  floor: [Math.floor, 0, 0],
  ceil: [Math.ceil, 0, 0],
  round: [roundHalfEven, 0, 0],
  trunc: [Math.trunc, 0, 0],
};
const binary: Record<string, [(x: number, y: number) => number, number, number]> = {
  add: [(x, y) => x + y, 0.51, 0],
  sub: [(x, y) => x - y, 0.51, 0],
  mul: [(x, y) => x * y, 0.51, 0],
  div: [(x, y) => x / y, 0.51, 0],
  max: [(x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : x > y ? x : y), 0, 0],
  min: [(x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : x < y ? x : y), 0, 0],
  pow: [cPow, 1, 2],
  mod: [remainder, 0.51, 0],
  fmod: [(x, y) => x % y, 0, 0],
  atan2: [Math.atan2, 1, 2],
};
const comparisons: Record<string, (x: number, y: number) => boolean> = {
  lt: (x, y) => x < y,
  le: (x, y) => x <= y,
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
};

function worst(actual: Numbers, expected: (i: number) => number, f32: boolean): { error: number; at: number } {
  let found = { error: 0, at: -1 };
  for (let i = 0; i < actual.length; i++) {
    const error = ulps(actual[i]!, expected(i), f32);
    if (error > found.error) found = { error, at: i };
  }
  return found;
}

onEachIsa(() => {
  describe.each(['f32', 'f64'] as const)('%s', (type) => {
    const f32 = type === 'f32';
    const array = arrays[type];
    const x = array.from(values);
    const [left, right] = pairs(values).map((list) => array.from(list)) as [Numbers, Numbers];
    test.each(Object.keys(unary))('%s', (name) => {
      const [meaning, tolerance32, tolerance64] = unary[name]!;
      const out = apply(`${name}_${type}`, type, x);
      const { error, at } = worst(out, (i) => meaning(x[i]!), f32);
      expect(error, `at ${x[at]}: ${out[at]}, expected ${meaning(x[at] ?? 0)}`).toBeLessThanOrEqual(
        f32 ? tolerance32 : tolerance64,
      );
    });
    test.each(Object.keys(binary))('%s', (name) => {
      const [meaning, tolerance32, tolerance64] = binary[name]!;
      const out = apply(`${name}_${type}`, type, left, right);
      const signless = name === 'max' || name === 'min'; // of 0 and -0 either may come out
      const plus = (v: number) => (signless ? v + 0 : v);
      const { error, at } = worst(out.map(plus), (i) => plus(meaning(left[i]!, right[i]!)), f32);
      const message = `at ${left[at]}, ${right[at]}: ${out[at]}, expected ${meaning(left[at] ?? 0, right[at] ?? 0)}`;
      expect(error, message).toBeLessThanOrEqual(f32 ? tolerance32 : tolerance64);
    });
    test.each(Object.keys(comparisons))('%s', (name) => {
      const out = apply(`${name}_${type}`, 'i32', left, right);
      const holds = comparisons[name]!;
      expect(Array.from(out)).toEqual(Array.from(left, (a, i) => Number(holds(a, right[i]!))));
    });
    test('isnan, fma, where, mov', () => {
      expect(Array.from(apply(`isnan_${type}`, 'i32', x))).toEqual(Array.from(x, (v) => Number(Number.isNaN(v))));
      const small = array.from(Array.from({ length: 50 }, () => Math.round(random() * 100)));
      expect(Array.from(apply(`fma_${type}`, type, small, small, small))).toEqual(Array.from(small, (v) => v * v + v));
      const condition = Int32Array.from(x, (_, i) => i % 3);
      const negated = x.map((v) => -v) as Numbers;
      const chosen = apply(f32 ? 'where' : 'where_f64', type, condition, x, negated);
      expect(Array.from(chosen)).toEqual(Array.from(x, (v, i) => (i % 3 ? v : -v)));
      expect(Array.from(apply(f32 ? 'mov' : 'mov_f64', type, x))).toEqual(Array.from(x));
    });
  });

  describe.each(['i32', 'u32'] as const)('%s', (type) => {
    const signed = type === 'i32';
    const array = arrays[type];
    const wrap = (v: bigint): number => Number(signed ? BigInt.asIntN(32, v) : BigInt.asUintN(32, v));
    const edge = [
      0,
      1,
      2,
      3,
      5,
      7,
      31,
      32,
      100,
      46341,
      65536,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32 - 2,
      2 ** 32 - 7,
      123456789,
    ];
    const some = [...edge, ...Array.from({ length: 40 }, () => Math.floor(random() * 2 ** 32))];
    const left = array.from(some.flatMap((a) => some.map(() => a)));
    const right = array.from(some.flatMap(() => some));
    const floorDivide = (a: bigint, b: bigint) => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
    const power = (a: bigint, b: bigint) => {
      if (b < 0n) return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
      let [result, base] = [1n, a];
      for (let e = b; e > 0n; e >>= 1n, base = BigInt.asUintN(32, base * base))
        if (e & 1n) result = BigInt.asUintN(32, result * base);
      return result;
    };
    const meaning: Record<string, (a: bigint, b: bigint) => bigint> = {
      add: (a, b) => a + b,
      sub: (a, b) => a - b,
      mul: (a, b) => a * b,
      div: (a, b) => (b === 0n ? 0n : a / b),
      fdiv: (a, b) => (b === 0n ? 0n : floorDivide(a, b)),
      mod: (a, b) => (b === 0n ? a : a - floorDivide(a, b) * b),
      pow: power,
      max: (a, b) => (a > b ? a : b),
      min: (a, b) => (a < b ? a : b),
      and: (a, b) => a & b,
      or: (a, b) => a | b,
      xor: (a, b) => a ^ b,
      shl: (a, b) => a << (b & 31n),
      shr: (a, b) => a >> (b & 31n),
      lt: (a, b) => BigInt(a < b),
      le: (a, b) => BigInt(a <= b),
      eq: (a, b) => BigInt(a === b),
      ne: (a, b) => BigInt(a !== b),
      ...(signed ? {} : { mulhi: (a: bigint, b: bigint) => (a * b) >> 32n }),
    };
    test.each(Object.keys(meaning))('%s', (name) => {
      const out = apply(`${name}_${type}`, name in comparisons ? 'i32' : type, left, right);
      expect(Array.from(out)).toEqual(Array.from(left, (a, i) => wrap(meaning[name]!(BigInt(a), BigInt(right[i]!)))));
    });
    test('neg, abs, sign, relu, not', () => {
      const x = array.from(some);
      const expected = (f: (v: bigint) => bigint) => Array.from(x, (v) => wrap(f(BigInt(v))));
      expect(Array.from(apply(`neg_${type}`, type, x))).toEqual(expected((v) => -v));
      expect(Array.from(apply(`abs_${type}`, type, x))).toEqual(expected((v) => (v < 0n ? -v : v)));
      expect(Array.from(apply(`sign_${type}`, type, x))).toEqual(expected((v) => (v > 0n ? 1n : v < 0n ? -1n : 0n)));
      expect(Array.from(apply(`relu_${type}`, type, x))).toEqual(expected((v) => (v < 0n ? 0n : v)));
      expect(Array.from(apply(`not_${type}`, type, x))).toEqual(expected((v) => ~v));
    });
  });

  describe('casts', () => {
    const clamp = (v: number, lo: number, hi: number) =>
      (Number.isNaN(v) ? 0 : Math.min(hi, Math.max(lo, Math.trunc(v)))) + 0;
    const into: Record<DType, (v: number) => number> = {
      f32: Math.fround,
      f64: (v) => v,
      i32: (v) => clamp(v, -(2 ** 31), 2 ** 31 - 1),
      u32: (v) => clamp(v, 0, 2 ** 32 - 1),
      bool: (v) => Number(v !== 0),
    };
    const floats = [
      ...values,
      2147483520,
      2147483648,
      -2147483648,
      4294967040,
      4294967296,
      3e9,
      0.99,
      -0.99,
      2 ** 31 + 0.5,
      2147483647.5,
      -2147483648.9,
    ];
    const integers = [0, 1, -1, 7, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 123456789];
    const kinds: DType[] = ['f32', 'f64', 'i32', 'u32', 'bool'];
    const cases = kinds.flatMap((from) => kinds.filter((to) => to !== from).map((to) => ({ from, to })));
    test.each(cases)('$from to $to', ({ from, to }) => {
      const source =
        from === 'bool' ? Int32Array.from([0, 1, 1, 0]) : arrays[from].from(from.startsWith('f') ? floats : integers);
      const out = apply(`cast_${from}_${to}`, to, source);
      const wraps = (from === 'i32' && to === 'u32') || (from === 'u32' && to === 'i32');
      const expected = Array.from(source, (v) => (wraps ? (to === 'u32' ? v >>> 0 : v | 0) : into[to](v)));
      expect(Array.from(out)).toEqual(expected);
    });
    test.each([
      ['roundFloat16', roundToFloat16],
      ['roundBfloat16', roundToBfloat16],
    ] as const)('%s', (name, round) => {
      const x = Float32Array.from([
        ...values,
        65504,
        65519,
        65520,
        2 ** -14,
        2 ** -24,
        2 ** -25,
        1 + 2 ** -11,
        3.4e38,
        1e-7,
        -6e-5,
      ]);
      expect(Array.from(apply(`${name}_f32`, 'f32', x))).toEqual(Array.from(x, round));
    });
    test('not_bool', () => expect(Array.from(apply('not_bool', 'i32', Int32Array.from([0, 1, 5])))).toEqual([1, 0, 0]));
  });

  describe('philox and iota', () => {
    test('known answers of Philox4x32-10', () => {
      const words = (scalars: number[]) => {
        const out = new Uint32Array(4);
        const program = new Program();
        const at = program.scalar(...scalars);
        program
          .map({
            dims: [4],
            inputs: [],
            registers: 1,
            code: [['philox', 0, -1, at]],
            outputs: [[0, { data: out, strides: [1] }]],
          })
          .run();
        return Array.from(out);
      };
      expect(words([0, 0, 0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    });
    test('a stream does not depend on blocks or threads, and carries into the second word', () => {
      const draw = (length: number, low: number, high: number, threads: number) => {
        const out = new Uint32Array(length);
        const program = new Program();
        program.native.threads(threads);
        const at = program.scalar(17, 23, low, high);
        program
          .map({
            dims: [length],
            inputs: [],
            registers: 1,
            code: [['philox', 0, -1, at]],
            outputs: [[0, { data: out, strides: [1] }]],
          })
          .run();
        program.native.threads(2);
        return out;
      };
      const whole = draw(100_001, 2 ** 32 - 3, 5, 1);
      expect(draw(100_001, 2 ** 32 - 3, 5, 3)).toEqual(whole);
      expect(draw(50, 2 ** 32 - 3, 5, 1)).toEqual(whole.subarray(0, 50));
      expect(draw(20, 7, 6, 1)).toEqual(whole.subarray(40, 60)); // ten groups of four further
      expect(new Set(whole).size).toBeGreaterThan(99_990);
    });
    test('iota', () => {
      const out = new Int32Array(5000);
      new Program()
        .map({
          dims: [50, 100],
          inputs: [],
          registers: 1,
          code: [['iota', 0]],
          outputs: [[0, { data: out, strides: [1, 50] }]],
        })
        .run();
      expect(out[50 * 3 + 2]).toBe(203);
    });
  });
});

test('every opcode of the library is tested here or by the rows and reductions', () => {
  const tested = new Set<string>([
    'iota',
    'philox',
    'where',
    'where_f64',
    'mov',
    'mov_f64',
    'not_bool',
    'mulhi_u32',
    'roundFloat16_f32',
    'roundBfloat16_f32',
    'expand',
    'rsum',
    'rprod',
    'rmax',
    'rmin',
    'rargmax',
    'rargmin',
  ]);
  for (const type of ['f32', 'f64'])
    for (const name of [...Object.keys(unary), ...Object.keys(binary), ...Object.keys(comparisons), 'isnan', 'fma'])
      tested.add(`${name}_${type}`);
  for (const type of ['i32', 'u32'])
    for (const name of 'add sub mul div fdiv mod pow max min and or xor shl shr lt le eq ne neg abs sign relu not'.split(
      ' ',
    ))
      tested.add(`${name}_${type}`);
  for (const from of Object.keys(arrays))
    for (const to of Object.keys(arrays)) if (from !== to) tested.add(`cast_${from}_${to}`);
  expect([...loadLibrary().opcodes.keys()].filter((name) => !tested.has(name))).toEqual([]);
});
