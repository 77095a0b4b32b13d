/* Places along the dims of one role, as offsets. */
#include "contract.h"
#include "memory.h"

int64_t GL(axes_offset)(const gl_axes *axes, const int64_t *strides, int64_t index) {
  int64_t offset = 0;
  for (int i = axes->n - 1; i >= 0; i--) {
    offset += index % axes->size[i] * strides[i];
    index /= axes->size[i];
  }
  return offset;
}
int64_t GL(axes_run)(const gl_axes *axes, const int64_t *strides) {
  int64_t run = 1;
  for (int i = axes->n - 1; i >= 0; i--) {
    if (axes->size[i] == 1) continue;
    if (strides[i] != run) break;
    run *= axes->size[i];
  }
  return run;
}
i32 *GL(axes_table)(const gl_axes *axes, const int64_t *strides) {
  i32 *table = gl_kernel_memory(sizeof(i32) * (size_t)axes->total);
  if (!table) return NULL;
  int64_t done = 1;
  table[0] = 0;
  for (int i = axes->n - 1; i >= 0; i--) {
    if (done == 1)
      for (i32 j = 0, stride = (i32)strides[i]; j < axes->size[i]; j++) table[j] = j * stride;
    else for (int64_t j = 1; j < axes->size[i]; j++)
      for (int64_t x = 0; x < done; x++) table[j * done + x] = (i32)(table[x] + j * strides[i]);
    done *= axes->size[i];
  }
  return table;
}
