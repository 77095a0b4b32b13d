/* float32 products. With AVX-512, pieces of lines move by masked vectors, and squares of 16 x 16 are transposed in registers. */
#include "gemm.h"

#define GL_T f32
#define GL_TYPE(name) name##_f32
#define GL_TABLE GL(gemm_f32)

#if defined(__AVX512F__)
#include <immintrin.h>
static inline void copy_f32(f32 *to, const f32 *from, int n) {
  for (; n >= 16; n -= 16, to += 16, from += 16) _mm512_storeu_ps(to, _mm512_loadu_ps(from));
  const __mmask16 mask = (__mmask16)((1u << n) - 1);
  _mm512_mask_storeu_ps(to, mask, _mm512_maskz_loadu_ps(mask, from));
}
/* to[j * ld + i] = from[across[i] + j] for i < rows, j < n; both at most 16 */
static void transpose_f32(const f32 *from, const i32 *across, int rows, int n, f32 *to, int ld) {
  const __mmask16 columns = (__mmask16)((1u << n) - 1), lines = (__mmask16)((1u << rows) - 1);
  __m512 r[16], t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) r[i] = i < rows ? _mm512_maskz_loadu_ps(columns, from + across[i]) : _mm512_setzero_ps();
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]), t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(t[i]), _mm512_castps_pd(t[i + 2])));
    r[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(t[i]), _mm512_castps_pd(t[i + 2])));
    r[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(t[i + 1]), _mm512_castps_pd(t[i + 3])));
    r[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(t[i + 1]), _mm512_castps_pd(t[i + 3])));
  }
  /* r[4 g + c] holds, in its 128-bit part q, column 4 q + c of rows 4 g … 4 g + 3 */
#pragma GCC unroll 4
  for (int c = 0; c < 4; c++) {
    const __m512 low = _mm512_shuffle_f32x4(r[c], r[4 + c], 0x88), lowOdd = _mm512_shuffle_f32x4(r[c], r[4 + c], 0xdd);
    const __m512 high = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0x88), highOdd = _mm512_shuffle_f32x4(r[8 + c], r[12 + c], 0xdd);
    t[c] = _mm512_shuffle_f32x4(low, high, 0x88), t[8 + c] = _mm512_shuffle_f32x4(low, high, 0xdd);
    t[4 + c] = _mm512_shuffle_f32x4(lowOdd, highOdd, 0x88), t[12 + c] = _mm512_shuffle_f32x4(lowOdd, highOdd, 0xdd);
  }
#pragma GCC unroll 16
  for (int j = 0; j < 16; j++)
    if (j < n) _mm512_mask_storeu_ps(to + j * ld, lines, t[j]);
}
#else
static inline void copy_f32(f32 *to, const f32 *from, int n) {
  for (int i = 0; i < n; i++) to[i] = from[i];
}
static void transpose_f32(const f32 *from, const i32 *across, int rows, int n, f32 *to, int ld) {
  for (int i = 0; i < rows; i++) {
    const f32 *p = from + across[i];
    for (int j = 0; j < n; j++) to[j * ld + i] = p[j];
  }
}
#endif

#include "gemm_type.h"
