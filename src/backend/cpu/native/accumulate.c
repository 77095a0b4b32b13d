/* Reductions of dense values. Floats are added in 64 lanes over pieces of 2048, the pieces in double. */
#include "vm.h"
#include <math.h>

enum { PIECE = 2048 };
typedef f32 lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef f64 lanes64 __attribute__((vector_size(64), aligned(8), may_alias));

static f64 sum_f32(const f32 *v, int64_t n) {
  f64 total = 0;
  while (n >= 64) {
    const int64_t piece = n < PIECE ? n & -64 : PIECE;
    lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (int64_t i = 0; i < piece; i += 64) {
      s0 += *(const lanes *)(v + i), s1 += *(const lanes *)(v + i + 16);
      s2 += *(const lanes *)(v + i + 32), s3 += *(const lanes *)(v + i + 48);
    }
    s0 += s1, s2 += s3, s0 += s2;
    f64 part = 0;
    for (int l = 0; l < 16; l++) part += s0[l];
    total += part;
    v += piece, n -= piece;
  }
  for (int64_t i = 0; i < n; i++) total += v[i];
  return total;
}
static f64 sum_f64(const f64 *v, int64_t n) {
  f64 total = 0;
  while (n >= 32) {
    const int64_t piece = n < PIECE ? n & -32 : PIECE;
    lanes64 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (int64_t i = 0; i < piece; i += 32) {
      s0 += *(const lanes64 *)(v + i), s1 += *(const lanes64 *)(v + i + 8);
      s2 += *(const lanes64 *)(v + i + 16), s3 += *(const lanes64 *)(v + i + 24);
    }
    s0 += s1, s2 += s3, s0 += s2;
    f64 part = 0;
    for (int l = 0; l < 8; l++) part += s0[l];
    total += part;
    v += piece, n -= piece;
  }
  for (int64_t i = 0; i < n; i++) total += v[i];
  return total;
}

/* The extremum, or a NaN if there is one: lanes hold the best so far. */
#define GL_EXTREMUM(name, T, better)                                                                                           \
  static f64 name(const T *v, int64_t n) {                                                                                     \
    T best[64];                                                                                                                \
    if (n < 64) {                                                                                                              \
      T b = v[0];                                                                                                              \
      for (int64_t i = 1; i < n; i++) {                                                                                        \
        const T x = v[i], y = b;                                                                                               \
        b = better || x != x ? x : y;                                                                                          \
      }                                                                                                                        \
      return (f64)b;                                                                                                           \
    }                                                                                                                          \
    for (int l = 0; l < 64; l++) best[l] = v[l];                                                                               \
    int64_t i = 64;                                                                                                            \
    for (; i + 64 <= n; i += 64)                                                                                               \
      for (int l = 0; l < 64; l++) {                                                                                           \
        const T x = v[i + l], y = best[l];                                                                                     \
        best[l] = better || x != x ? x : y;                                                                                    \
      }                                                                                                                        \
    for (; i < n; i++) {                                                                                                       \
      const T x = v[i], y = best[0];                                                                                           \
      best[0] = better || x != x ? x : y;                                                                                      \
    }                                                                                                                          \
    T b = best[0];                                                                                                             \
    for (int l = 1; l < 64; l++) {                                                                                             \
      const T x = best[l], y = b;                                                                                              \
      b = better || x != x ? x : y;                                                                                            \
    }                                                                                                                          \
    return (f64)b;                                                                                                             \
  }
GL_EXTREMUM(max_f32, f32, x > y)
GL_EXTREMUM(min_f32, f32, x < y)
GL_EXTREMUM(max_f64, f64, x > y)
GL_EXTREMUM(min_f64, f64, x < y)
GL_EXTREMUM(max_i32, i32, x > y)
GL_EXTREMUM(min_i32, i32, x < y)
GL_EXTREMUM(max_u32, u32, x > y)
GL_EXTREMUM(min_u32, u32, x < y)

static f64 element(int dtype, const void *v, int64_t i) {
  switch (dtype) {
    case GL_F32: return ((const f32 *)v)[i];
    case GL_F64: return ((const f64 *)v)[i];
    case GL_U32: return ((const u32 *)v)[i];
    default: return ((const i32 *)v)[i];
  }
}
static f64 extremum(bool max, int dtype, const void *v, int64_t n) {
  switch (dtype) {
    case GL_F32: return max ? max_f32(v, n) : min_f32(v, n);
    case GL_F64: return max ? max_f64(v, n) : min_f64(v, n);
    case GL_U32: return max ? max_u32(v, n) : min_u32(v, n);
    default: return max ? max_i32(v, n) : min_i32(v, n);
  }
}
/* First place of a value (or of the first NaN). */
static int64_t place_of(int dtype, const void *v, int64_t n, f64 value) {
  for (int64_t i = 0; i < n; i++) {
    const f64 x = element(dtype, v, i);
    if (x == value || (x != x && value != value)) return i;
  }
  return 0;
}
static bool is_float(int dtype) { return dtype == GL_F32 || dtype == GL_F64; }

void GL(combine)(int op, int dtype, const gl_accumulator *from, gl_accumulator *into) {
  switch (op) {
    case GL_OP_rsum:
      if (is_float(dtype)) into->value += from->value;
      else into->integer = (int64_t)((uint64_t)into->integer + (uint64_t)from->integer);
      return;
    case GL_OP_rprod:
      if (is_float(dtype)) into->value *= from->value;
      else into->integer = (int64_t)((uint64_t)into->integer * (uint64_t)from->integer);
      return;
    default: {
      const bool max = op == GL_OP_rmax || op == GL_OP_rargmax;
      const bool nan = into->value != into->value, better = max ? from->value > into->value : from->value < into->value;
      if (into->integer < 0 || (!nan && (better || from->value != from->value))) *into = *from;
    }
  }
}

void GL(accumulate)(int op, int dtype, const void *v, int64_t n, int64_t place, gl_accumulator *into) {
  if (n <= 0) return;
  gl_accumulator part = {.value = 0, .integer = 0};
  if (op == GL_OP_rsum || op == GL_OP_rprod) {
    const bool sum = op == GL_OP_rsum;
    if (dtype == GL_F32 && sum) part.value = sum_f32(v, n);
    else if (dtype == GL_F64 && sum) part.value = sum_f64(v, n);
    else if (is_float(dtype)) {
      part.value = 1;
      for (int64_t i = 0; i < n; i++) part.value *= element(dtype, v, i);
    } else {
      uint64_t total = sum ? 0 : 1;
      for (int64_t i = 0; i < n; i++) {
        const uint64_t x = dtype == GL_U32 ? ((const u32 *)v)[i] : (uint64_t)(int64_t)((const i32 *)v)[i];
        total = sum ? total + x : total * x;
      }
      part.integer = (int64_t)total;
    }
  } else {
    part.value = extremum(op == GL_OP_rmax || op == GL_OP_rargmax, dtype, v, n);
    part.integer = place;
    if (op == GL_OP_rargmax || op == GL_OP_rargmin) part.integer += place_of(dtype, v, n, part.value);
  }
  GL(combine)(op, dtype, &part, into);
}
