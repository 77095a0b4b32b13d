/* Operands that are packed once and serve several contractions of a program. */
#ifndef GL_KEPT_H
#define GL_KEPT_H
#include "program.h"

/* What `key` (compared byte by byte) was kept for in this run; null if nothing. */
void *gl_kept(const gl_run_context *run, const void *key, size_t keyBytes);
/* Memory to keep under `key` until the run ends, 64-byte aligned; null when out of memory. The key is copied. */
void *gl_keep(const gl_run_context *run, const void *key, size_t keyBytes, size_t bytes);
#endif
