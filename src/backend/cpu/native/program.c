/* Reads records: dims, views, constants, instructions; checks every word that would otherwise index memory. */
#include "program.h"
#include "api.h"
#include "memory.h"
#include "opcodes.h"
#include <string.h>

i32 gl_take(gl_reader *reader) {
  if (reader->at < reader->end) return *reader->at++;
  reader->failed = true;
  return 0;
}

const i32 *gl_take_many(gl_reader *reader, i32 count) {
  const i32 *words = reader->at;
  if (count < 0 || reader->end - reader->at < count) {
    reader->failed = true;
    return NULL;
  }
  reader->at += count;
  return words;
}

const i32 *gl_take_dims(gl_reader *reader, i32 nd) {
  if (nd > GL_MAX_DIMS) reader->failed = true;
  const i32 *dims = reader->failed ? NULL : gl_take_many(reader, nd);
  for (i32 d = 0; dims && d < nd; d++)
    if (dims[d] < 0) reader->failed = true;
  return reader->failed ? NULL : dims;
}

int64_t gl_product(const i32 *dims, int nd) {
  int64_t n = 1;
  for (int d = 0; d < nd; d++) n *= dims[d];
  return n;
}

void gl_merge(gl_view *view) {
  int n = 0;
  for (int d = 0; d < view->nd; d++) {
    const i32 size = view->size[d], lo = view->lo[d], hi = view->hi[d];
    const bool whole = lo <= 0 && hi >= size;
    if (size == 1 && whole) continue;
    if (n > 0) {
      const int p = n - 1; /* the dim before, which goes on where this one ends */
      const bool wholeBefore = view->lo[p] <= 0 && view->hi[p] >= view->size[p];
      if (whole && wholeBefore && view->stride[p] == view->stride[d] * size && (int64_t)view->size[p] * size <= INT32_MAX) {
        view->size[p] *= size, view->stride[p] = view->stride[d];
        view->lo[p] = 0, view->hi[p] = view->size[p];
        continue;
      }
    }
    view->size[n] = size, view->stride[n] = view->stride[d];
    view->lo[n] = lo, view->hi[n] = hi;
    n++;
  }
  view->nd = n;
  view->bounded = false;
  for (int d = 0; d < n; d++) view->bounded |= view->lo[d] > 0 || view->hi[d] < view->size[d];
}

void gl_drop_dims(gl_view *view, int from, int count) {
  const size_t rest = (size_t)(view->nd - from - count);
  memmove(view->size + from, view->size + from + count, rest * sizeof *view->size);
  memmove(view->stride + from, view->stride + from + count, rest * sizeof *view->stride);
  memmove(view->lo + from, view->lo + from + count, rest * sizeof *view->lo);
  memmove(view->hi + from, view->hi + from + count, rest * sizeof *view->hi);
  view->nd -= count;
}

void gl_take_view(gl_reader *reader, const gl_run_context *run, const i32 *dims, int nd, bool keep, gl_view *view) {
  const i32 slot = gl_take(reader), offset = gl_take(reader), dtype = gl_take(reader), fill = gl_take(reader);
  const i32 *strides = gl_take_many(reader, nd);
  const i32 *lo = fill >= 0 ? gl_take_many(reader, nd) : NULL, *hi = fill >= 0 ? gl_take_many(reader, nd) : NULL;
  if (dtype < GL_F32 || dtype > GL_BOOL || slot < 0) reader->failed = true;
  if (reader->failed) return;
  view->base = (char *)(uintptr_t)run->slots[slot] + (int64_t)offset * gl_size(dtype);
  view->dtype = dtype, view->nd = nd;
  view->fill = fill >= 0 ? run->scalars[fill] : 0;
  view->bounded = fill >= 0;
  for (int d = 0; d < nd; d++) {
    view->size[d] = dims[d], view->stride[d] = strides[d];
    view->lo[d] = lo ? lo[d] : 0, view->hi[d] = hi ? hi[d] : dims[d];
  }
  if (!keep) gl_merge(view);
}

bool gl_take_constants(gl_reader *reader, const gl_run_context *run, gl_code *code, int firstRegister) {
  const i32 *words = gl_take_many(reader, code->nConstants * 2);
  if (reader->failed || firstRegister + code->nConstants > code->nRegisters) return false;
  code->constants = gl_kernel_memory(sizeof(gl_constant) * (size_t)code->nConstants);
  if (!code->constants) return false;
  for (int i = 0; i < code->nConstants; i++) {
    const int dtype = words[2 * i + 1];
    if (words[2 * i] < 0 || dtype < GL_F32 || dtype > GL_BOOL) return false;
    code->constants[i] = (gl_constant){firstRegister + i, dtype, run->scalars[words[2 * i]]};
    code->dtypes[firstRegister + i] = (uint8_t)(dtype == GL_BOOL ? GL_I32 : dtype);
  }
  return true;
}

/* dtype of what an instruction writes */
static int result_dtype(const gl_code *code, int op, int a, int b) {
  switch (op) {
    case GL_OP_mov:
    case GL_OP_mov_f64:
    case GL_OP_expand:
    case GL_OP_rsum:
    case GL_OP_rprod:
    case GL_OP_rmax:
    case GL_OP_rmin: return code->dtypes[a];
    case GL_OP_where:
    case GL_OP_where_f64: return code->dtypes[b];
    case GL_OP_iota:
    case GL_OP_rargmax:
    case GL_OP_rargmin: return GL_I32;
    case GL_OP_philox: return GL_U32;
    default: return gl_operation_result[op];
  }
}

bool gl_take_instructions(gl_reader *reader, const gl_op *operations, gl_code *code) {
  if (code->nInstructions < 0) return false;
  const i32 *words = gl_take_many(reader, code->nInstructions * 5);
  if (reader->failed) return false;
  code->instructions = gl_kernel_memory(sizeof(gl_instruction) * (size_t)code->nInstructions);
  if (!code->instructions) return false;
  for (int i = 0; i < code->nInstructions; i++, words += 5) {
    const int op = words[0], dst = words[1];
    if (op < 0 || op >= GL_OP_COUNT || dst < 0 || dst >= code->nRegisters) return false;
    for (int k = 2; k < 5; k++)
      if (words[k] >= code->nRegisters && !(op == GL_OP_philox && k == 3)) return false;
    if (code->nConstants > 0 && dst >= code->constants[0].reg && dst < code->constants[0].reg + code->nConstants) return false; /* constants are set once */
    const int a = words[2] < 0 ? dst : words[2], b = words[3] < 0 ? dst : words[3], c = words[4] < 0 ? dst : words[4];
    code->instructions[i] = (gl_instruction){.call = operations[op], .op = op, .dst = dst, .a = a, .b = b, .c = c};
    code->positional |= op == GL_OP_iota || op == GL_OP_philox;
    code->cost += gl_operation_cost[op];
    code->dtypes[dst] = (uint8_t)result_dtype(code, op, a, b);
    if (code->dtypes[dst] == GL_F64) code->elementSize = 8;
  }
  for (int r = 0; r < code->nRegisters; r++)
    if (code->dtypes[r] == GL_F64) code->elementSize = 8;
  return true;
}
