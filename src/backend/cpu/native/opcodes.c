/* What the operation table says about each opcode, and the parts of a reduction that no instruction set changes. */
#include "opcodes.h"
#include "api.h"
#include "vm.h"
#include <math.h>
#include <string.h>

enum { GL_result_f32 = GL_F32, GL_result_f64 = GL_F64, GL_result_i32 = GL_I32, GL_result_u32 = GL_U32 };
#define GL_RESULT(name, R, ...) GL_result_##R,
#define GL_RESULT_S(name, cost) GL_F32,
const uint8_t gl_operation_result[] = {GL_CALLED_OPS(GL_RESULT, GL_RESULT, GL_RESULT) GL_SPECIAL_OPS(GL_RESULT_S)};

/* float64 transcendentals call libm, element by element */
#define GL_COST(name, R, A, cost, expression) cost > 9 && sizeof(A) == 8 ? 320 : cost,
#define GL_COST_S(name, cost) cost,
const uint16_t gl_operation_cost[] = {GL_CALLED_OPS(GL_COST, GL_COST, GL_COST) GL_SPECIAL_OPS(GL_COST_S)};

gl_accumulator gl_neutral(int op) {
  switch (op) {
    case GL_OP_rsum: return (gl_accumulator){0, 0};
    case GL_OP_rprod: return (gl_accumulator){1, 1};
    case GL_OP_rmax:
    case GL_OP_rargmax: return (gl_accumulator){-INFINITY, -1}; /* place -1: nothing seen yet */
    default: return (gl_accumulator){INFINITY, -1};
  }
}

void gl_accumulator_store(int op, int dtype, const gl_accumulator *from, void *to) {
  const bool extremum = op != GL_OP_rsum && op != GL_OP_rprod;
  if (op == GL_OP_rargmax || op == GL_OP_rargmin) {
    const i32 place = from->integer < 0 ? 0 : (i32)from->integer;
    memcpy(to, &place, 4);
  } else if (dtype == GL_F32) {
    const f32 x = (f32)from->value;
    memcpy(to, &x, 4);
  } else if (dtype == GL_F64) memcpy(to, &from->value, 8);
  else {
    const f64 v = from->value; /* of an empty maximum: infinite */
    const u32 x = extremum ? (u32)(int64_t)(v > 9e15 ? (dtype == GL_U32 ? UINT32_MAX : INT32_MAX) : v < -9e15 ? (dtype == GL_U32 ? 0 : INT32_MIN) : v) : (u32)from->integer;
    memcpy(to, &x, 4);
  }
}
