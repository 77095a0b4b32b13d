/* Shared by the kernels and the entry points: tables about opcodes, the way an error is reported, the kernels of an instruction set. */
#ifndef GL_API_H
#define GL_API_H
#include "program.h"

extern const uint8_t gl_operation_result[]; /* dtype written, for instructions whose result does not follow from an operand */
extern const uint16_t gl_operation_cost[];  /* rough cycles per 16 elements */

/* These keep a message for gl_error and give -1. */
int gl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int gl_malformed(const gl_run_context *run);
int gl_out_of_memory(const gl_run_context *run);

/* Whether float32 products may use AMX: the processor has it, the system granted it, and the chosen set includes it. */
extern bool gl_amx;
/* Whether elementwise programs become machine code: the chosen set has AVX-512 and is not the one that only interprets them. */
extern bool gl_compiles;

/* Runs the record behind the reader; 0 or -1. */
typedef int (*gl_kernel)(gl_reader *reader, const gl_run_context *run);
#define GL_COUNT_KIND(kind) +1
enum { GL_KIND_COUNT = 0 GL_KINDS(GL_COUNT_KIND) };
typedef struct {
  gl_kernel kernels[GL_KIND_COUNT];
} gl_kernel_table;
#endif
