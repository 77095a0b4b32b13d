/* Memory that is taken once and kept: a kernel's own memory (given back as a whole before the next kernel), a run's and scratch per thread. */
#ifndef GL_MEMORY_H
#define GL_MEMORY_H
#include <stddef.h>
#include <stdint.h>

/* 64-byte aligned, for the running kernel, from the thread that runs the program; null when out of memory. */
void *gl_kernel_memory(size_t bytes);
void gl_kernel_memory_reset(void);
/* The same, for all kernels of a program until its run ends. */
void *gl_run_memory(size_t bytes);
void gl_run_memory_reset(void);
/* Until the thread leaves, it takes memory of its own for kernels and runs: for programs that several threads run at a time. */
void gl_enter_own_memory(void);
void gl_leave_own_memory(void);
/* The calling thread's scratch, 64-byte aligned; each call replaces the one before. Null when out of memory. */
void *gl_thread_scratch(size_t bytes);
/* Pages of 2 MB where the system offers them; zeroed. */
void *gl_map_pages(size_t bytes);
void gl_unmap_pages(void *memory, size_t bytes);
/* The same pages for memory that somebody else took, before its first use. */
void gl_use_huge_pages(char *memory, size_t bytes);
#endif
