/* In: the instructions of an elementwise program. Out: the same with runs of them replaced by machine code, from a cache. */
#define _GNU_SOURCE
#include "compile.h"
#include "memory.h"
#include "opcodes.h"
#include "render.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <sys/mman.h>

enum { CODE_BYTES = 16 << 20, LARGEST = 64 << 10, PAGE = 4096, BUCKETS = 1024 };
static size_t padded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/* A run of instructions of a program and its code. */
typedef struct {
  int first, count;
  gl_compiled call;
  bool byRow;
} segment;
typedef struct entry {
  struct entry *next;
  u32 hash;
  int nWords, nSegments;
  i32 *words;
  segment *segments;
} entry;

static entry *buckets[BUCKETS];
static uint8_t *memory;
static size_t used;
static bool refused; /* the system gives no memory for code */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that: parts of a scan compile at a time */

static bool open_memory(void) {
  if (memory || refused) return memory != NULL;
  void *pages = mmap(NULL, CODE_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  refused = pages == MAP_FAILED;
  if (!refused) memory = pages;
  return !refused;
}
void gl_compile_make_room(void) {
  if (used < CODE_BYTES - 4 * LARGEST) return;
  for (int b = 0; b < BUCKETS; b++)
    for (entry *e = buckets[b], *next; e; e = next) {
      next = e->next;
      free(e->words), free(e->segments), free(e);
    }
  memset(buckets, 0, sizeof buckets);
  used = 0;
}

/* Copies code to pages of its own, and makes them such that they run; null if the system refuses. */
static const uint8_t *place_code(const uint8_t *code, size_t bytes) {
  const size_t size = (bytes + PAGE - 1) / PAGE * PAGE;
  uint8_t *at = memory + used;
  if (refused || used + size > CODE_BYTES) return NULL;
  refused = mprotect(at, size, PROT_READ | PROT_WRITE) != 0;
  if (refused) return NULL;
  memcpy(at, code, bytes);
  refused = mprotect(at, size, PROT_READ | PROT_EXEC) != 0;
  if (refused) return NULL;
  used += size;
  return at;
}

/* Finds and renders the segments of a program; null when out of memory. */
static entry *build(const gl_code *code, const uint8_t *flags, int64_t length) {
  entry *made = calloc(1, sizeof *made);
  segment *segments = calloc((size_t)code->nInstructions, sizeof *segments);
  uint8_t *buffer = malloc(LARGEST);
  size_t *starts = calloc((size_t)code->nInstructions, sizeof *starts), bytes = 0;
  if (!made || !segments || !buffer || !starts) {
    free(made), free(segments), free(buffer), free(starts);
    return NULL;
  }
  int n = 0;
  for (int at = 0; at < code->nInstructions;) {
    gl_segment found;
    gl_find_segment(code, flags, length, at, &found);
    const size_t size = found.count ? gl_render(code, flags, &found, length, buffer + bytes, LARGEST - bytes) : 0;
    if (size) {
      segments[n] = (segment){.first = found.first, .count = found.count, .byRow = found.byRow};
      starts[n++] = bytes;
      bytes = padded(bytes + size);
    }
    at += found.count ? found.count : 1;
    if (bytes >= LARGEST) break;
  }
  const uint8_t *placed = n ? place_code(buffer, bytes) : NULL;
  for (int s = 0; placed && s < n; s++) {
    const void *start = placed + starts[s];
    memcpy(&segments[s].call, &start, sizeof start);
  }
  free(buffer), free(starts);
  made->segments = segments, made->nSegments = placed ? n : 0;
  return made;
}

static bool same(const entry *e, u32 hash, const i32 *words, int n) { return e->hash == hash && e->nWords == n && memcmp(e->words, words, sizeof(i32) * (size_t)n) == 0; }

/* The entry of a program, whose key is `words`; made where there is none. Null where there can be none. */
static const entry *find(const gl_code *code, const uint8_t *flags, int64_t length, const i32 *words, int n, u32 hash) {
  if (!open_memory()) return NULL;
  entry **bucket = &buckets[hash % BUCKETS], *found = *bucket;
  while (found && !same(found, hash, words, n)) found = found->next;
  if (found) return found;
  i32 *copy = malloc(sizeof(i32) * (size_t)n);
  found = copy ? build(code, flags, length) : NULL;
  if (!found) {
    free(copy);
    return NULL;
  }
  memcpy(copy, words, sizeof(i32) * (size_t)n);
  found->words = copy, found->nWords = n, found->hash = hash;
  found->next = *bucket, *bucket = found;
  return found;
}

void gl_compile(gl_code *code, const uint8_t *flags, int64_t length) {
  if (code->nInstructions == 0) return;
  /* The key: the instructions, what is known about registers, what matters about the length. */
  const int nFlags = (code->nRegisters + 3) / 4, n = 5 * code->nInstructions + 2 * nFlags + 1;
  i32 *words = gl_kernel_memory(sizeof(i32) * (size_t)n);
  if (!words) return;
  memset(words, 0, sizeof(i32) * (size_t)n);
  for (int i = 0; i < code->nInstructions; i++) {
    const gl_instruction *in = &code->instructions[i];
    const i32 five[] = {in->op, in->dst, in->a, in->b, in->c};
    memcpy(words + 5 * i, five, sizeof five);
  }
  memcpy(words + 5 * code->nInstructions, flags, (size_t)code->nRegisters);
  memcpy(words + 5 * code->nInstructions + nFlags, code->dtypes, (size_t)code->nRegisters);
  words[n - 1] = gl_shape_class(length);
  u32 hash = 2166136261u;
  for (int i = 0; i < n; i++) hash = (hash ^ (u32)words[i]) * 16777619u, hash ^= hash >> 15;
  pthread_mutex_lock(&lock);
  const entry *found = find(code, flags, length, words, n, hash);
  pthread_mutex_unlock(&lock);
  if (!found) return;
  int to = 0;
  for (int at = 0, s = 0; at < code->nInstructions; to++) {
    gl_instruction *in = &code->instructions[to];
    if (s < found->nSegments && found->segments[s].first == at) {
      *in = (gl_instruction){.compiled = found->segments[s].call, .byRow = found->segments[s].byRow};
      at += found->segments[s++].count;
    } else *in = code->instructions[at++];
  }
  code->nInstructions = to;
}
#else
void gl_compile(gl_code *code, const uint8_t *flags, int64_t length) { (void)code, (void)flags, (void)length; }
void gl_compile_make_room(void) {}
#endif
