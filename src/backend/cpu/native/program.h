/* What gl_run executes: a flat program (int32 words) over memory slots. This header is the contract with the TypeScript
   lowering, and the reader that every kernel parses its record with.

   API
     const char *gl_info(void)                      "isa=avx512+amx;threads=2"
     const char *gl_isas(void), int gl_use_isa(name)  instruction sets of this processor; change to another (GRADLAB_ISA at the start)
                                                    avx512+amx: f32 contractions on AMX where that is faster, as accurate as f32; GRADLAB_AMX=0 takes it off the list
                                                    avx512-interpreted: without machine code made at run time (compile.h)
     const char *gl_opcodes(void), *gl_kinds(void)  space-separated names; a name's place in the list is its number
     int gl_threads(int n)                          set the number of threads (0: only ask); default: GRADLAB_THREADS, else online CPUs
     uint64_t gl_address(const void *)              address of a JavaScript buffer
     uint64_t gl_arena(uint64_t bytes)              grow-only scratch memory; growing moves it and loses what it held; 0: out of memory
     int gl_run(program, words, slots, scalars, profile)   0, or -1 with gl_error(); profile: nanoseconds per record, may be null
     const char *gl_error(void)

   Records, one after another: kind, length of the record in words (these two included), payload.
   dtypes: 0 f32, 1 f64, 2 i32, 3 u32, 4 bool (a byte 0/1 in memory, an i32 0/1 in a register).
   slots: base addresses. Offsets and strides count elements of the operand's dtype; strides may be 0 or negative.
   VIEW   slot, offset, dtype, fill, strides[nd], and if fill >= 0: lo[nd], hi[nd].
          fill = -1: no bounds. Otherwise scalars[fill] is read wherever some index lies outside [lo, hi); memory is not touched there.
   CONST  scalarIndex, dtype.       INSTR  op, dst, a, b, c (registers, -1 where unused).       OUT  reg, VIEW.
   Registers: the inputs, then the constants, then temporaries. The type of a register follows from what is written to it first
   (inputs and constants: their dtype; mov, where, expand and rsum…: their operand's). An instruction may write to one of its operands'
   registers only if both have elements of the same size, and never to a constant's.

   map        nd, dims, nIn, nOut, nConst, nReg, nInstr, VIEW*nIn, OUT*nOut, CONST*nConst, INSTR*nInstr
              One row-major iteration space. An output may have the same address and strides as an input.
   row        nd, nRowDims, dims, nIn, nOut, nConst, nReg, nInstr, kinds[nReg] (0 full, 1 one value a row), VIEW*nIn, OUT*nOut, CONST*nConst, INSTR*nInstr
              The last nRowDims dims are the row (at most 65536 elements). rsum rprod rmax rmin rargmax rargmin: dst(row) <- a(full); expand: dst(full) <- a(row).
              Other instructions run over dst's kind; their operands are of that kind. Constants are of either kind by kinds[].
   reduce     nKept, nReduced, dims (kept, then reduced), nIn, nConst, nReg, nInstr, VIEW*nIn, CONST*nConst, INSTR*nInstr,
              nAcc, (op, reg, dtype of the result)*nAcc,
              nIn2, nConst2, nReg2, nInstr2, VIEW*nIn2 (kept dims), CONST*nConst2, INSTR*nInstr2, nOut, OUT*nOut (kept dims)
              Second program: registers are the accumulators, then inputs, constants, temporaries.
   contract   nDims, (role, size, strideA, strideB)*nDims, dtype, kept, slotA, offsetA, slotB, offsetB, nIn, nOut, nConst, nReg, nInstr,
              VIEW*nIn, OUT*nOut, CONST*nConst, INSTR*nInstr
              Roles 0 batch, 1 m, 2 n, 3 k, outer to inner within a role. C[batch, m, n] = sum over k of A*B. Register 0 is C, then inputs, constants.
              kept: 1 A, 2 B, 3 both are not written by this program, and other contractions read them too: packed once for all.
              Views have strides over all nDims in the given order (0 on k). No iota or philox here. dtype: f32, f64, i32.
   gather     nd, dims, axis, limit, VIEW x (its axis stride at [axis]), VIEW index (i32), VIEW out:  out[i] = x[.., index[i], ..]
   scatterAdd nd, dims (of source and index), axis, limit, outCount, VIEW out, VIEW index, VIEW source:
              outCount dense elements from out's offset are zeroed, then out[.., index[i], ..] += source[i] in row-major order of i
   poolTake   nSpatial, batch, in, out, kernel, stride, padLow, dilation (each [nSpatial]), dtype, (slot, offset) of x, t, result
              result = t where x's window has its maximum (the first; a NaN wins, the last one, as in PyTorch); padding never wins
   poolPut    the same, (slot, offset) of x, g, result:  result (shape of x) = 0, then += g at the window's maximum
   fold       nSpatial, batch, in, out, kernel, stride, padLow, dilation, VIEW g over (batch, out, kernel), slot, offset of the result (dtype of g)
              result[b, o*stride + k*dilation - padLow] += g[b, o, k] after zeroing
   argsort    rows, length, descending, dtype, (slot, offset) of x, (slot, offset) of the result (i32). Stable; a NaN counts as greatest.
   cumsum     nd, dims, axis, op (0 sum, 1 product), VIEW x, VIEW out
   scan       steps, reverse, parts, nCarried, nLeaves, nOutputs, firstScalar, PLACE arena, PLACE*nLeaves, (PLACE, turns)*nOutputs, records
              PLACE  slot, offset, dtype, step, part (the last two: distances in elements)
              Runs the records once a step, for each part apart. Their slots: the arena, the leaves, the outputs; their scalars begin at
              firstScalar. The first nCarried leaves are read where they are at the first step, then where the step before wrote the
              output of the same number. With reverse, the last step comes first. turns > 0: outputs lie in so many places by turns. */
#ifndef GL_PROGRAM_H
#define GL_PROGRAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef float f32;
typedef double f64;
typedef int32_t i32;
typedef uint32_t u32;

enum { GL_F32, GL_F64, GL_I32, GL_U32, GL_BOOL };
enum { GL_MAX_DIMS = 16, GL_MAX_OPERANDS = 256, GL_MAX_REGISTERS = 1024, GL_MAX_ACCUMULATORS = 16 };

#define GL_KINDS(K) K(map) K(row) K(reduce) K(contract) K(gather) K(scatterAdd) K(poolTake) K(poolPut) K(fold) K(argsort) K(cumsum) K(scan)

/* What a kernel needs beside its record. */
typedef struct {
  const uint64_t *slots;
  const f64 *scalars;
  int index; /* number of the kernel, for messages; within a scan that of the scan */
  struct gl_kept **kept; /* operands that a contraction packed for those after it */
} gl_run_context;

/* Reads words of one record; a read past the end sets failed and gives 0. */
typedef struct {
  const i32 *at, *end;
  bool failed;
} gl_reader;

/* Strided memory over an index space, with neighbouring dims merged where that changes nothing. */
typedef struct {
  char *base;
  int dtype, nd;
  i32 size[GL_MAX_DIMS];
  int64_t stride[GL_MAX_DIMS];
  bool bounded;
  f64 fill;
  i32 lo[GL_MAX_DIMS], hi[GL_MAX_DIMS];
} gl_view;

/* An instruction, resolved: what to call and on which registers. */
typedef void (*gl_op)(void *dst, const void *a, const void *b, const void *c, int count);
/* Machine code for several instructions: over `count` elements, or over `count` rows of `length`. */
typedef void (*gl_compiled)(void **registers, int64_t count, int64_t length);
typedef struct {
  gl_op call;
  int op, dst, a, b, c;
  gl_compiled compiled; /* null in most; else the rest means nothing */
  bool byRow;
} gl_instruction;

typedef struct {
  int reg, dtype;
  f64 value;
} gl_constant;

/* An elementwise program: registers 0 … nIn-1 are inputs. Arrays live in the arena of the parse. */
typedef struct {
  int nRegisters, nInstructions, nConstants, elementSize; /* elementSize: 8 if any register is f64, else 4 */
  bool positional;                                        /* has iota or philox */
  int cost;                                               /* rough cycles per 16 elements */
  gl_instruction *instructions;
  gl_constant *constants;
  uint8_t *dtypes; /* per register */
} gl_code;

static inline int gl_size(int dtype) { return dtype == GL_F64 ? 8 : dtype == GL_BOOL ? 1 : 4; }

i32 gl_take(gl_reader *reader);
const i32 *gl_take_many(gl_reader *reader, i32 count);
/* Dims of a record: checks 0 <= nd <= GL_MAX_DIMS and sizes >= 0. */
const i32 *gl_take_dims(gl_reader *reader, i32 nd);
int64_t gl_product(const i32 *dims, int nd);
/* A view over dims; merged unless keep. */
void gl_take_view(gl_reader *reader, const gl_run_context *run, const i32 *dims, int nd, bool keep, gl_view *view);
void gl_merge(gl_view *view);
/* Drops dims [from, from + count) of an unmerged view (which must not vary along them). */
void gl_drop_dims(gl_view *view, int from, int count);
/* Constants and instructions for registers already typed: first `typed` entries of dtypes. The result points into memory. */
bool gl_take_constants(gl_reader *reader, const gl_run_context *run, gl_code *code, int firstRegister);
bool gl_take_instructions(gl_reader *reader, const gl_op *operations, gl_code *code);
#endif
