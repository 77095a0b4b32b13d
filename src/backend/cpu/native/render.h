/* Runs of instructions that machine code can do, and that code. */
#ifndef GL_RENDER_H
#define GL_RENDER_H
#include "compile.h"

enum { GL_MAX_SPREADS = 5, GL_MAX_TOTALS = 2 };

/* Instructions [first, first + count). byRow: it reads or makes values of rows, so the code goes row by row. */
typedef struct {
  int first, count;
  bool byRow;
} gl_segment;

/* What the code depends on of the length of rows. */
int gl_shape_class(int64_t length);
/* The longest segment that begins at `first`; its count is 0 where there is none. */
void gl_find_segment(const gl_code *code, const uint8_t *flags, int64_t length, int first, gl_segment *found);
/* Writes the code of a segment; its bytes, 0 if they do not fit. */
size_t gl_render(const gl_code *code, const uint8_t *flags, const gl_segment *segment, int64_t length, uint8_t *to, size_t capacity);
#endif
