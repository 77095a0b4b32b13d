/* The library's entry points: chooses the instruction set, runs programs one at a time. */
#define _GNU_SOURCE
#include "api.h"
#include "compile.h"
#include "memory.h"
#include "opcodes.h"
#include "threads.h"
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#endif

#define GL_EXPORT __attribute__((visibility("default")))

/* GL_ISAS: the sets that this library was built for, best first, as X(name, condition). */
#if defined(__x86_64__)
#define AVX512_HERE                                                                                                            \
  (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && \
   __builtin_cpu_supports("avx512cd"))
#define GL_ISAS(X)                                                                                                             \
  X(avx512, AVX512_HERE)                                                                                                       \
  X(avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))                   \
  X(base, __builtin_cpu_supports("sse4.1"))
#elif defined(__aarch64__)
#define AVX512_HERE false
#define GL_ISAS(X) X(neon, 1)
#else
#define AVX512_HERE false
#define GL_ISAS(X) X(base, 1)
#endif
#define GL_DECLARE_TABLE(name, condition) extern const gl_kernel_table gl_kernels_##name;
GL_ISAS(GL_DECLARE_TABLE)

static pthread_mutex_t runLock = PTHREAD_MUTEX_INITIALIZER, errorLock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const gl_kernel_table *table;
static const char *isa = "none";
bool gl_amx, gl_compiles;
static char lastError[512];

/* AMX comes on top of AVX-512; Linux wants to be asked, once for the process. */
#define GL_WITH_AMX "avx512+amx"
/* AVX-512 without machine code made at run time: what a system that forbids it gets. */
#define GL_INTERPRETED "avx512-interpreted"
static bool amxGranted;
static bool ask_for_amx(void) {
#if defined(__x86_64__) && defined(__linux__)
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18, AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24 };
  const char *wanted = getenv("GRADLAB_AMX");
  unsigned a, b, c, d;
  if ((wanted && strcmp(wanted, "0") == 0) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & AMX_BF16) || !(d & AMX_TILE)) return false;
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
#else
  return false;
#endif
}

/* Memory of results serves again, with its pages: arrays up to so many bytes are taken from the heap, and of what is free at its end so many are kept. */
enum { KEPT_ARRAY = 64 << 20, KEPT_MEMORY = 256 << 20 };

static void choose(void) {
  const char *asked = getenv("GRADLAB_ISA");
  amxGranted = ask_for_amx();
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
#define GL_CHOOSE(name, condition)                                                                                             \
  if (!table && (!asked || !*asked || strcmp(asked, #name) == 0) && (condition)) table = &gl_kernels_##name, isa = #name;
#if defined(__x86_64__)
  gl_amx = amxGranted && (!asked || !*asked || strcmp(asked, GL_WITH_AMX) == 0) && AVX512_HERE;
  if (gl_amx) table = &gl_kernels_avx512, isa = GL_WITH_AMX;
#endif
#if defined(__x86_64__)
  if (asked && strcmp(asked, GL_INTERPRETED) == 0 && AVX512_HERE) table = &gl_kernels_avx512, isa = GL_INTERPRETED;
#endif
  GL_ISAS(GL_CHOOSE)
  gl_compiles = strncmp(isa, "avx512", 6) == 0 && strcmp(isa, GL_INTERPRETED) != 0;
  gl_pool_size(0);
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, KEPT_ARRAY);
  mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
#endif
}
static void start(void) { pthread_once(&once, choose); }

int gl_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  pthread_mutex_lock(&errorLock);
  vsnprintf(lastError, sizeof lastError, format, arguments);
  pthread_mutex_unlock(&errorLock);
  va_end(arguments);
  return -1;
}
int gl_malformed(const gl_run_context *run) { return gl_fail("kernel %d: malformed record", run->index); }
int gl_out_of_memory(const gl_run_context *run) { return gl_fail("kernel %d: out of memory", run->index); }

GL_EXPORT const char *gl_error(void) {
  static _Thread_local char copy[sizeof lastError];
  pthread_mutex_lock(&errorLock);
  memcpy(copy, lastError, sizeof copy);
  pthread_mutex_unlock(&errorLock);
  return copy;
}

/* The sets that this processor runs, best first. */
GL_EXPORT const char *gl_isas(void) {
  static _Thread_local char names[96];
  start();
  char *at = names;
  if (amxGranted && AVX512_HERE) at += snprintf(at, sizeof names, GL_WITH_AMX " ");
#define GL_LIST(name, condition)                                                                                               \
  if (condition) at += snprintf(at, (size_t)(names + sizeof names - at), "%s ", #name);
  GL_ISAS(GL_LIST)
  if (AVX512_HERE) snprintf(at, (size_t)(names + sizeof names - at), "%s ", GL_INTERPRETED);
  return names;
}
/* Changes to another set, for tests. 0, or -1 if there is none of that name. */
GL_EXPORT int gl_use_isa(const char *wanted) {
  start();
  const gl_kernel_table *found = NULL;
  pthread_mutex_lock(&runLock);
#define GL_USE(name, condition)                                                                                                \
  if (strcmp(wanted, #name) == 0 && (condition)) found = table = &gl_kernels_##name, isa = #name;
#if defined(__x86_64__)
  const bool amx = amxGranted && AVX512_HERE && strcmp(wanted, GL_WITH_AMX) == 0;
  if (amx) found = table = &gl_kernels_avx512, isa = GL_WITH_AMX;
#else
  const bool amx = false;
#endif
  GL_ISAS(GL_USE)
#if defined(__x86_64__)
  if (AVX512_HERE && strcmp(wanted, GL_INTERPRETED) == 0) found = table = &gl_kernels_avx512, isa = GL_INTERPRETED;
#endif
  if (found) gl_amx = amx, gl_compiles = strncmp(isa, "avx512", 6) == 0 && strcmp(isa, GL_INTERPRETED) != 0;
  pthread_mutex_unlock(&runLock);
  return found ? 0 : gl_fail("instruction set %s: this processor has %s", wanted, gl_isas());
}

GL_EXPORT const char *gl_info(void) {
  static _Thread_local char text[64];
  start();
  snprintf(text, sizeof text, "isa=%s;threads=%d", isa, gl_pool_size(0));
  return text;
}

#define GL_NAME(name, ...) #name " "
GL_EXPORT const char *gl_opcodes(void) { return GL_CALLED_OPS(GL_NAME, GL_NAME, GL_NAME) GL_SPECIAL_OPS(GL_NAME); }
GL_EXPORT const char *gl_kinds(void) { return GL_KINDS(GL_NAME); }

GL_EXPORT int gl_threads(int n) {
  start();
  pthread_mutex_lock(&runLock);
  const int threads = gl_pool_size(n);
  pthread_mutex_unlock(&runLock);
  return threads;
}

GL_EXPORT uint64_t gl_address(const void *memory) { return (uint64_t)(uintptr_t)memory; }

GL_EXPORT uint64_t gl_large_address(void *memory, uint64_t bytes) {
  gl_use_huge_pages(memory, (size_t)bytes);
  return gl_address(memory);
}

GL_EXPORT uint64_t gl_arena(uint64_t bytes) {
  static char *arena;
  static size_t size;
  pthread_mutex_lock(&runLock);
  if (bytes > size || !arena) {
    const size_t wanted = bytes > size + size / 4 ? (size_t)bytes : size + size / 4;
    char *grown = gl_map_pages(wanted ? wanted : 1);
    if (grown && arena) gl_unmap_pages(arena, size);
    if (grown) arena = grown, size = wanted;
    else if (bytes > size) {
      pthread_mutex_unlock(&runLock);
      gl_fail("no memory for an arena of %llu bytes", (unsigned long long)bytes);
      return 0;
    }
  }
  pthread_mutex_unlock(&runLock);
  return (uint64_t)(uintptr_t)arena;
}

static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static int run_records(const i32 *program, i32 length, const uint64_t *slots, const f64 *scalars, f64 *profile) {
  if (!table) return gl_fail("GRADLAB_ISA=%s is not an instruction set that this processor has", getenv("GRADLAB_ISA") ? getenv("GRADLAB_ISA") : "");
  struct gl_kept *kept = NULL;
  gl_run_context run = {.slots = slots, .scalars = scalars, .index = 0, .kept = &kept};
  gl_run_memory_reset();
  gl_compile_make_room();
  for (const i32 *record = program, *end = program + length; record < end; run.index++) {
    if (end - record < 2 || record[1] < 2 || record[1] > end - record) return gl_malformed(&run);
    if (record[0] < 0 || record[0] >= GL_KIND_COUNT) return gl_fail("kernel %d: no kind %d", run.index, record[0]);
    gl_reader reader = {.at = record + 2, .end = record + record[1], .failed = false};
    const double before = profile ? nanoseconds() : 0;
    gl_kernel_memory_reset();
    if (table->kernels[record[0]](&reader, &run) != 0) return -1;
    if (profile) profile[run.index] = nanoseconds() - before;
    record += record[1];
  }
  return 0;
}

GL_EXPORT int gl_run(const i32 *program, i32 length, const uint64_t *slots, const f64 *scalars, f64 *profile) {
  start();
  pthread_mutex_lock(&runLock);
  const int result = run_records(program, length, slots, scalars, profile);
  pthread_mutex_unlock(&runLock);
  return result;
}
