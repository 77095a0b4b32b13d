/* The kernels of one instruction set, by kind. */
#include "kernels.h"

#define GL_KERNEL_ENTRY(kind) GL(run_##kind),
const gl_kernel_table GL(kernels) = {{GL_KINDS(GL_KERNEL_ENTRY)}};
