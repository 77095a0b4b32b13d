/* float32 functions without branches, so that loops over them vectorise. exp, log, tanh and sigmoid stay in float32; the others go
   through float64, where short polynomials (Chebyshev fits and series) leave only the final rounding. */
#ifndef GL_MATH_F32_H
#define GL_MATH_F32_H
#include "program.h"
#include <math.h>

#define GL_INLINE static inline __attribute__((always_inline))

GL_INLINE u32 gl_bits(f32 x) { u32 u; __builtin_memcpy(&u, &x, 4); return u; }
GL_INLINE f32 gl_from_bits(u32 u) { f32 x; __builtin_memcpy(&x, &u, 4); return x; }
GL_INLINE uint64_t gl_bits64(f64 x) { uint64_t u; __builtin_memcpy(&u, &x, 8); return u; }
GL_INLINE f64 gl_from_bits64(uint64_t u) { f64 x; __builtin_memcpy(&x, &u, 8); return x; }

GL_INLINE f32 gl_abs_f32(f32 x) { return __builtin_fabsf(x); }
GL_INLINE f32 gl_sqrt_f32(f32 x) { return __builtin_sqrtf(x); }
GL_INLINE f32 gl_floor_f32(f32 x) { return __builtin_floorf(x); }
GL_INLINE f32 gl_ceil_f32(f32 x) { return __builtin_ceilf(x); }
GL_INLINE f32 gl_trunc_f32(f32 x) { return __builtin_truncf(x); }
GL_INLINE f32 gl_round_f32(f32 x) { return __builtin_rintf(x); }

/* The nearest bfloat16 and float16, ties to even. A sum carries into the exponent, and past the largest number into infinity. */
GL_INLINE f32 gl_round_bfloat16(f32 x) {
  const u32 b = gl_bits(x);
  return x != x ? x : gl_from_bits((b + 0x7fffu + ((b >> 16) & 1u)) & 0xffff0000u);
}
GL_INLINE f32 gl_round_float16(f32 x) {
  const u32 b = gl_bits(x), sign = b & 0x80000000u;
  const f32 size = __builtin_fabsf(x);
  const f32 normal = gl_from_bits((b + 0xfffu + ((b >> 13) & 1u)) & 0xffffe000u);
  /* Below 2^-14 the numbers lie 2^-24 apart. */
  const f32 small = gl_from_bits(gl_bits(__builtin_rintf(size * 16777216.f) * 5.9604644775390625e-8f) | sign);
  const f32 huge = gl_from_bits(0x7f800000u | sign);
  const f32 finite = size < 6.103515625e-5f ? small : normal;
  return x != x ? x : size >= 65520.f ? huge : finite;
}

/* x = n ln2 + r: n as float and as integer, e^r - 1. Holds for |x| < 2^21; a NaN comes through in the result. */
GL_INLINE f32 gl_exp_core(f32 x, f32 *n, i32 *k) {
  const f32 shift = 12582912.f; /* 1.5 * 2^23: adding it rounds to an integer, kept in the low bits */
  const f32 shifted = x * 1.44269504f + shift;
  *n = shifted - shift;
  *k = (i32)(gl_bits(shifted) - gl_bits(shift));
  const f32 r = (x - *n * 0.693145752f) - *n * 1.42860677e-6f;
  f32 q = 1.98919814e-4f;
  q = q * r + 1.39345419e-3f;
  q = q * r + 8.33331002e-3f;
  q = q * r + 4.16664568e-2f;
  q = q * r + 0.166666667f;
  q = q * r + 0.5f;
  return q * r * r + r;
}
GL_INLINE f32 gl_power_of_two(i32 k) { return gl_from_bits((u32)(k + 127) << 23); }

GL_INLINE f32 gl_exp_f32(f32 x) {
  x = x > 89.f ? 89.f : x;
  x = x < -104.f ? -104.f : x;
  f32 n;
  i32 k;
  const f32 p = gl_exp_core(x, &n, &k);
  const i32 half = k >> 1; /* two factors: the result may be subnormal or infinite */
  return (p + 1.f) * gl_power_of_two(half) * gl_power_of_two(k - half);
}

/* t = e^(2|x|) - 1, tanh = t / (t + 2): exact near 0, because t is. */
GL_INLINE f32 gl_tanh_f32(f32 x) {
  f32 y = __builtin_fabsf(x) * 2.f, n;
  y = y > 20.f ? 20.f : y;
  i32 k;
  const f32 p = gl_exp_core(y, &n, &k), scale = gl_power_of_two(k);
  const f32 t = p * scale + (scale - 1.f);
  return __builtin_copysignf(t / (t + 2.f), x);
}

GL_INLINE f32 gl_sigmoid_f32(f32 x) {
  const f32 e = gl_exp_f32(-__builtin_fabsf(x));
  return (x < 0.f ? e : 1.f) / (1.f + e);
}

GL_INLINE f32 gl_log_f32(f32 x) {
  const bool subnormal = x < 1.17549435e-38f;
  const f32 y = subnormal ? x * 8388608.f : x;
  const u32 u = gl_bits(y) - 0x3f3504f3u; /* bits of sqrt(1/2): mantissa in [sqrt(1/2), sqrt(2)) */
  const f32 e = (f32)((i32)u >> 23) - (subnormal ? 23.f : 0.f);
  const f32 f = gl_from_bits((u & 0x7fffffu) + 0x3f3504f3u) - 1.f;
  f32 p = 0.0697161147f;
  p = p * f - 0.114797338f;
  p = p * f + 0.116854199f;
  p = p * f - 0.124256873f;
  p = p * f + 0.142490576f;
  p = p * f - 0.166678023f;
  p = p * f + 0.200007157f;
  p = p * f - 0.25f;
  p = p * f + 0.333333312f;
  const f32 ff = f * f;
  f32 r = p * f * ff + e * 1.42860677e-6f;
  r = r - 0.5f * ff + f + e * 0.693145752f;
  r = x > 3.40282347e38f ? x : r; /* infinity */
  r = x > 0.f ? r : x == 0.f ? -INFINITY : NAN;
  return r;
}

/* ---- float64 helpers, good to about 1e-11 ---- */
GL_INLINE f64 gl_exp_core_d(f64 x, f64 *scale) { /* x = n ln2 + r: e^r - 1, and 2^n in *scale */
  x = x > 700. ? 700. : x;
  x = x < -700. ? -700. : x;
  const f64 shift = 6755399441055744.; /* 1.5 * 2^52 */
  const f64 shifted = x * 1.4426950408889634 + shift;
  const f64 n = shifted - shift;
  const f64 r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10;
  f64 q = 2.76149318754404753e-7;
  q = q * r + 2.76264660449350003e-6;
  q = q * r + 2.48015343412378864e-5;
  q = q * r + 1.98412062747853621e-4;
  q = q * r + 1.3888888906916629e-3;
  q = q * r + 8.33333335497190123e-3;
  q = q * r + 4.16666666666500991e-2;
  q = q * r + 0.166666666666467806;
  q = q * r + 0.5;
  *scale = gl_from_bits64((gl_bits64(shifted) - gl_bits64(shift) + 1023) << 52);
  return q * r * r + r;
}
GL_INLINE f64 gl_exp_d(f64 x) { f64 scale; const f64 p = gl_exp_core_d(x, &scale); return (p + 1.) * scale; }
GL_INLINE f64 gl_expm1_d(f64 x) { f64 scale; const f64 p = gl_exp_core_d(x, &scale); return p * scale + (scale - 1.); }

/* x positive, normal; 0 gives -infinity, infinity itself. */
GL_INLINE f64 gl_log_d(f64 x) {
  const uint64_t u = gl_bits64(x) - 0x3fe6a09e667f3bcdull;
  const f64 shift = 6755399441055744.;
  const uint64_t e = ((u >> 52) + 2048) & 4095; /* exponent + 2048 */
  const f64 exponent = gl_from_bits64(gl_bits64(shift) + e) - (shift + 2048.);
  const f64 f = gl_from_bits64((u & 0xfffffffffffffull) + 0x3fe6a09e667f3bcdull) - 1.;
  const f64 s = f / (2. + f), z = s * s;
  f64 p = 2. / 17.;
  p = p * z + 2. / 15.;
  p = p * z + 2. / 13.;
  p = p * z + 2. / 11.;
  p = p * z + 2. / 9.;
  p = p * z + 2. / 7.;
  p = p * z + 2. / 5.;
  p = p * z + 2. / 3.;
  f64 r = exponent * 0.6931471805599453 + (p * z * s + 2. * s);
  r = x == 0. ? -INFINITY : r;
  return x <= 1.7976931348623157e308 ? r : x; /* infinity, NaN */
}
GL_INLINE f64 gl_log1p_d(f64 x) {
  const f64 u = 1. + x, correction = (x - (u - 1.)) / u;
  return gl_log_d(u) + (u > 0. && u < 1e300 ? correction : 0.);
}
/* |x| <= 2^19: x = n pi/2 + r; quadrant in the low bits of *n. */
GL_INLINE f64 gl_reduce_d(f64 x, u32 *n) {
  const f64 shift = 6755399441055744.;
  const f64 shifted = x * 0.6366197723675814 + shift, k = shifted - shift;
  *n = (u32)gl_bits64(shifted);
  return (x - k * 1.5707963267341256) - k * 6.077100506506192e-11;
}
GL_INLINE f64 gl_sin_poly(f64 r) {
  const f64 z = r * r;
  f64 p = 1.6059043836821613e-10;
  p = p * z - 2.505210838544172e-8;
  p = p * z + 2.7557319223985893e-6;
  p = p * z - 1.984126984126984e-4;
  p = p * z + 8.333333333333333e-3;
  p = p * z - 0.16666666666666666;
  return p * z * r + r;
}
GL_INLINE f64 gl_cos_poly(f64 r) {
  const f64 z = r * r;
  f64 p = 2.08767569878681e-9;
  p = p * z - 2.755731922398589e-7;
  p = p * z + 2.48015873015873e-5;
  p = p * z - 1.388888888888889e-3;
  p = p * z + 4.1666666666666664e-2;
  p = p * z - 0.5;
  return p * z + 1.;
}
GL_INLINE f64 gl_atan_poly(f64 t) { /* |t| <= tan(pi/8) */
  const f64 z = t * t;
  f64 p = 0.0306624403704244488;
  p = p * z - 0.0587450562130783075;
  p = p * z + 0.0756370355191519199;
  p = p * z - 0.0907839207294342341;
  p = p * z + 0.111103850461480137;
  p = p * z - 0.142856904238392872;
  p = p * z + 0.19999999604891978;
  p = p * z - 0.333333333308034459;
  return p * z * t + t;
}
GL_INLINE f64 gl_atan_unit(f64 t) { /* 0 <= t <= 1 */
  const bool far = t > 0.41421356237309503;
  const f64 near = far ? (t - 1.) / (t + 1.) : t;
  return gl_atan_poly(near) + (far ? 0.7853981633974483 : 0.);
}
/* Angle of (x, y): the signs and zeros of C's atan2. */
GL_INLINE f64 gl_atan2_d(f64 y, f64 x) {
  const f64 ax = __builtin_fabs(x), ay = __builtin_fabs(y);
  const f64 small = ax < ay ? ax : ay, big = ax < ay ? ay : ax;
  f64 t = small / big;
  t = big == 0. ? 0. : t;
  t = small > 1e300 ? 1. : t; /* both infinite */
  f64 a = gl_atan_unit(t);
  a = ay > ax ? 1.5707963267948966 - a : a;
  a = __builtin_copysign(1., x) < 0. ? 3.141592653589793 - a : a;
  a = __builtin_copysign(a, y);
  return x != x || y != y ? NAN : a;
}
/* erfc(x) e^(x^2), 0.9 <= x <= 10.7 */
GL_INLINE f64 gl_scaled_erfc(f64 x) {
  const f64 t = (x - 3.) / (x + 3.);
  f64 p = 9.70584127537679225e-7;
  p = p * t + 1.80787359795509158e-6;
  p = p * t - 7.82891079888566583e-6;
  p = p * t - 1.27214982291083513e-5;
  p = p * t + 6.40151354534300029e-5;
  p = p * t + 4.5223332068792077e-5;
  p = p * t - 5.97055623733180165e-4;
  p = p * t + 7.0775040336671291e-4;
  p = p * t + 4.26913581434886852e-3;
  p = p * t - 2.43924995722138458e-2;
  p = p * t + 7.16658372185514342e-2;
  p = p * t - 0.150115936493602208;
  p = p * t + 0.245603801712025506;
  p = p * t - 0.326233560043096151;
  return p * t + 0.179001151181390676;
}
GL_INLINE f64 gl_small_erf(f64 x) { /* |x| <= 1 */
  const f64 z = x * x;
  f64 p = -1.04691103321512084e-7;
  p = p * z + 1.53063731636410843e-6;
  p = p * z - 1.47950314006620446e-5;
  p = p * z + 1.20462612697797974e-4;
  p = p * z - 8.54793373651963316e-4;
  p = p * z + 5.22396719354389972e-3;
  p = p * z - 2.68661690505993239e-2;
  p = p * z + 0.112837916585487128;
  p = p * z - 0.376126389028086136;
  p = p * z + 1.12837916709549382;
  return p * x;
}

/* ---- float32 functions through float64 ---- */
GL_INLINE f32 gl_exp2_f32(f32 x) { return (f32)gl_exp_d(x * 0.6931471805599453); }
GL_INLINE f32 gl_log2_f32(f32 x) { return x < 0.f ? NAN : x != x ? x : (f32)(gl_log_d(x) * 1.4426950408889634); }
GL_INLINE f32 gl_expm1_f32(f32 x) { return x == 0.f ? x : (f32)gl_expm1_d(x); }
GL_INLINE f32 gl_log1p_f32(f32 x) { return x < -1.f ? NAN : x == 0.f || x != x ? x : (f32)gl_log1p_d(x); }
GL_INLINE f32 gl_sinh_f32(f32 x) {
  const f64 t = gl_expm1_d(__builtin_fabs((f64)x));
  return __builtin_copysignf((f32)(0.5 * (t + t / (t + 1.))), x);
}
GL_INLINE f32 gl_cosh_f32(f32 x) { const f64 e = gl_exp_d(__builtin_fabs((f64)x)); return (f32)(0.5 * (e + 1. / e)); }
GL_INLINE f32 gl_asinh_f32(f32 x) {
  const f64 a = __builtin_fabs((f64)x), s = a * a;
  const f64 r = gl_log1p_d(a + s / (1. + __builtin_sqrt(1. + s)));
  return __builtin_copysignf(a > 1e300 ? x : (f32)r, x);
}
GL_INLINE f32 gl_acosh_f32(f32 x) {
  const f64 t = (f64)x - 1.;
  return x < 1.f ? NAN : x != x ? x : (f32)gl_log1p_d(t + __builtin_sqrt(t * ((f64)x + 1.)));
}
GL_INLINE f32 gl_atanh_f32(f32 x) {
  const f64 a = __builtin_fabs((f64)x), r = 0.5 * gl_log1p_d(2. * a / (1. - a));
  return a > 1. ? NAN : x != x ? x : __builtin_copysignf(a == 1. ? INFINITY : (f32)r, x);
}
GL_INLINE f32 gl_atan_f32(f32 x) { return x == 0.f ? x : (f32)gl_atan2_d(x, 1.); }
GL_INLINE f32 gl_atan2_f32(f32 y, f32 x) { return (f32)gl_atan2_d(y, x); }
GL_INLINE f32 gl_asin_f32(f32 x) { const f64 t = x; return x == 0.f ? x : (f32)gl_atan2_d(t, __builtin_sqrt((1. - t) * (1. + t))); }
GL_INLINE f32 gl_acos_f32(f32 x) { const f64 t = x; return (f32)gl_atan2_d(__builtin_sqrt((1. - t) * (1. + t)), t); }
GL_INLINE f32 gl_erf_f32(f32 x) {
  f64 a = __builtin_fabs((f64)x);
  a = a > 5. ? 5. : a;
  const f64 big = 1. - gl_scaled_erfc(a) * gl_exp_d(-a * a);
  return x == 0.f ? x : a < 1. ? (f32)gl_small_erf(x) : __builtin_copysignf((f32)big, x);
}
GL_INLINE f32 gl_erfc_f32(f32 x) {
  f64 a = __builtin_fabs((f64)x);
  a = a > 10.6 ? 10.6 : a;
  const f64 tail = gl_scaled_erfc(a) * gl_exp_d(-a * a), big = x < 0.f ? 2. - tail : tail;
  return a < 1. ? (f32)(1. - gl_small_erf(x)) : (f32)big;
}
GL_INLINE f32 gl_pow_f32(f32 x, f32 y) {
  const f32 a = __builtin_fabsf(x);
  const f64 power = (f64)y * gl_log_d(a);
  f64 r = gl_exp_d(power);
  r = power < -690. ? 0. : power > 690. ? INFINITY : r;
  const bool integer = __builtin_truncf(y) == y;
  const bool odd = integer && __builtin_truncf(y * 0.5f) * 2.f != y;
  const bool negative = __builtin_copysignf(1.f, x) < 0.f;
  r = negative && odd ? -r : r;
  r = x < 0.f && !integer && a <= 3.40282347e38f ? NAN : r;
  r = x != x || y != y ? NAN : r;
  return y == 0.f || x == 1.f || (x == -1.f && __builtin_fabsf(y) > 3.40282347e38f) ? 1.f : (f32)r;
}
GL_INLINE f32 gl_fmod_f32(f32 x, f32 y) { return fmodf(x, y); }
GL_INLINE f32 gl_mod_f32(f32 x, f32 y) {
  const f32 r = fmodf(x, y);
  return r != 0.f && (r < 0.f) != (y < 0.f) ? r + y : r;
}

/* sin, cos, tan: past 2^19 the instruction repeats the element with libm's exact reduction. */
GL_INLINE bool gl_needs_libm(f32 x) { return __builtin_fabsf(x) > 524288.f; }
GL_INLINE f32 gl_sin_f32(f32 x) {
  u32 n;
  const f64 r = gl_reduce_d(x, &n), v = n & 1 ? gl_cos_poly(r) : gl_sin_poly(r);
  return x == 0.f ? x : (f32)(n & 2 ? -v : v);
}
GL_INLINE f32 gl_cos_f32(f32 x) {
  u32 n;
  const f64 r = gl_reduce_d(x, &n), v = n & 1 ? gl_sin_poly(r) : gl_cos_poly(r);
  return (f32)((n + 1) & 2 ? -v : v);
}
GL_INLINE f32 gl_tan_f32(f32 x) {
  u32 n;
  const f64 r = gl_reduce_d(x, &n), s = gl_sin_poly(r), c = gl_cos_poly(r);
  return x == 0.f ? x : (f32)(n & 1 ? -c / s : s / c);
}
#endif
