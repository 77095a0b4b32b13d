// Elementwise operations, one number at a time.
import type { TypedArray } from '../../dtype.js';
import { roundToBfloat16, roundToFloat16 } from '../../half.js';
import type { PlanNode } from '../../plan.js';
import type { Dense } from './index.js';

const roundHalfEven = (v: number): number => {
  const r = Math.round(v);
  return Math.abs(v - Math.trunc(v)) === 0.5 && r % 2 !== 0 ? r - 1 : r;
};

/** erf by its Taylor series near zero and by the continued fraction of erfc beyond (Abramowitz & Stegun 7.1.6, 7.1.14). */
export function erf(v: number): number {
  if (Number.isNaN(v)) return v;
  const a = Math.abs(v);
  if (a > 6) return Math.sign(v);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(v) * (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(v) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

const unary: Record<string, (v: number) => number> = {
  neg: (v) => -v,
  abs: Math.abs,
  sign: (v) => (v > 0 ? 1 : v < 0 ? -1 : 0),
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (v) => 1 / Math.sqrt(v),
  reciprocal: (v) => 1 / v,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid: (v) => 1 / (1 + Math.exp(-v)),
  erf,
  expm1: Math.expm1,
  log1p: Math.log1p,
  relu: (v) => (v < 0 ? 0 : v),
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  trunc: Math.trunc,
  roundFloat16: roundToFloat16,
  roundBfloat16: roundToBfloat16,
  isnan: (v) => (Number.isNaN(v) ? 1 : 0),
};

const binary: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => (a === 1 || b === 0 ? 1 : Math.abs(a) === 1 && !Number.isFinite(b) && !Number.isNaN(b) ? 1 : a ** b),
  max: Math.max,
  min: Math.min,
  mod: (a, b) => {
    const r = a % b;
    return r !== 0 && r < 0 !== b < 0 ? r + b : r;
  },
  atan2: Math.atan2,
  lt: (a, b) => (a < b ? 1 : 0),
  le: (a, b) => (a <= b ? 1 : 0),
  eq: (a, b) => (a === b ? 1 : 0),
  ne: (a, b) => (a !== b ? 1 : 0),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr: (a, b) => a >> b,
};

/** Integer arithmetic where it differs from that of real numbers. */
const integerBinary: Record<string, (a: number, b: number) => number> = {
  mul: Math.imul,
  div: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  mod: (a, b) => (b === 0 ? 0 : a - b * Math.floor(a / b)),
};

function castTo(node: PlanNode, from: TypedArray, out: TypedArray): void {
  const limit = node.dtype === 'int32' ? [-0x80000000, 0x7fffffff] : [0, 0xffffffff];
  const float = from instanceof Float32Array || from instanceof Float64Array;
  for (let i = 0; i < out.length; i++) {
    const v = from[i]!;
    if (node.dtype === 'bool') out[i] = v !== 0 ? 1 : 0;
    else if (float && (node.dtype === 'int32' || node.dtype === 'uint32')) {
      out[i] = Number.isNaN(v) ? 0 : Math.min(limit[1]!, Math.max(limit[0]!, Math.trunc(v)));
    } else out[i] = v;
  }
}

export function elementwise(node: PlanNode, inputs: readonly Dense[], out: TypedArray): void {
  const a = inputs[0]!.array;
  if (node.op === 'cast') return castTo(node, a, out);
  if (node.op === 'where') {
    const [, p, q] = inputs as [Dense, Dense, Dense];
    for (let i = 0; i < out.length; i++) out[i] = a[i] ? p.array[i]! : q.array[i]!;
    return;
  }
  if (node.op === 'not') {
    for (let i = 0; i < out.length; i++) out[i] = node.dtype === 'bool' ? (a[i] ? 0 : 1) : ~a[i]!;
    return;
  }
  const f1 = unary[node.op];
  if (f1) {
    for (let i = 0; i < out.length; i++) out[i] = f1(a[i]!);
    return;
  }
  const integer = a instanceof Int32Array || a instanceof Uint32Array;
  let f2 = (integer && integerBinary[node.op]) || binary[node.op]!;
  if (node.op === 'shr' && a instanceof Uint32Array) f2 = (p, q) => p >>> q;
  const b = inputs[1]!.array;
  for (let i = 0; i < out.length; i++) out[i] = f2(a[i]!, b[i]!);
}
