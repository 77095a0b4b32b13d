/* Integer instructions, conversions. */
#include "math_f64.h"
#include "operations.h"

GL_INT_OPS(GL_DEFINE_U, GL_DEFINE_B, GL_DEFINE_T, i32)
GL_INT_OPS(GL_DEFINE_U, GL_DEFINE_B, GL_DEFINE_T, u32)
GL_MIXED_OPS(GL_DEFINE_U, GL_DEFINE_B, GL_DEFINE_T)
