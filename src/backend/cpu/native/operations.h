/* Makes a function GL(op_NAME) of each row of an operation table. */
#include "vm.h"

#define GL_COUNT(n) (n & -GL_LANES)
#define GL_DEFINE_U(name, R, A, cost, expression)                                                                              \
  void GL(op_##name)(void *dst, const void *pa, const void *pb, const void *pc, int n) {                                       \
    R *d = dst;                                                                                                                \
    const A *a = pa;                                                                                                           \
    (void)pb, (void)pc;                                                                                                        \
    const int count = GL_COUNT(n);                                                                                             \
    GL_LOOP for (int i = 0; i < count; i++) {                                                                                  \
      const A x = a[i];                                                                                                        \
      d[i] = (R)(expression);                                                                                                  \
    }                                                                                                                          \
  }
#define GL_DEFINE_B(name, R, A, cost, expression)                                                                              \
  void GL(op_##name)(void *dst, const void *pa, const void *pb, const void *pc, int n) {                                       \
    R *d = dst;                                                                                                                \
    const A *a = pa, *b = pb;                                                                                                  \
    (void)pc;                                                                                                                  \
    const int count = GL_COUNT(n);                                                                                             \
    GL_LOOP for (int i = 0; i < count; i++) {                                                                                  \
      const A x = a[i], y = b[i];                                                                                              \
      d[i] = (R)(expression);                                                                                                  \
    }                                                                                                                          \
  }
#define GL_DEFINE_T(name, R, A, cost, expression)                                                                              \
  void GL(op_##name)(void *dst, const void *pa, const void *pb, const void *pc, int n) {                                       \
    R *d = dst;                                                                                                                \
    const A *a = pa, *b = pb, *c = pc;                                                                                         \
    const int count = GL_COUNT(n);                                                                                             \
    GL_LOOP for (int i = 0; i < count; i++) {                                                                                  \
      const A x = a[i], y = b[i], z = c[i];                                                                                    \
      d[i] = (R)(expression);                                                                                                  \
    }                                                                                                                          \
  }
