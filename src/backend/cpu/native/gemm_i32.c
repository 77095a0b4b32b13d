/* int32 products, wrapping. */
#include "gemm.h"

#define GL_T i32
#define GL_TYPE(name) name##_i32
#define GL_TABLE GL(gemm_i32)
static inline bool copy_pieces_i32(const gl_pieces *pieces, const i32 *base, const i32 *along, int width, int64_t kc, i32 *to) {
  (void)pieces, (void)base, (void)along, (void)width, (void)kc, (void)to;
  return false;
}
static inline bool pack_near_i32(const i32 *across, const i32 *base, const i32 *along, int valid, int width, int64_t kc, int most, i32 *to) {
  (void)across, (void)base, (void)along, (void)valid, (void)width, (void)kc, (void)most, (void)to;
  return false;
}
static inline bool gather_i32(const i32 *across, const i32 *base, const i32 *along, int valid, int width, int64_t kc, i32 *to) {
  (void)across, (void)base, (void)along, (void)valid, (void)width, (void)kc, (void)to;
  return false;
}
static void transpose_i32(const i32 *from, const i32 *across, int rows, int n, i32 *to, int ld) {
  for (int i = 0; i < rows; i++) {
    const i32 *p = from + across[i];
    for (int j = 0; j < n; j++) to[j * ld + i] = p[j];
  }
}
#include "gemm_type.h"
