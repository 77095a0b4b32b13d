/* In: a run of instructions. Out: a loop over vectors of 16 elements that keeps values in registers from one instruction to the next. */
#include "render.h"
#include "opcodes.h"
#include "render_ops.h"
#if defined(__x86_64__)

enum { NONE = -1, VECTORS = 32, POINTERS = 7, MAX_UNIFORM = 6, NEVER = 1 << 30, MAX_SUM = 4096 };
static const int pointerRegisters[POINTERS] = {GL_R11, GL_RBX, GL_RBP, GL_R12, GL_R13, GL_R14, GL_R15};

int gl_shape_class(int64_t length) { return length == 0 || length % 16 ? 0 : (length % 64 ? 1 : 2) + (length > MAX_SUM ? 2 : 0); }

static bool is_total(int op) { return op == GL_OP_rsum || op == GL_OP_rmax || op == GL_OP_rmin; }
static int operands(const gl_instruction *in, int list[3]) {
  const int n = in->op == GL_OP_expand || is_total(in->op) ? 1 : gl_operand_count(in->op);
  list[0] = in->a, list[1] = in->b, list[2] = in->c;
  return n;
}

void gl_find_segment(const gl_code *code, const uint8_t *flags, int64_t length, int first, gl_segment *found) {
  *found = (gl_segment){.first = first};
  int spreads = 0, totals = 0;
  for (int i = first; i < code->nInstructions; i++) {
    const gl_instruction *in = &code->instructions[i];
    const bool total = is_total(in->op), spread = in->op == GL_OP_expand;
    if (total || spread) {
      if (gl_shape_class(length) == 0 || code->dtypes[spread ? in->dst : in->a] == GL_F64) return;
      if (total && (code->dtypes[in->a] != GL_F32 || ++totals > GL_MAX_TOTALS || (in->op == GL_OP_rsum && length > MAX_SUM))) return;
      if (spread && ++spreads > GL_MAX_SPREADS) return;
      for (int k = first; k < i; k++) {
        const gl_instruction *before = &code->instructions[k];
        if (spread && is_total(before->op) && before->dst == in->a) return; /* known only when the row is done */
        if (total && is_total(before->op) && before->dst == in->dst) return;
        if (total && before->op == GL_OP_expand && before->a == in->dst) return;
      }
      found->byRow = true;
    } else if (gl_operand_count(in->op) == 0 || (flags[in->dst] & GL_IS_ROW)) return;
    found->count++;
  }
}

typedef struct {
  gl_painter paint;
  const gl_code *code;
  const uint8_t *flags;
  const gl_segment *segment;
  int8_t where[GL_MAX_REGISTERS];    /* vector register of a value, or NONE */
  bool inMemory[GL_MAX_REGISTERS];   /* memory holds the value */
  int8_t pointer[GL_MAX_REGISTERS];  /* general register with the address, or NONE */
  int8_t uniform[GL_MAX_REGISTERS];  /* vector register that holds a uniform value throughout, or NONE */
  int holds[VECTORS];                /* the value in each vector register, or NONE */
  int at;                            /* place of the instruction at hand */
  int offset;                        /* of this copy of the loop's body, in bytes */
  int ahead;                         /* how far before its use memory is asked for, in bytes */
} renderer;

/* When a value is read next in the segment, before it is written again. */
static int next_read(const renderer *r, int reg, int after) {
  for (int i = after; i < r->segment->first + r->segment->count; i++) {
    const gl_instruction *in = &r->code->instructions[i];
    int list[3];
    const int n = operands(in, list);
    for (int k = 0; k < n; k++)
      if (list[k] == reg && in->op != GL_OP_expand) return i;
    if (in->dst == reg) return NEVER;
  }
  return NEVER;
}
/* Whether memory must hold what instruction `at` writes. */
static bool outlives(const renderer *r, int at) {
  const int reg = r->code->instructions[at].dst, end = r->segment->first + r->segment->count;
  for (int i = at + 1; i < end; i++)
    if (r->code->instructions[i].dst == reg) return false;
  for (int i = end; i < r->code->nInstructions; i++) {
    const gl_instruction *in = &r->code->instructions[i];
    if (in->a == reg || in->b == reg || in->c == reg) return true;
    if (in->dst == reg) return false;
  }
  return r->flags[reg] & GL_IS_KEPT;
}

static bool made_before(const renderer *r, int reg, int at) {
  for (int i = r->segment->first; i < at; i++)
    if (r->code->instructions[i].dst == reg) return true;
  return false;
}

static gl_place memory_of(renderer *r, int reg) {
  int base = r->pointer[reg];
  if (base == NONE) gl_load_pointer(&r->paint.out, base = GL_RAX, GL_RDI, 8 * reg);
  return gl_at(base, GL_RCX, r->offset);
}
static void let_go(renderer *r, int reg) {
  if (r->where[reg] != NONE) {
    r->holds[r->where[reg]] = NONE, r->paint.free |= 1u << r->where[reg];
    r->where[reg] = NONE;
  }
}
/* A vector register for the painter when none is free: the value that is needed last moves to memory. */
static void make_room(void *context) {
  renderer *r = context;
  int worst = NONE, latest = -1;
  for (int v = 0; v < VECTORS; v++) {
    if (r->holds[v] == NONE || (r->paint.pinned >> v & 1)) continue;
    const int next = next_read(r, r->holds[v], r->at);
    if (next > latest) latest = next, worst = v;
  }
  if (worst == NONE) {
    r->paint.out.full = true; /* no room at all: this segment stays as it is */
    r->paint.free |= 1;
    return;
  }
  const int reg = r->holds[worst];
  if (!r->inMemory[reg]) gl_emit(&r->paint.out, gl_x86_store, worst, 0, memory_of(r, reg));
  r->inMemory[reg] = true;
  let_go(r, reg);
}
/* The first to read an input asks for what the next blocks will read. */
static bool first_reader(const renderer *r, int reg) {
  for (int i = 0; i < r->at; i++) {
    int list[3];
    const int n = operands(&r->code->instructions[i], list);
    for (int k = 0; k < n; k++)
      if (list[k] == reg) return false;
  }
  return r->flags[reg] & GL_IS_INPUT;
}
static int fetch(renderer *r, int reg) {
  if (r->uniform[reg] != NONE) return r->uniform[reg];
  if (r->where[reg] == NONE) {
    const int v = gl_take_vector(&r->paint);
    gl_place from = memory_of(r, reg);
    if (r->flags[reg] & GL_IS_UNIFORM) from.index = -1, from.offset = 0;
    gl_emit(&r->paint.out, gl_x86_load, v, 0, from);
    if (first_reader(r, reg)) gl_prefetch(&r->paint.out, (from.offset += r->ahead, from), false);
    r->where[reg] = (int8_t)v, r->holds[v] = reg, r->inMemory[reg] = true;
  }
  r->paint.pinned |= 1u << r->where[reg];
  return r->where[reg];
}
static void take_result(renderer *r, int reg, int vector) {
  let_go(r, reg);
  r->where[reg] = (int8_t)vector, r->holds[vector] = reg, r->inMemory[reg] = false;
}

/* Vector registers that keep a value for the whole row, from the last downwards. */
typedef struct {
  int spreads, spreadOf[GL_MAX_SPREADS], spreadVector[GL_MAX_SPREADS]; /* instruction, register */
  int totals, totalOf[GL_MAX_TOTALS], totalVector[GL_MAX_TOTALS][4];
  int divisorOf; /* what divisor_of says of the divisions by it */
  gl_divisor divisor;
} lasting;
static int keep_vector(renderer *r, int *top) {
  const int v = (*top)--;
  r->paint.free &= ~(1u << v);
  return v;
}

/* Where the divisor of division `at` comes from, if it stays the same over a row: the expand, or -2 - register for a uniform one; else NONE. */
static int divisor_of(const renderer *r, int at) {
  const gl_instruction *in = &r->code->instructions[at];
  if (in->op != GL_OP_div_f32) return NONE;
  for (int i = at - 1; i >= r->segment->first; i--)
    if (r->code->instructions[i].dst == in->b) return r->code->instructions[i].op == GL_OP_expand ? i : NONE;
  return r->uniform[in->b] != NONE ? -2 - in->b : NONE;
}
/* The first such divisor is divided by quickly. */
static void choose_divisor(renderer *r, lasting *rows, int *top) {
  rows->divisorOf = NONE;
  for (int i = r->segment->first; i < r->segment->first + r->segment->count && rows->divisorOf == NONE; i++) rows->divisorOf = divisor_of(r, i);
  if (rows->divisorOf == NONE) return;
  rows->divisor.reciprocal = keep_vector(r, top), rows->divisor.tame = keep_vector(r, top);
  if (rows->divisorOf < NONE) {
    rows->divisor.divisor = r->uniform[-2 - rows->divisorOf];
    gl_prepare_divisor(&r->paint, &rows->divisor);
  } else
    for (int s = 0; s < rows->spreads; s++)
      if (rows->spreadOf[s] == rows->divisorOf) rows->divisor.divisor = rows->spreadVector[s];
}

static void body(renderer *r, const lasting *rows, int copy) {
  const gl_code *code = r->code;
  for (int reg = 0; reg < code->nRegisters; reg++) let_go(r, reg), r->inMemory[reg] = true;
  int spreads = 0, totals = 0;
  for (int i = r->segment->first; i < r->segment->first + r->segment->count; i++) {
    const gl_instruction *in = &code->instructions[i];
    gl_assembler *out = &r->paint.out;
    r->at = i, r->paint.pinned = 0;
    if (in->op == GL_OP_expand) { /* a copy: the value of the row stays */
      const int v = gl_take_vector(&r->paint);
      gl_emit(out, gl_x86_copy, v, 0, gl_in(rows->spreadVector[spreads++]));
      take_result(r, in->dst, v);
    } else if (is_total(in->op)) {
      const int x = fetch(r, in->a), total = rows->totalVector[totals][copy], mask = 4 + totals;
      totals++;
      gl_emit(out, in->op == GL_OP_rsum ? gl_x86_add : in->op == GL_OP_rmax ? gl_x86_max : gl_x86_min, total, total, gl_in(x));
      if (in->op != GL_OP_rsum) { /* a NaN is remembered */
        gl_emit_immediate(out, gl_x86_compare, 2, x, gl_in(x), GL_UNORDERED);
        gl_mask_or(out, mask, mask, 2);
      }
    } else {
      int list[3], vectors[3] = {0, 0, 0};
      const int n = operands(in, list);
      for (int k = 0; k < n; k++) vectors[k] = fetch(r, list[k]);
      const bool quick = rows->divisorOf != NONE && divisor_of(r, i) == rows->divisorOf;
      const int result = quick ? gl_divide(&r->paint, vectors[0], &rows->divisor) : gl_paint(&r->paint, in->op, vectors);
      take_result(r, in->dst, result);
    }
    r->paint.pinned = 0;
    if (!is_total(in->op) && outlives(r, i)) {
      gl_place to = memory_of(r, in->dst);
      gl_emit(out, gl_x86_store, r->where[in->dst], 0, to);
      if (r->flags[in->dst] & GL_IS_KEPT) gl_prefetch(out, (to.offset += r->ahead, to), true);
      r->inMemory[in->dst] = true;
    }
    for (int v = 0; v < VECTORS; v++)
      if (r->holds[v] != NONE && next_read(r, r->holds[v], i + 1) == NEVER) let_go(r, r->holds[v]);
  }
}

/* The total of a row: its vectors are added pairwise, lanes in double; written to element r9 of its register. */
static void finish_total(renderer *r, const lasting *rows, int t, int copies) {
  gl_assembler *out = &r->paint.out;
  const gl_instruction *in = &r->code->instructions[rows->totalOf[t]];
  const int *v = rows->totalVector[t], x = v[0], y = 0, z = 1;
  const gl_opcode op = in->op == GL_OP_rsum ? gl_x86_add : in->op == GL_OP_rmax ? gl_x86_max : gl_x86_min;
  if (copies == 4) {
    gl_emit(out, op, v[0], v[0], gl_in(v[1]));
    gl_emit(out, op, v[2], v[2], gl_in(v[3]));
    gl_emit(out, op, v[0], v[0], gl_in(v[2]));
  }
  gl_emit_immediate(out, gl_x86_upper_half, x, 0, gl_in(y), 1);
  if (in->op == GL_OP_rsum) {
    gl_emit(out, gl_x86_f32_to_f64, x, 0, gl_in(x));
    gl_emit(out, gl_x86_f32_to_f64, y, 0, gl_in(y));
    gl_emit(out, gl_x86_add_f64, x, x, gl_in(y));
    gl_emit_immediate(out, gl_x86_upper_half, x, 0, gl_in(y), 1);
    gl_emit_sized(out, gl_x86_add_f64, GL_256, x, x, gl_in(y), 0, false);
    gl_emit_sized(out, gl_x86_upper_quarter, GL_256, x, 0, gl_in(y), 0, false), gl_byte(out, 1);
    gl_emit_sized(out, gl_x86_add_f64, GL_128, x, x, gl_in(y), 0, false);
    gl_emit_sized(out, gl_x86_unpack_high_f64, GL_128, y, x, gl_in(x), 0, false);
    gl_emit_sized(out, gl_x86_add_f64, GL_128, x, x, gl_in(y), 0, false);
    gl_emit_sized(out, gl_x86_f64_to_f32, GL_128, x, x, gl_in(x), 0, false);
  } else {
    gl_emit_sized(out, op, GL_256, x, x, gl_in(y), 0, false);
    gl_emit_sized(out, gl_x86_upper_quarter, GL_256, x, 0, gl_in(y), 0, false), gl_byte(out, 1);
    gl_emit_sized(out, op, GL_128, x, x, gl_in(y), 0, false);
    gl_emit_sized(out, gl_x86_permute, GL_128, z, 0, gl_in(x), 0, false), gl_byte(out, 0x4E);
    gl_emit_sized(out, op, GL_128, x, x, gl_in(z), 0, false);
    gl_emit_sized(out, gl_x86_permute, GL_128, z, 0, gl_in(x), 0, false), gl_byte(out, 0xB1);
    gl_emit_sized(out, op, GL_128, x, x, gl_in(z), 0, false);
    gl_nan_if_mask(out, 4 + t, x);
  }
  gl_load_pointer(out, GL_RAX, GL_RDI, 8 * in->dst);
  gl_emit_sized(out, gl_x86_store_one, GL_128, x, 0, gl_at(GL_RAX, GL_R9, 0), 0, false);
}

/* Uniform values go to vectors; addresses of what is read from memory or written to it to general registers, while there are some. */
static void load_operands(renderer *r, int *top) {
  gl_assembler *out = &r->paint.out;
  int pointers = 0, uniforms = 0;
  for (int i = r->segment->first; i < r->segment->first + r->segment->count; i++) {
    const gl_instruction *in = &r->code->instructions[i];
    int list[4];
    int n = in->op == GL_OP_expand ? 0 : operands(in, list);
    for (int k = n - 1; k >= 0; k--)
      if (!(r->flags[list[k]] & GL_IS_UNIFORM) && made_before(r, list[k], i)) list[k] = list[--n];
    if (!is_total(in->op) && outlives(r, i)) list[n++] = in->dst;
    for (int k = 0; k < n; k++) {
      const int reg = list[k];
      if (r->flags[reg] & GL_IS_UNIFORM) {
        if (r->uniform[reg] != NONE || uniforms == MAX_UNIFORM) continue;
        gl_load_pointer(out, GL_RAX, GL_RDI, 8 * reg);
        r->uniform[reg] = (int8_t)keep_vector(r, top), uniforms++;
        gl_emit(out, gl_x86_load, r->uniform[reg], 0, gl_at(GL_RAX, -1, 0));
      } else if (r->pointer[reg] == NONE && pointers < POINTERS) {
        r->pointer[reg] = (int8_t)pointerRegisters[pointers++];
        gl_load_pointer(out, r->pointer[reg], GL_RDI, 8 * reg);
      }
    }
  }
}
/* Vectors for what lasts for a row. */
static lasting choose_lasting(renderer *r, int copies, int *top) {
  lasting rows = {0};
  for (int i = r->segment->first; i < r->segment->first + r->segment->count; i++) {
    const int op = r->code->instructions[i].op;
    if (op == GL_OP_expand) rows.spreadOf[rows.spreads] = i, rows.spreadVector[rows.spreads++] = keep_vector(r, top);
    if (!is_total(op)) continue;
    rows.totalOf[rows.totals] = i;
    for (int c = 0; c < copies; c++) rows.totalVector[rows.totals][c] = keep_vector(r, top);
    rows.totals++;
  }
  choose_divisor(r, &rows, top);
  return rows;
}
/* Row r9 begins at element rcx: where it ends, its values, totals of nothing. */
static void begin_row(renderer *r, const lasting *rows, int copies) {
  gl_assembler *out = &r->paint.out;
  gl_bytes(out, "4c8d1411"); /* r10 = rcx + rdx */
  for (int s = 0; s < rows->spreads; s++) {
    gl_load_pointer(out, GL_RAX, GL_RDI, 8 * r->code->instructions[rows->spreadOf[s]].a);
    gl_emit(out, gl_x86_spread, rows->spreadVector[s], 0, gl_at(GL_RAX, GL_R9, 0));
  }
  if (rows->divisorOf > NONE) gl_prepare_divisor(&r->paint, &rows->divisor);
  for (int t = 0; t < rows->totals; t++) {
    const int op = r->code->instructions[rows->totalOf[t]].op, neutral = op == GL_OP_rsum ? GL_ZERO : op == GL_OP_rmax ? GL_MINUS_INFINITY : GL_INFINITY;
    for (int c = 0; c < copies; c++) gl_emit(out, gl_x86_spread, rows->totalVector[t][c], 0, gl_at(GL_R8, -1, (int)sizeof gl_numbers[0] * neutral));
    gl_mask_clear(out, 4 + t);
  }
}

/* rdi: addresses of registers; rsi: elements, or rows; rdx: length of a row. rcx: the element at hand, r9: the row, r8: numbers. */
size_t gl_render(const gl_code *code, const uint8_t *flags, const gl_segment *segment, int64_t length, uint8_t *to, size_t capacity) {
  renderer r = {.code = code, .flags = flags, .segment = segment};
  gl_assembler *out = &r.paint.out;
  *out = (gl_assembler){.at = to, .end = to + capacity};
  r.ahead = segment->byRow || segment->count < 5 ? 4096 : segment->count < 10 ? 2048 : 256;
  r.paint.free = ~0u, r.paint.make_room = make_room, r.paint.context = &r;
  for (int v = 0; v < VECTORS; v++) r.holds[v] = NONE;
  for (int reg = 0; reg < code->nRegisters; reg++) r.where[reg] = r.pointer[reg] = r.uniform[reg] = NONE;
  bool totals = false;
  for (int i = segment->first; i < segment->first + segment->count; i++) totals |= is_total(code->instructions[i].op);
  const int copies = totals && gl_shape_class(length) % 2 == 0 ? 4 : 1; /* four totals side by side wait for no sum */

  gl_bytes(out, "53 55 4154 4155 4156 4157 49b8"); /* push rbx, rbp, r12 … r15; r8 = … */
  const uint64_t numbers = (uint64_t)(uintptr_t)gl_numbers;
  gl_word32(out, (int64_t)(numbers & 0xFFFFFFFF)), gl_word32(out, (int64_t)(numbers >> 32));
  int top = VECTORS - 1;
  load_operands(&r, &top);
  const lasting rows = choose_lasting(&r, copies, &top);
  gl_bytes(out, "31c9 4531c9"); /* rcx = r9 = 0 */
  const uint8_t *rowStart = out->at;
  if (segment->byRow) begin_row(&r, &rows, copies);
  const uint8_t *start = out->at;
  for (int copy = 0; copy < copies; copy++) {
    r.offset = 64 * copy;
    body(&r, &rows, copy);
  }
  gl_bytes(out, "4881c1"), gl_word32(out, 16 * copies);     /* add rcx, … */
  gl_bytes(out, segment->byRow ? "4c39d1" : "4839f1");      /* cmp rcx, r10 or rsi */
  gl_jump_less(out, start);
  if (segment->byRow) {
    for (int t = 0; t < rows.totals; t++) finish_total(&r, &rows, t, copies);
    gl_bytes(out, "49ffc1 4939f1"); /* inc r9; cmp r9, rsi */
    gl_jump_less(out, rowStart);
  }
  gl_bytes(out, "c5f877 415f 415e 415d 415c 5d 5b c3"); /* vzeroupper; pop …; ret */
  return out->full ? 0 : (size_t)(out->at - to);
}
#endif
