/* float32 products on AMX: each float is the exact sum of three bfloat16 parts, and six of the nine products of parts (the rest are
   below float32's rounding) are added up in float32. A panel of 32 x 32 elements holds a tile for each half and part, and the range
   of its magnitudes: where a part or a product could leave the range of normal numbers, the panel is refused. */
#include "gemm.h"

#if defined(__AVX512F__) && defined(__linux__) && __has_include(<amxbf16intrin.h>)
#include <immintrin.h>
#include <string.h>

enum { PANEL = 32, HALF = 16, PARTS = 3, TILE_BYTES = 1024, LINE_BYTES = 128, GROUP_BYTES = PARTS * 2 * TILE_BYTES + 64 };
_Static_assert(GROUP_BYTES * 16 == GL_AMX_SIXTEENTHS * PANEL * PANEL, "bytes of a packed element");
_Static_assert(GROUP_BYTES == (int)GL_SPLIT_GROUP && 2 * TILE_BYTES == (int)GL_SPLIT_PART && LINE_BYTES == (int)GL_SPLIT_ROW && PARTS == (int)GL_PARTS, "packed groups");

typedef struct {
  __m512i least, greatest;
} magnitude_vectors;
static void keep_magnitudes(const magnitude_vectors *v, char *group) {
  const gl_magnitudes m = {_mm512_reduce_min_epu32(v->least), _mm512_reduce_max_epu32(v->greatest)};
  memcpy(group + PARTS * 2 * TILE_BYTES, &m, sizeof m);
}
/* Parts and products of parts are normal numbers, and sums stay finite. */
static bool exact(const char *a, const char *b) {
  gl_magnitudes x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  enum { BIAS = 127, LEAST = BIAS - 100, GREATEST = BIAS + 120, SPREAD = 100 };
  const u32 xl = x.least >> 23, yl = y.least >> 23, xg = x.greatest >> 23, yg = y.greatest >> 23;
  return xl >= LEAST && yl >= LEAST && xg <= GREATEST && yg <= GREATEST && xl + yl >= 2 * BIAS - SPREAD && xg + yg <= 2 * BIAS + SPREAD;
}

/* Parts of 16 pairs: even in the low half of a word, odd in the high half. */
static inline __attribute__((always_inline)) void split_words(__m512 even, __m512 odd, magnitude_vectors *seen, __m512i words[PARTS]) {
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff), one = _mm512_set1_epi32(1), half = _mm512_set1_epi32(0x8000), high = _mm512_set1_epi32((int)0xffff0000);
  const __m512i e = _mm512_and_si512(_mm512_castps_si512(even), magnitude), o = _mm512_and_si512(_mm512_castps_si512(odd), magnitude);
  seen->greatest = _mm512_max_epu32(seen->greatest, _mm512_max_epu32(e, o));
  seen->least = _mm512_min_epu32(seen->least, _mm512_min_epu32(_mm512_sub_epi32(e, one), _mm512_sub_epi32(o, one)));
#pragma GCC unroll 3
  for (int p = 0; p < PARTS; p++) {
    const __m512i x = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(even), half), high), y = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(odd), half), high);
    words[p] = _mm512_or_si512(_mm512_srli_epi32(x, 16), y);
    even = _mm512_sub_ps(even, _mm512_castsi512_ps(x)), odd = _mm512_sub_ps(odd, _mm512_castsi512_ps(y));
  }
}
/* To `to`, 2 tiles apart. */
static inline __attribute__((always_inline)) void split_pairs(__m512 even, __m512 odd, magnitude_vectors *seen, char *to) {
  __m512i words[PARTS];
  split_words(even, odd, seen, words);
#pragma GCC unroll 3
  for (int p = 0; p < PARTS; p++) _mm512_store_si512(to + p * 2 * TILE_BYTES, words[p]);
}
static magnitude_vectors nothing_seen(void) { return (magnitude_vectors){_mm512_set1_epi32(-1), _mm512_setzero_si512()}; }

static void split_lines(const f32 *low, const f32 *high, int64_t n, u32 *const to[PARTS], gl_magnitudes *range) {
  magnitude_vectors seen = nothing_seen();
  for (int64_t i = 0; i < n; i += HALF) {
    const __mmask16 there = (__mmask16)((1u << gl_min(HALF, n - i)) - 1);
    __m512i words[PARTS];
    split_words(_mm512_maskz_loadu_ps(there, low + i), _mm512_maskz_loadu_ps(there, high + i), &seen, words);
#pragma GCC unroll 3
    for (int p = 0; p < PARTS; p++) _mm512_mask_storeu_epi32(to[p] + i, there, words[p]);
  }
  const u32 least = _mm512_reduce_min_epu32(seen.least), greatest = _mm512_reduce_max_epu32(seen.greatest);
  if (least < range->least) range->least = least;
  if (greatest > range->greatest) range->greatest = greatest;
}

/* Elements at even and at odd places of n. */
static void alternate(const f32 *from, int64_t n, f32 *even, f32 *odd) {
  const __m512i places = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0), next = _mm512_add_epi32(places, _mm512_set1_epi32(1));
  for (int64_t i = 0; i < n; i += PANEL) {
    const int64_t m = gl_min(PANEL, n - i);
    const __mmask16 low = (__mmask16)((1u << gl_min(m, HALF)) - 1), high = (__mmask16)((1u << gl_max(m - HALF, 0)) - 1);
    const __m512 a = _mm512_maskz_loadu_ps(low, from + i), b = _mm512_maskz_loadu_ps(high, from + i + HALF);
    _mm512_mask_storeu_ps(even + i / 2, (__mmask16)((1u << ((m + 1) / 2)) - 1), _mm512_permutex2var_ps(a, places, b));
    _mm512_mask_storeu_ps(odd + i / 2, (__mmask16)((1u << (m / 2)) - 1), _mm512_permutex2var_ps(a, next, b));
  }
}

/* 32 lines, a step of k each, of 32 elements. */
typedef struct {
  const f32 *base;
  i32 offset[PANEL];
} lines;
/* n lines where they lie, or, with zeros around, in `copy`. */
static void find_lines(const gl_index_map *map, const void *base, int64_t at, int valid, int64_t k, int n, f32 *copy, lines *found) {
  if (n == PANEL && valid == PANEL && at % map->acrossRun + PANEL <= map->acrossRun) {
    found->base = (const f32 *)base + map->across[at];
    memcpy(found->offset, map->along + k, sizeof found->offset);
    return;
  }
  GL(gemm_f32).pack(map, base, at, valid, PANEL, k, n, copy);
  memset(copy + n * PANEL, 0, sizeof(f32) * (size_t)((PANEL - n) * PANEL));
  found->base = copy;
  for (int i = 0; i < PANEL; i++) found->offset[i] = i * PANEL;
}
/* Step j of a group pairs k = j with k = j + 16, on both sides. */
static void pack_right(const gl_index_map *map, const void *base, int64_t at, int valid, int width, int64_t k0, int64_t kc, void *to) {
  (void)width;
  f32 copy[PANEL * PANEL] __attribute__((aligned(64)));
  lines from;
  char *group = to;
  for (int64_t k = 0; k < kc; k += PANEL, group += GROUP_BYTES) {
    find_lines(map, base, at, valid, k0 + k, (int)gl_min(PANEL, kc - k), copy, &from);
    magnitude_vectors seen = nothing_seen();
    for (int j = 0; j < HALF; j++)
      for (int h = 0; h < 2; h++)
        split_pairs(_mm512_loadu_ps(from.base + from.offset[j] + h * HALF), _mm512_loadu_ps(from.base + from.offset[j + HALF] + h * HALF), &seen, group + j * LINE_BYTES + h * 64);
    keep_magnitudes(&seen, group);
  }
}
/* to[x][k] = from[k][x] for 16 lines from `first` on, of which 16 elements from x on. */
static inline void turn(const lines *from, int first, int x, __m512 *to) {
  __m512 r[HALF], t[HALF];
#pragma GCC unroll 16
  for (int i = 0; i < HALF; i++) r[i] = _mm512_loadu_ps(from->base + from->offset[first + i] + x);
#pragma GCC unroll 8
  for (int i = 0; i < HALF; i += 2) t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]), t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
#pragma GCC unroll 4
  for (int i = 0; i < HALF; i += 4)
#pragma GCC unroll 2
    for (int j = 0; j < 2; j++) {
      const __m512d p = _mm512_castps_pd(t[i + j]), q = _mm512_castps_pd(t[i + j + 2]);
      r[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(p, q)), r[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(p, q));
    }
#pragma GCC unroll 4
  for (int j = 0; j < 4; j++) {
    const __m512 a = _mm512_shuffle_f32x4(r[j], r[4 + j], 0x88), b = _mm512_shuffle_f32x4(r[j], r[4 + j], 0xdd);
    const __m512 c = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0x88), d = _mm512_shuffle_f32x4(r[8 + j], r[12 + j], 0xdd);
    to[j] = _mm512_shuffle_f32x4(a, c, 0x88), to[8 + j] = _mm512_shuffle_f32x4(a, c, 0xdd);
    to[4 + j] = _mm512_shuffle_f32x4(b, d, 0x88), to[12 + j] = _mm512_shuffle_f32x4(b, d, 0xdd);
  }
}
static void pack_left(const gl_index_map *map, const void *base, int64_t at, int valid, int width, int64_t k0, int64_t kc, void *to) {
  (void)width;
  f32 copy[PANEL * PANEL] __attribute__((aligned(64)));
  __m512 even[HALF], odd[HALF];
  lines from;
  char *group = to;
  for (int64_t k = 0; k < kc; k += PANEL, group += GROUP_BYTES) {
    const int n = (int)gl_min(PANEL, kc - k);
    magnitude_vectors seen = nothing_seen();
    const bool straight = map->alongRun - (k0 + k) % map->alongRun >= n;
    if (!straight) find_lines(map, base, at, valid, k0 + k, n, copy, &from);
    const __mmask16 low = (__mmask16)((1u << gl_min(n, HALF)) - 1), high = (__mmask16)((1u << gl_max(n - HALF, 0)) - 1);
    for (int h = 0; h < (valid > HALF ? 2 : 1); h++) {
      if (!straight) turn(&from, 0, h * HALF, even), turn(&from, HALF, h * HALF, odd);
      else
        for (int i = 0; i < HALF; i++) {
          const int x = h * HALF + i;
          even[i] = odd[i] = _mm512_setzero_ps();
          if (x >= valid) continue;
          const f32 *line = (const f32 *)base + map->across[at + x] + map->along[k0 + k];
          even[i] = _mm512_maskz_loadu_ps(low, line), odd[i] = _mm512_maskz_loadu_ps(high, line + HALF);
        }
      for (int i = 0; i < HALF; i++) split_pairs(even[i], odd[i], &seen, group + h * TILE_BYTES + i * 64);
    }
    keep_magnitudes(&seen, group);
  }
}

#define GL_AMX __attribute__((target("amx-tile,amx-bf16")))
/* Eight tiles of 16 rows of 64 bytes. */
static const struct {
  uint8_t palette, start, reserved[14];
  uint16_t rowBytes[16];
  uint8_t rows[16];
} tiles __attribute__((aligned(64), used)) = {
    .palette = 1, .rowBytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {HALF, HALF, HALF, HALF, HALF, HALF, HALF, HALF}};
GL_AMX static void begin(void) { _tile_loadconfig(&tiles); }
GL_AMX static void end(void) { _tile_release(); }

/* Tiles 0 … 3 hold the product (rows, then columns), 4 and 5 the left halves, 6 and 7 the right ones. Panels of few rows do without the
   lower half. */
#define GL_AMX_LEFT(p)                        \
  _tile_loadd(4, a + (p) * 2 * TILE_BYTES, 64); \
  if (lower) _tile_loadd(5, a + ((p) * 2 + 1) * TILE_BYTES, 64);
#define GL_AMX_RIGHT(p)                       \
  _tile_loadd(6, b + (p) * part, row); \
  _tile_loadd(7, b + (p) * part + 64, row);
#define GL_AMX_PRODUCTS    \
  _tile_dpbf16ps(0, 4, 6); \
  _tile_dpbf16ps(1, 4, 7); \
  if (lower) {             \
    _tile_dpbf16ps(2, 5, 6); \
    _tile_dpbf16ps(3, 5, 7); \
  }
/* The tile intrinsics do not tell the compiler that they read memory. */
#define GL_AMX_FENCE __asm__ volatile("" : : "r"(whole) : "memory")
GL_AMX static inline __attribute__((always_inline)) void sum_groups(bool lower, int64_t kc, const char *a, const gl_split_panel *right, f32 *c, int64_t bytes, bool add) {
  const char *b = right->data;
  const int64_t part = right->part, group = right->group, row = right->row;
  const i32 *offsets = right->offsets;
  if (add) {
    _tile_loadd(0, c, bytes);
    _tile_loadd(1, c + HALF, bytes);
    if (lower) {
      _tile_loadd(2, (char *)c + HALF * bytes, bytes);
      _tile_loadd(3, (char *)c + HALF * bytes + 4 * HALF, bytes);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    if (lower) {
      _tile_zero(2);
      _tile_zero(3);
    }
  }
  for (int64_t k = 0; k < kc; k += PANEL, a += GROUP_BYTES, b += group) {
    if (offsets) b = right->data + (int64_t)offsets[k / 2] * 4;
    GL_AMX_LEFT(2) GL_AMX_RIGHT(0) GL_AMX_PRODUCTS
    GL_AMX_LEFT(1) GL_AMX_PRODUCTS
    GL_AMX_RIGHT(1) GL_AMX_PRODUCTS
    GL_AMX_LEFT(0) GL_AMX_PRODUCTS
    GL_AMX_RIGHT(2) GL_AMX_PRODUCTS
    GL_AMX_RIGHT(0) GL_AMX_PRODUCTS
  }
  _tile_stored(0, c, bytes);
  _tile_stored(1, c + HALF, bytes);
  if (lower) {
    _tile_stored(2, (char *)c + HALF * bytes, bytes);
    _tile_stored(3, (char *)c + HALF * bytes + 4 * HALF, bytes);
  }
}
GL_AMX static bool product(int64_t kc, int height, const void *left, const gl_split_panel *right, void *to, int64_t ldc, bool add) {
  const char *a = left;
  for (int64_t k = 0; k < kc; k += PANEL)
    if (!exact(a + k / PANEL * GROUP_BYTES + PARTS * 2 * TILE_BYTES, right->range + k / PANEL * right->rangeStep)) return false;
  f32 whole[PANEL * PANEL] __attribute__((aligned(64)));
  f32 *c = to;
  int64_t step = ldc;
  if (height < PANEL && height != HALF) { /* the last rows are not the output's */
    c = whole, step = PANEL;
    if (add)
      for (int i = 0; i < height; i++) memcpy(whole + i * PANEL, (f32 *)to + i * ldc, sizeof(f32) * PANEL);
  }
  GL_AMX_FENCE;
  if (height > HALF) sum_groups(true, kc, a, right, c, step * 4, add);
  else sum_groups(false, kc, a, right, c, step * 4, add);
  GL_AMX_FENCE;
  if (c == whole)
    for (int i = 0; i < height; i++) memcpy((f32 *)to + i * ldc, whole + i * PANEL, sizeof(f32) * PANEL);
  return true;
}
static const gl_gemm table = {
    .size = 4,
    .sixteenths = GL_AMX_SIXTEENTHS,
    .lanes = PANEL,
    .height = PANEL,
    .vectors = 1,
    .kUnit = PANEL,
    .pack = pack_right,
    .packLeft = pack_left,
    .begin = begin,
    .end = end,
    .split = product,
    .pairs = split_lines,
    .alternate = alternate,
};
const gl_gemm *GL(gemm_amx)(void) { return &table; }
#else
const gl_gemm *GL(gemm_amx)(void) { return NULL; }
#endif
