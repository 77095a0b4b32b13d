/* Strided memory <-> dense blocks, line by line along the last dim of the view. */
#include "lines.h"
#include "vm.h"
#include <string.h>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

/* A line: n elements from p, `stride` apart. */
#define GL_LINE_LOAD(name, T, M)                                                                                               \
  static inline void name(const M *p, int64_t stride, int64_t n, T *to) {                                                      \
    if (stride == 1) {                                                                                                         \
      GL_LOOP for (int64_t i = 0; i < n; i++) to[i] = p[i];                                                                    \
    } else if (stride == 0) {                                                                                                  \
      const T value = *p;                                                                                                      \
      for (int64_t i = 0; i < n; i++) to[i] = value;                                                                           \
    } else {                                                                                                                   \
      for (int64_t i = 0; i < n; i++) to[i] = p[i * stride];                                                                   \
    }                                                                                                                          \
  }
#if defined(__AVX512F__)
static inline __mmask16 first_lanes(int64_t n) { return (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1); }
enum { EVEN_LANES = 0x5555 };
/* Every other element, eight at a time. */
static inline __attribute__((always_inline)) void load_halves(const u32 *p, int64_t n, u32 *to) {
  for (int64_t i = 0; i < n; i += 8) {
    const __mmask16 taken = first_lanes(2 * (n - i)) & EVEN_LANES;
    _mm512_mask_storeu_epi32(to + i, first_lanes(gl_min(8, n - i)), _mm512_maskz_compress_epi32(EVEN_LANES, _mm512_maskz_loadu_epi32(taken, p + 2 * i)));
  }
}
static inline __attribute__((always_inline)) void store_halves(u32 *p, int64_t n, const u32 *from) {
  for (int64_t i = 0; i < n; i += 8) {
    const __m512i values = _mm512_maskz_loadu_epi32(first_lanes(gl_min(8, n - i)), from + i);
    _mm512_mask_storeu_epi32(p + 2 * i, first_lanes(2 * (n - i)) & EVEN_LANES, _mm512_maskz_expand_epi32(EVEN_LANES, values));
  }
}
/* Element i is p[i] for before <= i < until, else fill. */
static inline __attribute__((always_inline)) void load_within(const u32 *p, int64_t before, int64_t until, u32 fill, int64_t n, u32 *to) {
  const __m512i outside = _mm512_set1_epi32((int)fill);
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 inside = (__mmask16)(first_lanes(gl_max(0, until - i)) & ~first_lanes(gl_max(0, before - i)));
    _mm512_mask_storeu_epi32(to + i, first_lanes(n - i), _mm512_mask_loadu_epi32(outside, inside, p + i));
  }
}
#else
static inline void load_halves(const u32 *p, int64_t n, u32 *to) {
  for (int64_t i = 0; i < n; i++) to[i] = p[2 * i];
}
static inline void store_halves(u32 *p, int64_t n, const u32 *from) {
  for (int64_t i = 0; i < n; i++) p[2 * i] = from[i];
}
static inline void load_within(const u32 *p, int64_t before, int64_t until, u32 fill, int64_t n, u32 *to) {
  for (int64_t i = 0; i < before; i++) to[i] = fill;
  if (until > before) gl_copy_words(to + before, p + before, until - before);
  for (int64_t i = until; i < n; i++) to[i] = fill;
}
#endif
static inline __attribute__((always_inline)) void load_line_4(const u32 *p, int64_t stride, int64_t n, u32 *to) {
  if (stride == 1) gl_copy_words(to, p, n);
  else if (stride == 0) gl_fill_words(to, *p, n);
  else if (stride == 2) load_halves(p, n, to);
  else
    for (int64_t i = 0; i < n; i++) to[i] = p[i * stride];
}
GL_LINE_LOAD(load_line_8, uint64_t, uint64_t)
GL_LINE_LOAD(load_line_bool, i32, uint8_t)

#define GL_LINE_STORE(name, T, M, value)                                                                                       \
  static inline void name(M *p, int64_t stride, int64_t n, const T *from) {                                                    \
    if (stride == 1) {                                                                                                         \
      GL_LOOP for (int64_t i = 0; i < n; i++) p[i] = value;                                                                    \
    } else {                                                                                                                   \
      for (int64_t i = 0; i < n; i++) p[i * stride] = value;                                                                   \
    }                                                                                                                          \
  }
static inline __attribute__((always_inline)) void store_line_4(u32 *p, int64_t stride, int64_t n, const u32 *from) {
  if (stride == 1) gl_copy_words(p, from, n);
  else if (stride == 2) store_halves(p, n, from);
  else
    for (int64_t i = 0; i < n; i++) p[i * stride] = from[i];
}
GL_LINE_STORE(store_line_8, uint64_t, uint64_t, from[i])
GL_LINE_STORE(store_line_bool, i32, uint8_t, from[i] != 0)

static void load_line(int dtype, const char *base, int64_t offset, int64_t stride, int64_t n, void *to) {
  if (dtype == GL_F64) load_line_8((const uint64_t *)base + offset, stride, n, to);
  else if (dtype == GL_BOOL) load_line_bool((const uint8_t *)base + offset, stride, n, to);
  else load_line_4((const u32 *)base + offset, stride, n, to);
}
static void store_line(int dtype, char *base, int64_t offset, int64_t stride, int64_t n, const void *from) {
  if (dtype == GL_F64) store_line_8((uint64_t *)base + offset, stride, n, from);
  else if (dtype == GL_BOOL) store_line_bool((uint8_t *)base + offset, stride, n, from);
  else store_line_4((u32 *)base + offset, stride, n, from);
}
static int register_size(int dtype) { return dtype == GL_F64 ? 8 : 4; }

/* One element, bit by bit, in the form a register holds. */
static uint64_t element_bits(int dtype, f64 value) {
  uint64_t bits = 0;
  if (dtype == GL_F64) memcpy(&bits, &value, 8);
  else if (dtype == GL_F32) {
    const f32 x = (f32)value;
    memcpy(&bits, &x, 4);
  } else if (dtype == GL_BOOL) bits = value != 0;
  else bits = value == value && value > -9.2e18 && value < 9.2e18 ? (u32)(int64_t)value : 0;
  return bits;
}
void GL(splat)(int dtype, f64 value, int64_t count, void *to) {
  const uint64_t bits = element_bits(dtype, value);
  if (dtype == GL_F64)
    for (int64_t i = 0; i < count; i++) ((uint64_t *)to)[i] = bits;
  else
    gl_fill_words(to, (u32)bits, count);
}

/* Walks lines of an index space. */
typedef struct {
  i32 index[GL_MAX_DIMS];
  int64_t offset; /* of the dims before the last */
} walk;
static void walk_start(walk *at, const gl_view *view, int64_t start) {
  at->offset = 0;
  for (int d = view->nd - 1; d >= 0; d--) {
    const i32 size = view->size[d];
    if (d == 0) at->index[0] = (i32)start;
    else at->index[d] = (i32)(start % size), start /= size;
    if (d < view->nd - 1) at->offset += at->index[d] * view->stride[d];
  }
}
static void walk_line(walk *at, const gl_view *view) {
  const int last = view->nd - 1;
  at->index[last] = 0;
  for (int d = last - 1; d >= 0; d--) {
    at->offset += view->stride[d];
    if (++at->index[d] < view->size[d]) return;
    at->offset -= at->index[d] * view->stride[d];
    at->index[d] = 0;
  }
}
static bool outside(const walk *at, const gl_view *view) {
  for (int d = 0; d < view->nd - 1; d++)
    if (at->index[d] < view->lo[d] || at->index[d] >= view->hi[d]) return true;
  return false;
}

/* Moves on by `lines` whole lines, at most to the end of the dim before the last. */
static void walk_lines(walk *at, const gl_view *view, int64_t lines) {
  const int middle = view->nd - 2;
  at->index[middle] += (i32)lines - 1, at->offset += (lines - 1) * view->stride[middle];
  walk_line(at, view);
}
/* Whole lines of n elements, `step` apart in memory and one after the other in the block. */
static void load_whole_lines(const u32 *p, int64_t step, int64_t stride, int64_t n, int64_t lines, u32 *to) {
#if defined(__AVX512F__)
  if (stride == 1 && n <= 32) {
    const __mmask16 low = first_lanes(n), high = first_lanes(gl_max(0, n - 16));
    if (n <= 16)
      for (int64_t i = 0; i < lines; i++, p += step, to += n) _mm512_mask_storeu_epi32(to, low, _mm512_maskz_loadu_epi32(low, p));
    else
      for (int64_t i = 0; i < lines; i++, p += step, to += n) {
        _mm512_storeu_si512(to, _mm512_loadu_si512(p));
        _mm512_mask_storeu_epi32(to + 16, high, _mm512_maskz_loadu_epi32(high, p + 16));
      }
    return;
  }
  if (stride == 2 && n <= 8) {
    const __mmask16 taken = first_lanes(2 * n) & EVEN_LANES, low = first_lanes(n);
    for (int64_t i = 0; i < lines; i++, p += step, to += n) _mm512_mask_storeu_epi32(to, low, _mm512_maskz_compress_epi32(EVEN_LANES, _mm512_maskz_loadu_epi32(taken, p)));
    return;
  }
#endif
  for (int64_t i = 0; i < lines; i++, p += step, to += n) load_line_4(p, stride, n, to);
}
static void store_whole_lines(u32 *p, int64_t step, int64_t stride, int64_t n, int64_t lines, const u32 *from) {
#if defined(__AVX512F__)
  if (stride == 1 && n <= 16) {
    const __mmask16 low = first_lanes(n);
    for (int64_t i = 0; i < lines; i++, p += step, from += n) _mm512_mask_storeu_epi32(p, low, _mm512_maskz_loadu_epi32(low, from));
    return;
  }
  if (stride == 2 && n <= 8) {
    const __mmask16 taken = first_lanes(2 * n) & EVEN_LANES, low = first_lanes(n);
    for (int64_t i = 0; i < lines; i++, p += step, from += n) _mm512_mask_storeu_epi32(p, taken, _mm512_maskz_expand_epi32(EVEN_LANES, _mm512_maskz_loadu_epi32(low, from)));
    return;
  }
#endif
  for (int64_t i = 0; i < lines; i++, p += step, from += n) store_line_4(p, stride, n, from);
}
/* One line of which elements [before, until) are there. */
static inline __attribute__((always_inline)) void load_bounded_line(const u32 *p, int64_t stride, int64_t before, int64_t until, u32 fill, int64_t n, u32 *to) {
  if (stride == 1) {
    load_within(p, before, until, fill, n, to);
    return;
  }
  gl_fill_words(to, fill, before);
  if (until > before) load_line_4(p + before * stride, stride, until - before, to + before);
  gl_fill_words(to + until, fill, n - until);
}
static bool outside_until(const walk *at, const gl_view *view, int dims) {
  for (int d = 0; d < dims; d++)
    if (at->index[d] < view->lo[d] || at->index[d] >= view->hi[d]) return true;
  return false;
}

/* The general walk, for 4-byte elements: everything that does not change from line to line is kept out of the loops. */
static void load_lines_4(const gl_view *view, int64_t start, int64_t count, u32 *to) {
  const int last = view->nd - 1, middle = last - 1;
  const int64_t stride = view->stride[last], size = view->size[last], lo = view->lo[last], hi = view->hi[last];
  const u32 *base = (const u32 *)view->base;
  const u32 fill = view->bounded ? (u32)element_bits(view->dtype, view->fill) : 0;
  walk at;
  walk_start(&at, view, start);
  while (count > 0) {
    const int64_t first = at.index[last];
    if (first > 0 || count < size || last == 0) { /* part of a line */
      const int64_t n = gl_min(count, size - first);
      if (!view->bounded) load_line_4(base + at.offset + first * stride, stride, n, to);
      else if (outside_until(&at, view, last)) gl_fill_words(to, fill, n);
      else {
        const int64_t before = gl_min(n, gl_max(0, lo - first)), until = gl_max(before, gl_min(n, hi - first));
        load_bounded_line(base + at.offset + first * stride, stride, before, until, fill, n, to);
      }
      count -= n, to += n;
      if (count > 0) walk_line(&at, view);
      continue;
    }
    const int64_t lines = gl_min(count / size, view->size[middle] - at.index[middle]), step = view->stride[middle];
    if (!view->bounded) load_whole_lines(base + at.offset, step, stride, size, lines, to);
    else if (outside_until(&at, view, middle)) gl_fill_words(to, fill, lines * size);
    else {
      const int64_t at0 = at.index[middle], above = gl_min(lines, gl_max(0, view->lo[middle] - at0)), below = gl_max(above, gl_min(lines, view->hi[middle] - at0));
      const int64_t before = gl_min(size, gl_max(0, lo)), until = gl_max(before, gl_min(size, hi));
      gl_fill_words(to, fill, above * size);
      for (int64_t i = above; i < below; i++) load_bounded_line(base + at.offset + i * step, stride, before, until, fill, size, to + i * size);
      gl_fill_words(to + below * size, fill, (lines - below) * size);
    }
    count -= lines * size, to += lines * size;
    if (count > 0) walk_lines(&at, view, lines);
  }
}

void GL(load)(const gl_view *view, int64_t start, int64_t count, void *to) {
  const int last = view->nd - 1;
  if (last < 0) {
    load_line(view->dtype, view->base, 0, 0, count, to);
    return;
  }
  const int64_t stride = view->stride[last];
  if (last == 0 && !view->bounded) {
    load_line(view->dtype, view->base, start * stride, stride, count, to);
    return;
  }
  if (view->dtype != GL_F64 && view->dtype != GL_BOOL) {
    load_lines_4(view, start, count, to);
    return;
  }
  const int size = register_size(view->dtype);
  walk at;
  walk_start(&at, view, start);
  while (count > 0) {
    const i32 first = at.index[last];
    const int64_t n = gl_min(count, view->size[last] - first);
    if (!view->bounded) load_line(view->dtype, view->base, at.offset + first * stride, stride, n, to);
    else if (outside(&at, view)) GL(splat)(view->dtype, view->fill, n, to);
    else {
      const int64_t before = gl_min(n, gl_max(0, view->lo[last] - first)), until = gl_max(before, gl_min(n, view->hi[last] - first));
      GL(splat)(view->dtype, view->fill, before, to);
      if (until > before) load_line(view->dtype, view->base, at.offset + (first + before) * stride, stride, until - before, (char *)to + before * size);
      GL(splat)(view->dtype, view->fill, n - until, (char *)to + until * size);
    }
    to = (char *)to + n * size;
    count -= n;
    walk_line(&at, view);
  }
}

static void store_lines_4(const gl_view *view, int64_t start, int64_t count, const u32 *from) {
  const int last = view->nd - 1, middle = last - 1;
  const int64_t stride = view->stride[last], size = view->size[last];
  u32 *base = (u32 *)view->base;
  walk at;
  walk_start(&at, view, start);
  while (count > 0) {
    const int64_t first = at.index[last];
    const bool part = first > 0 || count < size;
    const int64_t lines = part ? 1 : gl_min(count / size, view->size[middle] - at.index[middle]), n = part ? gl_min(count, size - first) : lines * size;
    if (part) store_line_4(base + at.offset + first * stride, stride, n, from);
    else store_whole_lines(base + at.offset, view->stride[middle], stride, size, lines, from);
    count -= n, from += n;
    if (count > 0) walk_lines(&at, view, lines);
  }
}

void GL(store)(const gl_view *view, int64_t start, int64_t count, const void *from) {
  const int last = view->nd - 1;
  if (last > 0 && view->dtype != GL_F64 && view->dtype != GL_BOOL) {
    store_lines_4(view, start, count, from);
    return;
  }
  if (last <= 0) {
    const int64_t stride = last < 0 ? 0 : view->stride[last];
    store_line(view->dtype, view->base, start * stride, stride, count, from);
    return;
  }
  const int64_t stride = view->stride[last];
  const int size = register_size(view->dtype);
  walk at;
  walk_start(&at, view, start);
  while (count > 0) {
    const i32 first = at.index[last];
    const int64_t n = gl_min(count, view->size[last] - first);
    store_line(view->dtype, view->base, at.offset + first * stride, stride, n, from);
    from = (const char *)from + n * size;
    count -= n;
    walk_line(&at, view);
  }
}
