/* The pool: workers spin for a moment for the next job, then sleep. A job is claimed task by task, so a late worker delays nobody. */
#define _GNU_SOURCE
#include "threads.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 256, SPINS_BEFORE_SLEEP = 1500, SPINS_BEFORE_YIELD = 20000 };

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Number of the job, next task to claim, number of tasks, in one word: a claim succeeds only while its job is the current one. */
enum { TASK_BITS = 18, TASK_MASK = (1 << TASK_BITS) - 1 };
static _Atomic uint64_t ticket;
static uint64_t job_of(uint64_t t) { return t >> (2 * TASK_BITS); }
static int next_of(uint64_t t) { return (int)(t >> TASK_BITS & TASK_MASK); }
static int count_of(uint64_t t) { return (int)(t & TASK_MASK); }

static _Atomic(void (*)(void *, int)) jobTask;
static void *_Atomic jobContext;
static atomic_int tasksDone, sleepers, nThreads;
static int started; /* workers that exist */
static pthread_mutex_t sleepLock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wakeUp = PTHREAD_COND_INITIALIZER;

/* Takes tasks of one job until none is left. */
static void work(uint64_t job) {
  for (;;) {
    uint64_t seen = atomic_load(&ticket);
    if (job_of(seen) != job || next_of(seen) >= count_of(seen)) return;
    void (*task)(void *, int) = atomic_load(&jobTask);
    void *context = atomic_load(&jobContext);
    if (!atomic_compare_exchange_weak(&ticket, &seen, seen + (1u << TASK_BITS))) continue;
    task(context, next_of(seen));
    atomic_fetch_add(&tasksDone, 1);
  }
}

static bool idle(uint64_t job, int id) { return job_of(atomic_load(&ticket)) == job || id >= atomic_load(&nThreads); }

static void *worker(void *argument) {
  const int id = (int)(intptr_t)argument;
  uint64_t job = 0;
  for (;;) {
    for (int spins = 0; idle(job, id) && spins < SPINS_BEFORE_SLEEP; spins++) relax();
    if (idle(job, id)) {
      pthread_mutex_lock(&sleepLock);
      atomic_fetch_add(&sleepers, 1);
      while (idle(job, id)) pthread_cond_wait(&wakeUp, &sleepLock);
      atomic_fetch_sub(&sleepers, 1);
      pthread_mutex_unlock(&sleepLock);
    }
    job = job_of(atomic_load(&ticket));
    work(job);
  }
  return NULL;
}

static int online_processors(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  const long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (int)n : 1;
}

int gl_pool_size(int n) {
  if (n <= 0 && atomic_load(&nThreads)) return atomic_load(&nThreads);
  if (n <= 0) {
    const char *asked = getenv("GRADLAB_THREADS");
    n = asked ? atoi(asked) : 0;
    if (n <= 0) n = online_processors();
  }
  if (n > MAX_THREADS) n = MAX_THREADS;
  for (; started < n - 1; started++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, worker, (void *)(intptr_t)(started + 1)) != 0) break;
    pthread_detach(thread);
  }
  if (n > started + 1) n = started + 1;
  atomic_store(&nThreads, n);
  return n;
}

void gl_parallel(int nTasks, void (*task)(void *, int), void *context) {
  if (nTasks <= 1 || atomic_load(&nThreads) <= 1) {
    for (int i = 0; i < nTasks; i++) task(context, i);
    return;
  }
  const uint64_t job = (job_of(atomic_load(&ticket)) + 1) & (UINT64_MAX >> (2 * TASK_BITS));
  atomic_store(&tasksDone, 0);
  atomic_store(&jobTask, task);
  atomic_store(&jobContext, context);
  atomic_store(&ticket, job << (2 * TASK_BITS) | (uint64_t)nTasks);
  if (atomic_load(&sleepers)) {
    pthread_mutex_lock(&sleepLock);
    pthread_cond_broadcast(&wakeUp);
    pthread_mutex_unlock(&sleepLock);
  }
  work(job);
  for (int spins = 0; atomic_load(&tasksDone) < nTasks; spins++)
    if (spins < SPINS_BEFORE_YIELD) relax();
    else sched_yield();
}
