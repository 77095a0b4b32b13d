/* The pool: threads that wait spin for a moment, then sleep, so that on a busy machine they give their processor away instead of
   using up its time slices. A job is claimed task by task, so a late worker delays nobody. */
#define _GNU_SOURCE
#include "threads.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* How long a worker spins for the next job, and the caller for the last tasks of others: longer than the usual gap between two kernels
   and the usual task, shorter than a time slice by far. */
enum { MAX_THREADS = 256, WORKER_NANOSECONDS = 50000, CALLER_NANOSECONDS = 30000, SPINS_PER_LOOK = 16 };

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The processor that the caller runs on; -1 where the system does not say. */
static int processor(void) {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
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
static atomic_bool callerSleeps;
static atomic_int callerProcessor, workingOn[MAX_THREADS]; /* by worker: 1 + processor while it has tasks, else 0 */
static int started; /* workers that exist */
static pthread_mutex_t sleepLock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wakeUp = PTHREAD_COND_INITIALIZER, allDone = PTHREAD_COND_INITIALIZER;

/* Spins until the condition holds or the time is over. A macro: conditions read different things. */
#define SPIN_UNTIL(condition, time)                                                          \
  for (int64_t spins_ = 0, end_ = 0; !(condition); spins_++) {                               \
    relax();                                                                                 \
    if (spins_ % SPINS_PER_LOOK != SPINS_PER_LOOK - 1) continue;                             \
    const int64_t now_ = nanoseconds();                                                      \
    if (end_ == 0) end_ = now_ + (time);                                                     \
    else if (now_ > end_) break;                                                             \
  }

/* Takes tasks of one job until none is left; says whether there was one. */
static bool work(uint64_t job) {
  for (bool found = false;; found = true) {
    uint64_t seen = atomic_load(&ticket);
    if (job_of(seen) != job || next_of(seen) >= count_of(seen)) return found;
    void (*task)(void *, int) = atomic_load(&jobTask);
    void *context = atomic_load(&jobContext);
    while (!atomic_compare_exchange_weak(&ticket, &seen, seen + (1u << TASK_BITS)))
      if (job_of(seen) != job || next_of(seen) >= count_of(seen)) return found;
    task(context, next_of(seen));
    if (atomic_fetch_add(&tasksDone, 1) + 1 == count_of(seen) && atomic_load(&callerSleeps)) {
      pthread_mutex_lock(&sleepLock);
      pthread_cond_signal(&allDone);
      pthread_mutex_unlock(&sleepLock);
    }
  }
}

static bool idle(uint64_t job, int id) { return job_of(atomic_load(&ticket)) == job || id >= atomic_load(&nThreads); }

static void *worker(void *argument) {
  const int id = (int)(intptr_t)argument;
  uint64_t job = 0;
  /* One that came too late for the last job, or stands on the caller's processor, would only be in the way. */
  for (bool useful = false;;) {
    if (useful && (processor() < 0 || processor() != atomic_load(&callerProcessor))) SPIN_UNTIL(!idle(job, id), WORKER_NANOSECONDS)
    if (idle(job, id)) {
      pthread_mutex_lock(&sleepLock);
      atomic_fetch_add(&sleepers, 1);
      while (idle(job, id)) pthread_cond_wait(&wakeUp, &sleepLock);
      atomic_fetch_sub(&sleepers, 1);
      pthread_mutex_unlock(&sleepLock);
    }
    job = job_of(atomic_load(&ticket));
    atomic_store(&workingOn[id], 1 + processor());
    useful = work(job);
    atomic_store(&workingOn[id], 0);
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

static _Thread_local bool isAlone;
void gl_alone(bool alone) { isAlone = alone; }

int gl_pool_size(int n) {
  if (n <= 0 && isAlone) return 1;
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

/* Whether a worker with tasks left waits for the very processor that the caller has. */
static bool in_the_way(void) {
  const int here = processor();
  for (int id = 1; here >= 0 && id < atomic_load(&nThreads); id++)
    if (atomic_load(&workingOn[id]) == 1 + here) return true;
  return false;
}

void gl_parallel(int nTasks, void (*task)(void *, int), void *context) {
  if (nTasks <= 1 || isAlone || atomic_load(&nThreads) <= 1) {
    for (int i = 0; i < nTasks; i++) task(context, i);
    return;
  }
  const uint64_t job = (job_of(atomic_load(&ticket)) + 1) & (UINT64_MAX >> (2 * TASK_BITS));
  atomic_store(&tasksDone, 0);
  atomic_store(&jobTask, task);
  atomic_store(&jobContext, context);
  atomic_store(&callerProcessor, processor());
  atomic_store(&ticket, job << (2 * TASK_BITS) | (uint64_t)nTasks);
  if (atomic_load(&sleepers)) {
    pthread_mutex_lock(&sleepLock);
    pthread_cond_broadcast(&wakeUp);
    pthread_mutex_unlock(&sleepLock);
  }
  work(job);
  if (!in_the_way()) SPIN_UNTIL(atomic_load(&tasksDone) == nTasks, CALLER_NANOSECONDS)
  if (atomic_load(&tasksDone) == nTasks) return;
  pthread_mutex_lock(&sleepLock);
  atomic_store(&callerSleeps, true);
  while (atomic_load(&tasksDone) < nTasks) pthread_cond_wait(&allDone, &sleepLock);
  atomic_store(&callerSleeps, false);
  pthread_mutex_unlock(&sleepLock);
}
