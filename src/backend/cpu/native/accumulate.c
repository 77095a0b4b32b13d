/* Reductions of dense values. Floats are added in 64 lanes over pieces of 2048, the pieces in double. */
#include "vm.h"
#include <math.h>

enum { PIECE = 2048 };
typedef f32 lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef f64 lanes64 __attribute__((vector_size(64), aligned(8), may_alias));

/* Pairwise; n a power of two. */
static inline __attribute__((always_inline)) f64 sum_lanes(f64 *part, int n) {
  for (int half = n / 2; half > 0; half /= 2)
    for (int l = 0; l < half; l++) part[l] += part[l + half];
  return part[0];
}
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
    f64 part[16];
    for (int l = 0; l < 16; l++) part[l] = s0[l];
    total += sum_lanes(part, 16);
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
    f64 part[8];
    for (int l = 0; l < 8; l++) part[l] = s0[l];
    total += sum_lanes(part, 8);
    v += piece, n -= piece;
  }
  for (int64_t i = 0; i < n; i++) total += v[i];
  return total;
}

/* The extremum, or a NaN if there is one. Eight vectors hold the best so far: the loop waits for no result of the turn before. */
#define GL_EXTREMUM(name, T, better)                                                                                           \
  static inline __attribute__((always_inline)) f64 name(const T *v, int64_t n) {                                               \
    enum { WIDTH = 8 * GL_VECTOR_BYTES / (int)sizeof(T) };                                                                     \
    T last = v[0];                                                                                                             \
    i32 bad = last != last;                                                                                                    \
    int64_t i = 0;                                                                                                             \
    if (n >= WIDTH) {                                                                                                          \
      T best[WIDTH];                                                                                                           \
      i32 nan[WIDTH];                                                                                                          \
      for (int l = 0; l < WIDTH; l++) best[l] = v[l], nan[l] = v[l] != v[l];                                                   \
      for (i = WIDTH; i + WIDTH <= n; i += WIDTH)                                                                              \
        for (int l = 0; l < WIDTH; l++) {                                                                                      \
          const T x = v[i + l], y = best[l];                                                                                   \
          best[l] = better ? x : y;                                                                                            \
          nan[l] |= x != x;                                                                                                    \
        }                                                                                                                      \
      for (int half = WIDTH / 2; half > 0; half /= 2)                                                                          \
        for (int l = 0; l < half; l++) {                                                                                       \
          const T x = best[l + half], y = best[l];                                                                             \
          best[l] = better ? x : y;                                                                                            \
          nan[l] |= nan[l + half];                                                                                             \
        }                                                                                                                      \
      last = best[0], bad = nan[0];                                                                                            \
    }                                                                                                                          \
    for (; i < n; i++) {                                                                                                       \
      const T x = v[i], y = last;                                                                                              \
      last = better ? x : y;                                                                                                   \
      bad |= x != x;                                                                                                           \
    }                                                                                                                          \
    return bad ? NAN : (f64)last;                                                                                              \
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

/* A line at a time: neither dispatch nor accumulators inside the loop, so that lines overlap in the processor. */
#define GL_EACH_LINE(T, R, expression)                                                                                         \
  for (int64_t r = 0; r < rows; r++) {                                                                                         \
    const T *v = (const T *)from + r * length;                                                                                 \
    ((R *)to)[r] = (R)(expression);                                                                                            \
  }                                                                                                                            \
  return
void GL(reduce_lines)(int op, int dtype, const void *from, int64_t rows, int64_t length, int resultDtype, void *to) {
  if (length > 0 && dtype == GL_F32 && resultDtype == GL_F32) {
    if (op == GL_OP_rsum) { GL_EACH_LINE(f32, f32, sum_f32(v, length)); }
    if (op == GL_OP_rmax) { GL_EACH_LINE(f32, f32, max_f32(v, length)); }
    if (op == GL_OP_rmin) { GL_EACH_LINE(f32, f32, min_f32(v, length)); }
  }
  const int size = dtype == GL_F64 ? 8 : 4, resultSize = resultDtype == GL_F64 ? 8 : 4;
  for (int64_t r = 0; r < rows; r++) {
    gl_accumulator total = gl_neutral(op);
    GL(accumulate)(op, dtype, (const char *)from + r * length * size, length, 0, &total);
    gl_accumulator_store(op, resultDtype, &total, (char *)to + r * resultSize);
  }
}
