/* Inner loops of a matrix product for one element type: packing through index tables, and the register tile. */
#ifndef GL_GEMM_H
#define GL_GEMM_H
#include "isa.h"

/* How the elements of one operand are found: element (x, k) lies at base[across[x] + along[k]]. */
typedef struct {
  const i32 *across, *along;
  /* Elements [0, run), [run, 2 run) … of across (along) are neighbours in memory. */
  int64_t acrossRun, alongRun;
} gl_index_map;

/* A panel's line as runs of neighbours: `length` elements at lane `first` come from base + offset. */
typedef struct {
  int n, first[64], length[64];
  i32 offset[64];
} gl_pieces;

/* Copies `width` elements from x = at (0 beyond `valid`) for each of kc steps from k = k0: to[k * width + x]. */
typedef void (*gl_pack)(const gl_index_map *map, const void *base, int64_t at, int valid, int width, int64_t k0, int64_t kc, void *to);

/* c[i][j] (+)= sum over k of a[k * height + i] * b[k * ldb + j] for the height and vectors that the function is made for. */
typedef void (*gl_micro)(int64_t kc, const void *a, const void *b, int64_t ldb, void *c, int64_t ldc, bool add);

/* Of split floats: parts of an element, bytes of a packed group of 32 x 32 elements and of its part; magnitudes follow the parts. */
enum { GL_PARTS = 3, GL_SPLIT_GROUP = 6208, GL_SPLIT_PART = 2048, GL_SPLIT_ROW = 128 };
/* Magnitudes as bits: least minus 1 (so that 0 counts as none), greatest. */
typedef struct {
  u32 least, greatest;
} gl_magnitudes;
/* A panel of the right side on split floats: lines of pairs `row` bytes apart, parts `part` bytes apart; groups of 32 steps `group` bytes
   apart or, where `offsets` is given, at offsets[0], offsets[16], … words; and the magnitudes of each group. */
typedef struct {
  const char *data;
  const i32 *offsets;
  int64_t group, part, row;
  const char *range;
  int64_t rangeStep;
} gl_split_panel;
/* The same for a whole panel of each side, on split floats; columns are whole, rows up to height. False, and nothing done, where the
   split would lose something. */
typedef bool (*gl_split_product)(int64_t kc, int height, const void *a, const gl_split_panel *b, void *c, int64_t ldc, bool add);
/* Words of n pairs of elements: part p of pair i is to[p][i]. `seen` grows to hold their magnitudes. */
typedef void (*gl_split_pairs)(const f32 *low, const f32 *high, int64_t n, u32 *const to[GL_PARTS], gl_magnitudes *seen);

enum { GL_MAX_HEIGHT = 14, GL_MAX_VECTORS = 3, GL_AMX_SIXTEENTHS = 97 };
typedef struct {
  int size;                        /* bytes of an element */
  int sixteenths;                  /* 16 times the bytes of a packed element */
  int lanes;                       /* elements of a vector */
  int height, vectors;             /* largest register tile: height rows, vectors * lanes columns */
  gl_micro micro[GL_MAX_HEIGHT][GL_MAX_VECTORS]; /* [height - 1][vectors - 1] */
  int kUnit;                       /* packed steps of k come in whole units of so many, and panels of m have the full height; 1: neither */
  gl_pack pack, packLeft;
  void (*add)(void *into, const void *from, int64_t n);
  gl_split_product split;          /* takes the place of micro, between begin and end, or null */
  gl_split_pairs pairs;
  void (*alternate)(const f32 *from, int64_t n, f32 *even, f32 *odd);
  void (*begin)(void), (*end)(void);
} gl_gemm;
/* float32 products on AMX; null where this build has none. */
const gl_gemm *GL(gemm_amx)(void);
extern const gl_gemm GL(gemm_f32), GL(gemm_f64), GL(gemm_i32);

/* Register tile by vector width: 32 registers with AVX-512 and NEON, 16 otherwise. */
#if defined(__AVX512F__)
enum { GL_TILE_HEIGHT = 14, GL_TILE_VECTORS = 2 };
#elif defined(__AVX__)
enum { GL_TILE_HEIGHT = 6, GL_TILE_VECTORS = 2 };
#elif defined(__aarch64__)
enum { GL_TILE_HEIGHT = 8, GL_TILE_VECTORS = 3 };
#else
enum { GL_TILE_HEIGHT = 4, GL_TILE_VECTORS = 2 };
#endif
#endif
