/* poolTake, poolPut: maximum pooling by position. fold: overlapping windows added up. Padding is never read. */
#include "api.h"
#include "kernels.h"
#include "memory.h"
#include "threads.h"
#include "vm.h"
#include <math.h>
#include <string.h>

enum { MAX_SPATIAL = 3, STRIP = 32 };
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
  /* Windows along two lines: which elements are taken, as masks of the second, third, fourth over those before. */            \
  typedef struct {                                                                                                             \
    U second[STRIP], third[STRIP], fourth[STRIP];                                                                              \
  } winners_##T;                                                                                                               \
  static void compare_##T(const T *upper, const T *lower, int n, winners_##T *w) {                                             \
    GL_LOOP for (int j = 0; j < n; j++) {                                                                                      \
      const T a = upper[2 * j], b = upper[2 * j + 1], c = lower[2 * j], d = lower[2 * j + 1];                                  \
      const U second = wins_##T(b, a);                                                                                         \
      const T ab = pick_##T(second, b, a);                                                                                     \
      const U third = wins_##T(c, ab);                                                                                         \
      const T abc = pick_##T(third, c, ab);                                                                                    \
      w->second[j] = second, w->third[j] = third, w->fourth[j] = wins_##T(d, abc);                                             \
    }                                                                                                                          \
  }                                                                                                                            \
  static void take_halving_##T(const geometry *g, const T *x, const T *t, T *result) {                                         \
    const int width = g->in[1];                                                                                                \
    winners_##T w;                                                                                                             \
    for (int i = 0; i < g->out[0]; i++, x += 2 * width, t += 2 * width, result += g->out[1])                                   \
      for (int from = 0; from < g->out[1]; from += STRIP) {                                                                    \
        const int n = g->out[1] - from < STRIP ? g->out[1] - from : STRIP;                                                     \
        compare_##T(x + 2 * from, x + width + 2 * from, n, &w);                                                                \
        const T *upper = t + 2 * from, *lower = upper + width;                                                                 \
        T *to = result + from;                                                                                                 \
        GL_LOOP for (int j = 0; j < n; j++) {                                                                                  \
          const T ab = pick_##T(w.second[j], upper[2 * j + 1], upper[2 * j]);                                                  \
          to[j] = pick_##T(w.fourth[j], lower[2 * j + 1], pick_##T(w.third[j], lower[2 * j], ab));                             \
        }                                                                                                                      \
      }                                                                                                                        \
  }                                                                                                                            \
  static void put_halving_##T(const geometry *g, const T *x, const T *v, T *result) {                                          \
    const int width = g->in[1];                                                                                                \
    winners_##T w;                                                                                                             \
    if (g->in[0] != 2 * g->out[0] || width != 2 * g->out[1]) memset(result, 0, sizeof(T) * (size_t)g->inTotal);                \
    for (int i = 0; i < g->out[0]; i++, x += 2 * width, result += 2 * width, v += g->out[1])                                   \
      for (int from = 0; from < g->out[1]; from += STRIP) {                                                                    \
        const int n = g->out[1] - from < STRIP ? g->out[1] - from : STRIP;                                                     \
        compare_##T(x + 2 * from, x + width + 2 * from, n, &w);                                                                \
        T *upper = result + 2 * from, *lower = upper + width;                                                                  \
        GL_LOOP for (int j = 0; j < n; j++) {                                                                                  \
          const T value = v[from + j];                                                                                         \
          const U first = ~(w.third[j] | w.fourth[j]);                                                                         \
          upper[2 * j] = pick_##T(first & ~w.second[j], value, 0);                                                             \
          upper[2 * j + 1] = pick_##T(first & w.second[j], value, 0);                                                          \
          lower[2 * j] = pick_##T(w.third[j] & ~w.fourth[j], value, 0);                                                        \
          lower[2 * j + 1] = pick_##T(w.fourth[j], value, 0);                                                                  \
        }                                                                                                                      \
      }                                                                                                                        \
  }                                                                                                                            \
  static void take_##T(const pool_job *job, int64_t b) {                                                                       \
    const geometry *g = &job->g;                                                                                               \
    const T *x = (const T *)job->x + b * g->inTotal, *t = (const T *)job->values + b * g->inTotal;                             \
    T *result = (T *)job->result + b * g->outTotal;                                                                            \
    if (is_halving(g)) {                                                                                                       \
      take_halving_##T(g, x, t, result);                                                                                       \
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
      put_halving_##T(g, x, v, result);                                                                                        \
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
