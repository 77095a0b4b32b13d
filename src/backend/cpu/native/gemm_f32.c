/* float32 products. With AVX-512, pieces of lines move by masked vectors, and squares of 16 x 16 are transposed in registers. */
#include "gemm.h"
#include <string.h>

#define GL_T f32
#define GL_TYPE(name) name##_f32
#define GL_TABLE GL(gemm_f32)

#if defined(__AVX512F__)
#include <immintrin.h>
/* Each vector of the line is put together from masked loads: those lanes that lie in a piece, from where lane 0 of that piece's line would be.
   The number of loads is a constant of the loop; spare ones have an empty mask. */
enum { MAX_PARTS = 5 };
typedef struct {
  __mmask16 mask[GL_TILE_VECTORS][MAX_PARTS], stored[GL_TILE_VECTORS];
  const f32 *from[GL_TILE_VECTORS][MAX_PARTS];
} line_parts;
static inline __attribute__((always_inline)) void copy_lines(const line_parts *of, int vectors, int parts, const i32 *along, int width, int64_t kc, f32 *to) {
  line_parts l = *of;
  for (int64_t k = 0; k < kc; k++, to += width) {
    const int64_t at = along[k];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
      __m512 line = _mm512_maskz_loadu_ps(l.mask[v][0], l.from[v][0] + at);
#pragma GCC unroll 5
      for (int p = 1; p < parts; p++) line = _mm512_mask_loadu_ps(line, l.mask[v][p], l.from[v][p] + at);
      _mm512_mask_storeu_ps(to + v * 16, l.stored[v], line);
    }
  }
}
static bool copy_pieces_f32(const gl_pieces *pieces, const f32 *base, const i32 *along, int width, int64_t kc, f32 *to) {
  line_parts l;
  const int vectors = (width + 15) / 16;
  int most = 0;
  for (int v = 0; v < vectors; v++) {
    int parts = 0;
    l.stored[v] = (__mmask16)((1u << (width - v * 16 < 16 ? width - v * 16 : 16)) - 1);
    for (int s = 0; s < pieces->n; s++) {
      const int begin = pieces->first[s] - v * 16, end = begin + pieces->length[s];
      if (end <= 0 || begin >= 16) continue;
      if (parts == MAX_PARTS) return false;
      const u32 upTo = (1u << (end < 16 ? end : 16)) - 1, before = (1u << (begin > 0 ? begin : 0)) - 1;
      l.mask[v][parts] = (__mmask16)(upTo & ~before);
      l.from[v][parts] = base + pieces->offset[s] - begin;
      parts++;
    }
    if (parts > most) most = parts;
    for (; parts < MAX_PARTS; parts++) l.mask[v][parts] = 0, l.from[v][parts] = base;
  }
#define GL_COPY_CASE(v, p) \
  case 10 * v + p: copy_lines(&l, v, p, along, width, kc, to); return true;
  switch (10 * vectors + most) {
    GL_COPY_CASE(1, 1) GL_COPY_CASE(1, 2) GL_COPY_CASE(1, 3) GL_COPY_CASE(1, 4) GL_COPY_CASE(1, 5)
    GL_COPY_CASE(2, 1) GL_COPY_CASE(2, 2) GL_COPY_CASE(2, 3) GL_COPY_CASE(2, 4) GL_COPY_CASE(2, 5)
    default: return false;
  }
}
/* Elements that lie in a few vectors: these are loaded, of each the lanes in use, and their elements moved to their places. */
enum { MAX_LOADS = 4 };
typedef struct {
  int loads;
  __mmask16 used[MAX_LOADS], stored, farther; /* farther: lanes from the last two loads */
  __m512i lane;
  const f32 *from[MAX_LOADS];
} near_line;
static bool find_near(const i32 *across, int valid, int width, int x, const f32 *base, near_line *line) {
  i32 first[MAX_LOADS], lanes[16] = {0};
  memset(line, 0, sizeof *line);
  line->stored = (__mmask16)((1u << gl_min(16, width - x)) - 1);
  for (int w = 0; w < MAX_LOADS; w++) line->from[w] = base;
  for (int i = 0; i < gl_min(16, valid - x); i++) {
    const i32 at = across[x + i];
    int w = 0;
    while (w < line->loads && (at < first[w] || at - first[w] >= 16)) w++;
    if (w == MAX_LOADS) return false;
    if (w == line->loads) first[w] = at, line->from[w] = base + at, line->loads++;
    line->used[w] |= (__mmask16)(1u << (at - first[w]));
    if (w >= 2) line->farther |= (__mmask16)(1u << i);
    lanes[i] = w % 2 * 16 + at - first[w];
  }
  line->lane = _mm512_loadu_si512(lanes);
  return true;
}
static inline __attribute__((always_inline)) void copy_near(const near_line *of, int loads, __mmask16 there, const i32 *along, int width, int64_t kc, f32 *to) {
  const near_line l = *of;
  for (int64_t k = 0; k < kc; k++, to += width) {
    const int64_t at = along[k];
    __m512 line = _mm512_maskz_loadu_ps(l.used[0], l.from[0] + at);
    if (loads == 1) line = _mm512_maskz_permutexvar_ps(there, l.lane, line);
    else line = _mm512_maskz_permutex2var_ps(there, line, l.lane, _mm512_maskz_loadu_ps(l.used[1], l.from[1] + at));
    if (loads > 2) {
      const __m512 third = _mm512_maskz_loadu_ps(l.used[2], l.from[2] + at), fourth = loads > 3 ? _mm512_maskz_loadu_ps(l.used[3], l.from[3] + at) : _mm512_setzero_ps();
      line = _mm512_mask_blend_ps(l.farther, line, _mm512_permutex2var_ps(third, l.lane, fourth));
    }
    _mm512_mask_storeu_ps(to, l.stored, line);
  }
}
static bool pack_near_f32(const i32 *across, const f32 *base, const i32 *along, int valid, int width, int64_t kc, int most, f32 *to) {
  near_line lines[4];
  if (width > 64) return false;
  for (int x = 0; x < valid; x += 16)
    if (!find_near(across, valid, width, x, base, &lines[x / 16]) || lines[x / 16].loads > most) return false;
  for (int x = 0; x < width; x += 16) {
    const near_line *line = &lines[x / 16];
    const __mmask16 there = (__mmask16)(valid - x >= 16 ? 0xffff : valid > x ? (1u << (valid - x)) - 1 : 0);
    switch (there ? line->loads : 0) {
      case 1: copy_near(line, 1, there, along, width, kc, to + x); break;
      case 2: copy_near(line, 2, there, along, width, kc, to + x); break;
      case 3: copy_near(line, 3, there, along, width, kc, to + x); break;
      case 4: copy_near(line, 4, there, along, width, kc, to + x); break;
      default:
        for (int64_t k = 0; k < kc; k++)
          for (int i = x; i < width && i < x + 16; i++) to[k * width + i] = 0;
    }
  }
  return true;
}
/* One element a lane, from wherever each lies. */
static bool gather_f32(const i32 *across, const f32 *base, const i32 *along, int valid, int width, int64_t kc, f32 *to) {
  for (int x = 0; x < width; x += 16) {
    const __mmask16 there = (__mmask16)(valid - x >= 16 ? 0xffff : valid > x ? (1u << (valid - x)) - 1 : 0);
    const __mmask16 stored = (__mmask16)(width - x >= 16 ? 0xffff : (1u << (width - x)) - 1);
    const __m512i places = _mm512_maskz_loadu_epi32(there, across + x);
    for (int64_t k = 0; k < kc; k++)
      _mm512_mask_storeu_ps(to + k * width + x, stored, _mm512_mask_i32gather_ps(_mm512_setzero_ps(), there, places, base + along[k], 4));
  }
  return true;
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
static inline bool pack_near_f32(const i32 *across, const f32 *base, const i32 *along, int valid, int width, int64_t kc, int most, f32 *to) {
  (void)across, (void)base, (void)along, (void)valid, (void)width, (void)kc, (void)most, (void)to;
  return false;
}
static inline bool copy_pieces_f32(const gl_pieces *pieces, const f32 *base, const i32 *along, int width, int64_t kc, f32 *to) {
  (void)pieces, (void)base, (void)along, (void)width, (void)kc, (void)to;
  return false;
}
static inline bool gather_f32(const i32 *across, const f32 *base, const i32 *along, int valid, int width, int64_t kc, f32 *to) {
  (void)across, (void)base, (void)along, (void)valid, (void)width, (void)kc, (void)to;
  return false;
}
static void transpose_f32(const f32 *from, const i32 *across, int rows, int n, f32 *to, int ld) {
  for (int i = 0; i < rows; i++) {
    const f32 *p = from + across[i];
    for (int j = 0; j < n; j++) to[j * ld + i] = p[j];
  }
}
#endif

#include "gemm_type.h"
