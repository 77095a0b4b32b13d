/* Runs instructions over one block: calls the vector loops, and does by itself what depends on rows or position. */
#include "vm.h"
#include "lines.h"
#include <string.h>

#define GL_DECLARE(name, ...) void GL(op_##name)(void *, const void *, const void *, const void *, int);
GL_CALLED_OPS(GL_DECLARE, GL_DECLARE, GL_DECLARE)

static void move_4(void *dst, const void *a, const void *b, const void *c, int n) {
  (void)b, (void)c;
  if (dst != a) memcpy(dst, a, (size_t)n * 4);
}
static void move_8(void *dst, const void *a, const void *b, const void *c, int n) {
  (void)b, (void)c;
  if (dst != a) memcpy(dst, a, (size_t)n * 8);
}
static void where_4(void *dst, const void *pa, const void *pb, const void *pc, int n) {
  u32 *d = dst;
  const i32 *a = pa;
  const u32 *b = pb, *c = pc;
  n &= -GL_LANES;
  GL_LOOP for (int i = 0; i < n; i++) {
    const u32 x = b[i], y = c[i];
    d[i] = a[i] ? x : y;
  }
}
static void where_8(void *dst, const void *pa, const void *pb, const void *pc, int n) {
  uint64_t *d = dst;
  const i32 *a = pa;
  const uint64_t *b = pb, *c = pc;
  n &= -GL_LANES;
  GL_LOOP for (int i = 0; i < n; i++) {
    const uint64_t x = b[i], y = c[i];
    d[i] = a[i] ? x : y;
  }
}

#define GL_ENTRY(name, ...) [GL_OP_##name] = GL(op_##name),
const gl_op GL(operations)[GL_OP_COUNT] = {
    GL_CALLED_OPS(GL_ENTRY, GL_ENTRY, GL_ENTRY)[GL_OP_mov] = move_4, [GL_OP_mov_f64] = move_8, [GL_OP_where] = where_4, [GL_OP_where_f64] = where_8};

/* Philox4x32-10 (Salmon et al., 2011): words 4*group … of the stream, lanes are groups. */
enum { GROUPS = 16 };
static void philox_groups(const f64 *parameters, uint64_t group, u32 *out) {
  const uint64_t low = (uint64_t)parameters[2], high = (uint64_t)parameters[3];
  const uint64_t counter = low | high << 32;
  u32 c0[GROUPS], c1[GROUPS], c2[GROUPS], c3[GROUPS];
  for (int g = 0; g < GROUPS; g++) {
    const uint64_t at = counter + group + (uint64_t)g;
    c0[g] = (u32)at, c1[g] = (u32)(at >> 32), c2[g] = 0, c3[g] = 0;
  }
  u32 k0 = (u32)(uint64_t)parameters[0], k1 = (u32)(uint64_t)parameters[1];
  for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
    for (int g = 0; g < GROUPS; g++) {
      const uint64_t p0 = (uint64_t)c0[g] * 0xD2511F53u, p1 = (uint64_t)c2[g] * 0xCD9E8D57u;
      c0[g] = (u32)(p1 >> 32) ^ c1[g] ^ k0, c1[g] = (u32)p1;
      c2[g] = (u32)(p0 >> 32) ^ c3[g] ^ k1, c3[g] = (u32)p0;
    }
  for (int g = 0; g < GROUPS; g++) out[4 * g] = c0[g], out[4 * g + 1] = c1[g], out[4 * g + 2] = c2[g], out[4 * g + 3] = c3[g];
}
static void philox(const f64 *parameters, int64_t start, int count, u32 *dst) {
  u32 words[4 * GROUPS];
  for (int done = 0; done < count;) {
    const int64_t place = start + done, skip = place % 4;
    philox_groups(parameters, (uint64_t)(place / 4), words);
    const int n = (int)gl_min(count - done, 4 * GROUPS - skip);
    memcpy(dst + done, words + skip, (size_t)n * 4);
    done += n;
  }
}

static void expand_rows(const gl_instruction *in, const gl_block *block, int size) {
  const int n = block->length;
  for (int r = 0; r < block->rows; r++) {
    if (size == 4) {
      const u32 value = ((const u32 *)block->registers[in->a])[r];
      gl_fill_words((u32 *)block->registers[in->dst] + (int64_t)r * n, value, n);
    } else {
      const uint64_t value = ((const uint64_t *)block->registers[in->a])[r];
      uint64_t *to = (uint64_t *)block->registers[in->dst] + (int64_t)r * n;
      for (int i = 0; i < n; i++) to[i] = value;
    }
  }
}

void GL(execute)(const gl_code *code, const gl_block *block) {
  void **registers = block->registers;
  const int full = (int)gl_padded(block->count), rows = (int)gl_padded(block->rows);
  for (const gl_instruction *in = code->instructions, *end = in + code->nInstructions; in < end; in++) {
    if (in->compiled) {
      if (in->byRow) in->compiled(registers, block->rows, block->length);
      else in->compiled(registers, full, 0);
      continue;
    }
    if (in->call) {
      in->call(registers[in->dst], registers[in->a], registers[in->b], registers[in->c], block->kinds && block->kinds[in->dst] ? rows : full);
      continue;
    }
    switch (in->op) {
      case GL_OP_iota: {
        i32 *to = registers[in->dst];
        for (int i = 0; i < full; i++) to[i] = (i32)(block->start + i);
        break;
      }
      case GL_OP_philox: philox(block->scalars + in->b, block->start, full, registers[in->dst]); break;
      case GL_OP_expand: expand_rows(in, block, code->dtypes[in->dst] == GL_F64 ? 8 : 4); break;
      default: GL(reduce_lines)(in->op, code->dtypes[in->a], registers[in->a], block->rows, block->length, code->dtypes[in->dst], registers[in->dst]);
    }
  }
}
