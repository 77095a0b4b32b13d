/* reduce: an elementwise program whose results are accumulated over the trailing dims, then a second program on the totals.
   Along rows: the last reduced dim is nearest in memory. By columns: the last kept dim is, and a block of totals is kept side by side.
   Long reductions into few totals are cut into chunks; sizes alone decide where, so the bits do not depend on the number of threads. */
#include "api.h"
#include "kernels.h"
#include "memory.h"
#include "operands.h"
#include "threads.h"
#include <string.h>

enum { BLOCK = 2048, COLUMN_BLOCK = 8192, TOTALS = 512, CHUNK = 32768, MAX_CHUNKS = 64 };

typedef struct {
  int op, reg, dtype, resultDtype;
} accumulation;

typedef struct {
  gl_body before, after;
  const f64 *scalars;
  int nAccumulations;
  accumulation accumulations[GL_MAX_ACCUMULATORS];
  int64_t kept, reduced;
  bool columns;
  int64_t block;              /* elements evaluated at a time */
  int64_t inner;              /* columns: size of the last kept dim */
  int64_t width;              /* columns: totals side by side, at most TOTALS */
  int64_t nChunks, chunk;     /* pieces of the reduced elements */
  int64_t perTask;            /* units (rows) or chunks of columns a task */
  gl_accumulator *partials;   /* [chunk][accumulation][kept] when nChunks > 1 */
} reduction;

typedef struct {
  gl_frame before, after;
  gl_accumulator *totals; /* [accumulation][TOTALS] */
} workspace;

static bool open_workspace(const reduction *job, workspace *work) {
  const size_t before = GL(frame_size)(&job->before, job->block, 0), after = GL(frame_size)(&job->after, TOTALS, 0);
  char *memory = gl_thread_scratch(before + after + sizeof(gl_accumulator) * TOTALS * (size_t)job->nAccumulations);
  if (!memory) return false;
  GL(frame)(&job->before, memory, job->block, 0, &work->before);
  GL(frame)(&job->after, memory + before, TOTALS, 0, &work->after);
  work->totals = (gl_accumulator *)(memory + before + after);
  return true;
}
static void reset(const reduction *job, workspace *work) {
  for (int a = 0; a < job->nAccumulations; a++)
    for (int i = 0; i < TOTALS; i++) work->totals[a * TOTALS + i] = gl_neutral(job->accumulations[a].op);
}

/* The second program on totals [first, first + n) of the kept space. */
static void finish(const reduction *job, workspace *work, int64_t first, int64_t n) {
  const gl_range range = {.start = first, .count = n, .total = job->kept, .rows = 0, .length = 1};
  GL(load_inputs)(&job->after, &work->after, &range);
  for (int a = 0; a < job->nAccumulations; a++) {
    const accumulation *acc = &job->accumulations[a];
    const int size = acc->resultDtype == GL_F64 ? 8 : 4;
    char *to = work->after.registers[a] = work->after.storage[a];
    for (int64_t i = 0; i < n; i++) gl_accumulator_store(acc->op, acc->resultDtype, &work->totals[a * TOTALS + i], to + i * size);
  }
  GL(compute)(&job->after, &work->after, job->scalars, &range);
  GL(store_outputs)(&job->after, &work->after, &range);
}
/* Done with totals [first, first + n) of one chunk: finish them, or keep them for combine_chunks. */
static void deliver(const reduction *job, workspace *work, int64_t first, int64_t n, int64_t chunk) {
  if (job->nChunks == 1) {
    finish(job, work, first, n);
    return;
  }
  for (int a = 0; a < job->nAccumulations; a++)
    memcpy(job->partials + (chunk * job->nAccumulations + a) * job->kept + first, work->totals + a * TOTALS, sizeof(gl_accumulator) * (size_t)n);
}
static void combine_chunks(void *context, int i) {
  const reduction *job = context;
  workspace work;
  if (!open_workspace(job, &work)) return;
  reset(job, &work);
  const int64_t first = (int64_t)i * TOTALS, n = gl_min(TOTALS, job->kept - first);
  for (int64_t c = 0; c < job->nChunks; c++)
    for (int a = 0; a < job->nAccumulations; a++) {
      const accumulation *acc = &job->accumulations[a];
      const gl_accumulator *from = job->partials + (c * job->nAccumulations + a) * job->kept + first;
      for (int64_t k = 0; k < n; k++)
        if (from[k].integer >= 0 || acc->op == GL_OP_rsum || acc->op == GL_OP_rprod) GL(combine)(acc->op, acc->dtype, &from[k], &work.totals[a * TOTALS + k]);
    }
  finish(job, &work, first, n);
}

/* ---- along rows ---- */
static void add_segment(const reduction *job, workspace *work, int total, int64_t at, int64_t n, int64_t place) {
  for (int a = 0; a < job->nAccumulations; a++) {
    const accumulation *acc = &job->accumulations[a];
    const char *values = (const char *)work->before.registers[acc->reg] + at * (acc->dtype == GL_F64 ? 8 : 4);
    GL(accumulate)(acc->op, acc->dtype, values, n, place, &work->totals[a * TOTALS + total]);
  }
}
static void evaluate(const reduction *job, workspace *work, gl_range *range) {
  GL(load_inputs)(&job->before, &work->before, range);
  GL(compute)(&job->before, &work->before, job->scalars, range);
}
/* Units are (kept index, chunk); a task takes units [first, first + perTask). */
static void row_task(void *context, int i) {
  const reduction *job = context;
  workspace work;
  if (!open_workspace(job, &work)) return;
  const int64_t whole = job->kept * job->reduced;
  if (job->nChunks > 1) {
    const int64_t k = i / job->nChunks, c = i % job->nChunks, end = gl_min(job->reduced, (c + 1) * job->chunk);
    reset(job, &work);
    for (int64_t r = c * job->chunk; r < end; r += job->block) {
      gl_range range = {.start = k * job->reduced + r, .count = gl_min(job->block, end - r), .total = whole, .rows = 0, .length = 1};
      evaluate(job, &work, &range);
      add_segment(job, &work, 0, 0, range.count, r);
    }
    deliver(job, &work, k, 1, c);
    return;
  }
  const int64_t last = gl_min(job->kept, (i + 1) * job->perTask);
  for (int64_t first = i * job->perTask; first < last; first += TOTALS) {
    const int64_t n = gl_min(TOTALS, last - first);
    reset(job, &work);
    if (job->reduced > job->block) {
      for (int64_t k = 0; k < n; k++)
        for (int64_t r = 0; r < job->reduced; r += job->block) {
          gl_range range = {.start = (first + k) * job->reduced + r, .count = gl_min(job->block, job->reduced - r), .total = whole, .rows = 0, .length = 1};
          evaluate(job, &work, &range);
          add_segment(job, &work, (int)k, 0, range.count, r);
        }
    } else if (job->reduced > 0) {
      const int64_t rows = job->block / job->reduced;
      for (int64_t k = 0; k < n; k += rows) {
        const int64_t m = gl_min(rows, n - k);
        gl_range range = {.start = (first + k) * job->reduced, .count = m * job->reduced, .total = whole, .rows = 0, .length = 1};
        evaluate(job, &work, &range);
        for (int64_t j = 0; j < m; j++) add_segment(job, &work, (int)(k + j), j * job->reduced, job->reduced, 0);
      }
    }
    finish(job, &work, first, n);
  }
}

/* ---- by columns ---- */
/* Adds `rows` lines of `width` values to the totals; sums of floats: up to 16 lines in the element type, then in double. The sum does not depend on
   where in its line a column lies. */
#define GL_COLUMN_SUM(name, T)                                                                                                 \
  static void name(const T *v, int64_t rows, int64_t width, gl_accumulator *totals) {                                          \
    enum { STRIP = 64 };                                                                                                       \
    for (int64_t r = 0; r < rows; r += 16) {                                                                                   \
      const int64_t end = gl_min(rows, r + 16);                                                                                \
      for (int64_t from = 0; from < width; from += STRIP) {                                                                    \
        T part[STRIP] = {0};                                                                                                   \
        const T *line = v + r * width + from;                                                                                  \
        if (width - from >= STRIP)                                                                                             \
          for (int64_t s = r; s < end; s++, line += width)                                                                     \
            for (int w = 0; w < STRIP; w++) part[w] += line[w];                                                                \
        else                                                                                                                   \
          for (int64_t s = r; s < end; s++, line += width)                                                                     \
            for (int64_t w = 0; w < width - from; w++) part[w] += line[w];                                                     \
        const int64_t n = gl_min(STRIP, width - from);                                                                         \
        for (int64_t w = 0; w < n; w++) totals[from + w].value += part[w];                                                     \
      }                                                                                                                        \
    }                                                                                                                          \
  }
GL_COLUMN_SUM(column_sum_f32, f32)
GL_COLUMN_SUM(column_sum_f64, f64)

static f64 value_at(int dtype, const void *v, int64_t i) {
  return dtype == GL_F32 ? ((const f32 *)v)[i] : dtype == GL_F64 ? ((const f64 *)v)[i] : dtype == GL_U32 ? (f64)((const u32 *)v)[i] : (f64)((const i32 *)v)[i];
}
static void add_lines(const accumulation *acc, const void *v, int64_t rows, int64_t width, int64_t place, gl_accumulator *totals) {
  const bool isFloat = acc->dtype == GL_F32 || acc->dtype == GL_F64;
  if (acc->op == GL_OP_rsum && acc->dtype == GL_F32) column_sum_f32(v, rows, width, totals);
  else if (acc->op == GL_OP_rsum && acc->dtype == GL_F64) column_sum_f64(v, rows, width, totals);
  else
    for (int64_t r = 0; r < rows; r++)
      for (int64_t w = 0; w < width; w++) {
        const int64_t i = r * width + w;
        const bool extremum = acc->op != GL_OP_rsum && acc->op != GL_OP_rprod;
        gl_accumulator one = {.value = value_at(acc->dtype, v, i), .integer = place + r};
        if (!extremum && !isFloat) one.integer = acc->dtype == GL_U32 ? (int64_t)((const u32 *)v)[i] : (int64_t)((const i32 *)v)[i];
        GL(combine)(acc->op, acc->dtype, &one, &totals[w]);
      }
}
static void column_task(void *context, int i) {
  const reduction *job = context;
  workspace work;
  if (!open_workspace(job, &work)) return;
  const int64_t strips = gl_ceil_div(job->inner, job->width), chunk = i % job->nChunks, strip = i / job->nChunks;
  const int64_t outer = strip / strips, from = strip % strips * job->width, width = gl_min(job->width, job->inner - from);
  const int64_t whole = job->kept * job->reduced, end = gl_min(job->reduced, (chunk + 1) * job->chunk);
  const int64_t lines = strips == 1 ? gl_max(1, job->block / width) : 1;
  reset(job, &work);
  for (int64_t r = chunk * job->chunk; r < end; r += lines) {
    const int64_t n = gl_min(lines, end - r);
    gl_range range = {.start = (outer * job->reduced + r) * job->inner + from, .count = n * width, .total = whole, .rows = 0, .length = 1};
    evaluate(job, &work, &range);
    for (int a = 0; a < job->nAccumulations; a++) {
      const accumulation *acc = &job->accumulations[a];
      add_lines(acc, work.before.registers[acc->reg], n, width, r, work.totals + a * TOTALS);
    }
  }
  deliver(job, &work, outer * job->inner + from, width, chunk);
}

/* Moves the last kept dim behind the reduced ones. */
static void rotate_dims(gl_view *view, int kept, int nd) {
  const i32 size = view->size[kept - 1], lo = view->lo[kept - 1], hi = view->hi[kept - 1];
  const int64_t stride = view->stride[kept - 1];
  for (int d = kept - 1; d < nd - 1; d++) view->size[d] = view->size[d + 1], view->stride[d] = view->stride[d + 1], view->lo[d] = view->lo[d + 1], view->hi[d] = view->hi[d + 1];
  view->size[nd - 1] = size, view->stride[nd - 1] = stride, view->lo[nd - 1] = lo, view->hi[nd - 1] = hi;
}
static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }
static bool prefers_columns(const gl_body *body, const i32 *dims, int nKept, int nd) {
  int lastReduced = nd - 1, votes = 0;
  while (lastReduced >= nKept && dims[lastReduced] == 1) lastReduced--;
  if (nKept == 0 || dims[nKept - 1] == 1 || lastReduced < nKept || body->code.positional) return false;
  for (int i = 0; i < body->nInputs; i++) {
    const int64_t kept = magnitude(body->inputs[i].view.stride[nKept - 1]), reduced = magnitude(body->inputs[i].view.stride[lastReduced]);
    if (kept != reduced) votes += kept != 0 && (reduced == 0 || kept < reduced) ? 1 : -1;
  }
  return votes > 0;
}

int GL(run_reduce)(gl_reader *reader, const gl_run_context *run) {
  reduction job;
  memset(&job, 0, sizeof job);
  job.scalars = run->scalars;
  const int nKept = gl_take(reader), nReduced = gl_take(reader), nd = nKept + nReduced;
  if (nKept < 0 || nReduced < 0 || nKept > GL_MAX_DIMS) return gl_malformed(run);
  const i32 *dims = gl_take_dims(reader, nd);
  const int nIn = gl_take(reader), nConst = gl_take(reader), nReg = gl_take(reader), nInstr = gl_take(reader);
  if (reader->failed || !GL(new_body)(&job.before, nIn, 0, nConst, nReg, nInstr)) return gl_malformed(run);
  if (!GL(take_inputs)(reader, run, dims, nd, 0, &job.before) || !gl_take_constants(reader, run, &job.before.code, nIn) ||
      !gl_take_instructions(reader, GL(operations), &job.before.code))
    return gl_malformed(run);
  job.nAccumulations = gl_take(reader);
  if (job.nAccumulations < 1 || job.nAccumulations > GL_MAX_ACCUMULATORS) return gl_malformed(run);
  for (int a = 0; a < job.nAccumulations; a++) {
    accumulation *acc = &job.accumulations[a];
    acc->op = gl_take(reader), acc->reg = gl_take(reader), acc->resultDtype = gl_take(reader);
    if (reader->failed || acc->op < GL_OP_rsum || acc->op > GL_OP_rargmin || acc->reg < 0 || acc->reg >= nReg) return gl_malformed(run);
    acc->dtype = job.before.code.dtypes[acc->reg];
    if (acc->op == GL_OP_rargmax || acc->op == GL_OP_rargmin || acc->resultDtype == GL_BOOL) acc->resultDtype = GL_I32;
  }
  const int nIn2 = gl_take(reader), nConst2 = gl_take(reader), nReg2 = gl_take(reader), nInstr2 = gl_take(reader);
  if (reader->failed || nReg2 < job.nAccumulations || !GL(new_body)(&job.after, nIn2, 0, nConst2, nReg2, nInstr2)) return gl_malformed(run);
  for (int a = 0; a < job.nAccumulations; a++) job.after.code.dtypes[a] = (uint8_t)job.accumulations[a].resultDtype;
  if (!GL(take_inputs)(reader, run, dims, nKept, job.nAccumulations, &job.after) || !gl_take_constants(reader, run, &job.after.code, job.nAccumulations + nIn2) ||
      !gl_take_instructions(reader, GL(operations), &job.after.code))
    return gl_malformed(run);
  job.after.nOutputs = gl_take(reader);
  if (job.after.nOutputs < 0 || job.after.nOutputs > GL_MAX_OPERANDS) return gl_malformed(run);
  job.after.outputs = gl_kernel_memory(sizeof(gl_operand) * (size_t)job.after.nOutputs);
  if (!job.after.outputs || !GL(take_outputs)(reader, run, dims, nKept, &job.after) || !GL(outputs_fit)(&job.after)) return gl_malformed(run);

  job.kept = gl_product(dims, nKept), job.reduced = gl_product(dims + nKept, nReduced);
  if (job.kept == 0) return 0;
  job.nChunks = 1, job.chunk = job.reduced, job.block = BLOCK;
  job.columns = job.reduced > 0 && prefers_columns(&job.before, dims, nKept, nd);
  if (job.columns)
    for (int i = 0; i < nIn; i++) rotate_dims(&job.before.inputs[i].view, nKept, nd);
  GL(prepare)(&job.before);
  GL(prepare)(&job.after);
  int read[GL_MAX_ACCUMULATORS];
  for (int a = 0; a < job.nAccumulations; a++) read[a] = job.accumulations[a].reg;
  GL(compile)(&job.before, 0, read, job.nAccumulations);
  GL(compile)(&job.after, 0, NULL, 0);
  if (job.columns && nInstr == 0) job.block = COLUMN_BLOCK;
  if (!job.columns && nIn > 0 && job.before.inputs[0].view.nd > 0) { /* whole lines can be read where they lie */
    const int64_t line = job.before.inputs[0].view.size[job.before.inputs[0].view.nd - 1];
    if (line >= 256 && line < BLOCK && job.reduced > BLOCK && job.reduced % line == 0) job.block = line;
  }
  const int64_t cost = job.kept * job.reduced / GL_LANES * (job.before.code.cost + 2 * nIn + 2 * job.nAccumulations) + job.kept * 20;
  int64_t nTasks;
  if (job.columns) {
    job.inner = dims[nKept - 1], job.width = gl_min(job.inner, TOTALS);
    const int64_t strips = job.kept / job.inner * gl_ceil_div(job.inner, job.width);
    if (strips < 16) job.nChunks = gl_max(1, gl_min(MAX_CHUNKS / 2, job.reduced * job.width / CHUNK));
    job.chunk = gl_ceil_div(job.reduced, job.nChunks);
    job.nChunks = gl_ceil_div(job.reduced, job.chunk);
    nTasks = strips * job.nChunks;
  } else {
    if (job.kept < 64) job.nChunks = gl_max(1, gl_min(MAX_CHUNKS, job.reduced / CHUNK));
    if (job.nChunks > 1) {
      job.chunk = gl_ceil_div(gl_ceil_div(job.reduced, job.nChunks), job.block) * job.block;
      job.nChunks = gl_ceil_div(job.reduced, job.chunk);
    }
    job.perTask = gl_max(1, gl_min(job.kept, job.kept * GL_SERIAL_CYCLES * 2 / gl_max(1, cost)));
    job.perTask = gl_max(job.perTask, gl_ceil_div(job.kept, 4096));
    nTasks = job.nChunks > 1 ? job.kept * job.nChunks : gl_ceil_div(job.kept, job.perTask);
  }
  if (job.nChunks > 1) {
    job.partials = gl_kernel_memory(sizeof(gl_accumulator) * (size_t)(job.nChunks * job.nAccumulations * job.kept));
    if (!job.partials) return gl_out_of_memory(run);
  }
  void (*task)(void *, int) = job.columns ? column_task : row_task;
  if (cost < GL_SERIAL_CYCLES)
    for (int i = 0; i < nTasks; i++) task(&job, i);
  else if (nTasks > 200000) return gl_fail("kernel %d: %lld tasks in one reduction", run->index, (long long)nTasks);
  else gl_parallel((int)nTasks, task, &job);
  if (job.nChunks > 1)
    for (int64_t i = 0; i < gl_ceil_div(job.kept, TOTALS); i++) combine_chunks(&job, (int)i);
  return 0;
}
