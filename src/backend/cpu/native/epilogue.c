/* Elementwise program on a finished tile, a few rows at a time, while it is in cache. */
#include "contract.h"
#include <string.h>

/* Shorter lines cost more in calls than in copies. */
enum { LEAST_LINE = 192 };

/* Adds index * stride of the axes to *offset; false if the view has bounds there and an index lies outside. */
static bool step_into(const gl_view *view, const gl_axes *axes, int64_t index, int64_t *offset) {
  bool inside = true;
  for (int i = axes->n - 1; i >= 0; i--) {
    const int d = axes->dim[i];
    const int64_t at = i == 0 ? index : index % axes->size[i];
    index /= axes->size[i];
    *offset += at * view->stride[d];
    inside &= at >= view->lo[d] && at < view->hi[d];
  }
  return inside;
}

/* Sets line to row m of the operand; false where bounds put the whole row outside. */
static bool to_row(const gl_contraction *job, const gl_epilogue_operand *operand, int64_t batchOffset, int64_t batch, int64_t m, gl_view *line) {
  int64_t offset = batchOffset;
  bool inside = true;
  if (operand->rows) offset += operand->rows[m];
  else {
    offset = 0;
    inside = step_into(&operand->whole, &job->batch, batch, &offset) & step_into(&operand->whole, &job->m, m, &offset);
  }
  line->base = operand->whole.base + offset * gl_size(line->dtype);
  return inside;
}
static int64_t batch_offset(const gl_contraction *job, const gl_epilogue_operand *operand, int64_t batch) {
  int64_t offset = 0;
  step_into(&operand->whole, &job->batch, batch, &offset);
  return offset;
}

/* Where line m of an operand without bounds begins at column n0. */
static char *line_start(const gl_contraction *job, const gl_epilogue_operand *operand, int64_t batch, int64_t m, int64_t n0) {
  const int64_t ofBatch = job->batch.n ? batch_offset(job, operand, batch) : 0;
  return operand->whole.base + (ofBatch + operand->rows[m] + n0) * gl_size(operand->whole.dtype);
}
/* A row at a time, on operands where they lie: nothing is copied. */
static void in_lines(const gl_contraction *job, gl_frame *frame, int64_t batch, int64_t m0, int64_t rows, int64_t n0, int64_t width, char *tile) {
  const gl_body *body = &job->body;
  for (int64_t r = 0; r < rows; r++) {
    frame->registers[0] = tile + r * job->columns * job->gemm->size;
    for (int i = 0; i < body->nInputs; i++) {
      const gl_epilogue_operand *in = &job->inputs[i];
      if (in->inLine) frame->registers[in->reg] = line_start(job, in, batch, m0 + r, n0);
      else if (in->alongM || r == 0) {
        gl_view line = in->line;
        frame->registers[in->reg] = frame->storage[in->reg];
        if (to_row(job, in, batch_offset(job, in, batch), batch, m0 + r, &line)) GL(load)(&line, n0, width, frame->storage[in->reg]);
        else GL(splat)(line.dtype, line.fill, width, frame->storage[in->reg]);
      }
    }
    for (int i = 0; i < body->nOutputs; i++)
      if (job->outputs[i].inLine) frame->registers[job->outputs[i].reg] = line_start(job, &job->outputs[i], batch, m0 + r, n0);
    const gl_range range = {.start = 0, .count = width, .total = 0, .firstRow = 0, .rows = 1, .length = (int)width};
    GL(compute)(body, frame, job->scalars, &range);
    for (int i = 0; i < body->nOutputs; i++) {
      const gl_epilogue_operand *out = &job->outputs[i];
      if (out->inLine) continue;
      gl_view line = out->line;
      to_row(job, out, batch_offset(job, out, batch), batch, m0 + r, &line);
      GL(store)(&line, n0, width, frame->registers[out->reg]);
    }
  }
  /* A narrower tile that follows is copied: it must not write where these lines lie. */
  for (int i = 0; i < body->nOutputs; i++) frame->registers[job->outputs[i].reg] = frame->storage[job->outputs[i].reg];
}

void GL(epilogue)(const gl_contraction *job, gl_frame *frame, int64_t batch, int64_t m0, int64_t rows, int64_t n0, int64_t width, char *tile) {
  if (job->inLines && width >= LEAST_LINE && width % GL_LANES == 0) {
    in_lines(job, frame, batch, m0, rows, n0, width, tile);
    return;
  }
  const gl_body *body = &job->body;
  const int64_t columns = job->columns, rowBytes = columns * job->gemm->size;
  for (int64_t done = 0; done < rows; done += job->rows) {
    const int64_t n = gl_min(job->rows, rows - done);
    frame->registers[0] = tile + done * rowBytes;
    for (int i = 0; i < body->nInputs; i++) {
      const gl_epilogue_operand *in = &job->inputs[i];
      const int64_t bytes = columns * (in->whole.dtype == GL_F64 ? 8 : 4);
      char *to = frame->storage[in->reg];
      frame->registers[in->reg] = to;
      if (!in->alongM && done > 0) continue; /* the same for every row: there since the first */
      gl_view line = in->line;
      const int64_t base = batch_offset(job, in, batch);
      const int64_t distinct = in->alongM ? n : 1, copies = in->alongM ? 1 : gl_min(job->rows, rows);
      for (int64_t r = 0; r < distinct; r++)
        if (to_row(job, in, base, batch, m0 + done + r, &line)) GL(load)(&line, n0, width, to + r * bytes);
        else GL(splat)(line.dtype, line.fill, width, to + r * bytes);
      for (int64_t r = 1; r < copies; r++) memcpy(to + r * bytes, to, (size_t)bytes);
    }
    if (body->code.nInstructions > 0) {
      const gl_range range = {.start = 0, .count = n * columns, .total = 0, .firstRow = 0, .rows = (int)n, .length = (int)columns};
      GL(compute)(body, frame, job->scalars, &range);
    }
    for (int i = 0; i < body->nOutputs; i++) {
      const gl_epilogue_operand *out = &job->outputs[i];
      const int64_t bytes = columns * (out->whole.dtype == GL_F64 ? 8 : 4);
      gl_view line = out->line;
      const int64_t base = batch_offset(job, out, batch);
      for (int64_t r = 0; r < n; r++) {
        to_row(job, out, base, batch, m0 + done + r, &line);
        GL(store)(&line, n0, width, (char *)frame->registers[out->reg] + r * bytes);
      }
    }
  }
}
