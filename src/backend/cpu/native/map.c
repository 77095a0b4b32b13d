/* map: an elementwise program over one iteration space, block by block. */
#include "api.h"
#include "kernels.h"
#include "memory.h"
#include "operands.h"
#include "threads.h"

typedef struct {
  const gl_body *body;
  const f64 *scalars;
  int64_t total, chunk;
  int block;
} map_job;

static void map_task(void *context, int i) {
  const map_job *job = context;
  gl_frame frame;
  void *memory = gl_thread_scratch(GL(frame_size)(job->body, job->block, 0));
  if (!memory) return;
  GL(frame)(job->body, memory, job->block, 0, &frame);
  const int64_t end = gl_min(job->total, (i + 1) * job->chunk);
  for (int64_t start = i * job->chunk; start < end; start += job->block) {
    const gl_range range = {.start = start, .count = gl_min(job->block, end - start), .total = job->total, .rows = 0, .length = 1};
    GL(load_inputs)(job->body, &frame, &range);
    GL(compute)(job->body, &frame, job->scalars, &range);
    GL(store_outputs)(job->body, &frame, &range);
  }
}

/* A block's registers should fit the first-level cache. */
static int block_size(const gl_body *body) {
  const int bytes = (body->code.nRegisters + 1) * body->code.elementSize;
  int block = 2048;
  while (block > 256 && block * bytes > 32768) block /= 2;
  return block;
}

int GL(run_map)(gl_reader *reader, const gl_run_context *run) {
  const int nd = gl_take(reader);
  const i32 *dims = gl_take_dims(reader, nd);
  const int nIn = gl_take(reader), nOut = gl_take(reader), nConst = gl_take(reader), nReg = gl_take(reader), nInstr = gl_take(reader);
  gl_body body;
  if (reader->failed || !GL(new_body)(&body, nIn, nOut, nConst, nReg, nInstr)) return gl_malformed(run);
  if (!GL(take_inputs)(reader, run, dims, nd, 0, &body) || !GL(take_outputs)(reader, run, dims, nd, &body)) return gl_malformed(run);
  if (!gl_take_constants(reader, run, &body.code, nIn) || !gl_take_instructions(reader, GL(operations), &body.code)) return gl_malformed(run);
  if (!GL(outputs_fit)(&body)) return gl_malformed(run);
  const int64_t total = gl_product(dims, nd);
  if (total == 0) return 0;
  GL(prepare)(&body);
  GL(compile)(&body, 0, NULL, 0);
  map_job job = {.body = &body, .scalars = run->scalars, .total = total, .block = block_size(&body)};
  const int64_t cost = total / GL_LANES * (body.code.cost + 2 * (nIn + nOut));
  if (cost < GL_SERIAL_CYCLES) {
    if (total < job.block) job.block = (int)gl_padded(total);
    job.chunk = total;
    map_task(&job, 0);
    return 0;
  }
  /* tasks of about 20 microseconds, at most 4096 */
  const int64_t blocks = gl_ceil_div(total, job.block), perTask = gl_max(gl_max(1, blocks * GL_SERIAL_CYCLES * 2 / cost), gl_ceil_div(blocks, 4096));
  job.chunk = perTask * job.block;
  gl_parallel((int)gl_ceil_div(total, job.chunk), map_task, &job);
  return 0;
}
