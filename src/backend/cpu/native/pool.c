/* poolTake, poolPut: maximum pooling by position. fold: overlapping windows added up. Padding is never read. */
#include "api.h"
#include "kernels.h"
#include "lines.h"
#include "memory.h"
#include "threads.h"
#include "vm.h"
#include <math.h>
#include <string.h>

enum { MAX_SPATIAL = 3, STRIP = 64 };
typedef struct {
  int n;
  int64_t batch;
  const i32 *in, *out, *kernel, *stride, *pad, *dilation;
  int64_t inTotal, outTotal, kernelTotal;
} geometry;

typedef struct {
  geometry g;
  int dtype;
  const char *x, *values; /* values: t (poolTake) or gradient (poolPut) */
  char *result;
  int64_t perTask;
  gl_view windows; /* fold: (batch, out, kernel) */
} pool_job;

static bool take_geometry(gl_reader *reader, geometry *g) {
  g->n = gl_take(reader), g->batch = gl_take(reader);
  if (g->n < 1 || g->n > MAX_SPATIAL || g->batch < 0) return false;
  const i32 **parts[] = {&g->in, &g->out, &g->kernel, &g->stride, &g->pad, &g->dilation};
  for (int p = 0; p < 6; p++) *parts[p] = gl_take_many(reader, g->n);
  if (reader->failed) return false;
  for (int d = 0; d < g->n; d++)
    if (g->in[d] < 0 || g->out[d] < 0 || g->kernel[d] < 1 || g->stride[d] < 1 || g->dilation[d] < 1) return false;
  g->inTotal = gl_product(g->in, g->n), g->outTotal = gl_product(g->out, g->n), g->kernelTotal = gl_product(g->kernel, g->n);
  return true;
}
static char *take_address(gl_reader *reader, const gl_run_context *run, int dtype) {
  const i32 slot = gl_take(reader), offset = gl_take(reader);
  if (slot < 0) reader->failed = true;
  return reader->failed ? NULL : (char *)(uintptr_t)run->slots[slot] + (int64_t)offset * gl_size(dtype);
}

/* Place in the input of window element k at output place o, or -1 in the padding. */
static int64_t input_place(const geometry *g, const i32 *o, const i32 *k) {
  int64_t place = 0;
  for (int d = 0; d < g->n; d++) {
    const int64_t at = (int64_t)o[d] * g->stride[d] + (int64_t)k[d] * g->dilation[d] - g->pad[d];
    if (at < 0 || at >= g->in[d]) return -1;
    place = place * g->in[d] + at;
  }
  return place;
}
static void next(const geometry *g, const i32 *limit, i32 *index) {
  for (int d = g->n - 1; d >= 0; d--) {
    if (++index[d] < limit[d]) return;
    index[d] = 0;
  }
}
/* Whether windows are 2 x 2, side by side, without padding: the usual pooling. */
static bool is_halving(const geometry *g) {
  if (g->n != 2) return false;
  for (int d = 0; d < 2; d++)
    if (g->kernel[d] != 2 || g->stride[d] != 2 || g->pad[d] != 0 || g->dilation[d] != 1 || 2 * g->out[d] > g->in[d]) return false;
  return true;
}

static inline void copy_line_f32(f32 *to, const f32 *from, int n) { gl_copy_words((u32 *)to, (const u32 *)from, n); }
static inline void copy_line_i32(i32 *to, const i32 *from, int n) { gl_copy_words((u32 *)to, (const u32 *)from, n); }
static inline void copy_line_f64(f64 *to, const f64 *from, int n) { gl_copy_words((u32 *)to, (const u32 *)from, 2 * (int64_t)n); }

#define GL_POOL(T, U)                                                                                                          \
  static int64_t best_place_##T(const geometry *g, const T *x, const i32 *o) {                                                 \
    i32 k[MAX_SPATIAL] = {0};                                                                                                  \
    int64_t place = -1;                                                                                                        \
    T best = 0;                                                                                                                \
    for (int64_t i = 0; i < g->kernelTotal; i++, next(g, g->kernel, k)) {                                                      \
      const int64_t at = input_place(g, o, k);                                                                                 \
      if (at >= 0 && (place < 0 || x[at] > best || x[at] != x[at])) best = x[at], place = at;                                  \
    }                                                                                                                          \
    return place;                                                                                                              \
  }                                                                                                                            \
  /* x where the mask is all ones, y where it is 0; in bits, so that the loops below have no branches. */                      \
  static inline T pick_##T(U mask, T x, T y) {                                                                                 \
    U p, q;                                                                                                                    \
    memcpy(&p, &x, sizeof p), memcpy(&q, &y, sizeof q);                                                                        \
    p = (p & mask) | (q & ~mask);                                                                                              \
    memcpy(&x, &p, sizeof p);                                                                                                  \
    return x;                                                                                                                  \
  }                                                                                                                            \
  static inline U wins_##T(T x, T best) { return (U)0 - (U)((x > best) | (x != x)); }                                          \
  /* Strips of windows: lines of several rows side by side, so that the loops over them have a fixed length. */                \
  typedef struct {                                                                                                             \
    T upper[2 * STRIP], lower[2 * STRIP];                                                                                      \
    U second[STRIP], third[STRIP], fourth[STRIP]; /* masks: taken over those before */                                         \
  } strip_##T;                                                                                                                 \
  static void fetch_##T(const T *from, int rows, int columns, int width, T *upper, T *lower) {                                 \
    for (int r = 0; r < rows; r++) {                                                                                           \
      copy_line_##T(upper + 2 * r * columns, from + 2 * r * width, 2 * columns);                                               \
      copy_line_##T(lower + 2 * r * columns, from + (2 * r + 1) * width, 2 * columns);                                         \
    }                                                                                                                          \
  }                                                                                                                            \
  static void compare_##T(strip_##T *s) {                                                                                      \
    for (int j = 0; j < STRIP; j++) {                                                                                          \
      const T a = s->upper[2 * j], b = s->upper[2 * j + 1], c = s->lower[2 * j], d = s->lower[2 * j + 1];                      \
      const U second = wins_##T(b, a);                                                                                         \
      const T ab = pick_##T(second, b, a);                                                                                     \
      const U third = wins_##T(c, ab);                                                                                         \
      const T abc = pick_##T(third, c, ab);                                                                                    \
      s->second[j] = second, s->third[j] = third, s->fourth[j] = wins_##T(d, abc);                                             \
    }                                                                                                                          \
  }                                                                                                                            \
  static void take_strip_##T(const strip_##T *s, const T *upper, const T *lower, T *to) {                                      \
    for (int j = 0; j < STRIP; j++) {                                                                                          \
      const T ab = pick_##T(s->second[j], upper[2 * j + 1], upper[2 * j]);                                                     \
      to[j] = pick_##T(s->fourth[j], lower[2 * j + 1], pick_##T(s->third[j], lower[2 * j], ab));                               \
    }                                                                                                                          \
  }                                                                                                                            \
  static void put_strip_##T(const strip_##T *s, const T *values, T *upper, T *lower) {                                         \
    for (int j = 0; j < STRIP; j++) {                                                                                          \
      const T value = values[j];                                                                                               \
      const U first = ~(s->third[j] | s->fourth[j]);                                                                           \
      upper[2 * j] = pick_##T(first & ~s->second[j], value, 0);                                                                \
      upper[2 * j + 1] = pick_##T(first & s->second[j], value, 0);                                                             \
      lower[2 * j] = pick_##T(s->third[j] & ~s->fourth[j], value, 0);                                                          \
      lower[2 * j + 1] = pick_##T(s->fourth[j], value, 0);                                                                     \
    }                                                                                                                          \
  }                                                                                                                            \
  /* One image; put: to x's places from values, else from t's places to the result. */                                         \
  static void halving_##T(const geometry *g, bool put, const T *x, const T *values, T *result) {                               \
    const int width = g->in[1], outWidth = g->out[1], columns = outWidth < STRIP ? outWidth : STRIP, most = STRIP / columns;   \
    strip_##T s;                                                                                                               \
    T upper[2 * STRIP], lower[2 * STRIP], line[STRIP];                                                                         \
    memset(&s, 0, sizeof s);                                                                                                   \
    memset(upper, 0, sizeof upper), memset(lower, 0, sizeof lower), memset(line, 0, sizeof line);                              \
    if (put && (g->in[0] != 2 * g->out[0] || width != 2 * outWidth)) memset(result, 0, sizeof(T) * (size_t)g->inTotal);        \
    for (int i = 0; i < g->out[0]; i += most)                                                                                  \
      for (int from = 0; from < outWidth; from += columns) {                                                                   \
        const int n = outWidth - from < columns ? outWidth - from : columns, rows = g->out[0] - i < most ? g->out[0] - i : most;\
        const int64_t in = 2 * (int64_t)i * width + 2 * from, out = (int64_t)i * outWidth + from;                              \
        fetch_##T(x + in, rows, n, width, s.upper, s.lower);                                                                   \
        compare_##T(&s);                                                                                                       \
        if (put) {                                                                                                             \
          for (int r = 0; r < rows; r++) copy_line_##T(line + r * n, values + out + r * outWidth, n);                          \
          put_strip_##T(&s, line, upper, lower);                                                                               \
          for (int r = 0; r < rows; r++) {                                                                                     \
            copy_line_##T(result + in + 2 * r * width, upper + 2 * r * n, 2 * n);                                              \
            copy_line_##T(result + in + (2 * r + 1) * width, lower + 2 * r * n, 2 * n);                                        \
          }                                                                                                                    \
        } else {                                                                                                               \
          if (values == x) take_strip_##T(&s, s.upper, s.lower, line);                                                         \
          else {                                                                                                               \
            fetch_##T(values + in, rows, n, width, upper, lower);                                                              \
            take_strip_##T(&s, upper, lower, line);                                                                            \
          }                                                                                                                    \
          for (int r = 0; r < rows; r++) copy_line_##T(result + out + r * outWidth, line + r * n, n);                          \
        }                                                                                                                      \
      }                                                                                                                        \
  }                                                                                                                            \
  static void take_##T(const pool_job *job, int64_t b) {                                                                       \
    const geometry *g = &job->g;                                                                                               \
    const T *x = (const T *)job->x + b * g->inTotal, *t = (const T *)job->values + b * g->inTotal;                             \
    T *result = (T *)job->result + b * g->outTotal;                                                                            \
    if (is_halving(g)) {                                                                                                       \
      halving_##T(g, false, x, t, result);                                                                                       \
      return;                                                                                                                  \
    }                                                                                                                          \
    i32 o[MAX_SPATIAL] = {0};                                                                                                  \
    for (int64_t i = 0; i < g->outTotal; i++, next(g, g->out, o)) {                                                            \
      const int64_t place = best_place_##T(g, x, o);                                                                           \
      result[i] = place < 0 ? 0 : t[place];                                                                                    \
    }                                                                                                                          \
  }                                                                                                                            \
  static void put_##T(const pool_job *job, int64_t b) {                                                                        \
    const geometry *g = &job->g;                                                                                               \
    const T *x = (const T *)job->x + b * g->inTotal, *v = (const T *)job->values + b * g->outTotal;                            \
    T *result = (T *)job->result + b * g->inTotal;                                                                             \
    if (is_halving(g)) {                                                                                                       \
      halving_##T(g, true, x, v, result);                                                                                         \
      return;                                                                                                                  \
    }                                                                                                                          \
    memset(result, 0, sizeof(T) * (size_t)g->inTotal);                                                                         \
    i32 o[MAX_SPATIAL] = {0};                                                                                                  \
    for (int64_t i = 0; i < g->outTotal; i++, next(g, g->out, o)) {                                                            \
      const int64_t place = best_place_##T(g, x, o);                                                                           \
      if (place >= 0) result[place] += v[i];                                                                                   \
    }                                                                                                                          \
  }                                                                                                                            \
  static void fold_##T(const pool_job *job, int64_t b, T *line) {                                                              \
    const geometry *g = &job->g;                                                                                               \
    T *result = (T *)job->result + b * g->inTotal;                                                                             \
    memset(result, 0, sizeof(T) * (size_t)g->inTotal);                                                                         \
    i32 o[MAX_SPATIAL] = {0};                                                                                                  \
    for (int64_t i = 0; i < g->outTotal; i++, next(g, g->out, o)) {                                                            \
      GL(load)(&job->windows, (b * g->outTotal + i) * g->kernelTotal, g->kernelTotal, line);                                   \
      i32 k[MAX_SPATIAL] = {0};                                                                                                \
      for (int64_t j = 0; j < g->kernelTotal; j++, next(g, g->kernel, k)) {                                                    \
        const int64_t place = input_place(g, o, k);                                                                            \
        if (place >= 0) result[place] += line[j];                                                                              \
      }                                                                                                                        \
    }                                                                                                                          \
  }
GL_POOL(f32, u32)
GL_POOL(f64, uint64_t)
GL_POOL(i32, u32)

static void take_task(void *context, int i) {
  const pool_job *job = context;
  for (int64_t b = i * job->perTask, end = gl_min(job->g.batch, b + job->perTask); b < end; b++)
    if (job->dtype == GL_F32) take_f32(job, b);
    else if (job->dtype == GL_F64) take_f64(job, b);
    else take_i32(job, b);
}
static void put_task(void *context, int i) {
  const pool_job *job = context;
  for (int64_t b = i * job->perTask, end = gl_min(job->g.batch, b + job->perTask); b < end; b++)
    if (job->dtype == GL_F32) put_f32(job, b);
    else if (job->dtype == GL_F64) put_f64(job, b);
    else put_i32(job, b);
}
static void fold_task(void *context, int i) {
  const pool_job *job = context;
  void *line = gl_thread_scratch((size_t)job->g.kernelTotal * 8);
  if (!line) return;
  for (int64_t b = i * job->perTask, end = gl_min(job->g.batch, b + job->perTask); b < end; b++)
    if (job->dtype == GL_F32) fold_f32(job, b, line);
    else if (job->dtype == GL_F64) fold_f64(job, b, line);
    else fold_i32(job, b, line);
}

static void run_over_batch(pool_job *job, void (*task)(void *, int)) {
  const geometry *g = &job->g;
  const int64_t cost = gl_max(1, g->outTotal * g->kernelTotal * (is_halving(g) ? 1 : 8)); /* cycles of one image */
  job->perTask = gl_max(gl_max(1, GL_SERIAL_CYCLES / cost), gl_ceil_div(g->batch, 65536));
  const int tasks = (int)gl_ceil_div(g->batch, job->perTask);
  gl_parallel(tasks, task, job);
}
static bool take_pool(gl_reader *reader, const gl_run_context *run, pool_job *job) {
  if (!take_geometry(reader, &job->g)) return false;
  job->dtype = gl_take(reader);
  if (job->dtype != GL_F32 && job->dtype != GL_F64 && job->dtype != GL_I32) return false;
  job->x = take_address(reader, run, job->dtype), job->values = take_address(reader, run, job->dtype), job->result = take_address(reader, run, job->dtype);
  return !reader->failed;
}
int GL(run_poolTake)(gl_reader *reader, const gl_run_context *run) {
  pool_job job;
  if (!take_pool(reader, run, &job)) return gl_malformed(run);
  run_over_batch(&job, take_task);
  return 0;
}
int GL(run_poolPut)(gl_reader *reader, const gl_run_context *run) {
  pool_job job;
  if (!take_pool(reader, run, &job)) return gl_malformed(run);
  run_over_batch(&job, put_task);
  return 0;
}
int GL(run_fold)(gl_reader *reader, const gl_run_context *run) {
  pool_job job;
  if (!take_geometry(reader, &job.g)) return gl_malformed(run);
  const geometry *g = &job.g;
  i32 dims[1 + 2 * MAX_SPATIAL] = {(i32)g->batch};
  for (int d = 0; d < g->n; d++) dims[1 + d] = g->out[d], dims[1 + g->n + d] = g->kernel[d];
  gl_take_view(reader, run, dims, 1 + 2 * g->n, false, &job.windows);
  job.dtype = job.windows.dtype;
  job.result = take_address(reader, run, job.dtype);
  if (reader->failed || job.dtype == GL_BOOL) return gl_malformed(run);
  run_over_batch(&job, fold_task);
  return 0;
}
