/* A contraction as a matrix product over index tables: how it is cut into tiles, and the epilogue on a finished tile. */
#ifndef GL_CONTRACT_H
#define GL_CONTRACT_H
#include "gemm.h"
#include "operands.h"

/* Dims of one role, outer to inner. */
typedef struct {
  int n;
  int dim[GL_MAX_DIMS]; /* place in the record */
  i32 size[GL_MAX_DIMS];
  int64_t left[GL_MAX_DIMS], right[GL_MAX_DIMS]; /* strides of the two operands */
  int64_t total;
} gl_axes;

/* An operand of the epilogue: a line along n, and where it starts for each batch and m. */
typedef struct {
  gl_view whole, line;
  int reg;
  bool alongM;   /* differs from row to row */
  bool inLine;   /* lines may be used where they lie: read in place of a register, or written as one */
  i32 *rows;     /* where each m starts; null where there are bounds */
} gl_epilogue_operand;

/* Images as the right operand of a sum over channels (convolutions), on split floats: a task splits all channels of an image, in words of
   two channels 16 apart, and register tiles read the words where they lie, along rows and on through what lies between rows. */
typedef struct {
  bool used;
  int64_t count, stride, step, blocks;    /* images; elements between images and between channels; blocks of 32 channels */
  int64_t width, stepX, stepY, extent;    /* elements of a row; steps of windows; elements of a channel that are used */
  int64_t rows, columns;                  /* of the result */
  int64_t row, phase, words;              /* words of a row of every stepX-th element, of all rows of one phase, of two channels */
  int64_t band, panels, group;            /* rows that are multiplied at a time, panels of these; images that a task ends together */
  i32 *offsets;                           /* words, for each pair of steps of k */
  gl_index_map map;                       /* elements of the columns of an image, with those between rows; k */
  int64_t batch[GL_MAX_DIMS];             /* words */
  /* Batches whose results lie between those of their neighbours, times between rows and columns: the epilogue takes them together. */
  int64_t timesY, timesX;
  int axisY, axisX, batchY, batchX;       /* of n and of batch; -1 for none */
  int64_t shift[GL_MAX_DIMS];             /* where a batch's first result lies among them */
} gl_images;

/* left is the side whose elements are broadcast (m), right the side that fills vectors (n). */
typedef struct {
  const gl_gemm *gemm;
  gl_axes batch, m, n, k;
  const char *left, *right;
  gl_index_map leftMap, rightMap;
  bool leftShared, rightShared; /* packed once, before the tiles */
  bool leftKept, rightKept;     /* and for contractions after this one */
  bool direct;                  /* right lines are read in place, `step` elements apart */
  int64_t step;
  gl_images images;
  char *packedLeft, *packedRight;
  int64_t leftBytes;            /* of one batch's packed left; 0 where all batches have the same */

  int64_t chunk, chunks;                     /* n is cut where the output's lines end */
  int64_t mPanels, nPanels;                  /* nPanels: of one chunk */
  int64_t mPerTile, nPerTile, mTiles, nTiles; /* panels of a tile, tiles (of one chunk) */
  int64_t kBlock, kBlocks;
  int64_t splits, blocksPerSplit; /* pieces of k that are computed apart and then added in order */
  char *partials;
  int64_t columns;                /* row length of a tile in memory */
  int64_t unitsPerTask, units;

  gl_body body; /* register 0: the product */
  gl_epilogue_operand *inputs, *outputs;
  const f64 *scalars;
  int rows;     /* rows of a tile that the epilogue takes at a time */
  bool inLines; /* some operand may be used where it lies */
  bool inPlace; /* whole panels are written to the output itself: no epilogue, lines of the output run on, `outStep` apart */
  int64_t outStep;
} gl_contraction;

/* Sum of index * stride for a flat index over axes. */
int64_t GL(axes_offset)(const gl_axes *axes, const int64_t *strides, int64_t index);
/* Places along n or k, times their strides, as one table; null when out of memory. */
i32 *GL(axes_table)(const gl_axes *axes, const int64_t *strides);
/* Length of the runs of neighbours along axes. */
int64_t GL(axes_run)(const gl_axes *axes, const int64_t *strides);
/* Whether the right operand may be taken as images, whatever the tiles. */
bool GL(images_serve)(const gl_contraction *job);
/* Whether it is: then the axes of k are put in that order. Once tiles are chosen, before any table. */
bool GL(choose_images)(gl_contraction *job);
/* Its tables, once the others are there. False when out of memory. */
bool GL(index_images)(gl_contraction *job);
/* Lets the epilogue see batches that it takes together as one. Once all that reads n is there. */
void GL(join_batches)(gl_contraction *job);
void GL(multiply_images)(const gl_contraction *job, bool serial);

/* Panels of m, packed panels, and where whole panels of the output lie. */
int64_t GL(panel_start)(const gl_contraction *job, int64_t panel);
char *GL(left_panel)(const gl_contraction *job, char *packed, int64_t firstRow, int64_t rows, int64_t m, int64_t k0, int64_t kc);
char *GL(output_address)(const gl_contraction *job, int64_t batch, int64_t m, int64_t n);

/* Rows [m0, m0 + rows) and columns [n0, n0 + width) of one batch: runs the epilogue and stores. */
void GL(epilogue)(const gl_contraction *job, gl_frame *frame, int64_t batch, int64_t m0, int64_t rows, int64_t n0, int64_t width, char *tile);
#endif
