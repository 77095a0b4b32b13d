// THE table of elementwise kernels: one row an op, as an expression over its operands. What both dialects lack is written here once.
import type { DType } from '../../dtype.js';
import { isFloat, isInteger } from '../../dtype.js';
import type { BinaryName, UnaryName } from '../../op-names.js';
import { type Call, type Dialect, type FunctionName, type Helper, type Scalar, scalarOf } from './dialect.js';
import { literal } from './literal.js';

/** Writes expressions; helpers that they need are added to the source. */
export interface Writer {
  readonly dialect: Dialect;
  /** The text of a call, whose helpers are taken in. */
  use(call: Call): string;
}

type Unary = (x: string, dtype: DType, w: Writer) => string;
type Binary = (a: string, b: string, dtype: DType, w: Writer) => string;

const zero = (dtype: DType): string => literal(0, dtype);
const as = (type: Scalar, condition: string): string => `${type}(${condition})`;
const truth = (condition: string): string => as('i32', condition);

const real =
  (name: FunctionName): Unary =>
  (x, dtype, w) =>
    w.use(w.dialect.call(name, scalarOf[dtype], [x]));
/** A function that leaves whole numbers as they are. */
const whole =
  (name: FunctionName): Unary =>
  (x, dtype, w) =>
    isFloat(dtype) ? real(name)(x, dtype, w) : x;

/** Keeps the upper bits of a float32, rounded to the nearest, ties to even; a carry may reach the exponent. */
const upperBits = (x: string, dropped: number, { bits, fromBits }: Dialect): string => {
  const half = `0x${(2 ** (dropped - 1) - 1).toString(16)}u`;
  const mask = `0x${(2 ** 32 - 2 ** dropped).toString(16)}u`;
  return fromBits('f32', `(${bits(x)} + ${half} + ((${bits(x)} >> ${dropped}u) & 1u)) & ${mask}`);
};
/** The nearest bfloat16; a NaN stays one. */
const roundBfloat16: Unary = (x, dtype, w) =>
  w.dialect.select(w.use(w.dialect.isNaN(scalarOf[dtype], x)), x, upperBits(x, 16, w.dialect));
/** The nearest float16: infinite from 65520 on, and below 2⁻¹⁴ a multiple of 2⁻²⁴. */
const roundFloat16: Unary = (x, dtype, w) => {
  const { dialect } = w;
  const size = w.use(dialect.call('abs', 'f32', [x]));
  const few = w.use(dialect.call('round', 'f32', [`${x} * ${literal(2 ** 24, dtype)}`]));
  const small = dialect.select(
    `${size} < ${literal(2 ** -14, dtype)}`,
    `${few} * ${literal(2 ** -24, dtype)}`,
    upperBits(x, 13, dialect),
  );
  const infinite = dialect.fromBits('f32', `(${dialect.bits(x)} & 0x80000000u) | 0x7f800000u`);
  const bounded = dialect.select(`${size} >= ${literal(65520, dtype)}`, infinite, small);
  return dialect.select(w.use(dialect.isNaN(scalarOf[dtype], x)), x, bounded);
};

const unary: Record<UnaryName, Unary> = {
  neg: (x, dtype) => (dtype === 'uint32' ? `0u - ${x}` : `-${x}`),
  abs: (x, dtype, w) => (dtype === 'uint32' ? x : isFloat(dtype) ? real('abs')(x, dtype, w) : `abs(${x})`),
  sign: (x, dtype) =>
    `${as(scalarOf[dtype], `${x} > ${zero(dtype)}`)} - ${as(scalarOf[dtype], `${x} < ${zero(dtype)}`)}`,
  exp: real('exp'),
  log: real('log'),
  sqrt: real('sqrt'),
  rsqrt: real('inverseSqrt'),
  reciprocal: (x, dtype) => `${literal(1, dtype)} / ${x}`,
  sin: real('sin'),
  cos: real('cos'),
  tan: real('tan'),
  asin: real('asin'),
  acos: real('acos'),
  atan: real('atan'),
  sinh: real('sinh'),
  cosh: real('cosh'),
  tanh: real('tanh'),
  asinh: real('asinh'),
  acosh: real('acosh'),
  atanh: real('atanh'),
  sigmoid: (x, dtype, w) => `${literal(1, dtype)} / (${literal(1, dtype)} + ${real('exp')(`-${x}`, dtype, w)})`,
  erf: real('erf'),
  expm1: real('expm1'),
  log1p: real('log1p'),
  relu: (x, dtype, w) => w.dialect.select(`${x} < ${zero(dtype)}`, zero(dtype), x),
  floor: whole('floor'),
  ceil: whole('ceil'),
  round: whole('round'),
  trunc: whole('trunc'),
  isnan: (x, dtype, w) => truth(w.use(w.dialect.isNaN(scalarOf[dtype], x))),
  roundFloat16,
  roundBfloat16,
  not: (x, dtype) => (dtype === 'bool' ? `1 - ${x}` : `~${x}`),
};

const infix =
  (sign: string): Binary =>
  (a, b) =>
    `${a} ${sign} ${b}`;
const compared =
  (sign: string): Binary =>
  (a, b) =>
    truth(`${a} ${sign} ${b}`);
const shifted =
  (sign: string): Binary =>
  (a, b) =>
    `${a} ${sign} (u32(${b}) & 31u)`;
/** NaN wins. */
const extreme =
  (sign: '>' | '<'): Binary =>
  (a, b, dtype, w) => {
    const better = `${a} ${sign} ${b}`;
    return w.dialect.select(
      isFloat(dtype) ? `${better} || ${w.use(w.dialect.isNaN(scalarOf[dtype], a))}` : better,
      a,
      b,
    );
  };

/** Whole-number functions, written out: the same in every dialect. */
const integerFunction = (name: 'div' | 'mod' | 'pow', dtype: DType, { dialect }: Writer): Helper => {
  const type = scalarOf[dtype];
  const [none, one] = [zero(dtype), literal(1, dtype)];
  const signed = type === 'i32';
  const safe = dialect.constant(type, 'd', dialect.select(`b == ${none}`, one, 'b'));
  const bodies = {
    // The least int32 has no opposite.
    div: [
      safe,
      ...(signed ? [`if (d == -1) { return i32(0u - u32(a)); }`] : []),
      `return ${dialect.select(`b == ${none}`, none, 'a / d')};`,
    ],
    mod: [
      safe,
      ...(signed ? [`if (d == -1) { return 0; }`] : []),
      dialect.constant(type, 'r', 'a % d'),
      `if (b == ${none}) { return ${none}; }`,
      signed ? `return ${dialect.select('r != 0 && (r ^ d) < 0', 'r + d', 'r')};` : 'return r;',
    ],
    pow: [
      ...(signed
        ? [
            `if (b < 0) { return ${dialect.select('a == 1', '1', dialect.select('a == -1', '1 - 2 * (b & 1) * (b & 1)', '0'))}; }`,
          ]
        : []),
      dialect.variable(type, 'product', one),
      dialect.variable(type, 'square', 'a'),
      `for (${dialect.variable('u32', 'n', 'u32(b)')} n > 0u; n = n >> 1u) {`,
      '  if ((n & 1u) == 1u) { product *= square; }',
      '  square *= square;',
      '}',
      'return product;',
    ],
  };
  const body = bodies[name].map((line) => `  ${line}`).join('\n');
  const text = dialect.helper(
    type,
    `${name}_${type}`,
    [
      [type, 'a'],
      [type, 'b'],
    ],
    body,
  );
  return { name: `${name}_${type}`, needs: [], text };
};
const integers = (name: 'div' | 'mod' | 'pow', a: string, b: string, dtype: DType, w: Writer): string => {
  const helper = integerFunction(name, dtype, w);
  return w.use({ text: `${helper.name}(${a}, ${b})`, needs: [helper] });
};

/** The remainder with the divisor's sign. */
function remainder(dtype: DType, { dialect }: Writer): Helper {
  const type = scalarOf[dtype];
  const { text: fmod, needs } = dialect.call('fmod', type, ['a', 'b']);
  const wrong = `r != ${zero(dtype)} && (r < ${zero(dtype)}) != (b < ${zero(dtype)})`;
  const body = `  ${dialect.constant(type, 'r', fmod)}\n  return ${dialect.select(wrong, 'r + b', 'r')};`;
  const text = dialect.helper(
    type,
    `mod_${type}`,
    [
      [type, 'a'],
      [type, 'b'],
    ],
    body,
  );
  return { name: `mod_${type}`, needs, text };
}

const binary: Record<BinaryName, Binary> = {
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: (a, b, dtype, w) => (isFloat(dtype) ? `${a} / ${b}` : integers('div', a, b, dtype, w)),
  pow: (a, b, dtype, w) =>
    isFloat(dtype) ? w.use(w.dialect.call('pow', scalarOf[dtype], [a, b])) : integers('pow', a, b, dtype, w),
  max: extreme('>'),
  min: extreme('<'),
  mod: (a, b, dtype, w) => {
    if (!isFloat(dtype)) return integers('mod', a, b, dtype, w);
    const helper = remainder(dtype, w);
    return w.use({ text: `${helper.name}(${a}, ${b})`, needs: [helper] });
  },
  atan2: (a, b, dtype, w) => w.use(w.dialect.call('atan2', scalarOf[dtype], [a, b])),
  lt: compared('<'),
  le: compared('<='),
  eq: compared('=='),
  ne: compared('!='),
  and: infix('&'),
  or: infix('|'),
  xor: infix('^'),
  shl: shifted('<<'),
  shr: shifted('>>'),
};

/** Truncates and saturates; NaN becomes 0. */
function toInteger(from: DType, to: 'int32' | 'uint32', { dialect }: Writer): Helper {
  const type = scalarOf[from];
  const target = scalarOf[to];
  const [low, high] = to === 'int32' ? [-2147483648, 2147483647] : [0, 4294967295];
  // Largest number of the type that is in range.
  const last = from === 'float32' ? (to === 'int32' ? 2147483520 : 4294967040) : high;
  const body = [
    `  if (x > ${literal(last, from)}) { return ${literal(high, to)}; }`,
    `  if (x >= ${literal(low, from)}) { return ${target}(x); }`,
    `  return ${dialect.select(`x < ${literal(low, from)}`, literal(low, to), zero(to))};`,
  ].join('\n');
  const name = `${target}_from_${type}`;
  return { name, needs: [], text: dialect.helper(target, name, [[type, 'x']], body) };
}

function cast(x: string, from: DType, to: DType, w: Writer): string {
  if (from === to) return x;
  if (to === 'bool') return truth(`${x} != ${zero(from)}`);
  if (isFloat(from) && isInteger(to)) {
    const helper = toInteger(from, to === 'int32' ? 'int32' : 'uint32', w);
    return w.use({ text: `${helper.name}(${x})`, needs: [helper] });
  }
  return scalarOf[from] === scalarOf[to] ? x : `${scalarOf[to]}(${x})`;
}

/** An elementwise operation over operands that are names. */
export const elementwise = {
  unary: (op: UnaryName, x: string, dtype: DType, w: Writer): string => unary[op](x, dtype, w),
  binary: (op: BinaryName, a: string, b: string, dtype: DType, w: Writer): string => binary[op](a, b, dtype, w),
  isUnary: (op: string): op is UnaryName => op in unary,
  cast,
};
