/* contract: reads the record, decides orientation and tiling, packs, multiplies tile by tile, ends each tile with the epilogue.
   Every element of C is added in the same order wherever its tile lies; only the sizes decide the pieces of k. */
#include "contract.h"
#include "api.h"
#include "kept.h"
#include "kernels.h"
#include "memory.h"
#include "threads.h"
#include <string.h>

enum { BATCH, M, N, K };
/* Of products on split floats: steps of k at a time, panels of a tile at most, steps of k from which they pay. */
enum { SPLIT_K_BLOCK = 256, SPLIT_LONG_K_BLOCK = 512, TILE_PANELS = 64, SPLIT_STEPS = 48 };
enum { K_BLOCK = 320, TILE_ROWS = 224, TILE_COLUMNS = 256, SHARED_BYTES = 32 << 20, PANEL_GROUP = 8, PACK_STEPS = 64, EPILOGUE_ELEMENTS = 1024, MAX_SPLITS = 16, FEW_BATCHES = 16 };

int64_t GL(panel_start)(const gl_contraction *job, int64_t panel) {
  return job->gemm->kUnit > 1 ? gl_min(job->m.total, panel * job->gemm->height) : panel * job->m.total / job->mPanels;
}
/* Packed extents: steps of k, and rows. */
static int64_t packed_steps(const gl_contraction *job, int64_t kc) { return gl_ceil_div(kc, job->gemm->kUnit) * job->gemm->kUnit; }
static int64_t packed_rows(const gl_contraction *job, int64_t rows) { return job->gemm->kUnit > 1 ? gl_ceil_div(rows, job->gemm->height) * job->gemm->height : rows; }
static int64_t packed_bytes(const gl_contraction *job, int64_t elements) { return elements * job->gemm->sixteenths / 16; }
static int64_t k_start(const gl_contraction *job, int64_t block) { return gl_min(job->k.total, block * job->kBlock); }
/* Columns that all panels of a chunk take, whole vectors. */
static int64_t chunk_columns(const gl_contraction *job) { return gl_ceil_div(job->chunk, job->gemm->lanes) * job->gemm->lanes; }
static int panel_width(const gl_contraction *job, int64_t panel) {
  const int64_t full = job->gemm->vectors * job->gemm->lanes;
  return (int)gl_min(full, chunk_columns(job) - panel * full);
}

/* Packed operands: blocks of k one after another, in each the panels, in each k after k. */
char *GL(left_panel)(const gl_contraction *job, char *packed, int64_t firstRow, int64_t rows, int64_t m, int64_t k0, int64_t kc) {
  return packed + packed_bytes(job, k0 * packed_rows(job, rows) + (m - firstRow) * packed_steps(job, kc));
}
/* A few steps of k for all panels, then the next few: neighbouring panels share cache lines and pages. */
static void pack_left(const gl_contraction *job, const char *base, int64_t firstPanel, int64_t lastPanel, int64_t k0, int64_t kc, char *to) {
  const int64_t row0 = GL(panel_start)(job, firstPanel), steps = packed_steps(job, kc);
  for (int64_t k = 0; k < kc; k += PACK_STEPS)
    for (int64_t p = firstPanel; p < lastPanel; p++) {
      const int64_t m = GL(panel_start)(job, p), height = GL(panel_start)(job, p + 1) - m;
      job->gemm->packLeft(&job->leftMap, base, m, (int)height, (int)height, k0 + k, gl_min(PACK_STEPS, kc - k), to + packed_bytes(job, (m - row0) * steps + k * packed_rows(job, height)));
    }
}
static void pack_right(const gl_contraction *job, const char *base, int64_t chunk, int64_t panel, int64_t k0, int64_t kc, char *to) {
  const int64_t n = panel * job->gemm->vectors * job->gemm->lanes;
  const int width = panel_width(job, panel);
  job->gemm->pack(&job->rightMap, base, chunk * job->chunk + n, (int)gl_min(width, job->chunk - n), width, k0, kc, to);
}
static void share_left(void *context, int i) {
  const gl_contraction *job = context;
  const int64_t groups = gl_ceil_div(job->mPanels, PANEL_GROUP), batch = i / (groups * job->kBlocks), block = i / groups % job->kBlocks, first = i % groups * PANEL_GROUP;
  const int64_t k0 = k_start(job, block), kc = k_start(job, block + 1) - k0;
  const char *from = job->left + GL(axes_offset)(&job->batch, job->batch.left, batch) * job->gemm->size;
  pack_left(job, from, first, gl_min(job->mPanels, first + PANEL_GROUP), k0, kc, GL(left_panel)(job, job->packedLeft + batch * job->leftBytes, 0, job->m.total, GL(panel_start)(job, first), k0, kc));
}
static char *shared_right(const gl_contraction *job, int64_t chunk, int64_t panel, int64_t k0, int64_t kc) {
  const int64_t columns = chunk_columns(job), at = chunk * columns + panel * job->gemm->vectors * job->gemm->lanes;
  return job->packedRight + packed_bytes(job, k0 * columns * job->chunks + at * packed_steps(job, kc));
}
static void share_right(void *context, int i) {
  const gl_contraction *job = context;
  const int64_t panels = job->chunks * job->nPanels, groups = gl_ceil_div(panels, PANEL_GROUP), block = i / groups, first = i % groups * PANEL_GROUP;
  const int64_t k0 = k_start(job, block), kc = k_start(job, block + 1) - k0;
  for (int64_t k = 0; k < kc; k += PACK_STEPS)
    for (int64_t panel = first; panel < gl_min(panels, first + PANEL_GROUP); panel++) {
      const int64_t chunk = panel / job->nPanels, p = panel % job->nPanels;
      pack_right(job, job->right, chunk, p, k0 + k, gl_min(PACK_STEPS, kc - k), shared_right(job, chunk, p, k0, kc) + packed_bytes(job, k * panel_width(job, p)));
    }
}

/* Scratch of a task: left block, right panel, tile, frame of the epilogue; for split floats, operands as they are, and which of them
   are there: the left panels, the right one. */
typedef struct {
  char *left, *right, *tile, *wholeLeft, *wholeRight;
  bool hasLeft[TILE_PANELS], hasRight;
  gl_frame frame;
} workspace;
static size_t rounded(int64_t bytes) { return (size_t)((bytes + 63) & ~(int64_t)63); }
static int64_t tile_rows(const gl_contraction *job) {
  const int64_t highest = job->gemm->kUnit > 1 ? job->gemm->height : gl_ceil_div(job->m.total, job->mPanels);
  return gl_min(job->m.total, job->mPerTile * highest);
}
static bool open_workspace(const gl_contraction *job, workspace *work) {
  const int64_t size = job->gemm->size, capacity = job->rows * job->columns;
  const int64_t leftElements = packed_rows(job, tile_rows(job)) * job->kBlock, rightElements = job->gemm->vectors * job->gemm->lanes * job->kBlock;
  const size_t left = rounded(packed_bytes(job, leftElements)), right = rounded(packed_bytes(job, rightElements)), tile = rounded(tile_rows(job) * job->columns * size);
  const size_t wholeLeft = job->gemm->split ? rounded(leftElements * size) : 0, wholeRight = job->gemm->split ? rounded(rightElements * size) : 0;
  char *memory = gl_thread_scratch(left + right + tile + wholeLeft + wholeRight + GL(frame_size)(&job->body, capacity, 0));
  if (!memory) return false;
  work->left = memory, work->right = memory + left, work->tile = memory + left + right;
  work->wholeLeft = work->tile + tile, work->wholeRight = work->wholeLeft + wholeLeft;
  GL(frame)(&job->body, work->wholeRight + wholeRight, capacity, 0, &work->frame);
  return true;
}

/* A panel that split floats cannot hold: operands are packed as they are, once a tile, and multiplied by the other kernel. `first` is
   the tile's first panel, `right` the operand of this batch. */
static void multiply_whole(const gl_contraction *job, workspace *work, const char *left, const char *right, int64_t first, int64_t panel, int64_t n, int valid, int64_t k0, int64_t kc, char *to, int64_t ldc, bool add) {
  const gl_gemm *gemm = &GL(gemm_f32);
  const int64_t m = GL(panel_start)(job, panel), height = GL(panel_start)(job, panel + 1) - m, pieces = gl_ceil_div(height, gemm->height);
  char *rows = work->wholeLeft + (m - GL(panel_start)(job, first)) * kc * gemm->size;
  if (!work->hasRight) gemm->pack(&job->rightMap, right, n, valid, job->gemm->lanes, k0, kc, work->wholeRight);
  for (int64_t i = 0; i < pieces; i++) {
    const int64_t r = i * height / pieces, h = (i + 1) * height / pieces - r;
    if (!work->hasLeft[panel - first]) gemm->pack(&job->leftMap, left, m + r, (int)h, (int)h, k0, kc, rows + r * kc * gemm->size);
    for (int64_t j = 0; j < job->gemm->lanes; j += gemm->vectors * gemm->lanes)
      gemm->micro[h - 1][gemm->vectors - 1](kc, rows + r * kc * gemm->size, work->wholeRight + j * gemm->size, job->gemm->lanes, to + (r * ldc + j) * gemm->size, ldc, add);
  }
  work->hasLeft[panel - first] = work->hasRight = true;
}

/* One tile over blocks [firstBlock, lastBlock) of k, into tile (rows of job->columns); whole panels into `out`, if given. */
static void multiply(const gl_contraction *job, workspace *work, int64_t batch, int64_t chunk, int64_t mTile, int64_t nTile, int64_t firstBlock, int64_t lastBlock, char *tile, char *out) {
  const gl_gemm *gemm = job->gemm;
  const int64_t size = gemm->size, full = gemm->vectors * gemm->lanes;
  const int64_t mFirst = mTile * job->mPerTile, mLast = gl_min(job->mPanels, mFirst + job->mPerTile), row0 = GL(panel_start)(job, mFirst);
  const int64_t nFirst = nTile * job->nPerTile, nLast = gl_min(job->nPanels, nFirst + job->nPerTile);
  const char *left = job->left + GL(axes_offset)(&job->batch, job->batch.left, batch) * size;
  const char *right = job->right + GL(axes_offset)(&job->batch, job->batch.right, batch) * size;
  if (firstBlock == lastBlock) memset(tile, 0, (size_t)((GL(panel_start)(job, mLast) - row0) * job->columns * size));
  for (int64_t block = firstBlock; block < lastBlock; block++) {
    const int64_t k0 = k_start(job, block), kc = k_start(job, block + 1) - k0;
    if (!job->leftShared) pack_left(job, left, mFirst, mLast, k0, kc, work->left);
    memset(work->hasLeft, 0, sizeof work->hasLeft);
    for (int64_t p = nFirst; p < nLast; p++) {
      const int width = panel_width(job, p);
      const char *lines;
      int64_t step = width, ldc = job->columns;
      char *to = tile + (p - nFirst) * full * size;
      if (out && p * full + width <= job->chunk) to = out + (p - nFirst) * full * size, ldc = job->outStep;
      if (job->direct && p * full + width <= job->chunk) lines = right + (job->rightMap.across[chunk * job->chunk + p * full] + job->rightMap.along[k0]) * size, step = job->step;
      else if (job->rightShared) lines = shared_right(job, chunk, p, k0, kc);
      else pack_right(job, right, chunk, p, k0, kc, work->right), lines = work->right;
      const gl_split_panel split = {.data = lines, .group = GL_SPLIT_GROUP, .part = GL_SPLIT_PART, .row = GL_SPLIT_ROW, .range = lines + GL_PARTS * GL_SPLIT_PART, .rangeStep = GL_SPLIT_GROUP};
      work->hasRight = false;
      for (int64_t q = mFirst; q < mLast; q++) {
        const int64_t m = GL(panel_start)(job, q), height = GL(panel_start)(job, q + 1) - m;
        const char *panel = job->leftShared ? GL(left_panel)(job, job->packedLeft + batch * job->leftBytes, 0, job->m.total, m, k0, kc) : work->left + packed_bytes(job, (m - row0) * packed_steps(job, kc));
        if (gemm->split) {
          const int64_t n = p * full;
          char *c = to + (m - row0) * ldc * size;
          if (!gemm->split(kc, (int)height, panel, &split, c, ldc, block > firstBlock))
            multiply_whole(job, work, left, right, mFirst, q, chunk * job->chunk + n, (int)gl_min(full, job->chunk - n), k0, kc, c, ldc, block > firstBlock);
        } else gemm->micro[height - 1][width / gemm->lanes - 1](kc, panel, lines, step, to + (m - row0) * ldc * size, ldc, block > firstBlock);
      }
    }
  }
}

char *GL(output_address)(const gl_contraction *job, int64_t batch, int64_t m, int64_t n) {
  const gl_view *whole = &job->outputs[0].whole;
  int64_t strides[GL_MAX_DIMS], offset = m * job->outStep;
  for (int a = 0; a < job->batch.n; a++) strides[a] = whole->stride[job->batch.dim[a]];
  offset += GL(axes_offset)(&job->batch, strides, batch);
  for (int a = 0; a < job->n.n; a++) strides[a] = whole->stride[job->n.dim[a]];
  return whole->base + (offset + GL(axes_offset)(&job->n, strides, n)) * job->gemm->size;
}
static void tile_task(void *context, int i) {
  const gl_contraction *job = context;
  workspace work;
  if (!open_workspace(job, &work)) return;
  if (job->gemm->begin) job->gemm->begin();
  const int64_t last = gl_min(job->units, (i + 1) * job->unitsPerTask);
  for (int64_t unit = i * job->unitsPerTask; unit < last; unit++) {
    const int64_t batches = job->batch.total, inner = batches <= FEW_BATCHES ? batches : 1; /* few batches may well share what they read and write */
    const int64_t rest = unit / inner, nTile = rest % job->nTiles, mTile = rest / job->nTiles % job->mTiles, outer = rest / job->nTiles / job->mTiles;
    const int64_t chunk = outer % job->chunks, batch = inner > 1 ? unit % inner : outer / job->chunks;
    const int64_t m0 = GL(panel_start)(job, mTile * job->mPerTile), m1 = GL(panel_start)(job, gl_min(job->mPanels, (mTile + 1) * job->mPerTile));
    const int64_t n0 = nTile * job->nPerTile * job->gemm->vectors * job->gemm->lanes;
    const int64_t width = gl_min(job->chunk - n0, job->nPerTile * job->gemm->vectors * job->gemm->lanes);
    char *out = job->inPlace ? GL(output_address)(job, batch, m0, chunk * job->chunk + n0) : NULL;
    multiply(job, &work, batch, chunk, mTile, nTile, 0, job->kBlocks, work.tile, out);
    const int64_t done = out ? width / job->gemm->lanes * job->gemm->lanes : 0, full = job->gemm->vectors * job->gemm->lanes;
    const int64_t left = done == width ? width : done / full * full; /* the last panel, if it is not whole, is in the tile */
    if (left < width) GL(epilogue)(job, &work.frame, batch, m0, m1 - m0, chunk * job->chunk + n0 + left, width - left, work.tile + left * job->gemm->size);
  }
  if (job->gemm->end) job->gemm->end();
}
/* Unit: (batch, piece of k); the tile is the whole matrix. */
static void split_task(void *context, int i) {
  const gl_contraction *job = context;
  workspace work;
  if (!open_workspace(job, &work)) return;
  const int64_t split = i % job->splits, batch = i / job->splits, first = split * job->blocksPerSplit;
  if (job->gemm->begin) job->gemm->begin();
  multiply(job, &work, batch, 0, 0, 0, first, gl_min(job->kBlocks, first + job->blocksPerSplit), job->partials + i * job->m.total * job->columns * job->gemm->size, NULL);
  if (job->gemm->end) job->gemm->end();
}
/* A few rows: adds the pieces in order, then the epilogue. */
static void join_task(void *context, int i) {
  const gl_contraction *job = context;
  workspace work;
  if (!open_workspace(job, &work)) return;
  const int64_t groups = gl_ceil_div(job->m.total, job->rows), batch = i / groups, m0 = i % groups * job->rows, rows = gl_min(job->rows, job->m.total - m0);
  const int64_t piece = job->m.total * job->columns * job->gemm->size;
  char *sum = job->partials + batch * job->splits * piece + m0 * job->columns * job->gemm->size;
  for (int64_t s = 1; s < job->splits; s++) (job->gemm->split ? &GL(gemm_f32) : job->gemm)->add(sum, sum + s * piece, rows * job->columns);
  GL(epilogue)(job, &work.frame, batch, m0, rows, 0, job->n.total, sum);
}

/* ---- plan ---- */
/* Rough cycles of one step of k for m broadcast rows and n vector columns. */
static f64 step_cycles(const gl_gemm *gemm, int64_t m, int64_t n) {
  const f64 panels = (f64)gl_ceil_div(m, gemm->height), height = (f64)m / panels;
  const int64_t vectors = gl_ceil_div(n, gemm->lanes), wide = vectors / gemm->vectors, rest = vectors % gemm->vectors;
  f64 cycles = 0;
  for (int64_t v = gemm->vectors;; v = rest) {
    const f64 fma = height * (f64)v / 2, load = (height + (f64)v) / 2, latency = 4;
    const f64 worst = fma > load ? fma > latency ? fma : latency : load > latency ? load : latency;
    cycles += worst * (v == gemm->vectors ? (f64)wide : 1);
    if (v == rest || rest == 0) break;
  }
  return cycles * panels;
}
static void swap_sides(gl_contraction *job) {
  const gl_axes m = job->m;
  job->m = job->n, job->n = m;
  const char *left = job->left;
  job->left = job->right, job->right = left;
  const bool kept = job->leftKept;
  job->leftKept = job->rightKept, job->rightKept = kept;
  gl_axes *all[] = {&job->batch, &job->m, &job->n, &job->k};
  for (int g = 0; g < 4; g++)
    for (int i = 0; i < all[g]->n; i++) {
      const int64_t stride = all[g]->left[i];
      all[g]->left[i] = all[g]->right[i], all[g]->right[i] = stride;
    }
}
/* Run of the first output along axes. */
static int64_t output_run(const gl_contraction *job, const gl_axes *axes) {
  int64_t strides[GL_MAX_DIMS];
  if (job->body.nOutputs == 0) return 1;
  for (int i = 0; i < axes->n; i++) strides[i] = job->outputs[0].whole.stride[axes->dim[i]];
  return GL(axes_run)(axes, strides);
}
static void choose_sides(gl_contraction *job) {
  const f64 area = (f64)job->m.total * (f64)job->n.total, k = (f64)job->k.total;
  const f64 alongN = output_run(job, &job->n) >= 4 || job->n.total == 1 ? 0.3 : 2, alongM = output_run(job, &job->m) >= 4 || job->m.total == 1 ? 0.3 : 2;
  const f64 kept = k * step_cycles(job->gemm, job->m.total, job->n.total) + area * alongN;
  const f64 swapped = k * step_cycles(job->gemm, job->n.total, job->m.total) + area * alongM;
  if (swapped < kept * 0.95) swap_sides(job);
}

/* Whether AMX, at three times the rate on sides rounded up to panels, saves more than splitting the operands costs: for an element as
   much as some 64 of its multiplications. */
static bool worth_splitting(const gl_contraction *job, const gl_gemm *amx) {
  const f64 m = (f64)job->m.total, n = (f64)job->n.total, k = (f64)job->k.total;
  const int64_t half = amx->height / 2; /* the last panel of rows may be half a one */
  const f64 rows = (f64)(gl_ceil_div(job->m.total, half) * half), columns = (f64)(gl_ceil_div(job->n.total, amx->height) * amx->height);
  const f64 steps = (f64)(gl_ceil_div(job->k.total, amx->kUnit) * amx->kUnit);
  const f64 packed = (job->leftKept ? 0 : rows) + (job->rightKept ? 0 : GL(images_serve)(job) ? columns / 4 : columns);
  return job->k.total >= SPLIT_STEPS && 3 * m * n * k - rows * columns * steps > 64 * packed * steps;
}

/* Packing twice costs less here than fetching what another processor has packed. */
static bool is_small(const gl_contraction *job) { return job->gemm->split && (f64)job->batch.total * (f64)job->m.total * (f64)job->n.total * (f64)job->k.total < 64e6; }

static void choose_tiles(gl_contraction *job) {
  const gl_gemm *gemm = job->gemm;
  const int64_t full = gemm->vectors * gemm->lanes, m = job->m.total, n = job->n.total, k = job->k.total, batches = job->batch.total;
  const int64_t run = output_run(job, &job->n);
  job->chunk = run >= 2 * full && run < n ? run : n;
  job->mPanels = gl_ceil_div(m, gemm->height);
  const bool inPieces = batches * job->mPanels * gl_ceil_div(n, full) < 64 && k >= 1024 && job->mPanels * gemm->height <= 1024;
  /* Long blocks save visits to the tile, where its panels of the right side are used often enough to lie in the second cache. */
  const int64_t longest = !gemm->split ? K_BLOCK * 4 / gemm->size : job->mPanels > 4 && !inPieces ? SPLIT_LONG_K_BLOCK : SPLIT_K_BLOCK;
  job->kBlocks = gl_ceil_div(k, longest);
  job->kBlock = job->kBlocks ? packed_steps(job, gl_ceil_div(k, job->kBlocks)) : 1;
  if (gemm->split) job->kBlocks = gl_ceil_div(k, job->kBlock);
  job->splits = 1;
  if (inPieces) {
    job->splits = gl_min(MAX_SPLITS, k / 512);
    job->blocksPerSplit = gl_ceil_div(job->kBlocks, job->splits);
    job->splits = gl_ceil_div(job->kBlocks, job->blocksPerSplit);
    if (job->splits > 1) job->chunk = n;
  }
  job->chunks = n / job->chunk;
  job->nPanels = gl_ceil_div(job->chunk, full);
  job->mPerTile = job->mPanels, job->nPerTile = job->nPanels;
  if (job->splits == 1) {
    job->mPerTile = gl_min(job->mPanels, gl_max(1, TILE_ROWS / gemm->height));
    job->nPerTile = gl_min(job->nPanels, gl_max(1, TILE_COLUMNS / full));
    const int64_t threads = gl_pool_size(0), enough = is_small(job) ? threads : 4 * threads;
    for (;;) { /* smaller tiles until there are enough of them, while they are worth a task */
      job->mTiles = gl_ceil_div(job->mPanels, job->mPerTile), job->nTiles = gl_ceil_div(job->nPanels, job->nPerTile);
      const int64_t tiles = batches * job->chunks * job->mTiles * job->nTiles;
      const int64_t cycles = job->mPerTile * gemm->height * job->nPerTile * gemm->vectors * k / 2;
      if (threads == 1 || tiles >= enough || cycles < 2 * GL_SERIAL_CYCLES) break;
      if (job->nPerTile > 1 && (job->nPerTile >= job->mPerTile || job->mPerTile == 1)) job->nPerTile = gl_ceil_div(job->nPerTile, 2);
      else if (job->mPerTile > 1) job->mPerTile = gl_ceil_div(job->mPerTile, 2);
      else break;
    }
    job->mPerTile = gl_ceil_div(job->mPanels, job->mTiles), job->nPerTile = gl_ceil_div(job->nPanels, job->nTiles);
  }
  job->mTiles = gl_ceil_div(job->mPanels, job->mPerTile), job->nTiles = gl_ceil_div(job->nPanels, job->nPerTile);
  job->columns = gl_ceil_div(gl_min(job->nPerTile * full, chunk_columns(job)), GL_LANES) * GL_LANES;
  job->rows = (int)gl_max(1, EPILOGUE_ELEMENTS / job->columns);
}

static bool constant_over_batch(const gl_contraction *job, const int64_t *strides) {
  for (int i = 0; i < job->batch.n; i++)
    if (strides[i] != 0 && job->batch.size[i] > 1) return false;
  return true;
}
static bool index_tables(gl_contraction *job) {
  job->leftMap = (gl_index_map){GL(axes_table)(&job->m, job->m.left), GL(axes_table)(&job->k, job->k.left), GL(axes_run)(&job->m, job->m.left), GL(axes_run)(&job->k, job->k.left)};
  job->rightMap = (gl_index_map){GL(axes_table)(&job->n, job->n.right), GL(axes_table)(&job->k, job->k.right), GL(axes_run)(&job->n, job->n.right), GL(axes_run)(&job->k, job->k.right)};
  return job->leftMap.across && job->leftMap.along && job->rightMap.across && job->rightMap.along;
}
/* One stride for all of the axes, or 0. */
static int64_t uniform_step(const gl_axes *k, const int64_t *strides) {
  int64_t step = 0, count = 1;
  for (int i = k->n - 1; i >= 0; i--) {
    if (k->size[i] == 1) continue;
    if (count == 1) step = strides[i];
    else if (strides[i] != step * count) return 0;
    count *= k->size[i];
  }
  return step;
}

/* Whether register tiles can be stored straight into the only output. */
static void choose_in_place(gl_contraction *job) {
  const gl_view *out = &job->outputs[0].whole;
  job->inPlace = false;
  if (job->splits > 1 || job->kBlocks == 0 || job->body.code.nInstructions > 0 || job->body.nOutputs != 1 || job->body.outputs[0].reg != 0 || out->dtype == GL_BOOL) return;
  int64_t strides[GL_MAX_DIMS];
  for (int a = 0; a < job->m.n; a++) strides[a] = out->stride[job->m.dim[a]];
  job->outStep = uniform_step(&job->m, strides);
  const int64_t run = output_run(job, &job->n);
  job->inPlace = (job->outStep > 0 || job->m.total == 1) && run >= job->chunk && run % job->chunk == 0;
}

/* Lines of neighbours: inputs that no instruction overwrites; outputs that an instruction writes, in registers of their own. Outputs never
   share memory with inputs here. */
static void choose_in_lines(gl_contraction *job) {
  const gl_body *body = &job->body;
  for (int i = 0; i < body->nInputs + body->nOutputs; i++) {
    const bool isInput = i < body->nInputs;
    gl_epilogue_operand *operand = isInput ? &job->inputs[i] : &job->outputs[i - body->nInputs];
    const gl_view *line = &operand->line;
    bool written = false;
    for (int k = 0; k < body->code.nInstructions; k++) written |= body->code.instructions[k].dst == operand->reg;
    operand->inLine = operand->alongM && !line->bounded && line->dtype != GL_BOOL && line->nd == 1 && line->stride[0] == 1 && written != isInput;
    for (int j = 0; j < i; j++) operand->inLine &= (j < body->nInputs ? &job->inputs[j] : &job->outputs[j - body->nInputs])->reg != operand->reg;
    job->inLines |= operand->inLine;
  }
}

/* All that the packed form of an operand depends on. */
typedef struct {
  const gl_gemm *gemm;
  const char *base;
  gl_axes across, k;
  int64_t isRight, panels, chunk, kBlock;
} packed_key;
static void key_axes(const gl_axes *axes, const int64_t *strides, gl_axes *to) {
  to->n = axes->n, to->total = axes->total;
  for (int i = 0; i < axes->n; i++) to->size[i] = axes->size[i], to->left[i] = strides[i];
}
/* Where a shared operand is packed. `done` says that an earlier contraction did it. */
static char *packed_memory(const gl_contraction *job, const gl_run_context *run, bool isRight, int64_t bytes, bool *done) {
  *done = false;
  if (!(isRight ? job->rightKept : job->leftKept)) return gl_kernel_memory((size_t)bytes);
  packed_key key;
  memset(&key, 0, sizeof key);
  key.gemm = job->gemm, key.isRight = isRight, key.kBlock = job->kBlock;
  key.base = isRight ? job->right : job->left, key.panels = isRight ? job->nPanels : job->mPanels, key.chunk = isRight ? job->chunk : 0;
  key_axes(isRight ? &job->n : &job->m, isRight ? job->n.right : job->m.left, &key.across);
  key_axes(&job->k, isRight ? job->k.right : job->k.left, &key.k);
  char *memory = gl_kept(run, &key, sizeof key);
  *done = memory != NULL;
  return memory ? memory : gl_keep(run, &key, sizeof key, (size_t)bytes);
}
static bool share_operands(gl_contraction *job, const gl_run_context *run, bool serial) {
  const int64_t steps = packed_steps(job, job->k.total);
  const int64_t left = packed_bytes(job, packed_rows(job, job->m.total) * steps), right = packed_bytes(job, chunk_columns(job) * job->chunks * steps);
  const int64_t outer = job->batch.total * job->chunks;
  job->step = uniform_step(&job->k, job->k.right);
  job->direct = !job->gemm->split && job->step > 0 && job->mPanels <= 3 && job->rightMap.acrossRun >= job->chunk;
  const int64_t few = is_small(job) ? gl_pool_size(0) : 1;
  const bool oneLeft = constant_over_batch(job, job->batch.left);
  const int64_t lefts = oneLeft ? 1 : job->batch.total;
  job->leftKept &= oneLeft;
  job->leftShared = job->images.used || (job->splits == 1 && ((oneLeft ? outer : job->chunks) * job->nTiles > few || job->leftKept) && lefts * left <= SHARED_BYTES);
  job->leftBytes = oneLeft ? 0 : left;
  job->rightShared = !job->images.used && job->splits == 1 && !job->direct && (job->mTiles * job->batch.total > few || job->rightKept) && right <= SHARED_BYTES && constant_over_batch(job, job->batch.right);
  if (job->leftShared) {
    bool done;
    job->packedLeft = packed_memory(job, run, false, lefts * left, &done);
    if (!job->packedLeft) return false;
    const int tasks = done ? 0 : (int)(lefts * job->kBlocks * gl_ceil_div(job->mPanels, PANEL_GROUP));
    if (serial || lefts * left < 65536) for (int i = 0; i < tasks; i++) share_left(job, i);
    else gl_parallel(tasks, share_left, job);
  }
  if (job->rightShared) {
    bool done;
    job->packedRight = packed_memory(job, run, true, right, &done);
    if (!job->packedRight) return false;
    const int tasks = done ? 0 : (int)(job->kBlocks * gl_ceil_div(job->chunks * job->nPanels, PANEL_GROUP));
    if (serial || right < 65536) for (int i = 0; i < tasks; i++) share_right(job, i);
    else gl_parallel(tasks, share_right, job);
  }
  return true;
}

static void each(bool serial, int64_t n, void (*task)(void *, int), void *context) {
  if (serial) for (int i = 0; i < n; i++) task(context, i);
  else gl_parallel((int)n, task, context);
}
static int multiply_all(gl_contraction *job, const gl_run_context *run) {
  choose_sides(job);
  const gl_gemm *amx = gl_amx && job->gemm == &GL(gemm_f32) ? GL(gemm_amx)() : NULL;
  if (amx && worth_splitting(job, amx)) job->gemm = amx;
  choose_tiles(job);
  const f64 cycles = (f64)job->batch.total * (f64)job->m.total * (f64)job->n.total * ((f64)job->k.total / (2 * job->gemm->lanes) + 1);
  const bool serial = cycles < GL_SERIAL_CYCLES;
  GL(choose_images)(job);
  if (!index_tables(job) || (job->images.used && !GL(index_images)(job))) return gl_out_of_memory(run);
  choose_in_place(job);
  if (!share_operands(job, run, serial)) return gl_out_of_memory(run);
  if (job->images.used) GL(join_batches)(job);
  for (int i = 0; i < job->body.nInputs + job->body.nOutputs; i++) { /* lines along n */
    gl_epilogue_operand *operand = i < job->body.nInputs ? &job->inputs[i] : &job->outputs[i - job->body.nInputs];
    const gl_view *whole = &operand->whole;
    gl_view *line = &operand->line;
    line->base = whole->base, line->dtype = whole->dtype, line->fill = whole->fill, line->bounded = whole->bounded, line->nd = job->n.n;
    for (int a = 0; a < job->n.n; a++) {
      const int d = job->n.dim[a];
      line->size[a] = whole->size[d], line->stride[a] = whole->stride[d], line->lo[a] = whole->lo[d], line->hi[a] = whole->hi[d];
    }
    gl_merge(line);
    int64_t strides[GL_MAX_DIMS];
    for (int a = 0; a < job->m.n; a++) strides[a] = whole->stride[job->m.dim[a]];
    operand->rows = whole->bounded ? NULL : GL(axes_table)(&job->m, strides);
    operand->alongM = whole->bounded;
    for (int a = 0; a < job->m.n; a++) operand->alongM |= whole->stride[job->m.dim[a]] != 0;
    for (int k = 0; k < job->body.code.nInstructions; k++) operand->alongM |= job->body.code.instructions[k].dst == operand->reg; /* overwritten: load it again */
  }
  choose_in_lines(job);
  GL(compile)(&job->body, 0, NULL, 0);
  if (job->images.used) {
    GL(multiply_images)(job, serial);
    return 0;
  }
  if (job->splits > 1) {
    job->partials = gl_kernel_memory((size_t)(job->batch.total * job->splits * job->m.total * job->columns * job->gemm->size));
    if (!job->partials) return gl_out_of_memory(run);
    each(serial, job->batch.total * job->splits, split_task, job);
    each(serial, job->batch.total * gl_ceil_div(job->m.total, job->rows), join_task, job);
    return 0;
  }
  job->units = job->batch.total * job->chunks * job->mTiles * job->nTiles;
  job->unitsPerTask = serial ? job->units : gl_max(gl_ceil_div(job->units, 65536), gl_min(gl_ceil_div(job->units, 8 * gl_pool_size(0)), (int64_t)(GL_SERIAL_CYCLES / 2 / (cycles / (f64)job->units)) + 1));
  each(serial, gl_ceil_div(job->units, job->unitsPerTask), tile_task, job);
  return 0;
}

static const gl_gemm *gemm_of(int dtype) {
  return dtype == GL_F32 ? &GL(gemm_f32) : dtype == GL_F64 ? &GL(gemm_f64) : dtype == GL_I32 || dtype == GL_U32 ? &GL(gemm_i32) : NULL;
}

int GL(run_contract)(gl_reader *reader, const gl_run_context *run) {
  gl_contraction job;
  memset(&job, 0, sizeof job);
  job.scalars = run->scalars;
  const int nd = gl_take(reader);
  const i32 *words = gl_take_many(reader, nd * 4);
  if (reader->failed || nd > GL_MAX_DIMS) return gl_malformed(run);
  gl_axes *roles[] = {&job.batch, &job.m, &job.n, &job.k};
  i32 dims[GL_MAX_DIMS];
  for (int r = 0; r < 4; r++) roles[r]->total = 1;
  for (int d = 0; d < nd; d++) {
    const i32 role = words[4 * d], size = words[4 * d + 1];
    if (role < BATCH || role > K || size < 0) return gl_malformed(run);
    gl_axes *axes = roles[role];
    dims[d] = axes->size[axes->n] = size;
    axes->dim[axes->n] = d, axes->left[axes->n] = words[4 * d + 2], axes->right[axes->n] = words[4 * d + 3];
    axes->n++, axes->total *= size;
  }
  const int dtype = gl_take(reader), kept = gl_take(reader);
  const int slotA = gl_take(reader), offsetA = gl_take(reader), slotB = gl_take(reader), offsetB = gl_take(reader);
  const int nIn = gl_take(reader), nOut = gl_take(reader), nConst = gl_take(reader), nReg = gl_take(reader), nInstr = gl_take(reader);
  job.gemm = gemm_of(dtype);
  if (reader->failed || !job.gemm || slotA < 0 || slotB < 0 || nReg < 1 || !GL(new_body)(&job.body, nIn, nOut, nConst, nReg, nInstr)) return gl_malformed(run);
  job.left = (const char *)(uintptr_t)run->slots[slotA] + (int64_t)offsetA * job.gemm->size;
  job.right = (const char *)(uintptr_t)run->slots[slotB] + (int64_t)offsetB * job.gemm->size;
  job.leftKept = kept & 1, job.rightKept = kept & 2;
  job.body.code.dtypes[0] = (uint8_t)dtype;
  if (!GL(take_inputs)(reader, run, dims, nd, 1, &job.body) || !GL(take_outputs)(reader, run, dims, nd, &job.body)) return gl_malformed(run);
  if (!gl_take_constants(reader, run, &job.body.code, 1 + nIn) || !gl_take_instructions(reader, GL(operations), &job.body.code)) return gl_malformed(run);
  if (!GL(outputs_fit)(&job.body) || job.body.code.positional) return gl_malformed(run);
  job.inputs = gl_kernel_memory(sizeof(gl_epilogue_operand) * (size_t)nIn);
  job.outputs = gl_kernel_memory(sizeof(gl_epilogue_operand) * (size_t)nOut);
  if (!job.inputs || !job.outputs) return gl_out_of_memory(run);
  for (int i = 0; i < nIn; i++) job.inputs[i].whole = job.body.inputs[i].view, job.inputs[i].reg = job.body.inputs[i].reg, job.body.inputs[i].mode = GL_LOADED;
  for (int i = 0; i < nOut; i++) job.outputs[i].whole = job.body.outputs[i].view, job.outputs[i].reg = job.body.outputs[i].reg;
  if (job.batch.total == 0 || job.m.total == 0 || job.n.total == 0) return 0;
  return multiply_all(&job, run);
}
