/* gather and scatterAdd: one axis is addressed by an index. An index outside [0, limit) is an error that names the first one. */
#include "api.h"
#include "kernels.h"
#include "memory.h"
#include "threads.h"
#include "vm.h"
#include <stdatomic.h>
#include <string.h>

typedef struct {
  int nd, axis;
  i32 dims[GL_MAX_DIMS];
  i32 limit;
  gl_view data, index, values; /* data: x or the scattered-to array; values: the output or the source */
  int64_t total, perTask;
  int64_t row;     /* elements at the end over which index is constant and data and values are dense; else 1 */
  int size;
  _Atomic int64_t firstBad; /* place of the first index out of range, or total */
  int64_t scatterInner;     /* scatterAdd: elements of a row that one task adds, or 0 */
} gather_job;

static i32 index_at(const gather_job *job, const i32 *at) {
  int64_t offset = 0;
  for (int d = 0; d < job->nd; d++) offset += at[d] * job->index.stride[d];
  return ((const i32 *)job->index.base)[offset];
}
static void report(gather_job *job, int64_t place) {
  int64_t seen = atomic_load(&job->firstBad);
  while (place < seen && !atomic_compare_exchange_weak(&job->firstBad, &seen, place)) continue;
}
static void start_at(const gather_job *job, int64_t place, i32 *at) {
  for (int d = job->nd - 1; d >= 0; d--) at[d] = (i32)(place % job->dims[d]), place /= job->dims[d];
}
static void advance(const gather_job *job, i32 *at, int from) {
  for (int d = from; d >= 0; d--) {
    if (++at[d] < job->dims[d]) return;
    at[d] = 0;
  }
}
static int64_t data_offset(const gather_job *job, const i32 *at, i32 index) {
  int64_t offset = 0;
  for (int d = 0; d < job->nd; d++) offset += (d == job->axis ? index : at[d]) * job->data.stride[d];
  return offset;
}
static int64_t values_offset(const gather_job *job, const i32 *at) {
  int64_t offset = 0;
  for (int d = 0; d < job->nd; d++) offset += at[d] * job->values.stride[d];
  return offset;
}
static void copy_element(int size, char *to, const char *from) {
  if (size == 4) memcpy(to, from, 4);
  else if (size == 8) memcpy(to, from, 8);
  else *to = *from;
}

/* Dims at the end that move as whole rows. */
static void find_rows(gather_job *job) {
  job->row = 1;
  for (int d = job->nd - 1; d > job->axis; d--) {
    if (job->dims[d] > 1 && (job->index.stride[d] != 0 || job->data.stride[d] != job->row || job->values.stride[d] != job->row)) break;
    job->row *= job->dims[d];
  }
}
/* The last dim that is walked: the rows lie behind it. */
static int walked(const gather_job *job) {
  int64_t row = 1;
  int d = job->nd - 1;
  while (d >= 0 && row < job->row) row *= job->dims[d--];
  return d;
}

static void gather_task(void *context, int i) {
  gather_job *job = context;
  const int64_t rows = job->total / job->row, end = gl_min(rows, (i + 1) * job->perTask);
  const int last = walked(job);
  i32 at[GL_MAX_DIMS];
  start_at(job, i * job->perTask * job->row, at);
  for (int64_t r = i * job->perTask; r < end; r++, advance(job, at, last)) {
    const i32 index = index_at(job, at);
    if (index < 0 || index >= job->limit) {
      report(job, r * job->row);
      continue;
    }
    const char *from = job->data.base + data_offset(job, at, index) * job->size;
    char *to = job->values.base + values_offset(job, at) * job->size;
    if (job->row > 1) memcpy(to, from, (size_t)(job->row * job->size));
    else copy_element(job->size, to, from);
  }
}

static bool take_common(gl_reader *reader, gather_job *job) {
  memset(job, 0, sizeof *job);
  job->nd = gl_take(reader);
  const i32 *dims = gl_take_dims(reader, job->nd);
  job->axis = gl_take(reader), job->limit = gl_take(reader);
  if (reader->failed || job->axis < 0 || job->axis >= job->nd) return false;
  memcpy(job->dims, dims, sizeof(i32) * (size_t)job->nd);
  job->total = gl_product(dims, job->nd);
  return true;
}
static int bad_index(const gather_job *job, const gl_run_context *run, const char *what) {
  i32 at[GL_MAX_DIMS];
  start_at(job, atomic_load(&job->firstBad), at);
  return gl_fail("kernel %d: %s: index %d is out of range for an axis of size %d", run->index, what, index_at(job, at), job->limit);
}

int GL(run_gather)(gl_reader *reader, const gl_run_context *run) {
  gather_job job;
  if (!take_common(reader, &job)) return gl_malformed(run);
  gl_take_view(reader, run, job.dims, job.nd, true, &job.data);
  gl_take_view(reader, run, job.dims, job.nd, true, &job.index);
  gl_take_view(reader, run, job.dims, job.nd, true, &job.values);
  if (reader->failed || job.index.dtype != GL_I32 || job.data.dtype != job.values.dtype || job.data.bounded || job.index.bounded || job.values.bounded) return gl_malformed(run);
  if (job.total == 0) return 0;
  job.size = gl_size(job.data.dtype);
  atomic_store(&job.firstBad, job.total);
  find_rows(&job);
  const int64_t rows = job.total / job.row, cost = 16 + job.row / 16;
  job.perTask = gl_max(gl_max(1, GL_SERIAL_CYCLES / cost), gl_ceil_div(rows, 65536));
  gl_parallel((int)gl_ceil_div(rows, job.perTask), gather_task, &job);
  return atomic_load(&job.firstBad) < job.total ? bad_index(&job, run, "gather") : 0;
}

/* scatterAdd: the source is walked in order. Threads share either the dims before the axis (outer) or the elements of the rows (inner), so that
   each output element is added to by one thread, in source order. */
static void add_row(int dtype, char *to, const char *from, int64_t n, int64_t toStride, int64_t fromStride) {
#define GL_ADD_ROW(T)                                                                                                          \
  {                                                                                                                            \
    T *d = (T *)to;                                                                                                            \
    const T *s = (const T *)from;                                                                                              \
    if (toStride == 1 && fromStride == 1)                                                                                      \
      for (int64_t i = 0; i < n; i++) d[i] += s[i];                                                                            \
    else                                                                                                                       \
      for (int64_t i = 0; i < n; i++) d[i * toStride] += s[i * fromStride];                                                    \
  }
  if (dtype == GL_F32) GL_ADD_ROW(f32)
  else if (dtype == GL_F64) GL_ADD_ROW(f64)
  else GL_ADD_ROW(u32)
}
/* Task: outer dims [.., axis) of one range, or a strip of the row. */
static void scatter_range(gather_job *job, int64_t firstRow, int64_t lastRow, int64_t strip, int64_t stripSize) {
  const int last = walked(job);
  i32 at[GL_MAX_DIMS];
  start_at(job, firstRow * job->row, at);
  const int64_t from = strip * stripSize, n = gl_min(stripSize, job->row - from);
  for (int64_t r = firstRow; r < lastRow; r++, advance(job, at, last)) {
    const i32 index = index_at(job, at);
    if (index < 0 || index >= job->limit) {
      report(job, r * job->row);
      continue;
    }
    add_row(job->data.dtype, job->data.base + (data_offset(job, at, index) + from) * job->size, job->values.base + (values_offset(job, at) + from) * job->size, n, 1, 1);
  }
}
static void scatter_task(void *context, int i) {
  gather_job *job = context;
  const int64_t rows = job->total / job->row;
  if (job->scatterInner > 0) scatter_range(job, 0, rows, i, job->scatterInner);
  else scatter_range(job, i * job->perTask, gl_min(rows, (i + 1) * job->perTask), 0, job->row);
}

int GL(run_scatterAdd)(gl_reader *reader, const gl_run_context *run) {
  gather_job job;
  if (!take_common(reader, &job)) return gl_malformed(run);
  const i32 outCount = gl_take(reader);
  gl_take_view(reader, run, job.dims, job.nd, true, &job.data);
  gl_take_view(reader, run, job.dims, job.nd, true, &job.index);
  gl_take_view(reader, run, job.dims, job.nd, true, &job.values);
  if (reader->failed || outCount < 0 || job.index.dtype != GL_I32 || job.data.dtype != job.values.dtype || job.data.dtype == GL_BOOL) return gl_malformed(run);
  if (job.data.bounded || job.index.bounded || job.values.bounded) return gl_malformed(run);
  job.size = gl_size(job.data.dtype);
  memset(job.data.base, 0, (size_t)outCount * (size_t)job.size);
  if (job.total == 0) return 0;
  atomic_store(&job.firstBad, job.total);
  find_rows(&job);
  /* Dims before the axis are independent if the output moves with each of them. */
  int64_t outer = 1;
  for (int d = 0; d < job.axis; d++) {
    if (job.dims[d] > 1 && job.data.stride[d] == 0) {
      outer = 1;
      break;
    }
    outer *= job.dims[d];
  }
  const int64_t rows = job.total / job.row, cost = rows * (16 + job.row / 16), threads = gl_pool_size(0);
  if (cost < GL_SERIAL_CYCLES) {
    job.perTask = rows;
    scatter_task(&job, 0);
  } else if (outer >= threads || job.row < 64) {
    job.perTask = outer > 1 ? rows / outer * gl_max(1, gl_ceil_div(outer, 4 * threads)) : rows;
    gl_parallel((int)gl_ceil_div(rows, job.perTask), scatter_task, &job);
  } else {
    job.scatterInner = gl_max(32, gl_ceil_div(gl_ceil_div(job.row, threads), 16) * 16);
    gl_parallel((int)gl_ceil_div(job.row, job.scatterInner), scatter_task, &job);
  }
  return atomic_load(&job.firstBad) < job.total ? bad_index(&job, run, "scatterAdd") : 0;
}
