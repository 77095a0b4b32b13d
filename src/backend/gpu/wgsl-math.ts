// Functions that WGSL lacks or leaves vague: infinities, NaN, large arguments, and errors of thousands of units in the last place.
// Polynomials for log, sin, cos, asin and atan: S. Moshier, Cephes (single precision).
import type { Call, FunctionName, Helper, Scalar } from './dialect.js';

const helper = (name: string, text: string, needs: readonly Helper[] = []): Helper => ({ name, text, needs });

/** A pattern of bits as a number, which as a constant expression would be refused where it is not finite. */
export const fromBits = helper('from_bits', 'fn from_bits(bits: u32) -> f32 { return bitcast<f32>(bits); }');

const isNaNBits = helper(
  'is_nan',
  'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
);

const mulHigh = helper(
  'mul_high',
  `fn mul_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}`,
);

const exp = helper('exp_f32', 'fn exp_f32(x: f32) -> f32 { return select(exp(x), x, is_nan(x)); }', [isNaNBits]);

const log = helper(
  'log_f32',
  `fn log_f32(x: f32) -> f32 {
  if (!(x > 0.0)) { return select(from_bits(0x7fc00000u), from_bits(0xff800000u), x == 0.0); }
  if (bitcast<u32>(x) >= 0x7f800000u) { return x; }
  let small = x < 1.1754944e-38;
  let bits = bitcast<u32>(select(x, x * 8388608.0, small));
  var e = f32(bits >> 23u) - select(126.0, 149.0, small);
  var m = bitcast<f32>((bits & 0x7fffffu) | 0x3f000000u);
  if (m < 0.70710678) { e -= 1.0; m += m; }
  m -= 1.0;
  let z = m * m;
  let y = ((((((((7.0376836292e-2 * m - 1.1514610310e-1) * m + 1.1676998740e-1) * m - 1.2420140846e-1) * m + 1.4249322787e-1) * m - 1.6668057665e-1) * m + 2.0000714765e-1) * m - 2.4999993993e-1) * m + 3.3333331174e-1) * m * z;
  return (m + (y - 2.12194440e-4 * e - 0.5 * z)) + 0.693359375 * e;
}`,
  [fromBits],
);

const log1p = helper(
  'log1p_f32',
  `fn log1p_f32(x: f32) -> f32 {
  let s = x / (2.0 + x);
  let z = s * s;
  let near = 2.0 * s * (1.0 + z * (0.33333333 + z * (0.2 + z * (0.14285714 + z * 0.11111111))));
  return select(log_f32(1.0 + x), near, abs(x) < 0.3);
}`,
  [log],
);

const expm1 = helper(
  'expm1_f32',
  `fn expm1_f32(x: f32) -> f32 {
  let near = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * (0.0083333338 + x * (0.0013888889 + x * 0.00019841270))))));
  return select(exp_f32(x) - 1.0, near, abs(x) < 0.5);
}`,
  [exp],
);

const quadrant = helper(
  'in_quadrant',
  `/// x less the nearest multiple of π/2, in three parts; and sin or cos of that, by the number of the quadrant.
fn in_quadrant(x: f32, turn: i32) -> f32 {
  let q = round(x * 0.63661977);
  let r = ((x - q * 1.5703125) - q * 4.8375129699707031e-4) - q * 7.549789948768648e-8;
  let z = r * r;
  let sine = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let cosine = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  let n = i32(clamp(q, -1.0e9, 1.0e9)) + turn;
  let value = select(sine, cosine, (n & 1) == 1);
  return select(value, -value, (n & 2) == 2);
}`,
);

const atan = helper(
  'atan_f32',
  `fn atan_f32(x: f32) -> f32 {
  let a = abs(x);
  var y = 0.0;
  var t = a;
  if (a > 2.4142135) { y = 1.5707964; t = -1.0 / a; }
  else if (a > 0.41421357) { y = 0.78539819; t = (a - 1.0) / (a + 1.0); }
  let z = t * t;
  y += (((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1) * z * t + t;
  return select(y, -y, x < 0.0);
}`,
);

const arc = helper(
  'arc_sine',
  `/// asin(x) where 0 <= x <= 0.5.
fn arc_sine(x: f32) -> f32 {
  let z = x * x;
  return ((((4.2163199048e-2 * z + 2.4181311049e-2) * z + 4.5470025998e-2) * z + 7.4953002686e-2) * z + 1.6666752422e-1) * z * x + x;
}`,
);

const acos = helper(
  'acos_f32',
  `fn acos_f32(x: f32) -> f32 {
  let a = abs(x);
  let near = 1.5707964 - select(arc_sine(a), -arc_sine(a), x < 0.0);
  let end = 2.0 * arc_sine(sqrt(max(0.5 * (1.0 - a), 0.0)));
  let far = select(end, 3.1415927 - end, x < 0.0);
  return select(select(near, far, a > 0.5), from_bits(0x7fc00000u), a > 1.0 || is_nan(x));
}`,
  [arc, fromBits, isNaNBits],
);

const asin = helper(
  'asin_f32',
  `fn asin_f32(x: f32) -> f32 {
  let a = abs(x);
  let y = select(arc_sine(a), 1.5707964 - 2.0 * arc_sine(sqrt(max(0.5 * (1.0 - a), 0.0))), a > 0.5);
  return select(select(y, -y, x < 0.0), from_bits(0x7fc00000u), a > 1.0 || is_nan(x));
}`,
  [arc, fromBits, isNaNBits],
);

const one = (name: FunctionName, body: string, needs: readonly Helper[] = []): [FunctionName, Helper] => [
  name,
  helper(`${name}_f32`, `fn ${name}_f32(x: f32) -> f32 {\n${body}\n}`, needs),
];

const own = new Map<FunctionName, Helper>([
  ['exp', exp],
  ['log', log],
  ['log1p', log1p],
  ['expm1', expm1],
  ['atan', atan],
  ['asin', asin],
  ['acos', acos],
  one('sin', '  return in_quadrant(x, 0);', [quadrant]),
  one('cos', '  return in_quadrant(x, 1);', [quadrant]),
  one('tan', '  return in_quadrant(x, 0) / in_quadrant(x, 1);', [quadrant]),
  one(
    'sinh',
    `  let a = abs(x);
  let half = exp_f32(0.5 * a);
  let near = expm1_f32(a);
  let y = select(0.5 * (near + near / (near + 1.0)), (0.5 * half) * half, a > 20.0);
  return select(y, -y, x < 0.0);`,
    [expm1],
  ),
  one(
    'cosh',
    `  let half = exp_f32(0.5 * abs(x));
  return (0.5 * half) * half + 0.5 / (half * half);`,
    [exp],
  ),
  one(
    'tanh',
    `  let t = expm1_f32(2.0 * min(abs(x), 10.0));
  let y = t / (t + 2.0);
  return select(select(y, -y, x < 0.0), x, is_nan(x));`,
    [expm1, isNaNBits],
  ),
  one(
    'asinh',
    `  let a = abs(x);
  let y = select(log1p_f32(a + a * a / (1.0 + sqrt(1.0 + a * a))), log_f32(a) + 0.69314718, a > 1.0e10);
  return select(y, -y, x < 0.0);`,
    [log1p],
  ),
  one(
    'acosh',
    `  let t = x - 1.0;
  let y = select(log1p_f32(t + sqrt(max(2.0 * t + t * t, 0.0))), log_f32(x) + 0.69314718, x > 1.0e10);
  return select(y, from_bits(0x7fc00000u), x < 1.0 || is_nan(x));`,
    [log1p, fromBits, isNaNBits],
  ),
  one(
    'atanh',
    `  let a = abs(x);
  let y = 0.5 * log1p_f32(2.0 * a / (1.0 - a));
  return select(y, -y, x < 0.0);`,
    [log1p],
  ),
  // Its Taylor series, and Abramowitz & Stegun 7.1.26 beyond 1.
  one(
    'erf',
    `  let a = min(abs(x), 6.0);
  let z = a * a;
  let near = 1.1283792 * a * (1.0 - z * (0.33333333 - z * (0.1 - z * (0.023809524 - z * (0.0046296296 - z * (0.00075757576 - z * (0.00010683761 - z * (1.3227513e-5 - z * (1.4589169e-6 - z * 1.4503853e-7)))))))));
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let far = 1.0 - t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * exp(-z);
  let y = select(far, near, a < 1.0);
  return select(select(y, -y, x < 0.0), x, is_nan(x));`,
    [isNaNBits],
  ),
  [
    'atan2',
    helper(
      'atan2_f32',
      `fn atan2_f32(y: f32, x: f32) -> f32 {
  let left = (bitcast<u32>(x) >> 31u) == 1u;
  let below = (bitcast<u32>(y) >> 31u) == 1u;
  let a = abs(y);
  let b = abs(x);
  if (is_nan(x) || is_nan(y)) { return x + y; }
  var angle = 0.0;
  if (a == b) { angle = select(0.78539819, 0.0, a == 0.0); }
  else if (a > b) { angle = 1.5707964 - atan_f32(b / a); }
  else { angle = atan_f32(a / b); }
  angle = select(angle, 3.1415927 - angle, left);
  return select(angle, -angle, below);
}`,
      [atan, isNaNBits],
    ),
  ],
  [
    'fmod',
    helper(
      'fmod_f32',
      `/// x - y trunc(x / y), with x's sign; the quotient may be rounded up.
fn fmod_f32(x: f32, y: f32) -> f32 {
  let a = abs(x);
  let b = abs(y);
  var r = fma(-trunc(a / b), b, a);
  if (r < 0.0) { r += b; }
  if (r >= b) { r -= b; }
  if (a < b) { r = a; }
  return select(r, -r, x < 0.0);
}`,
    ),
  ],
  [
    'pow',
    helper(
      'pow_f32',
      `/// Small whole exponents by multiplication, which is exact where the product is.
fn pow_f32(a: f32, b: f32) -> f32 {
  if (b == 0.0 || a == 1.0) { return 1.0; }
  let whole = round(b) == b;
  let odd = abs(b) < 16777216.0 && (i32(clamp(b, -16777216.0, 16777216.0)) & 1) == 1;
  if (whole && abs(b) <= 64.0) {
    var product = 1.0;
    var square = a;
    for (var n = u32(abs(b)); n > 0u; n = n >> 1u) {
      if ((n & 1u) == 1u) { product *= square; }
      square *= square;
    }
    return select(product, 1.0 / product, b < 0.0);
  }
  if (is_nan(a) || is_nan(b)) { return a + b; }
  if (a == -1.0 && abs(b) > 3.0e38) { return 1.0; }
  if (a == 0.0 || abs(a) > 3.4028234e38) {
    let infinite = (a == 0.0) == (b < 0.0);
    return select(0.0, select(from_bits(0x7f800000u), from_bits(0xff800000u), (bitcast<u32>(a) >> 31u) == 1u && whole && odd), infinite);
  }
  if (a < 0.0 && !whole) { return from_bits(0x7fc00000u); }
  let magnitude = exp2(b * log2(abs(a)));
  return select(magnitude, -magnitude, a < 0.0 && whole && odd);
}`,
      [isNaNBits, fromBits],
    ),
  ],
]);

/** As WGSL calls it, or a function of ours. */
export function wgslFunction(name: FunctionName, _: Scalar, args: readonly string[]): Call {
  const mine = own.get(name);
  return { text: `${mine?.name ?? name}(${args.join(', ')})`, needs: mine ? [mine] : [] };
}
export const wgslIsNaN = (type: Scalar, value: string): Call =>
  type === 'f32' ? { text: `is_nan(${value})`, needs: [isNaNBits] } : { text: 'false', needs: [] };
export const wgslMulHigh = (a: string, b: string): Call => ({ text: `mul_high(${a}, ${b})`, needs: [mulHigh] });
