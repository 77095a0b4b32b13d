/* Runs elementwise programs over blocks of registers, and moves blocks between strided memory and registers. */
#ifndef GL_VM_H
#define GL_VM_H
#include "isa.h"
#include "opcodes.h"

/* The functions of this instruction set, by opcode; null for those that gl_execute runs itself. */
extern const gl_op GL(operations)[GL_OP_COUNT];

/* Where a block of a program lies. registers[r] points at the block of register r. */
typedef struct {
  void **registers;
  const f64 *scalars;
  const uint8_t *kinds; /* null: every register is full; else 1 marks one value a row */
  int count;            /* elements of a full register */
  int rows, length;     /* count = rows * length where there are kinds */
  int64_t start;        /* place of the first element in the iteration space */
} gl_block;

/* Loops run over whole groups of GL_LANES elements, past count. */
void GL(execute)(const gl_code *code, const gl_block *block);

/* Elements [start, start + count) of the view in row-major order, to or from dense memory. A bool widens to an i32 0/1. */
void GL(load)(const gl_view *view, int64_t start, int64_t count, void *to);
void GL(store)(const gl_view *view, int64_t start, int64_t count, const void *from);
/* count copies of a value as a dtype (bool: as i32). */
void GL(splat)(int dtype, f64 value, int64_t count, void *to);

/* Reduces n values of a dtype. Sums and products in double (integers in int64, wrapped), NaN wins in max and min. The order of additions
   depends on n alone. */
typedef struct {
  f64 value;
  int64_t integer; /* sums and products of integers; place of the extremum */
} gl_accumulator;
void GL(accumulate)(int op, int dtype, const void *values, int64_t n, int64_t place, gl_accumulator *into);
/* One result per line of `length` values. */
void GL(reduce_lines)(int op, int dtype, const void *from, int64_t rows, int64_t length, int resultDtype, void *to);
void GL(combine)(int op, int dtype, const gl_accumulator *from, gl_accumulator *into);
gl_accumulator gl_neutral(int op);
/* Writes the result as an element of dtype (an i32 for rargmax and rargmin). */
void gl_accumulator_store(int op, int dtype, const gl_accumulator *from, void *to);
#endif
