// Kernels as several kernels: where one would leave most of the device idle, or touch more buffers than it may.
import type { Kernel } from '../../fuse/kernel.js';
import type { Target } from './source.js';

/** What takes the place of a kernel, in order. */
export function split(kernel: Kernel, target: Target): Kernel[] {
  void target;
  return [kernel];
}
