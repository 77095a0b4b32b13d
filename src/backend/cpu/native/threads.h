/* A pool of threads that share the tasks 0 … n-1 of one job at a time. */
#ifndef GL_THREADS_H
#define GL_THREADS_H
#include <stdbool.h>

/* Number of threads, the caller included; n > 0 sets it. */
int gl_pool_size(int n);
/* While alone, the calling thread does all tasks of a job itself, and is the only one that it counts. */
void gl_alone(bool alone);
/* At most 262143 tasks. Runs task(context, i) once for each i; returns when all are done. Which thread takes which task is not determined. */
void gl_parallel(int nTasks, void (*task)(void *context, int i), void *context);
#endif
