/* float64 functions (libm), integer arithmetic and conversions: what the tables of opcodes.h call by name. */
#ifndef GL_MATH_F64_H
#define GL_MATH_F64_H
#include "program.h"
#include <math.h>

#define GL_LIBM(name) \
  static inline f64 gl_##name##_f64(f64 x) { return name(x); }
GL_LIBM(exp) GL_LIBM(exp2) GL_LIBM(log) GL_LIBM(log2) GL_LIBM(sqrt) GL_LIBM(sin) GL_LIBM(cos) GL_LIBM(tan) GL_LIBM(asin) GL_LIBM(acos)
GL_LIBM(atan) GL_LIBM(sinh) GL_LIBM(cosh) GL_LIBM(tanh) GL_LIBM(asinh) GL_LIBM(acosh) GL_LIBM(atanh) GL_LIBM(erf) GL_LIBM(erfc)
GL_LIBM(expm1) GL_LIBM(log1p) GL_LIBM(floor) GL_LIBM(ceil) GL_LIBM(trunc)
static inline f64 gl_abs_f64(f64 x) { return fabs(x); }
static inline f64 gl_round_f64(f64 x) { return rint(x); }
static inline f64 gl_sigmoid_f64(f64 x) { const f64 e = exp(-fabs(x)); return (x < 0 ? e : 1) / (1 + e); }
static inline f64 gl_pow_f64(f64 x, f64 y) { return pow(x, y); }
static inline f64 gl_atan2_f64(f64 y, f64 x) { return atan2(y, x); }
static inline f64 gl_fmod_f64(f64 x, f64 y) { return fmod(x, y); }
static inline f64 gl_mod_f64(f64 x, f64 y) { const f64 r = fmod(x, y); return r != 0 && (r < 0) != (y < 0) ? r + y : r; }

static inline i32 gl_abs_i32(i32 x) { return x < 0 ? 0 - x : x; }
static inline u32 gl_abs_u32(u32 x) { return x; }
static inline i32 gl_sign_i32(i32 x) { return (x > 0) - (x < 0); }
static inline u32 gl_sign_u32(u32 x) { return x > 0; }
/* 32-bit quotients are exact through float64. */
static inline i32 gl_div_i32(i32 x, i32 y) { const f64 q = (f64)x / (f64)(y == 0 ? 1 : y); return y == 0 ? 0 : y == -1 ? (i32)(0u - (u32)x) : (i32)q; }
static inline u32 gl_div_u32(u32 x, u32 y) { return y == 0 ? 0 : x / (y == 0 ? 1 : y); }
static inline i32 gl_fdiv_i32(i32 x, i32 y) { const i32 q = gl_div_i32(x, y), r = x - q * y; return y == 0 ? 0 : q - (r != 0 && (r < 0) != (y < 0)); }
static inline u32 gl_fdiv_u32(u32 x, u32 y) { return gl_div_u32(x, y); }
static inline i32 gl_mod_i32(i32 x, i32 y) { const i32 r = x - gl_div_i32(x, y) * y; return y != 0 && r != 0 && (r < 0) != (y < 0) ? r + y : r; }
static inline u32 gl_mod_u32(u32 x, u32 y) { return x - gl_div_u32(x, y) * y; }
static inline u32 gl_pow_u32(u32 x, u32 y) {
  u32 r = 1;
  for (; y; y >>= 1, x *= x) r *= y & 1 ? x : 1;
  return r;
}
/* A negative exponent truncates 1 / x^|y|; 0 to a negative power gives 0. */
static inline i32 gl_pow_i32(i32 x, i32 y) { return y >= 0 ? (i32)gl_pow_u32((u32)x, (u32)y) : x == 1 ? 1 : x == -1 ? (y & 1 ? -1 : 1) : 0; }

static inline i32 gl_f32_to_i32(f32 x) {
  const bool inside = x >= -2147483648.f && x < 2147483648.f;
  const i32 r = (i32)(inside ? x : 0.f);
  return inside ? r : x > 0.f ? INT32_MAX : x < 0.f ? INT32_MIN : 0;
}
static inline u32 gl_f32_to_u32(f32 x) {
  const bool inside = x > -1.f && x < 4294967296.f, high = x >= 2147483648.f;
  const f32 y = inside ? x : 0.f;
  const u32 r = high ? (u32)(i32)(y - (inside ? 2147483648.f : 0.f)) + 2147483648u : (u32)(i32)y;
  return inside ? r : x > 0.f ? UINT32_MAX : 0;
}
static inline i32 gl_f64_to_i32(f64 x) {
  const bool inside = x > -2147483649. && x < 2147483648.;
  const i32 r = (i32)(inside ? x : 0.);
  return inside ? r : x > 0. ? INT32_MAX : x < 0. ? INT32_MIN : 0;
}
static inline u32 gl_f64_to_u32(f64 x) {
  const bool inside = x > -1. && x < 4294967296., high = x >= 2147483648.;
  const f64 y = inside ? x : 0.;
  const u32 r = high ? (u32)(i32)(y - (inside ? 2147483648. : 0.)) + 2147483648u : (u32)(i32)y;
  return inside ? r : x > 0. ? UINT32_MAX : 0;
}
#endif
