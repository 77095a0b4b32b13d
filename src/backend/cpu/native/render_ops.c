/* In: an opcode and the vectors of its operands. Out: its machine code. The same arithmetic as in the operation table and math_f32.h. */
#include "render_ops.h"
#include "opcodes.h"
#include <math.h>

#define GL_FLOAT_NUMBER(name, value) [GL_##name] = {.number = (f32)(value)},
const union gl_number gl_numbers[GL_NUMBER_COUNT] = {
    GL_NUMBERS(GL_FLOAT_NUMBER)[GL_SIGN] = {.bits = 0x80000000u},
    [GL_MAGNITUDE] = {.bits = 0x7fffffffu},
    [GL_INT_ONE] = {.bits = 1},
    [GL_SCALE_BIAS] = {.bits = 127u - 0x4b400000u}, /* of 2^k: 127 minus the bits of ROUNDER */
    [GL_SHIFT_MASK] = {.bits = 31},
    [GL_TAME_LEAST] = {.bits = (127 - 60) << 23}, /* 2^-60 */
    [GL_TAME_RANGE] = {.bits = 120 << 23},
};

void gl_mask_or(gl_assembler *out, int to, int a, int b) {
  gl_byte(out, 0xC5), gl_byte(out, 0x80 | (~a & 15) << 3 | 4), gl_byte(out, 0x45), gl_byte(out, 0xC0 | to << 3 | b);
}
void gl_mask_clear(gl_assembler *out, int k) {
  gl_byte(out, 0xC5), gl_byte(out, 0x80 | (~k & 15) << 3 | 4), gl_byte(out, 0x47), gl_byte(out, 0xC0 | k << 3 | k);
}
static gl_place number(int place) { return gl_one_at(GL_R8, -1, (int)sizeof gl_numbers[0] * place); }
void gl_nan_if_mask(gl_assembler *out, int k, int x) {
  enum { SPREAD_BYTES = 10 };
  gl_bytes(out, "c5f898"), gl_byte(out, 0xC0 | k << 3 | k); /* kortest k, k */
  gl_byte(out, 0x74), gl_byte(out, SPREAD_BYTES);           /* jz past the next */
  gl_emit(out, gl_x86_spread, x, 0, gl_at(GL_R8, -1, number(GL_NAN).offset));
}

int gl_take_vector(gl_painter *p) {
  if (!p->free) p->make_room(p->context);
  const int v = __builtin_ctz(p->free);
  p->free &= ~(1u << v);
  return v;
}
static void give_vector(gl_painter *p, int v) { p->free |= 1u << v; }

/* All lanes of a new vector have the number. */
static int constant(gl_painter *p, int place) {
  const int v = gl_take_vector(p);
  gl_emit(&p->out, gl_x86_spread, v, 0, gl_at(GL_R8, -1, number(place).offset));
  return v;
}
static void masked_constant(gl_painter *p, int v, int place, int mask, bool zero) { gl_emit_sized(&p->out, gl_x86_spread, GL_512, v, 0, gl_at(GL_R8, -1, number(place).offset), mask, zero); }

/* e^r - 1 for x = n ln2 + r, with x in vector r, which is lost; *n is n, *shifted n + ROUNDER. */
static int exp_core(gl_painter *p, int r, int *n, int *shifted) {
  gl_assembler *out = &p->out;
  *shifted = constant(p, GL_ROUNDER);
  gl_emit(out, gl_x86_fma231, *shifted, r, number(GL_LOG2E));
  *n = gl_take_vector(p);
  gl_emit(out, gl_x86_sub, *n, *shifted, number(GL_ROUNDER));
  gl_emit(out, gl_x86_fnma231, r, *n, number(GL_LN2_HIGH));
  gl_emit(out, gl_x86_fnma231, r, *n, number(GL_LN2_LOW));
  const int q = constant(p, GL_EXP_6);
  for (int c = GL_EXP_5; c <= GL_EXP_1; c++) gl_emit(out, gl_x86_fma213, q, r, number(c));
  gl_emit(out, gl_x86_mul, q, q, gl_in(r));
  gl_emit(out, gl_x86_fma213, q, r, gl_in(r));
  return q;
}
static int exponential(gl_painter *p, int x) {
  gl_assembler *out = &p->out;
  const int r = constant(p, GL_EXP_MOST), least = constant(p, GL_EXP_LEAST);
  gl_emit(out, gl_x86_min, r, r, gl_in(x)); /* a NaN is the second operand, and stays */
  gl_emit(out, gl_x86_max, r, least, gl_in(r));
  give_vector(p, least);
  int n, shifted;
  const int q = exp_core(p, r, &n, &shifted);
  gl_emit(out, gl_x86_add, q, q, number(GL_ONE));
  gl_emit(out, gl_x86_scale, q, q, gl_in(n));
  give_vector(p, n), give_vector(p, shifted), give_vector(p, r);
  return q;
}
/* t = e^(2|x|) - 1, t / (t + 2) with the sign of x. */
static int hyperbolic_tangent(gl_painter *p, int x) {
  gl_assembler *out = &p->out;
  const int r = constant(p, GL_TANH_MOST), y = gl_take_vector(p);
  gl_emit(out, gl_x86_and, y, x, number(GL_MAGNITUDE));
  gl_emit(out, gl_x86_add, y, y, gl_in(y));
  gl_emit(out, gl_x86_min, r, r, gl_in(y));
  int n, scale;
  const int t = exp_core(p, r, &n, &scale);
  gl_emit(out, gl_x86_add_i32, scale, scale, number(GL_SCALE_BIAS));
  gl_emit_immediate(out, gl_x86_shift, 6, scale, gl_in(scale), 23); /* /6: left */
  gl_emit(out, gl_x86_sub, y, scale, number(GL_ONE));
  gl_emit(out, gl_x86_fma213, t, scale, gl_in(y));
  gl_emit(out, gl_x86_add, y, t, number(GL_TWO));
  gl_emit(out, gl_x86_div, t, t, gl_in(y));
  gl_emit_immediate(out, gl_x86_ternary, t, x, number(GL_SIGN), 0xD8); /* the bits of x where SIGN has ones, else those of t */
  give_vector(p, r), give_vector(p, y), give_vector(p, n), give_vector(p, scale);
  return t;
}
/* (x < 0 ? e : 1) / (1 + e) for e = e^-|x| */
static int logistic(gl_painter *p, int x) {
  gl_assembler *out = &p->out;
  const int negative = gl_take_vector(p);
  gl_emit(out, gl_x86_or, negative, x, number(GL_SIGN));
  const int e = exponential(p, negative), top = constant(p, GL_ONE);
  gl_emit_immediate(out, gl_x86_compare, 1, x, number(GL_ZERO), GL_LESS);
  gl_emit_sized(out, gl_x86_copy, GL_512, top, 0, gl_in(e), 1, false);
  gl_emit(out, gl_x86_add, e, e, number(GL_ONE));
  gl_emit(out, gl_x86_div, top, top, gl_in(e));
  give_vector(p, negative), give_vector(p, e);
  return top;
}

enum { BELOW = 1, NOT_BELOW = 5 };
void gl_prepare_divisor(gl_painter *p, const gl_divisor *by) {
  gl_assembler *out = &p->out;
  const int size = gl_take_vector(p);
  gl_emit(out, gl_x86_spread, by->reciprocal, 0, gl_at(GL_R8, -1, number(GL_ONE).offset));
  gl_emit(out, gl_x86_div, by->reciprocal, by->reciprocal, gl_in(by->divisor));
  gl_emit(out, gl_x86_and, size, by->divisor, number(GL_MAGNITUDE));
  gl_emit(out, gl_x86_sub_i32, size, size, number(GL_TAME_LEAST));
  gl_emit_immediate(out, gl_x86_compare_u32, 1, size, number(GL_TAME_RANGE), BELOW);
  masked_constant(p, by->tame, GL_TAME_RANGE, 1, true);
  give_vector(p, size);
}
int gl_divide(gl_painter *p, int x, const gl_divisor *by) {
  enum { DIVIDE_BYTES = 6 };
  gl_assembler *out = &p->out;
  const int quotient = gl_take_vector(p), rest = gl_take_vector(p);
  gl_emit(out, gl_x86_and, rest, x, number(GL_MAGNITUDE));
  gl_emit(out, gl_x86_sub_i32, rest, rest, number(GL_TAME_LEAST));
  gl_emit_immediate(out, gl_x86_compare_u32, 1, rest, gl_in(by->tame), NOT_BELOW);
  gl_emit(out, gl_x86_mul, quotient, x, gl_in(by->reciprocal));
  gl_emit(out, gl_x86_copy, rest, 0, gl_in(x));
  gl_emit(out, gl_x86_fnma231, rest, quotient, gl_in(by->divisor));
  gl_emit(out, gl_x86_fma231, quotient, rest, gl_in(by->reciprocal));
  gl_bytes(out, "c5f898c9"); /* kortest k1, k1 */
  gl_byte(out, 0x74), gl_byte(out, DIVIDE_BYTES);
  gl_emit(out, gl_x86_div, quotient, x, gl_in(by->divisor));
  give_vector(p, rest);
  return quotient;
}

typedef enum { PLAIN, PLAIN_UNARY, EXTREMUM, COMPARE, COMPARE_I32, COMPARE_U32, ROUND, WITH_NUMBER, SHIFT, OTHER } form;
typedef struct {
  uint8_t operands, form;
  gl_opcode code;
  uint8_t detail; /* of the instruction: which comparison, rounding or number */
} rule;
#define X86(map, prefix, wide, code) {map, prefix, wide, code}
static const rule rules[GL_OP_COUNT] = {
    [GL_OP_add_f32] = {2, PLAIN, X86(1, 0, 0, 0x58), 0},
    [GL_OP_sub_f32] = {2, PLAIN, X86(1, 0, 0, 0x5C), 0},
    [GL_OP_mul_f32] = {2, PLAIN, X86(1, 0, 0, 0x59), 0},
    [GL_OP_div_f32] = {2, PLAIN, X86(1, 0, 0, 0x5E), 0},
    [GL_OP_max_f32] = {2, EXTREMUM, X86(1, 0, 0, 0x5F), 0},
    [GL_OP_min_f32] = {2, EXTREMUM, X86(1, 0, 0, 0x5D), 0},
    [GL_OP_sqrt_f32] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x51), 0},
    [GL_OP_neg_f32] = {1, WITH_NUMBER, X86(1, 1, 0, 0xEF), GL_SIGN},
    [GL_OP_abs_f32] = {1, WITH_NUMBER, X86(1, 1, 0, 0xDB), GL_MAGNITUDE},
    [GL_OP_floor_f32] = {1, ROUND, X86(3, 1, 0, 0x08), 1},
    [GL_OP_ceil_f32] = {1, ROUND, X86(3, 1, 0, 0x08), 2},
    [GL_OP_round_f32] = {1, ROUND, X86(3, 1, 0, 0x08), 0},
    [GL_OP_trunc_f32] = {1, ROUND, X86(3, 1, 0, 0x08), 3},
    [GL_OP_lt_f32] = {2, COMPARE, X86(1, 0, 0, 0xC2), GL_LESS},
    [GL_OP_le_f32] = {2, COMPARE, X86(1, 0, 0, 0xC2), GL_LESS_EQUAL},
    [GL_OP_eq_f32] = {2, COMPARE, X86(1, 0, 0, 0xC2), GL_EQUAL},
    [GL_OP_ne_f32] = {2, COMPARE, X86(1, 0, 0, 0xC2), GL_NOT_EQUAL},
    [GL_OP_lt_i32] = {2, COMPARE_I32, X86(3, 1, 0, 0x1F), 1},
    [GL_OP_le_i32] = {2, COMPARE_I32, X86(3, 1, 0, 0x1F), 2},
    [GL_OP_eq_i32] = {2, COMPARE_I32, X86(3, 1, 0, 0x1F), 0},
    [GL_OP_ne_i32] = {2, COMPARE_I32, X86(3, 1, 0, 0x1F), 4},
    [GL_OP_lt_u32] = {2, COMPARE_U32, X86(3, 1, 0, 0x1E), 1},
    [GL_OP_le_u32] = {2, COMPARE_U32, X86(3, 1, 0, 0x1E), 2},
    [GL_OP_eq_u32] = {2, COMPARE_U32, X86(3, 1, 0, 0x1E), 0},
    [GL_OP_ne_u32] = {2, COMPARE_U32, X86(3, 1, 0, 0x1E), 4},
    [GL_OP_add_i32] = {2, PLAIN, X86(1, 1, 0, 0xFE), 0},
    [GL_OP_add_u32] = {2, PLAIN, X86(1, 1, 0, 0xFE), 0},
    [GL_OP_sub_i32] = {2, PLAIN, X86(1, 1, 0, 0xFA), 0},
    [GL_OP_sub_u32] = {2, PLAIN, X86(1, 1, 0, 0xFA), 0},
    [GL_OP_mul_i32] = {2, PLAIN, X86(2, 1, 0, 0x40), 0},
    [GL_OP_mul_u32] = {2, PLAIN, X86(2, 1, 0, 0x40), 0},
    [GL_OP_max_i32] = {2, PLAIN, X86(2, 1, 0, 0x3D), 0},
    [GL_OP_max_u32] = {2, PLAIN, X86(2, 1, 0, 0x3F), 0},
    [GL_OP_min_i32] = {2, PLAIN, X86(2, 1, 0, 0x39), 0},
    [GL_OP_min_u32] = {2, PLAIN, X86(2, 1, 0, 0x3B), 0},
    [GL_OP_and_i32] = {2, PLAIN, X86(1, 1, 0, 0xDB), 0},
    [GL_OP_and_u32] = {2, PLAIN, X86(1, 1, 0, 0xDB), 0},
    [GL_OP_or_i32] = {2, PLAIN, X86(1, 1, 0, 0xEB), 0},
    [GL_OP_or_u32] = {2, PLAIN, X86(1, 1, 0, 0xEB), 0},
    [GL_OP_xor_i32] = {2, PLAIN, X86(1, 1, 0, 0xEF), 0},
    [GL_OP_xor_u32] = {2, PLAIN, X86(1, 1, 0, 0xEF), 0},
    [GL_OP_shl_i32] = {2, SHIFT, X86(2, 1, 0, 0x47), 0},
    [GL_OP_shl_u32] = {2, SHIFT, X86(2, 1, 0, 0x47), 0},
    [GL_OP_shr_i32] = {2, SHIFT, X86(2, 1, 0, 0x46), 0},
    [GL_OP_shr_u32] = {2, SHIFT, X86(2, 1, 0, 0x45), 0},
    [GL_OP_cast_i32_f32] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x5B), 0},
    [GL_OP_cast_bool_f32] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x5B), 0},
    [GL_OP_cast_u32_f32] = {1, PLAIN_UNARY, X86(1, 3, 0, 0x7A), 0},
    [GL_OP_mov] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x28), 0},
    [GL_OP_cast_i32_u32] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x28), 0},
    [GL_OP_cast_u32_i32] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x28), 0},
    [GL_OP_cast_bool_i32] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x28), 0},
    [GL_OP_cast_bool_u32] = {1, PLAIN_UNARY, X86(1, 0, 0, 0x28), 0},
    [GL_OP_relu_f32] = {1, OTHER, {0}, 0},
    [GL_OP_sign_f32] = {1, OTHER, {0}, 0},
    [GL_OP_fma_f32] = {3, OTHER, {0}, 0},
    [GL_OP_recip_f32] = {1, OTHER, {0}, 0},
    [GL_OP_rsqrt_f32] = {1, OTHER, {0}, 0},
    [GL_OP_exp_f32] = {1, OTHER, {0}, 0},
    [GL_OP_tanh_f32] = {1, OTHER, {0}, 0},
    [GL_OP_sigmoid_f32] = {1, OTHER, {0}, 0},
    [GL_OP_isnan_f32] = {1, OTHER, {0}, 0},
    [GL_OP_where] = {3, OTHER, {0}, 0},
    [GL_OP_not_bool] = {1, OTHER, {0}, 0},
    [GL_OP_cast_f32_bool] = {1, OTHER, {0}, 0},
    [GL_OP_cast_i32_bool] = {1, OTHER, {0}, 0},
    [GL_OP_cast_u32_bool] = {1, OTHER, {0}, 0},
};
int gl_operand_count(int op) { return rules[op].operands; }

/* 1 where mask k1 has a bit, else 0. */
static int from_mask(gl_painter *p) {
  const int v = gl_take_vector(p);
  masked_constant(p, v, GL_INT_ONE, 1, true);
  return v;
}

static int paint_other(gl_painter *p, int op, const int *x) {
  gl_assembler *out = &p->out;
  int v;
  switch (op) {
    case GL_OP_exp_f32: return exponential(p, x[0]);
    case GL_OP_tanh_f32: return hyperbolic_tangent(p, x[0]);
    case GL_OP_sigmoid_f32: return logistic(p, x[0]);
    case GL_OP_relu_f32: /* 0 if it is greater: a NaN and -0 stay */
      v = constant(p, GL_ZERO);
      gl_emit(out, gl_x86_max, v, v, gl_in(x[0]));
      return v;
    case GL_OP_sign_f32:
      gl_emit_immediate(out, gl_x86_compare, 1, x[0], number(GL_ZERO), GL_GREATER);
      gl_emit_immediate(out, gl_x86_compare, 2, x[0], number(GL_ZERO), GL_LESS);
      v = gl_take_vector(p);
      masked_constant(p, v, GL_ONE, 1, true);
      masked_constant(p, v, GL_MINUS_ONE, 2, false);
      return v;
    case GL_OP_fma_f32:
      v = gl_take_vector(p);
      gl_emit(out, gl_x86_copy, v, 0, gl_in(x[0]));
      gl_emit(out, gl_x86_fma213, v, x[1], gl_in(x[2]));
      return v;
    case GL_OP_recip_f32:
      v = constant(p, GL_ONE);
      gl_emit(out, gl_x86_div, v, v, gl_in(x[0]));
      return v;
    case GL_OP_rsqrt_f32: {
      const int root = gl_take_vector(p);
      gl_emit(out, gl_x86_sqrt, root, 0, gl_in(x[0]));
      v = constant(p, GL_ONE);
      gl_emit(out, gl_x86_div, v, v, gl_in(root));
      give_vector(p, root);
      return v;
    }
    case GL_OP_where:
      gl_emit(out, gl_x86_test, 1, x[0], gl_in(x[0]));
      v = gl_take_vector(p);
      gl_emit_sized(out, gl_x86_blend, GL_512, v, x[2], gl_in(x[1]), 1, false);
      return v;
    case GL_OP_isnan_f32: gl_emit_immediate(out, gl_x86_compare, 1, x[0], gl_in(x[0]), GL_UNORDERED); return from_mask(p);
    case GL_OP_not_bool: gl_emit(out, gl_x86_test_zero, 1, x[0], gl_in(x[0])); return from_mask(p);
    case GL_OP_cast_f32_bool: gl_emit_immediate(out, gl_x86_compare, 1, x[0], number(GL_ZERO), GL_NOT_EQUAL); return from_mask(p);
    default: gl_emit(out, gl_x86_test, 1, x[0], gl_in(x[0])); return from_mask(p); /* cast_i32_bool, cast_u32_bool */
  }
}

int gl_paint(gl_painter *p, int op, const int x[3]) {
  gl_assembler *out = &p->out;
  const rule *how = &rules[op];
  int v;
  switch ((form)how->form) {
    case PLAIN:
      v = gl_take_vector(p);
      gl_emit(out, how->code, v, x[0], gl_in(x[1]));
      return v;
    case PLAIN_UNARY:
      v = gl_take_vector(p);
      gl_emit(out, how->code, v, 0, gl_in(x[0]));
      return v;
    case EXTREMUM: /* the processor gives the second where either is a NaN */
      v = gl_take_vector(p);
      gl_emit_immediate(out, gl_x86_compare, 1, x[0], gl_in(x[0]), GL_UNORDERED);
      gl_emit(out, how->code, v, x[0], gl_in(x[1]));
      gl_emit_sized(out, gl_x86_copy, GL_512, v, 0, gl_in(x[0]), 1, false);
      return v;
    case COMPARE:
    case COMPARE_I32:
    case COMPARE_U32: gl_emit_immediate(out, how->code, 1, x[0], gl_in(x[1]), how->detail); return from_mask(p);
    case ROUND:
      v = gl_take_vector(p);
      gl_emit_immediate(out, how->code, v, 0, gl_in(x[0]), how->detail);
      return v;
    case WITH_NUMBER:
      v = gl_take_vector(p);
      gl_emit(out, how->code, v, x[0], number(how->detail));
      return v;
    case SHIFT: { /* counts modulo 32 */
      const int count = gl_take_vector(p);
      gl_emit(out, gl_x86_and, count, x[1], number(GL_SHIFT_MASK));
      v = gl_take_vector(p);
      gl_emit(out, how->code, v, x[0], gl_in(count));
      give_vector(p, count);
      return v;
    }
    default: return paint_other(p, op, x);
  }
}
