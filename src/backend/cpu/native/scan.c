/* scan: runs the records of a step again and again, for each part of the rows apart, and each part on one thread from the first step to
   the last: nobody waits for anybody. A single part leaves its kernels to all threads. */
#include "api.h"
#include "kernels.h"
#include "memory.h"
#include "threads.h"
#include <stdatomic.h>

extern const gl_kernel_table GL(kernels);

typedef struct {
  char *base;
  int64_t step, part; /* in bytes */
  i32 turns;
} place;
typedef struct {
  const gl_run_context *run;
  const f64 *scalars;
  i32 steps, parts, nCarried, nLeaves, nOutputs;
  bool reverse;
  place arena;
  const place *places; /* leaves, then outputs */
  const i32 *program, *end;
  atomic_int failed;
} scan_job;

static int run_step(const scan_job *job, const gl_run_context *run) {
  for (const i32 *record = job->program; record < job->end;) {
    if (job->end - record < 2 || record[1] < 2 || record[1] > job->end - record || record[0] < 0 || record[0] >= GL_KIND_COUNT) return gl_malformed(run);
    gl_reader reader = {.at = record + 2, .end = record + record[1], .failed = false};
    gl_kernel_memory_reset();
    if (GL(kernels).kernels[record[0]](&reader, run) != 0) return -1;
    record += record[1];
  }
  return 0;
}

static uint64_t address(const place *at, int part, int64_t step) {
  return (uint64_t)(uintptr_t)(at->base + part * at->part + step * at->step);
}

static int run_part(const scan_job *job, int part, uint64_t *slots) {
  struct gl_kept *kept = NULL;
  const gl_run_context run = {.slots = slots, .scalars = job->scalars, .index = job->run->index, .kept = &kept};
  uint64_t *leaves = slots + 1, *outputs = leaves + job->nLeaves;
  slots[0] = address(&job->arena, part, 0);
  for (i32 i = 0; i < job->steps; i++) {
    const i32 t = job->reverse ? job->steps - 1 - i : i;
    for (int k = 0; k < job->nLeaves; k++) leaves[k] = k < job->nCarried && i > 0 ? outputs[k] : address(&job->places[k], part, t);
    for (int k = 0; k < job->nOutputs; k++) {
      const place *at = &job->places[job->nLeaves + k];
      outputs[k] = address(at, part, at->turns > 0 ? i % at->turns : t);
    }
    if (run_step(job, &run) != 0) return -1;
  }
  return 0;
}

static void part_task(void *context, int part) {
  scan_job *job = context;
  gl_alone(true);
  gl_enter_own_memory();
  uint64_t *slots = gl_run_memory(sizeof(uint64_t) * (size_t)(1 + job->nLeaves + job->nOutputs));
  if (!slots) atomic_store(&job->failed, gl_out_of_memory(job->run));
  else if (run_part(job, part, slots) != 0) atomic_store(&job->failed, -1);
  gl_leave_own_memory();
  gl_alone(false);
}

static bool take_place(gl_reader *reader, const gl_run_context *run, bool turns, place *to) {
  const i32 slot = gl_take(reader), offset = gl_take(reader), dtype = gl_take(reader), step = gl_take(reader), part = gl_take(reader);
  to->turns = turns ? gl_take(reader) : 0;
  if (reader->failed || slot < 0 || dtype < GL_F32 || dtype > GL_BOOL || to->turns < 0) return false;
  const int64_t size = gl_size(dtype);
  to->base = (char *)(uintptr_t)run->slots[slot] + offset * size;
  to->step = step * size, to->part = part * size;
  return true;
}

int GL(run_scan)(gl_reader *reader, const gl_run_context *run) {
  scan_job job = {.run = run};
  job.steps = gl_take(reader), job.reverse = gl_take(reader) != 0, job.parts = gl_take(reader);
  job.nCarried = gl_take(reader), job.nLeaves = gl_take(reader), job.nOutputs = gl_take(reader);
  const i32 firstScalar = gl_take(reader);
  const i32 most = (i32)(reader->end - reader->at);
  if (reader->failed || job.steps < 0 || job.parts < 1 || job.nLeaves < 0 || job.nOutputs < 0 || job.nLeaves > most || job.nOutputs > most || firstScalar < 0) return gl_malformed(run);
  if (job.nCarried < 0 || job.nCarried > job.nLeaves || job.nCarried > job.nOutputs) return gl_malformed(run);
  job.scalars = run->scalars + firstScalar;
  const size_t n = (size_t)(job.nLeaves + job.nOutputs);
  place *places = gl_run_memory(sizeof(place) * n);
  uint64_t *slots = gl_run_memory(sizeof(uint64_t) * (n + 1));
  if (!places || !slots) return gl_out_of_memory(run);
  if (!take_place(reader, run, false, &job.arena)) return gl_malformed(run);
  for (size_t i = 0; i < n; i++)
    if (!take_place(reader, run, i >= (size_t)job.nLeaves, &places[i])) return gl_malformed(run);
  job.places = places, job.program = reader->at, job.end = reader->end;
  if (job.parts == 1) return run_part(&job, 0, slots);
  gl_parallel(job.parts, part_task, &job);
  return atomic_load(&job.failed);
}
