/* Machine code for runs of instructions, so that values stay in vector registers from one to the next. */
#ifndef GL_COMPILE_H
#define GL_COMPILE_H
#include "program.h"

/* What is known about a register beside its dtype. */
enum {
  GL_IS_ROW = 1,     /* one value a row */
  GL_IS_UNIFORM = 2, /* the same value everywhere, in memory before the program begins */
  GL_IS_KEPT = 4,    /* read after the program ends */
  GL_IS_INPUT = 8    /* in memory before the program begins, different from block to block */
};

/* Replaces runs of instructions by one that calls machine code, wherever that is possible: float32 and 4-byte integers on processors
   with AVX-512. The others stay. `flags` per register; `length` of rows, 0 where there are none. The code is kept for the next time. */
void gl_compile(gl_code *code, const uint8_t *flags, int64_t length);
/* Before a program runs: makes room where little is left. */
void gl_compile_make_room(void);
#endif
