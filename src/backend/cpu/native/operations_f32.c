/* float32 instructions. */
#include "math_f32.h"
#include "operations.h"

GL_FLOAT_OPS(GL_DEFINE_U, GL_DEFINE_B, GL_DEFINE_T, f32)
GL_HALF_OPS(GL_DEFINE_U)

/* The vector loop, then the rare elements that are too large for its range reduction. Works in place: those are kept aside by value. */
#define GL_DEFINE_TRIGONOMETRIC(name, R, A, cost, expression)                                                                  \
  static void name##_loop(f32 *d, const f32 *a, int count) {                                                                   \
    GL_LOOP for (int i = 0; i < count; i++) {                                                                                  \
      const f32 x = a[i];                                                                                                      \
      d[i] = (expression);                                                                                                     \
    }                                                                                                                          \
  }                                                                                                                            \
  void GL(op_##name)(void *dst, const void *pa, const void *pb, const void *pc, int n) {                                       \
    f32 *d = dst;                                                                                                              \
    const f32 *a = pa;                                                                                                         \
    (void)pb, (void)pc;                                                                                                        \
    for (int i = 0; i < n; i += GL_LANES) {                                                                                    \
      f32 kept[GL_LANES];                                                                                                      \
      int large = 0;                                                                                                           \
      for (int j = 0; j < GL_LANES; j++) kept[j] = a[i + j], large |= gl_needs_libm(kept[j]);                                  \
      name##_loop(d + i, a + i, GL_LANES);                                                                                     \
      if (large)                                                                                                               \
        for (int j = 0; j < GL_LANES; j++)                                                                                     \
          if (gl_needs_libm(kept[j])) d[i + j] = gl_libm_##name(kept[j]);                                                      \
    }                                                                                                                          \
  }
#define gl_libm_sin_f32 sinf
#define gl_libm_cos_f32 cosf
#define gl_libm_tan_f32 tanf
GL_TRIGONOMETRIC_OPS(GL_DEFINE_TRIGONOMETRIC, f32)
