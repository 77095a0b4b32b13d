/* Compiled once per instruction set: GL(name) is name with the set's suffix; vector width and loop hints of that set. */
#ifndef GL_ISA_H
#define GL_ISA_H
#include "program.h"

#define GL_JOIN_(a, b) a##_##b
#define GL_JOIN(a, b) GL_JOIN_(a, b)
#define GL(name) GL_JOIN(gl_##name, GL_ISA)

#if defined(__AVX512F__)
#define GL_VECTOR_BYTES 64
#elif defined(__AVX__)
#define GL_VECTOR_BYTES 32
#else
#define GL_VECTOR_BYTES 16
#endif

/* Iterations are independent: operands are disjoint, or the same elements. */
#if defined(__clang__)
#define GL_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define GL_LOOP _Pragma("GCC ivdep")
#endif

/* Blocks of a register hold a multiple of this many elements, so that loops never need a scalar tail. */
enum { GL_LANES = 16 };
static inline int64_t gl_padded(int64_t n) { return (n + GL_LANES - 1) & -(int64_t)GL_LANES; }
static inline int64_t gl_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t gl_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t gl_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
#endif
