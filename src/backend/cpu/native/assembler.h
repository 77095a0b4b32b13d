/* Writes x86-64 machine code: AVX-512 instructions on 16 floats, and the few others that a loop needs. */
#ifndef GL_ASSEMBLER_H
#define GL_ASSEMBLER_H
#include "program.h"
#include <string.h>

typedef struct {
  uint8_t *at, *end;
  bool full; /* something did not fit */
} gl_assembler;

enum { GL_RAX, GL_RCX, GL_RDX, GL_RBX, GL_RSP, GL_RBP, GL_RSI, GL_RDI, GL_R8, GL_R9, GL_R10, GL_R11, GL_R12, GL_R13, GL_R14, GL_R15 };

static inline void gl_byte(gl_assembler *a, int value) {
  if (a->at < a->end) *a->at++ = (uint8_t)value;
  else a->full = true;
}
static inline void gl_bytes(gl_assembler *a, const char *hex) { /* pairs of digits and spaces */
  for (; *hex; hex += hex[0] == ' ' ? 1 : 2) {
    if (*hex == ' ') continue;
    const int high = hex[0] <= '9' ? hex[0] - '0' : hex[0] - 'a' + 10, low = hex[1] <= '9' ? hex[1] - '0' : hex[1] - 'a' + 10;
    gl_byte(a, high << 4 | low);
  }
}
static inline void gl_word32(gl_assembler *a, int64_t value) {
  for (int i = 0; i < 4; i++) gl_byte(a, (int)(value >> (8 * i) & 255));
}

/* The last operand of an instruction: a vector register, or memory at base + 4 * index + offset, read whole or one float for all lanes. */
typedef struct {
  int reg; /* -1: memory */
  int base, index, offset; /* index -1: none */
  bool one;
} gl_place;
static inline gl_place gl_in(int reg) { return (gl_place){.reg = reg}; }
static inline gl_place gl_at(int base, int index, int offset) { return (gl_place){.reg = -1, .base = base, .index = index, .offset = offset}; }
static inline gl_place gl_one_at(int base, int index, int offset) { return (gl_place){.reg = -1, .base = base, .index = index, .offset = offset, .one = true}; }

static inline void gl_modrm(gl_assembler *a, int reg, gl_place place) {
  if (place.reg >= 0) {
    gl_byte(a, 0xC0 | (reg & 7) << 3 | (place.reg & 7));
    return;
  }
  const bool sib = place.index >= 0 || (place.base & 7) == GL_RSP;
  gl_byte(a, 0x80 | (reg & 7) << 3 | (sib ? 4 : place.base & 7));
  if (sib) gl_byte(a, (place.index >= 0 ? 0x80 | (place.index & 7) << 3 : 0x20) | (place.base & 7));
  gl_word32(a, place.offset);
}

/* An opcode with what selects it: its map (1 0F, 2 0F38, 3 0F3A), its prefix (0 none, 1 66, 2 F3, 3 F2), the W bit. */
typedef struct {
  uint8_t map, prefix, wide, code;
} gl_opcode;
enum { GL_128, GL_256, GL_512 };
/* reg is written (or read, by a store); first is the operand between (0 where there is none); mask: lanes of k1 … k7 only, 0 all; the others
   are zeroed or kept. */
static inline void gl_emit_sized(gl_assembler *a, gl_opcode op, int size, int reg, int first, gl_place last, int mask, bool zero) {
  const int base = last.reg >= 0 ? last.reg : last.base;
  const int x = last.reg >= 0 ? last.reg >> 4 & 1 : last.index >= 0 ? last.index >> 3 & 1 : 0;
  gl_byte(a, 0x62);
  gl_byte(a, (~reg >> 3 & 1) << 7 | (!x) << 6 | (~base >> 3 & 1) << 5 | (~reg >> 4 & 1) << 4 | op.map);
  gl_byte(a, op.wide << 7 | (~first & 15) << 3 | 4 | op.prefix);
  gl_byte(a, zero << 7 | size << 5 | last.one << 4 | (~first >> 4 & 1) << 3 | mask);
  gl_byte(a, op.code);
  gl_modrm(a, reg, last);
}
static inline void gl_emit(gl_assembler *a, gl_opcode op, int reg, int first, gl_place last) { gl_emit_sized(a, op, GL_512, reg, first, last, 0, false); }
static inline void gl_emit_immediate(gl_assembler *a, gl_opcode op, int reg, int first, gl_place last, int immediate) {
  gl_emit(a, op, reg, first, last);
  gl_byte(a, immediate);
}

#define GL_X86(name, map, prefix, wide, code) static const gl_opcode gl_x86_##name __attribute__((unused)) = {map, prefix, wide, code};
GL_X86(load, 1, 0, 0, 0x10) GL_X86(store, 1, 0, 0, 0x11) GL_X86(copy, 1, 0, 0, 0x28) GL_X86(spread, 2, 1, 0, 0x18)
GL_X86(add, 1, 0, 0, 0x58) GL_X86(mul, 1, 0, 0, 0x59) GL_X86(sub, 1, 0, 0, 0x5C) GL_X86(min, 1, 0, 0, 0x5D) GL_X86(div, 1, 0, 0, 0x5E)
GL_X86(max, 1, 0, 0, 0x5F) GL_X86(sqrt, 1, 0, 0, 0x51) GL_X86(scale, 2, 1, 0, 0x2C) GL_X86(round, 3, 1, 0, 0x08)
GL_X86(fma213, 2, 1, 0, 0xA8) GL_X86(fma231, 2, 1, 0, 0xB8) GL_X86(fnma231, 2, 1, 0, 0xBC) GL_X86(fnma213, 2, 1, 0, 0xAC)
GL_X86(compare, 1, 0, 0, 0xC2) GL_X86(compare_i32, 3, 1, 0, 0x1F) GL_X86(compare_u32, 3, 1, 0, 0x1E)
GL_X86(test, 2, 1, 0, 0x27) GL_X86(test_zero, 2, 2, 0, 0x27) GL_X86(blend, 2, 1, 0, 0x64)
GL_X86(and, 1, 1, 0, 0xDB) GL_X86(or, 1, 1, 0, 0xEB) GL_X86(xor, 1, 1, 0, 0xEF) GL_X86(ternary, 3, 1, 0, 0x25)
GL_X86(add_i32, 1, 1, 0, 0xFE) GL_X86(sub_i32, 1, 1, 0, 0xFA) GL_X86(mul_i32, 2, 1, 0, 0x40)
GL_X86(max_i32, 2, 1, 0, 0x3D) GL_X86(max_u32, 2, 1, 0, 0x3F) GL_X86(min_i32, 2, 1, 0, 0x39) GL_X86(min_u32, 2, 1, 0, 0x3B)
GL_X86(shift, 1, 1, 0, 0x72) GL_X86(shl_each, 2, 1, 0, 0x47) GL_X86(shr_u32_each, 2, 1, 0, 0x45) GL_X86(shr_i32_each, 2, 1, 0, 0x46)
GL_X86(i32_to_f32, 1, 0, 0, 0x5B) GL_X86(u32_to_f32, 1, 3, 0, 0x7A)
GL_X86(upper_half, 3, 1, 1, 0x1B) GL_X86(upper_quarter, 3, 1, 0, 0x19) GL_X86(f32_to_f64, 1, 0, 0, 0x5A) GL_X86(add_f64, 1, 1, 1, 0x58)
GL_X86(unpack_high_f64, 1, 1, 1, 0x15) GL_X86(f64_to_f32, 1, 3, 1, 0x5A) GL_X86(store_one, 1, 2, 0, 0x11) GL_X86(permute, 1, 1, 0, 0x70)

enum { GL_EQUAL = 0, GL_UNORDERED = 3, GL_NOT_EQUAL = 4, GL_LESS = 17, GL_LESS_EQUAL = 18, GL_GREATER = 30 }; /* of compare; quiet */

/* Brings a line nearer, to be written or only read. */
static inline void gl_prefetch(gl_assembler *a, gl_place place, bool write) {
  gl_byte(a, 0x40 | (place.index >> 3 & 1) << 1 | (place.base >> 3 & 1));
  gl_byte(a, 0x0F), gl_byte(a, write ? 0x0D : 0x18);
  gl_modrm(a, 1, place);
}
/* to = [base + offset], a pointer. */
static inline void gl_load_pointer(gl_assembler *a, int to, int base, int offset) {
  gl_byte(a, 0x48 | (to >> 3 & 1) << 2 | (base >> 3 & 1));
  gl_byte(a, 0x8B);
  gl_modrm(a, to, gl_at(base, -1, offset));
}
/* Ends of loops: jumps back to `start` where the comparison before says less. */
static inline void gl_jump_less(gl_assembler *a, const uint8_t *start) {
  gl_bytes(a, "0f8c");
  gl_word32(a, start - (a->at + 4));
}
#endif
