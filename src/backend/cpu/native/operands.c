/* Ties registers to memory, block by block. */
#include "operands.h"
#include "api.h"
#include "compile.h"
#include "memory.h"
#include <string.h>

int GL(mode)(const gl_view *view) {
  if (view->bounded) return GL_LOADED;
  if (view->nd == 0 || (view->nd == 1 && view->stride[0] == 0)) return GL_SPLAT;
  return view->nd == 1 && view->stride[0] == 1 && view->dtype != GL_BOOL ? GL_DENSE : GL_LOADED;
}

static bool dense(const gl_view *view) { return view->dtype != GL_BOOL && (view->nd == 0 || (view->nd == 1 && view->stride[0] == 1)); }
static bool is_row(const gl_body *body, int reg) { return body->kinds && body->kinds[reg]; }
static int size_of(const gl_body *body, int reg) { return body->code.dtypes[reg] == GL_F64 ? 8 : 4; }

bool GL(new_body)(gl_body *body, int nInputs, int nOutputs, int nConstants, int nRegisters, int nInstructions) {
  if (nInputs < 0 || nOutputs < 0 || nConstants < 0 || nInstructions < 0 || nRegisters < 0) return false;
  if (nInputs > GL_MAX_OPERANDS || nOutputs > GL_MAX_OPERANDS || nRegisters > GL_MAX_REGISTERS || nConstants > nRegisters) return false;
  memset(body, 0, sizeof *body);
  body->nInputs = nInputs, body->nOutputs = nOutputs;
  body->code.nConstants = nConstants, body->code.nRegisters = nRegisters, body->code.nInstructions = nInstructions;
  body->code.elementSize = 4;
  body->code.dtypes = gl_kernel_memory((size_t)nRegisters);
  body->inputs = gl_kernel_memory(sizeof(gl_operand) * (size_t)nInputs);
  body->outputs = gl_kernel_memory(sizeof(gl_operand) * (size_t)nOutputs);
  if (!body->code.dtypes || !body->inputs || !body->outputs) return false;
  memset(body->code.dtypes, 0, (size_t)nRegisters);
  return true;
}

bool GL(take_inputs)(gl_reader *reader, const gl_run_context *run, const i32 *dims, int nd, int first, gl_body *body) {
  if (first + body->nInputs > body->code.nRegisters) return false;
  for (int i = 0; i < body->nInputs; i++) {
    gl_operand *in = &body->inputs[i];
    gl_take_view(reader, run, dims, nd, true, &in->view);
    if (reader->failed) return false;
    in->reg = first + i;
    body->code.dtypes[in->reg] = (uint8_t)(in->view.dtype == GL_BOOL ? GL_I32 : in->view.dtype);
  }
  return true;
}

bool GL(take_outputs)(gl_reader *reader, const gl_run_context *run, const i32 *dims, int nd, gl_body *body) {
  for (int i = 0; i < body->nOutputs; i++) {
    gl_operand *out = &body->outputs[i];
    out->reg = gl_take(reader);
    gl_take_view(reader, run, dims, nd, true, &out->view);
    if (reader->failed || out->reg < 0 || out->reg >= body->code.nRegisters) return false;
  }
  return true;
}

bool GL(outputs_fit)(const gl_body *body) {
  for (int i = 0; i < body->nOutputs; i++)
    if ((body->outputs[i].view.dtype == GL_F64 ? 8 : 4) != size_of(body, body->outputs[i].reg)) return false;
  return true;
}

/* Whether the register is written before the last time that the input is read. */
static bool written_before_read(const gl_code *code, int reg, int input) {
  bool written = false;
  for (int i = 0; i < code->nInstructions; i++) {
    const gl_instruction *in = &code->instructions[i];
    if (written && (in->a == input || in->b == input || in->c == input)) return true;
    written |= in->dst == reg;
  }
  return false;
}

void GL(prepare)(gl_body *body) {
  for (int i = 0; i < body->nInputs; i++) {
    gl_operand *in = &body->inputs[i];
    gl_merge(&in->view);
    in->mode = GL(mode)(&in->view);
    in->lines = true;
    in->row = is_row(body, in->reg);
    for (int k = 0; k < body->code.nInstructions; k++) /* an instruction that reuses the register must not write to memory */
      if (body->code.instructions[k].dst == in->reg) in->mode = GL_LOADED, in->lines = false;
  }
  for (int i = 0; i < body->nOutputs; i++) {
    gl_operand *out = &body->outputs[i];
    gl_merge(&out->view);
    out->row = is_row(body, out->reg);
    out->inPlace = dense(&out->view);
    bool computed = false;
    for (int k = 0; k < body->code.nInstructions; k++) computed |= body->code.instructions[k].dst == out->reg;
    out->inPlace &= computed;
    for (int j = 0; j < i; j++) out->inPlace &= body->outputs[j].reg != out->reg;
    for (int j = 0; j < body->nInputs; j++) {
      const gl_operand *in = &body->inputs[j];
      if (in->reg == out->reg) out->inPlace = false;
      if (in->view.base == out->view.base && in->lines && written_before_read(&body->code, out->reg, in->reg)) out->inPlace = false;
    }
  }
  /* An input that an output merely copies must not lie where another output is written. */
  for (int i = 0; i < body->nInputs; i++)
    for (int j = 0; j < body->nOutputs; j++)
      for (int k = 0; k < body->nOutputs; k++)
        if (body->outputs[j].reg == body->inputs[i].reg && j != k && body->outputs[k].view.base == body->inputs[i].view.base) body->inputs[i].mode = GL_LOADED, body->inputs[i].lines = false;
}

void GL(compile)(gl_body *body, int64_t length, const int *kept, int nKept) {
#if defined(__AVX512F__)
  if (!gl_compiles) return;
  gl_code *code = &body->code;
  uint8_t *flags = gl_kernel_memory((size_t)code->nRegisters + 1);
  if (!flags) return;
  for (int r = 0; r < code->nRegisters; r++) flags[r] = is_row(body, r) ? GL_IS_ROW : 0;
  for (int i = 0; i < code->nConstants; i++) flags[code->constants[i].reg] |= GL_IS_UNIFORM;
  for (int i = 0; i < body->nInputs; i++)
    flags[body->inputs[i].reg] |= body->inputs[i].mode == GL_SPLAT ? GL_IS_UNIFORM : GL_IS_INPUT;
  for (int i = 0; i < body->nOutputs; i++) flags[body->outputs[i].reg] |= GL_IS_KEPT;
  for (int i = 0; i < nKept; i++) flags[kept[i]] |= GL_IS_KEPT;
  gl_compile(code, flags, length);
#else
  (void)body, (void)length, (void)kept, (void)nKept;
#endif
}

/* Registers start at different cache sets. */
enum { SKEW = 320 };
static size_t register_bytes(const gl_body *body, int reg, int64_t capacity, int64_t rows) {
  return (size_t)gl_padded(is_row(body, reg) ? rows : capacity) * (size_t)body->code.elementSize + SKEW;
}
size_t GL(frame_size)(const gl_body *body, int64_t capacity, int64_t rows) {
  const size_t n = (size_t)body->code.nRegisters;
  size_t bytes = (2 * n * sizeof(void *) + 63) & ~(size_t)63;
  for (int r = 0; r < body->code.nRegisters; r++) bytes += register_bytes(body, r, capacity, rows);
  return (bytes + 63) & ~(size_t)63;
}

void GL(frame)(const gl_body *body, void *memory, int64_t capacity, int64_t rows, gl_frame *frame) {
  const size_t n = (size_t)body->code.nRegisters;
  frame->registers = memory;
  frame->storage = (char **)memory + n;
  char *at = (char *)memory + ((2 * n * sizeof(void *) + 63) & ~(size_t)63);
  for (int r = 0; r < body->code.nRegisters; r++) {
    frame->registers[r] = frame->storage[r] = at;
    at += register_bytes(body, r, capacity, rows);
  }
  for (int i = 0; i < body->code.nConstants; i++) {
    const gl_constant *c = &body->code.constants[i];
    GL(splat)(c->dtype, c->value, gl_padded(is_row(body, c->reg) ? rows : capacity), frame->storage[c->reg]);
  }
  for (int i = 0; i < body->nInputs; i++) {
    const gl_operand *in = &body->inputs[i];
    if (in->mode == GL_SPLAT) GL(load)(&in->view, 0, gl_padded(in->row ? rows : capacity), frame->storage[in->reg]);
  }
}

static char *place(const gl_operand *operand, const gl_range *range) {
  return operand->view.base + (operand->row ? range->firstRow : range->start) * gl_size(operand->view.dtype);
}

/* The block where it lies, if it is part of one line of neighbours; else null. */
static char *within_line(const gl_view *view, int64_t start, int64_t count) {
  const int last = view->nd - 1;
  if (last < 0 || view->bounded || view->dtype == GL_BOOL || view->stride[last] != 1) return NULL;
  const int64_t at = start % view->size[last];
  if (at + gl_padded(count) > view->size[last]) return NULL;
  int64_t offset = at;
  start /= view->size[last];
  for (int d = last - 1; d >= 0; d--) offset += start % view->size[d] * view->stride[d], start /= view->size[d];
  return view->base + offset * gl_size(view->dtype);
}

void GL(load_inputs)(const gl_body *body, gl_frame *frame, const gl_range *range) {
  for (int i = 0; i < body->nInputs; i++) {
    const gl_operand *in = &body->inputs[i];
    if (in->mode == GL_SPLAT) continue;
    const int64_t start = in->row ? range->firstRow : range->start, count = in->row ? range->rows : range->count;
    const int64_t total = in->row ? range->total / range->length : range->total;
    if (in->mode == GL_DENSE && start + gl_padded(count) <= total) frame->registers[in->reg] = place(in, range);
    else {
      char *line = in->lines ? within_line(&in->view, start, count) : NULL;
      frame->registers[in->reg] = line ? line : frame->storage[in->reg];
      if (!line) GL(load)(&in->view, start, count, frame->storage[in->reg]);
    }
  }
  for (int i = 0; i < body->nOutputs; i++) {
    const gl_operand *out = &body->outputs[i];
    if (!out->inPlace) continue;
    const int64_t count = out->row ? range->rows : range->count;
    const bool here = count % GL_LANES == 0;
    frame->registers[out->reg] = here ? place(out, range) : frame->storage[out->reg];
    if (here)
      for (int64_t i = 0, bytes = count * gl_size(out->view.dtype); i < bytes; i += 64) __builtin_prefetch(place(out, range) + i, 1, 2);
  }
}

void GL(compute)(const gl_body *body, gl_frame *frame, const f64 *scalars, const gl_range *range) {
  const gl_block block = {
      .registers = frame->registers,
      .scalars = scalars,
      .kinds = body->kinds,
      .count = (int)range->count,
      .rows = range->rows,
      .length = range->length,
      .start = range->start,
  };
  GL(execute)(&body->code, &block);
}

void GL(store_outputs)(const gl_body *body, gl_frame *frame, const gl_range *range) {
  for (int i = 0; i < body->nOutputs; i++) {
    const gl_operand *out = &body->outputs[i];
    if (out->inPlace && frame->registers[out->reg] == place(out, range)) continue;
    GL(store)(&out->view, out->row ? range->firstRow : range->start, out->row ? range->rows : range->count, frame->registers[out->reg]);
  }
}
