/* float64 products. */
#include "gemm.h"

#define GL_T f64
#define GL_TYPE(name) name##_f64
#define GL_TABLE GL(gemm_f64)
static inline bool copy_pieces_f64(const gl_pieces *pieces, const f64 *base, const i32 *along, int width, int64_t kc, f64 *to) {
  (void)pieces, (void)base, (void)along, (void)width, (void)kc, (void)to;
  return false;
}
static inline bool pack_near_f64(const i32 *across, const f64 *base, const i32 *along, int valid, int width, int64_t kc, int most, f64 *to) {
  (void)across, (void)base, (void)along, (void)valid, (void)width, (void)kc, (void)most, (void)to;
  return false;
}
static inline bool gather_f64(const i32 *across, const f64 *base, const i32 *along, int valid, int width, int64_t kc, f64 *to) {
  (void)across, (void)base, (void)along, (void)valid, (void)width, (void)kc, (void)to;
  return false;
}
static void transpose_f64(const f64 *from, const i32 *across, int rows, int n, f64 *to, int ld) {
  for (int i = 0; i < rows; i++) {
    const f64 *p = from + across[i];
    for (int j = 0; j < n; j++) to[j * ld + i] = p[j];
  }
}
#include "gemm_type.h"
