/* The machine code of single instructions. */
#ifndef GL_RENDER_OPS_H
#define GL_RENDER_OPS_H
#include "assembler.h"

/* Where code is written, and vector registers that are free to take. */
typedef struct {
  gl_assembler out;
  u32 free, pinned;               /* bits; pinned: operands of the instruction at hand */
  void (*make_room)(void *context); /* frees a vector register */
  void *context;
} gl_painter;

/* Numbers that the code reads relative to r8. */
#define GL_NUMBERS(N)                                                                                                          \
  N(ZERO, 0) N(ONE, 1) N(TWO, 2) N(MINUS_ONE, -1) N(INFINITY, INFINITY) N(MINUS_INFINITY, -INFINITY) N(NAN, NAN)                     \
  N(EXP_MOST, 89) N(EXP_LEAST, -104) N(TANH_MOST, 20) N(LOG2E, 1.44269504f) N(ROUNDER, 12582912.f)                              \
  N(LN2_HIGH, 0.693145752f) N(LN2_LOW, 1.42860677e-6f)                                                                         \
  N(EXP_6, 1.98919814e-4f) N(EXP_5, 1.39345419e-3f) N(EXP_4, 8.33331002e-3f) N(EXP_3, 4.16664568e-2f) N(EXP_2, 0.166666667f) N(EXP_1, 0.5f)
#define GL_PLACE_OF_NUMBER(name, value) GL_##name,
enum { GL_NUMBERS(GL_PLACE_OF_NUMBER) GL_FLOATS, GL_SIGN = GL_FLOATS, GL_MAGNITUDE, GL_INT_ONE, GL_SCALE_BIAS, GL_SHIFT_MASK, GL_TAME_LEAST, GL_TAME_RANGE, GL_NUMBER_COUNT };
extern const union gl_number { f32 number; u32 bits; } gl_numbers[GL_NUMBER_COUNT];

/* Operands of an instruction that gl_paint knows, else 0. */
int gl_operand_count(int op);
/* The lowest free vector register, taken. */
int gl_take_vector(gl_painter *p);
/* Writes the instruction on vectors; the vector of its result, taken. */
int gl_paint(gl_painter *p, int op, const int operands[3]);

/* Division by a vector that stays the same over a loop, correctly rounded (Markstein, IBM J. Res. Dev. 34, 1990): a product with the
   reciprocal and one correction, where no step can leave the normal range; else the processor's division. gl_prepare_divisor, outside
   the loop, sets `reciprocal`, and `tame` to what the bits of a tame dividend, less GL_TAME_LEAST, are below. */
typedef struct {
  int divisor, reciprocal, tame;
} gl_divisor;
void gl_prepare_divisor(gl_painter *p, const gl_divisor *by);
int gl_divide(gl_painter *p, int x, const gl_divisor *by);

/* Mask registers: k = k | other; k = 0; x's first element is NaN if k is not 0. */
void gl_mask_or(gl_assembler *out, int to, int a, int b);
void gl_mask_clear(gl_assembler *out, int k);
void gl_nan_if_mask(gl_assembler *out, int k, int x);
#endif
