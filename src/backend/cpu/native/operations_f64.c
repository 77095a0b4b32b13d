/* float64 instructions. */
#include "math_f64.h"
#include "operations.h"

GL_FLOAT_OPS(GL_DEFINE_U, GL_DEFINE_B, GL_DEFINE_T, f64)
GL_TRIGONOMETRIC_OPS(GL_DEFINE_U, f64)
