/* argsort of rows (stable merge sort), cumulative sums and products along an axis. */
#include "api.h"
#include "kernels.h"
#include "memory.h"
#include "threads.h"
#include "vm.h"
#include <string.h>

typedef struct {
  int64_t rows, length, perTask;
  int descending, dtype;
  const char *x;
  i32 *result;
} sort_job;

/* Whether b must stand before a, with a NaN above every number. */
#define GL_SORT(T)                                                                                                             \
  static inline bool before_##T(const T *x, i32 b, i32 a, bool descending) {                                                   \
    const T p = x[b], q = x[a];                                                                                                \
    return descending ? p > q || (p != p && q == q) : p < q || (q != q && p == p);                                             \
  }                                                                                                                            \
  static void argsort_##T(const T *x, i32 *order, i32 *spare, int64_t n, bool descending) {                                    \
    enum { RUN = 16 };                                                                                                         \
    for (int64_t i = 0; i < n; i++) order[i] = (i32)i;                                                                         \
    for (int64_t from = 0; from < n; from += RUN)                                                                              \
      for (int64_t i = from + 1; i < gl_min(n, from + RUN); i++) {                                                             \
        const i32 moved = order[i];                                                                                            \
        int64_t j = i;                                                                                                         \
        for (; j > from && before_##T(x, moved, order[j - 1], descending); j--) order[j] = order[j - 1];                       \
        order[j] = moved;                                                                                                      \
      }                                                                                                                        \
    i32 *source = order, *target = spare;                                                                                      \
    for (int64_t run = RUN; run < n; run *= 2) {                                                                               \
      for (int64_t from = 0; from < n; from += 2 * run) {                                                                      \
        int64_t a = from, b = gl_min(n, from + run), to = from;                                                                \
        const int64_t aEnd = b, bEnd = gl_min(n, from + 2 * run);                                                              \
        while (a < aEnd && b < bEnd) target[to++] = before_##T(x, source[b], source[a], descending) ? source[b++] : source[a++]; \
        while (a < aEnd) target[to++] = source[a++];                                                                           \
        while (b < bEnd) target[to++] = source[b++];                                                                           \
      }                                                                                                                        \
      i32 *swapped = source;                                                                                                   \
      source = target, target = swapped;                                                                                       \
    }                                                                                                                          \
    if (source != order) memcpy(order, source, sizeof(i32) * (size_t)n);                                                       \
  }
GL_SORT(f32)
GL_SORT(f64)
GL_SORT(i32)
GL_SORT(u32)

static void sort_task(void *context, int i) {
  const sort_job *job = context;
  i32 *spare = gl_thread_scratch(sizeof(i32) * (size_t)job->length);
  if (!spare) return;
  for (int64_t r = i * job->perTask, end = gl_min(job->rows, r + job->perTask); r < end; r++) {
    const char *x = job->x + r * job->length * gl_size(job->dtype);
    i32 *order = job->result + r * job->length;
    switch (job->dtype) {
      case GL_F32: argsort_f32((const f32 *)x, order, spare, job->length, job->descending); break;
      case GL_F64: argsort_f64((const f64 *)x, order, spare, job->length, job->descending); break;
      case GL_U32: argsort_u32((const u32 *)x, order, spare, job->length, job->descending); break;
      default: argsort_i32((const i32 *)x, order, spare, job->length, job->descending);
    }
  }
}

int GL(run_argsort)(gl_reader *reader, const gl_run_context *run) {
  sort_job job;
  job.rows = gl_take(reader), job.length = gl_take(reader), job.descending = gl_take(reader), job.dtype = gl_take(reader);
  const i32 slotX = gl_take(reader), offsetX = gl_take(reader), slot = gl_take(reader), offset = gl_take(reader);
  if (reader->failed || job.rows < 0 || job.length < 0 || slotX < 0 || slot < 0 || job.dtype < GL_F32 || job.dtype > GL_U32) return gl_malformed(run);
  if (job.rows == 0 || job.length == 0) return 0;
  job.x = (const char *)(uintptr_t)run->slots[slotX] + (int64_t)offsetX * gl_size(job.dtype);
  job.result = (i32 *)(uintptr_t)run->slots[slot] + offset;
  job.perTask = gl_max(gl_max(1, GL_SERIAL_CYCLES / (job.length * 40)), gl_ceil_div(job.rows, 65536));
  gl_parallel((int)gl_ceil_div(job.rows, job.perTask), sort_task, &job);
  return 0;
}

/* A scan works on lines along the axis; `inner` lines that are neighbours advance together. */
typedef struct {
  gl_view x, out;
  int nd, axis, op, dtype;
  i32 dims[GL_MAX_DIMS];
  int64_t lines, perTask;
} scan_job;

#define GL_SCAN(T, S)                                                                                                          \
  static void scan_##T(const T *x, int64_t xStride, T *out, int64_t outStride, int64_t n, int op) {                            \
    S total = op;                                                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                                                          \
      total = op ? total * (S)x[i * xStride] : total + (S)x[i * xStride];                                                      \
      out[i * outStride] = (T)total;                                                                                           \
    }                                                                                                                          \
  }
GL_SCAN(f32, f64)
GL_SCAN(f64, f64)
GL_SCAN(u32, u32)

static void scan_task(void *context, int i) {
  const scan_job *job = context;
  const int64_t n = job->dims[job->axis], sx = job->x.stride[job->axis], so = job->out.stride[job->axis];
  for (int64_t line = i * job->perTask, end = gl_min(job->lines, line + job->perTask); line < end; line++) {
    int64_t rest = line, ox = 0, oo = 0;
    for (int d = job->nd - 1; d >= 0; d--) {
      if (d == job->axis) continue;
      const int64_t at = rest % job->dims[d];
      rest /= job->dims[d];
      ox += at * job->x.stride[d], oo += at * job->out.stride[d];
    }
    if (job->dtype == GL_F32) scan_f32((const f32 *)job->x.base + ox, sx, (f32 *)job->out.base + oo, so, n, job->op);
    else if (job->dtype == GL_F64) scan_f64((const f64 *)job->x.base + ox, sx, (f64 *)job->out.base + oo, so, n, job->op);
    else scan_u32((const u32 *)job->x.base + ox, sx, (u32 *)job->out.base + oo, so, n, job->op);
  }
}

int GL(run_cumsum)(gl_reader *reader, const gl_run_context *run) {
  scan_job job;
  job.nd = gl_take(reader);
  const i32 *dims = gl_take_dims(reader, job.nd);
  job.axis = gl_take(reader), job.op = gl_take(reader);
  if (reader->failed || job.axis < 0 || job.axis >= job.nd || job.op < 0 || job.op > 1) return gl_malformed(run);
  memcpy(job.dims, dims, sizeof(i32) * (size_t)job.nd);
  gl_take_view(reader, run, dims, job.nd, true, &job.x);
  gl_take_view(reader, run, dims, job.nd, true, &job.out);
  job.dtype = job.x.dtype;
  if (reader->failed || job.dtype != job.out.dtype || job.dtype == GL_BOOL || job.x.bounded || job.out.bounded) return gl_malformed(run);
  const int64_t total = gl_product(dims, job.nd);
  if (total == 0) return 0;
  job.lines = total / dims[job.axis];
  job.perTask = gl_max(gl_max(1, GL_SERIAL_CYCLES / (4 * (int64_t)dims[job.axis] + 20)), gl_ceil_div(job.lines, 65536));
  gl_parallel((int)gl_ceil_div(job.lines, job.perTask), scan_task, &job);
  return 0;
}
