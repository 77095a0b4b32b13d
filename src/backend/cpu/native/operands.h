/* An elementwise program tied to its operands: which are used in place, which are splatted once, which are copied. */
#ifndef GL_OPERANDS_H
#define GL_OPERANDS_H
#include "vm.h"

enum { GL_LOADED, GL_DENSE, GL_SPLAT };
typedef struct {
  gl_view view;
  int reg, mode;
  bool lines;   /* an input that may be read where it lies, when a block is part of a line */
  bool row;     /* one value a row: walks rows instead of elements */
  bool inPlace; /* an output that its register may be written to directly */
} gl_operand;

typedef struct {
  gl_code code;
  int nInputs, nOutputs;
  gl_operand *inputs, *outputs;
  const uint8_t *kinds; /* null, or 1 per register that holds one value a row */
} gl_body;

/* One thread's registers. */
typedef struct {
  void **registers; /* as used by the block at hand */
  char **storage;   /* own memory of each */
} gl_frame;

/* Part of the iteration space: elements [start, start + count) of total, rows from firstRow. rows * length = count. */
typedef struct {
  int64_t start, count, total, firstRow;
  int rows, length;
} gl_range;

int GL(mode)(const gl_view *view);
/* Once views, code and kinds are there: modes of inputs, outputs that may be written in place without harm to aliased inputs. */
void GL(prepare)(gl_body *body);
/* After this the instructions may not be looked at: runs of them become machine code, where the processor and the settings allow it. `length`
   of rows or 0; `kept`: registers, besides outputs, that are read when the program has ended. */
void GL(compile)(gl_body *body, int64_t length, const int *kept, int nKept);
/* Bytes of a frame for blocks of `capacity` elements and `rows` rows. */
size_t GL(frame_size)(const gl_body *body, int64_t capacity, int64_t rows);
/* Lays the frame out in memory, splats constants and scalars: once a task. */
void GL(frame)(const gl_body *body, void *memory, int64_t capacity, int64_t rows, gl_frame *frame);
/* The three steps of a block. Registers that a caller fills by itself are set between load and compute. */
void GL(load_inputs)(const gl_body *body, gl_frame *frame, const gl_range *range);
void GL(compute)(const gl_body *body, gl_frame *frame, const f64 *scalars, const gl_range *range);
void GL(store_outputs)(const gl_body *body, gl_frame *frame, const gl_range *range);
/* Reads VIEW*nInputs into registers first … */
bool GL(take_inputs)(gl_reader *reader, const gl_run_context *run, const i32 *dims, int nd, int first, gl_body *body);
/* Reads OUT*nOutputs. */
bool GL(take_outputs)(gl_reader *reader, const gl_run_context *run, const i32 *dims, int nd, gl_body *body);
/* Allocates dtypes for nRegisters; false if a count is out of range. */
bool GL(new_body)(gl_body *body, int nInputs, int nOutputs, int nConstants, int nRegisters, int nInstructions);
/* Registers and views agree in element size. */
bool GL(outputs_fit)(const gl_body *body);
#endif
