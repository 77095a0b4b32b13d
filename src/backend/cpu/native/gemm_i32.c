/* int32 products, wrapping. */
#include "gemm.h"

#define GL_T i32
#define GL_TYPE(name) name##_i32
#define GL_TABLE GL(gemm_i32)
static inline void copy_i32(i32 *to, const i32 *from, int n) {
  for (int i = 0; i < n; i++) to[i] = from[i];
}
static void transpose_i32(const i32 *from, const i32 *across, int rows, int n, i32 *to, int ld) {
  for (int i = 0; i < rows; i++) {
    const i32 *p = from + across[i];
    for (int j = 0; j < n; j++) to[j * ld + i] = p[j];
  }
}
#include "gemm_type.h"
