/* Convolutions on split floats: a task splits an image into words of two channels, register tiles read them where they lie, and a finished
   band of rows goes on to the epilogue. Columns between the rows are computed, too, and dropped. */
#include "contract.h"
#include "kernels.h"
#include "lines.h"
#include "memory.h"
#include "threads.h"
#include <string.h>

enum { BLOCK = 32, PAIRS = 16, LANES = 16, PANEL = 32, LEAST_REUSE = 2, LEAST_IMAGES = 8, MOST_BYTES = 8 << 20, LEFT_BYTES = 32 << 20, BAND_COLUMNS = 320, M_PANELS = 7, K_BLOCK = 512, LONG_K_BLOCK = 1024, GROUP_COLUMNS = 256, EPILOGUE_ELEMENTS = 1024 };

static int64_t divisor(int64_t a, int64_t b) {
  while (b) {
    const int64_t rest = a % b;
    a = b, b = rest;
  }
  return a;
}
/* Where element e of a channel lies in words: rows and columns of one phase of the windows' steps are neighbours. */
static int64_t word_of(const gl_images *im, int64_t e) {
  const int64_t y = e / im->width, x = e % im->width;
  return (y % im->stepY * im->stepX + x % im->stepX) * im->phase + y / im->stepY * im->row + x / im->stepX;
}
/* Elements, with those between rows, of r rows of the result; panels of these. */
static int64_t band_panels(const gl_images *im, int64_t r) { return gl_ceil_div((r - 1) * im->row + im->columns, PANEL); }

/* Whether axis `axis` of k goes over channels: n over images, rows and columns, all else over windows, within a channel. */
static bool find_images(const gl_contraction *job, int axis, gl_images *im) {
  const gl_axes *n = &job->n, *k = &job->k, *batch = &job->batch;
  int places[3], nPlaces = 0;
  for (int i = 0; i < n->n; i++) {
    if (n->size[i] == 1) continue;
    if (nPlaces == 3) return false;
    places[nPlaces++] = i;
  }
  if (nPlaces < 2 || k->size[axis] % BLOCK) return false;
  const int last = places[nPlaces - 1];
  *im = (gl_images){.count = n->size[places[0]], .stride = n->right[places[0]], .step = k->right[axis], .blocks = k->size[axis] / BLOCK, .rows = 1, .columns = n->size[last], .stepX = n->right[last], .stepY = 1};
  const int64_t rowStep = nPlaces == 3 ? n->right[places[1]] : 0, line = (im->columns - 1) * im->stepX;
  if (nPlaces == 3) im->rows = n->size[places[1]];
  if (im->count < LEAST_IMAGES || im->step <= 1 || im->stepX < 1 || (nPlaces == 3 && rowStep <= line)) return false;
  im->width = nPlaces == 3 ? rowStep : im->step;
  im->extent = 1 + line + (im->rows - 1) * rowStep;
  int64_t reachX = line;
  bool moves = false; /* batches within a channel */
  for (int i = 0; i < k->n + batch->n; i++) {
    const gl_axes *axes = i < k->n ? k : batch;
    const int a = i < k->n ? i : i - k->n;
    const int64_t stride = axes->right[a], reach = (axes->size[a] - 1) * stride;
    if ((axes == k && a == axis) || reach == 0) continue;
    if (stride < 0) return false;
    if (axes == batch && stride >= im->step) {
      if (stride % (BLOCK * im->step)) return false;
      im->blocks += reach / (BLOCK * im->step);
      continue;
    }
    im->extent += reach;
    moves |= axes == batch;
    if (stride > line) im->width = divisor(im->width, stride);
    else reachX += reach;
  }
  if (im->extent > im->step || im->stride < im->blocks * BLOCK * im->step || (nPlaces == 3 && reachX >= im->width)) return false;
  im->stepY = nPlaces == 3 ? rowStep / im->width : 1;
  if (nPlaces == 2 && im->stepX > 1) return false;
  if (im->stepX * im->stepY > 1 && moves) return false;
  im->row = gl_ceil_div(im->width, im->stepX);
  im->phase = gl_ceil_div(gl_ceil_div(im->extent, im->width), im->stepY) * im->row;
  /* An odd number of cache lines, so that channels lie in different sets. */
  im->words = (gl_ceil_div(im->stepX * im->stepY * im->phase, LANES) | 1) * LANES;
  im->band = im->rows;
  f64 least = 1e30;
  for (int64_t r = 1; r <= im->rows && (r == 1 || band_panels(im, r) * PANEL <= BAND_COLUMNS); r++) {
    const int64_t bands = im->rows / r, rest = im->rows % r;
    const f64 panels = (f64)(bands * band_panels(im, r) + (rest ? band_panels(im, rest) : 0));
    if (panels <= least) least = panels, im->band = r;
  }
  im->panels = band_panels(im, im->band);
  const int64_t results = im->rows * im->columns;
  if (least * PANEL > 2 * (f64)results || LEAST_REUSE * k->size[axis] * im->extent > k->total * results) return false;
  return im->blocks * PAIRS * im->words * GL_PARTS * (int64_t)sizeof(u32) <= MOST_BYTES && job->batch.total * job->m.total * k->total * 8 <= LEFT_BYTES;
}
static void move_last(gl_axes *axes, int axis) {
  const gl_axes old = *axes;
  int at = 0;
  for (int i = 0; i <= axes->n; i++) {
    if (i == axis) continue;
    const int from = i == axes->n ? axis : i;
    axes->dim[at] = old.dim[from], axes->size[at] = old.size[from], axes->left[at] = old.left[from], axes->right[at] = old.right[from];
    at++;
  }
}

bool GL(images_serve)(const gl_contraction *job) {
  gl_images im;
  for (int axis = 0; axis < job->k.n; axis++)
    if (find_images(job, axis, &im)) return true;
  return false;
}
/* The axis of batches whose results lie between those of neighbours along an axis of n, for all operands; or -1. */
static int find_between(const gl_contraction *job, int axis) {
  for (int b = 0; b < job->batch.n; b++) {
    if (job->batch.size[b] == 1) continue;
    bool between = true;
    for (int i = 0; i < job->body.nInputs + job->body.nOutputs; i++) {
      const gl_view *whole = i < job->body.nInputs ? &job->inputs[i].whole : &job->outputs[i - job->body.nInputs].whole;
      between &= !whole->bounded && whole->stride[job->n.dim[axis]] == job->batch.size[b] * whole->stride[job->batch.dim[b]];
    }
    if (between) return b;
  }
  return -1;
}
static void find_joined(const gl_contraction *job, gl_images *im) {
  int places = 0;
  im->axisX = im->axisY = im->batchX = im->batchY = -1, im->timesX = im->timesY = 1;
  for (int i = job->n.n - 1; i > 0 && places < 2; i--) {
    if (job->n.size[i] == 1) continue;
    const int b = find_between(job, i);
    if (places == 0) im->axisX = i, im->batchX = b, im->timesX = b < 0 ? 1 : job->batch.size[b];
    else if (im->rows > 1) im->axisY = i, im->batchY = b, im->timesY = b < 0 ? 1 : job->batch.size[b];
    places++;
  }
  if (im->batchX == im->batchY || im->timesX * im->timesY != job->batch.total) im->batchX = im->batchY = -1, im->timesX = im->timesY = 1;
  for (int b = 0; b < job->batch.n; b++) im->shift[b] = b == im->batchX ? 1 : b == im->batchY ? im->columns * im->timesX : 0;
}
void GL(join_batches)(gl_contraction *job) {
  const gl_images *im = &job->images;
  for (int pass = 0; pass < 2; pass++) {
    const int axis = pass ? im->axisY : im->axisX, b = pass ? im->batchY : im->batchX;
    if (b < 0) continue;
    job->n.size[axis] *= job->batch.size[b], job->n.total *= job->batch.size[b];
    for (int i = 0; i < job->body.nInputs + job->body.nOutputs; i++) {
      gl_view *whole = i < job->body.nInputs ? &job->inputs[i].whole : &job->outputs[i - job->body.nInputs].whole;
      whole->size[job->n.dim[axis]] *= job->batch.size[b];
      whole->stride[job->n.dim[axis]] = whole->stride[job->batch.dim[b]];
      whole->hi[job->n.dim[axis]] = whole->size[job->n.dim[axis]];
    }
  }
}
bool GL(choose_images)(gl_contraction *job) {
  gl_images *im = &job->images;
  im->used = false;
  if (!job->gemm->pairs || job->kBlocks == 0 || job->splits > 1) return false;
  for (int axis = 0; axis < job->k.n; axis++) {
    if (!find_images(job, axis, im)) continue;
    move_last(&job->k, axis);
    find_joined(job, im);
    job->kBlocks = gl_ceil_div(job->k.total, job->mPanels > 4 ? K_BLOCK : LONG_K_BLOCK);
    job->kBlock = gl_ceil_div(gl_ceil_div(job->k.total, job->kBlocks), BLOCK) * BLOCK;
    job->kBlocks = gl_ceil_div(job->k.total, job->kBlock);
    const int64_t width = im->band * im->columns * im->timesX * im->timesY;
    im->group = im->band == im->rows && job->mPanels <= M_PANELS && im->timesX * im->timesY == job->batch.total ? gl_max(1, GROUP_COLUMNS / width) : 1;
    job->columns = gl_ceil_div(im->group * width, GL_LANES) * GL_LANES;
    job->rows = (int)gl_max(1, EPILOGUE_ELEMENTS / job->columns);
    return im->used = true;
  }
  return false;
}

bool GL(index_images)(gl_contraction *job) {
  gl_images *im = &job->images;
  gl_axes taps = job->k;
  taps.n--;
  const int64_t channels = job->k.size[taps.n], blocks = channels / BLOCK;
  taps.total /= channels;
  const i32 *at = GL(axes_table)(&taps, taps.right);
  const int64_t columns = (im->rows - 1) * im->row + im->columns;
  i32 *across = gl_kernel_memory(sizeof(i32) * (size_t)columns);
  im->offsets = gl_kernel_memory(sizeof(i32) * (size_t)(job->k.total / 2));
  if (!at || !across || !im->offsets) return false;
  for (int64_t t = 0; t < taps.total; t++)
    for (int64_t c = 0; c < blocks; c++) im->offsets[(t * blocks + c) * PAIRS] = (i32)(word_of(im, at[t]) + c * PAIRS * im->words);
  for (int64_t v = 0; v < columns; v++) across[v] = (i32)(v / im->row * im->stepY * im->width + v % im->row * im->stepX);
  im->map = (gl_index_map){across, job->rightMap.along, 1, job->rightMap.alongRun};
  for (int i = 0; i < job->batch.n; i++) {
    const int64_t stride = job->batch.size[i] > 1 ? job->batch.right[i] : 0;
    im->batch[i] = stride >= im->step ? stride / (BLOCK * im->step) * PAIRS * im->words : stride;
  }
  return true;
}

typedef struct {
  u32 *words;
  f32 *low, *high; /* two channels */
  char *tile, *compact, *left, *right;
  gl_frame frame;
  gl_magnitudes range;
} workspace;
static int64_t rounded(int64_t bytes) { return (bytes + 63) & ~(int64_t)63; }
static int64_t part_words(const gl_images *im) { return im->blocks * PAIRS * im->words; }
static bool open_workspace(const gl_contraction *job, workspace *work) {
  const gl_images *im = &job->images;
  const int64_t rows = gl_min(job->mPanels, M_PANELS) * PANEL, capacity = job->rows * job->columns, size = sizeof(f32);
  const int64_t words = rounded((part_words(im) * GL_PARTS + 2 * PANEL) * (int64_t)sizeof(u32)), tile = rounded(rows * im->panels * PANEL * size), compact = rounded(rows * job->columns * size);
  const int64_t side = rounded(PANEL * job->kBlock * size);
  const int64_t channel = im->words * size;
  char *memory = gl_thread_scratch((size_t)(words + 2 * channel + tile + compact + 2 * side) + GL(frame_size)(&job->body, capacity, 0));
  if (!memory) return false;
  work->words = (u32 *)memory, work->low = (f32 *)(memory + words), work->high = (f32 *)(memory + words + channel), work->tile = memory + words + 2 * channel, work->compact = work->tile + tile;
  work->left = work->compact + compact, work->right = work->left + side;
  GL(frame)(&job->body, work->right + side, capacity, 0, &work->frame);
  return true;
}

/* A channel in the order of its words. */
static void take_phases(const gl_contraction *job, const f32 *from, f32 *to) {
  const gl_images *im = &job->images;
  const int64_t steps = im->stepX;
  int64_t phase = 0; /* along y */
  for (int64_t start = 0; start < im->extent; start += im->width) {
    const int64_t there = gl_min(im->width, im->extent - start);
    f32 *line = to + phase * steps * im->phase;
    if (steps == 2) job->gemm->alternate(from + start, there, line, line + im->phase);
    else for (int64_t x = 0; x < steps; x++)
      for (int64_t i = x, at = x * im->phase; i < there; i += steps) line[at++] = from[start + i];
    if (++phase == im->stepY) phase = 0, to += im->row;
  }
}
static void split_image(const gl_contraction *job, int64_t image, workspace *work) {
  const gl_images *im = &job->images;
  const f32 *base = (const f32 *)job->right + image * im->stride;
  work->range = (gl_magnitudes){UINT32_MAX, 0};
  if (im->stepX * im->stepY > 1) memset(work->low, 0, (size_t)im->words * 2 * sizeof(f32)); /* phases may end early */
  for (int64_t i = 0; i < im->blocks * PAIRS; i++) {
    const f32 *from = base + (i / PAIRS * BLOCK + i % PAIRS) * im->step, *other = from + PAIRS * im->step;
    u32 *to[GL_PARTS];
    for (int p = 0; p < GL_PARTS; p++) to[p] = work->words + p * part_words(im) + i * im->words;
    if (im->stepX * im->stepY == 1) job->gemm->pairs(from, other, im->extent, to, &work->range);
    else {
      take_phases(job, from, work->low), take_phases(job, other, work->high);
      job->gemm->pairs(work->low, work->high, im->stepX * im->stepY * im->phase, to, &work->range);
    }
  }
}

/* A panel that split floats cannot hold, on operands as they are. */
static void multiply_whole(const gl_contraction *job, workspace *work, const char *left, const char *right, int64_t panel, int64_t column, int64_t last, int64_t k0, int64_t kc, char *to, int64_t ldc, bool add) {
  const gl_gemm *gemm = &GL(gemm_f32);
  const int64_t m = GL(panel_start)(job, panel), height = GL(panel_start)(job, panel + 1) - m, pieces = gl_ceil_div(height, gemm->height);
  gemm->pack(&job->images.map, right, column, (int)gl_min(PANEL, last - column), PANEL, k0, kc, work->right);
  for (int64_t i = 0; i < pieces; i++) {
    const int64_t r = i * height / pieces, h = (i + 1) * height / pieces - r;
    gemm->pack(&job->leftMap, left, m + r, (int)h, (int)h, k0, kc, work->left);
    for (int64_t j = 0; j < PANEL; j += gemm->vectors * gemm->lanes)
      gemm->micro[h - 1][gemm->vectors - 1](kc, work->left, work->right + j * gemm->size, PANEL, to + (r * ldc + j) * gemm->size, ldc, add);
  }
}

/* Rows [row, row + rows) of an image's result, and panels [first, last) of m; to columns from `at` of the finished ones. */
static void multiply_band(const gl_contraction *job, workspace *work, int64_t image, int64_t batch, int64_t row, int64_t rows, int64_t first, int64_t last, int64_t at) {
  const gl_images *im = &job->images;
  const int64_t ldc = im->panels * PANEL, panels = band_panels(im, rows), m0 = GL(panel_start)(job, first), size = sizeof(f32), start = row * im->row;
  const u32 *words = work->words + GL(axes_offset)(&job->batch, im->batch, batch) + start;
  const char *left = job->left + GL(axes_offset)(&job->batch, job->batch.left, batch) * size;
  const char *right = job->right + (image * im->stride + GL(axes_offset)(&job->batch, job->batch.right, batch)) * size;
  for (int64_t block = 0; block < job->kBlocks; block++) {
    const int64_t k0 = block * job->kBlock, kc = gl_min(job->kBlock, job->k.total - k0);
    for (int64_t p = 0; p < panels; p++) {
      const gl_split_panel lines = {
          .data = (const char *)(words + p * PANEL),
          .offsets = im->offsets + k0 / 2,
          .part = part_words(im) * (int64_t)sizeof(u32),
          .row = im->words * (int64_t)sizeof(u32),
          .range = (const char *)&work->range,
      };
      for (int64_t q = first; q < last; q++) {
        const int64_t m = GL(panel_start)(job, q), height = GL(panel_start)(job, q + 1) - m;
        char *to = work->tile + ((m - m0) * ldc + p * PANEL) * size;
        const char *panel = GL(left_panel)(job, job->packedLeft + batch * job->leftBytes, 0, job->m.total, m, k0, kc);
        if (!job->gemm->split(kc, (int)height, panel, &lines, to, ldc, block > 0))
          multiply_whole(job, work, left, right, q, start + p * PANEL, start + (rows - 1) * im->row + im->columns, k0, kc, to, ldc, block > 0);
      }
    }
  }
  const int64_t height = GL(panel_start)(job, last) - m0;
  char *to = job->inPlace ? GL(output_address)(job, batch, m0, (image * im->rows + row) * im->columns) : work->compact + at * size;
  const int64_t step = (job->inPlace ? job->outStep : job->columns) * size, width = im->columns * im->timesX;
  for (int64_t r = 0; r < height; r++)
    for (int64_t y = 0; y < rows; y++) {
      const f32 *from = (const f32 *)work->tile + r * ldc + y * im->row;
      f32 *line = (f32 *)(to + r * step) + y * im->timesY * width + GL(axes_offset)(&job->batch, im->shift, batch);
      if (im->timesX == 1) gl_copy_words((u32 *)line, (const u32 *)from, im->columns);
      else for (int64_t x = 0; x < im->columns; x++) line[x * im->timesX] = from[x];
    }
}
/* The epilogue of what has been multiplied, of `rows` rows in all. */
static void end_band(const gl_contraction *job, workspace *work, int64_t image, int64_t batch, int64_t row, int64_t rows, int64_t first, int64_t last) {
  const gl_images *im = &job->images;
  const int64_t m0 = GL(panel_start)(job, first), width = im->columns * im->timesX, n0 = (image * im->rows + row) * im->timesY * width;
  GL(epilogue)(job, &work->frame, batch, m0, GL(panel_start)(job, last) - m0, n0, rows * im->timesY * width, work->compact);
}
static void image_task(void *context, int i) {
  const gl_contraction *job = context;
  const gl_images *im = &job->images;
  workspace work;
  if (!open_workspace(job, &work)) return;
  job->gemm->begin();
  const int64_t joined = im->timesX * im->timesY, image0 = i * im->group, images = gl_min(im->group, im->count - image0);
  for (int64_t image = image0; image < image0 + images; image++) {
    split_image(job, image, &work);
    for (int64_t start = 0; start < job->batch.total; start += joined)
      for (int64_t row = 0; row < im->rows; row += im->band)
        for (int64_t first = 0; first < job->mPanels; first += M_PANELS) {
          const int64_t rows = gl_min(im->band, im->rows - row), last = gl_min(job->mPanels, first + M_PANELS), at = (image - image0) * im->rows * im->columns * joined;
          for (int64_t batch = start; batch < start + joined; batch++) multiply_band(job, &work, image, batch, row, rows, first, last, at);
          if (!job->inPlace && im->group == 1) end_band(job, &work, image, start, row, rows, first, last);
        }
  }
  if (!job->inPlace && im->group > 1) end_band(job, &work, image0, 0, 0, images * im->rows, 0, job->mPanels);
  job->gemm->end();
}
void GL(multiply_images)(const gl_contraction *job, bool serial) {
  const int tasks = (int)gl_ceil_div(job->images.count, job->images.group);
  if (serial) for (int i = 0; i < tasks; i++) image_task((void *)job, i);
  else gl_parallel(tasks, image_task, (void *)job);
}
