/* Copies and fills of short runs of 4-byte elements: whole vectors, the last one overlapping the one before. */
#ifndef GL_LINES_H
#define GL_LINES_H
#include "isa.h"
#include <string.h>

static inline __attribute__((always_inline)) void gl_copy_words(u32 *to, const u32 *from, int64_t n) {
  if (n >= 16) {
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) __builtin_memcpy(to + i, from + i, 64);
    if (i < n) __builtin_memcpy(to + n - 16, from + n - 16, 64);
  } else if (n >= 8) {
    __builtin_memcpy(to, from, 32);
    __builtin_memcpy(to + n - 8, from + n - 8, 32);
  } else if (n >= 4) {
    __builtin_memcpy(to, from, 16);
    __builtin_memcpy(to + n - 4, from + n - 4, 16);
  } else
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
}
typedef u32 gl_words16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef u32 gl_words4 __attribute__((vector_size(16), aligned(4), may_alias));
static inline __attribute__((always_inline)) void gl_fill_words(u32 *to, u32 value, int64_t n) {
  if (n >= 16) {
    const gl_words16 line = (gl_words16){0} + value;
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) *(gl_words16 *)(to + i) = line;
    if (i < n) *(gl_words16 *)(to + n - 16) = line;
  } else if (n >= 4) {
    const gl_words4 line = (gl_words4){0} + value;
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) *(gl_words4 *)(to + i) = line;
    if (i < n) *(gl_words4 *)(to + n - 4) = line;
  } else
    for (int64_t i = 0; i < n; i++) to[i] = value;
}
#endif
