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

/* Rows [m0, m0 + rows) and columns [n0, n0 + width) of one batch: runs the epilogue and stores. */
void GL(epilogue)(const gl_contraction *job, gl_frame *frame, int64_t batch, int64_t m0, int64_t rows, int64_t n0, int64_t width, char *tile);
#endif
