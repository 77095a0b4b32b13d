/* The kernels of one instruction set, and what they share. */
#ifndef GL_KERNELS_H
#define GL_KERNELS_H
#include "api.h"
#include "isa.h"

/* Below this estimate a kernel runs on the calling thread alone. */
enum { GL_SERIAL_CYCLES = 30000 };

#define GL_DECLARE_KERNEL(kind) int GL(run_##kind)(gl_reader *reader, const gl_run_context *run);
GL_KINDS(GL_DECLARE_KERNEL)
#endif
