/* Included once per element type: GL_T the type, GL_TYPE(name) the name with its suffix, GL_TABLE the result; copy_pieces,
   pack_near, gather and transpose are the includer's. */
typedef GL_T GL_TYPE(vector) __attribute__((vector_size(GL_VECTOR_BYTES), aligned(sizeof(GL_T)), may_alias));
enum { GL_TYPE(LANES) = GL_VECTOR_BYTES / sizeof(GL_T) };

/* The accumulators stay in registers: every loop over them has constant bounds and is unrolled. */
static inline __attribute__((always_inline)) void GL_TYPE(tile)(int height, int vectors, int64_t kc, const GL_T *a, const GL_T *b, int64_t ldb, GL_T *c, int64_t ldc, bool add) {
  GL_TYPE(vector) sum[GL_TILE_HEIGHT][GL_TILE_VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < height; i++)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) sum[i][j] = (GL_TYPE(vector)){0};
  for (int64_t k = 0; k < kc; k++, a += height, b += ldb) {
    GL_TYPE(vector) right[GL_TILE_VECTORS];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) right[j] = *(const GL_TYPE(vector) *)(b + j * GL_TYPE(LANES));
#pragma GCC unroll 16
    for (int i = 0; i < height; i++)
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) sum[i][j] += a[i] * right[j];
  }
#pragma GCC unroll 16
  for (int i = 0; i < height; i++)
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      GL_TYPE(vector) *to = (GL_TYPE(vector) *)(c + i * ldc + j * GL_TYPE(LANES));
      if (add) *to += sum[i][j];
      else *to = sum[i][j];
    }
}
#define GL_MICRO(h, v)                                                                                                         \
  static void GL_TYPE(micro_##h##_##v)(int64_t kc, const void *a, const void *b, int64_t ldb, void *c, int64_t ldc, bool add) { \
    GL_TYPE(tile)(h, v, kc, a, b, ldb, c, ldc, add);                                                                           \
  }
#define GL_MICRO_NAME(h, v) GL_TYPE(micro_##h##_##v)
#if defined(__AVX512F__)
#define GL_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#elif defined(__AVX__)
#define GL_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#elif defined(__aarch64__)
#define GL_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#else
#define GL_ROWS(X) X(1) X(2) X(3) X(4)
#endif
#if defined(__aarch64__)
#define GL_MICRO_ROW(h) GL_MICRO(h, 1) GL_MICRO(h, 2) GL_MICRO(h, 3)
#define GL_MICRO_NAMES(h) {GL_MICRO_NAME(h, 1), GL_MICRO_NAME(h, 2), GL_MICRO_NAME(h, 3)},
#else
#define GL_MICRO_ROW(h) GL_MICRO(h, 1) GL_MICRO(h, 2)
#define GL_MICRO_NAMES(h) {GL_MICRO_NAME(h, 1), GL_MICRO_NAME(h, 2)},
#endif
GL_ROWS(GL_MICRO_ROW)

/* Neighbours across: whole lines, or pieces of them where the panel straddles ends of runs. */
static void GL_TYPE(pack_lines)(const gl_index_map *map, const GL_T *base, int64_t at, int valid, int width, int64_t k0, int64_t kc, GL_T *to) {
  gl_pieces pieces = {.n = 0};
  for (int x = 0; x < valid;) {
    const int64_t left = map->acrossRun - (at + x) % map->acrossRun;
    const int n = (int)gl_min(left, valid - x);
    pieces.first[pieces.n] = x, pieces.length[pieces.n] = n, pieces.offset[pieces.n] = map->across[at + x], pieces.n++;
    x += n;
  }
  const i32 *along = map->along + k0;
  if (pieces.n == 1 && valid == width && width % GL_TYPE(LANES) == 0) {
    const GL_T *from = base + pieces.offset[0];
    for (int64_t k = 0; k < kc; k++, to += width) {
      const GL_T *p = from + along[k];
      for (int x = 0; x < width; x += GL_TYPE(LANES)) *(GL_TYPE(vector) *)(to + x) = *(const GL_TYPE(vector) *)(p + x);
    }
    return;
  }
  if (GL_TYPE(copy_pieces)(&pieces, base, along, width, kc, to)) return;
  for (int64_t k = 0; k < kc; k++, to += width) {
    const GL_T *p = base + along[k];
    for (int s = 0; s < pieces.n; s++)
      for (int x = 0; x < pieces.length[s]; x++) to[pieces.first[s] + x] = p[pieces.offset[s] + x];
    for (int x = valid; x < width; x++) to[x] = 0;
  }
}
/* Neighbours along k: a transposition, in squares that stay in cache. */
static void GL_TYPE(pack_transposed)(const gl_index_map *map, const GL_T *base, int64_t at, int valid, int width, int64_t k0, int64_t kc, GL_T *to) {
  for (int64_t k = 0; k < kc;) {
    const int64_t run = gl_min(kc - k, map->alongRun - (k0 + k) % map->alongRun);
    const GL_T *p = base + map->along[k0 + k];
    for (int64_t done = 0; done < run; done += 16) {
      const int n = (int)gl_min(16, run - done);
      GL_T *square = to + (k + done) * width;
      for (int x = 0; x < valid; x += 16) GL_TYPE(transpose)(p + done, map->across + at + x, (int)gl_min(16, valid - x), n, square + x, width);
      if (valid < width)
        for (int j = 0; j < n; j++)
          for (int x = valid; x < width; x++) square[j * width + x] = 0;
    }
    k += run;
  }
}
static void GL_TYPE(pack_scattered)(const gl_index_map *map, const GL_T *base, int64_t at, int valid, int width, int64_t k0, int64_t kc, GL_T *to) {
  const i32 *across = map->across + at;
  if (GL_TYPE(gather)(across, base, map->along + k0, valid, width, kc, to)) return;
  for (int64_t k = 0; k < kc; k++, to += width) {
    const GL_T *p = base + map->along[k0 + k];
    int x = 0;
    for (; x < valid; x++) to[x] = p[across[x]];
    for (; x < width; x++) to[x] = 0;
  }
}
static void GL_TYPE(pack)(const gl_index_map *map, const void *base, int64_t at, int valid, int width, int64_t k0, int64_t kc, void *to) {
  const int64_t lines = gl_min(map->acrossRun, valid);
  const i32 *across = map->across + at, *along = map->along + k0;
  if (lines == valid && at % map->acrossRun + valid <= map->acrossRun) GL_TYPE(pack_lines)(map, base, at, valid, width, k0, kc, to);
  else if (GL_TYPE(pack_near)(across, base, along, valid, width, kc, 2, to)) return;
  else if (map->alongRun >= 8 && map->alongRun > lines) GL_TYPE(pack_transposed)(map, base, at, valid, width, k0, kc, to);
  else if (GL_TYPE(pack_near)(across, base, along, valid, width, kc, 4, to)) return;
  else if (lines >= 4) GL_TYPE(pack_lines)(map, base, at, valid, width, k0, kc, to);
  else if (map->alongRun >= 8) GL_TYPE(pack_transposed)(map, base, at, valid, width, k0, kc, to);
  else GL_TYPE(pack_scattered)(map, base, at, valid, width, k0, kc, to);
}
static void GL_TYPE(add)(void *into, const void *from, int64_t n) {
  GL_T *d = into;
  const GL_T *a = from;
  GL_LOOP for (int64_t i = 0; i < n; i++) d[i] += a[i];
}

const gl_gemm GL_TABLE = {
    .size = sizeof(GL_T),
    .sixteenths = 16 * sizeof(GL_T),
    .kUnit = 1,
    .lanes = GL_TYPE(LANES),
    .height = GL_TILE_HEIGHT,
    .vectors = GL_TILE_VECTORS,
    .micro = {GL_ROWS(GL_MICRO_NAMES)},
    .pack = GL_TYPE(pack),
    .packLeft = GL_TYPE(pack),
    .add = GL_TYPE(add),
};
