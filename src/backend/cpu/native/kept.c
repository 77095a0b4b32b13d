/* A list: programs keep few operands. */
#include "kept.h"
#include "memory.h"
#include <string.h>

struct gl_kept {
  struct gl_kept *next;
  void *key, *memory;
  size_t keyBytes;
};

void *gl_kept(const gl_run_context *run, const void *key, size_t keyBytes) {
  for (const struct gl_kept *entry = *run->kept; entry; entry = entry->next)
    if (entry->keyBytes == keyBytes && memcmp(entry->key, key, keyBytes) == 0) return entry->memory;
  return NULL;
}

void *gl_keep(const gl_run_context *run, const void *key, size_t keyBytes, size_t bytes) {
  struct gl_kept *entry = gl_run_memory(sizeof *entry);
  void *copy = gl_run_memory(keyBytes), *memory = gl_run_memory(bytes);
  if (!entry || !copy || !memory) return NULL;
  memcpy(copy, key, keyBytes);
  *entry = (struct gl_kept){.next = *run->kept, .key = copy, .memory = memory, .keyBytes = keyBytes};
  *run->kept = entry;
  return memory;
}
