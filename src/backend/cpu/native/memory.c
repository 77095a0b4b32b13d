/* Kernel memory (chunks that stay), thread scratch, huge pages. */
#define _GNU_SOURCE
#include "memory.h"
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, ALIGNMENT = 64, FIRST_CHUNK = 1 << 18, MAX_CHUNKS = 48 };

static size_t rounded(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

void *gl_map_pages(size_t bytes) {
  bytes = rounded(bytes, HUGE_PAGE);
  /* One huge page more than asked, to start at a multiple of one; the excess is given back. */
  char *raw = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return NULL;
  char *memory = (char *)rounded((size_t)raw, HUGE_PAGE);
  if (memory > raw) munmap(raw, (size_t)(memory - raw));
  munmap(memory + bytes, (size_t)(raw + HUGE_PAGE - memory));
#ifdef MADV_HUGEPAGE
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}
void gl_use_huge_pages(char *memory, size_t bytes) {
  char *first = (char *)rounded((size_t)memory, HUGE_PAGE), *last = (char *)((size_t)(memory + bytes) / HUGE_PAGE * HUGE_PAGE);
#ifdef MADV_HUGEPAGE
  if (first < last) madvise(first, (size_t)(last - first), MADV_HUGEPAGE);
#else
  (void)first, (void)last;
#endif
}
void gl_unmap_pages(void *memory, size_t bytes) { munmap(memory, rounded(bytes, HUGE_PAGE)); }

static void *aligned(size_t bytes) { return bytes >= HUGE_PAGE ? gl_map_pages(bytes) : aligned_alloc(ALIGNMENT, rounded(bytes, ALIGNMENT)); }

/* Chunks that are filled one after the other, and given back as a whole. */
typedef struct {
  struct { char *memory; size_t size; } chunks[MAX_CHUNKS];
  int nChunks, chunk;
  size_t used;
} supply;
static supply ofKernel, ofRun;

static void reset(supply *from) { from->chunk = 0, from->used = 0; }
static void *take(supply *from, size_t bytes) {
  bytes = rounded(bytes ? bytes : 1, ALIGNMENT);
  for (; from->chunk < from->nChunks; from->chunk++, from->used = 0)
    if (from->used + bytes <= from->chunks[from->chunk].size) {
      void *memory = from->chunks[from->chunk].memory + from->used;
      from->used += bytes;
      return memory;
    }
  if (from->nChunks == MAX_CHUNKS) return NULL;
  /* Each chunk doubles, so that few are ever needed. */
  size_t size = from->nChunks ? from->chunks[from->nChunks - 1].size * 2 : FIRST_CHUNK;
  if (size > (size_t)64 << 20) size = (size_t)64 << 20;
  if (size < bytes) size = bytes;
  char *memory = aligned(size);
  if (!memory) return NULL;
  from->chunks[from->nChunks].memory = memory, from->chunks[from->nChunks].size = size;
  from->chunk = from->nChunks++, from->used = bytes;
  return memory;
}
static _Thread_local struct {
  supply ofKernel, ofRun;
  bool entered;
} own;
static supply *for_kernel(void) { return own.entered ? &own.ofKernel : &ofKernel; }
static supply *for_run(void) { return own.entered ? &own.ofRun : &ofRun; }
void *gl_kernel_memory(size_t bytes) { return take(for_kernel(), bytes); }
void gl_kernel_memory_reset(void) { reset(for_kernel()); }
void *gl_run_memory(size_t bytes) { return take(for_run(), bytes); }
void gl_run_memory_reset(void) { reset(for_run()); }
void gl_enter_own_memory(void) {
  own.entered = true;
  reset(&own.ofKernel);
  reset(&own.ofRun);
}
void gl_leave_own_memory(void) { own.entered = false; }

static _Thread_local char *scratch;
static _Thread_local size_t scratchSize;

void *gl_thread_scratch(size_t bytes) {
  if (bytes > scratchSize) {
    if (scratch) {
      if (scratchSize >= HUGE_PAGE) gl_unmap_pages(scratch, scratchSize);
      else free(scratch);
    }
    scratch = aligned(bytes), scratchSize = scratch ? bytes : 0;
  }
  return scratch;
}
