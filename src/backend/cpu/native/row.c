/* row: programs whose rows (the trailing dims) are reduced and used again: softmax, layer norm, losses, their gradients. */
#include "api.h"
#include "kernels.h"
#include "memory.h"
#include "operands.h"
#include "threads.h"

enum { CACHE = 40960, MAX_LENGTH = 65536 };

typedef struct {
  const gl_body *body;
  const f64 *scalars;
  int64_t rows, perTask;
  int length, block; /* block: rows at a time */
} row_job;

static void row_task(void *context, int i) {
  const row_job *job = context;
  gl_frame frame;
  const int64_t capacity = (int64_t)job->block * job->length;
  void *memory = gl_thread_scratch(GL(frame_size)(job->body, capacity, job->block));
  if (!memory) return;
  GL(frame)(job->body, memory, capacity, job->block, &frame);
  const int64_t end = gl_min(job->rows, (i + 1) * job->perTask);
  for (int64_t row = i * job->perTask; row < end; row += job->block) {
    const int rows = (int)gl_min(job->block, end - row);
    const gl_range range = {
        .start = row * job->length,
        .count = (int64_t)rows * job->length,
        .total = job->rows * job->length,
        .firstRow = row,
        .rows = rows,
        .length = job->length,
    };
    GL(load_inputs)(job->body, &frame, &range);
    GL(compute)(job->body, &frame, job->scalars, &range);
    GL(store_outputs)(job->body, &frame, &range);
  }
}

int GL(run_row)(gl_reader *reader, const gl_run_context *run) {
  const int nd = gl_take(reader), nRowDims = gl_take(reader);
  const i32 *dims = gl_take_dims(reader, nd);
  const int nIn = gl_take(reader), nOut = gl_take(reader), nConst = gl_take(reader), nReg = gl_take(reader), nInstr = gl_take(reader);
  const i32 *kinds = gl_take_many(reader, nReg);
  gl_body body;
  if (reader->failed || nRowDims < 0 || nRowDims > nd || !GL(new_body)(&body, nIn, nOut, nConst, nReg, nInstr)) return gl_malformed(run);
  uint8_t *flags = gl_kernel_memory((size_t)nReg);
  if (!flags) return gl_out_of_memory(run);
  for (int r = 0; r < nReg; r++) flags[r] = kinds[r] != 0;
  body.kinds = flags;
  if (!GL(take_inputs)(reader, run, dims, nd, 0, &body) || !GL(take_outputs)(reader, run, dims, nd, &body)) return gl_malformed(run);
  if (!gl_take_constants(reader, run, &body.code, nIn) || !gl_take_instructions(reader, GL(operations), &body.code)) return gl_malformed(run);
  if (!GL(outputs_fit)(&body)) return gl_malformed(run);
  for (int k = 0; k < nInstr; k++) { /* operands are of the kind that the instruction expects */
    const gl_instruction *in = &body.code.instructions[k];
    const bool reduces = in->op >= GL_OP_rsum, expands = in->op == GL_OP_expand;
    if (reduces ? !flags[in->dst] || flags[in->a] : expands ? flags[in->dst] || !flags[in->a] : false) return gl_malformed(run);
    if (!reduces && !expands && in->op != GL_OP_philox && in->op != GL_OP_iota && (flags[in->a] != flags[in->dst] || flags[in->b] != flags[in->dst] || flags[in->c] != flags[in->dst])) return gl_malformed(run);
    if ((in->op == GL_OP_philox || in->op == GL_OP_iota) && flags[in->dst]) return gl_malformed(run);
  }
  for (int i = 0; i < nIn; i++)
    if (flags[body.inputs[i].reg]) gl_drop_dims(&body.inputs[i].view, nd - nRowDims, nRowDims);
  for (int i = 0; i < nOut; i++)
    if (flags[body.outputs[i].reg]) gl_drop_dims(&body.outputs[i].view, nd - nRowDims, nRowDims);
  const int64_t rows = gl_product(dims, nd - nRowDims), length = gl_product(dims + nd - nRowDims, nRowDims);
  if (rows == 0 || length == 0) return 0;
  if (length > MAX_LENGTH) return gl_malformed(run);
  GL(prepare)(&body);
  GL(compile)(&body, length, NULL, 0);
  int full = 1;
  for (int r = 0; r < nReg; r++) full += !flags[r];
  int64_t block = gl_max(1, gl_min(4096, CACHE / (full * body.code.elementSize)) / length); /* registers stay in the first-level cache */
  if (block >= GL_LANES) block &= -GL_LANES; /* whole groups: outputs can be written in place */
  row_job job = {.body = &body, .scalars = run->scalars, .rows = rows, .length = (int)length, .block = (int)gl_min(block, rows)};
  const int64_t cost = gl_max(1, rows * length / GL_LANES * (body.code.cost + 2 * (nIn + nOut)) + rows * 20 * nInstr);
  if (cost < GL_SERIAL_CYCLES) {
    job.perTask = rows;
    row_task(&job, 0);
    return 0;
  }
  const int64_t blocks = gl_ceil_div(rows, job.block);
  const int64_t perTask = gl_max(gl_max(1, blocks * GL_SERIAL_CYCLES * 2 / cost), gl_ceil_div(blocks, 4096));
  job.perTask = perTask * job.block;
  gl_parallel((int)gl_ceil_div(rows, job.perTask), row_task, &job);
  return 0;
}
