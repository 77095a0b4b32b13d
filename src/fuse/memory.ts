// Lifetimes to places: scratch buffers that never live at the same time share memory.
import { bytesPerElement } from '../dtype.js';
import type { Kernel, LoopSchedule, Program, ScanKernel } from './kernel.js';

/** Bytes to which places are aligned on the host. */
const cacheLine = 64;

const accessed = (program: Program): number[] =>
  [...program.inputs, ...program.outputs].map(({ access }) => access.buffer);

/** Every buffer that a kernel touches. */
export function buffersOf(kernel: Kernel | ScanKernel): number[] {
  switch (kernel.kind) {
    case 'loop':
      return accessed(kernel.program);
    case 'reduce':
      return [...accessed(kernel.before), ...accessed(kernel.after)];
    case 'contract':
      return [kernel.a.buffer, kernel.b.buffer, ...accessed(kernel.after)];
    case 'routine':
      return [kernel.output.buffer, ...kernel.operands.map(({ access }) => access.buffer)];
    case 'scan':
      return [
        kernel.scratch,
        ...kernel.leaves.map(({ buffer }) => buffer),
        ...kernel.outputs.map(({ buffer }) => buffer),
      ];
    default:
      return kernel satisfies never;
  }
}

/**
 * Byte offsets in one arena, by best fit in order of birth: buffers that never live at the same time share memory.
 * @param uses the buffers that each step touches, in the order of the steps.
 */
export function placeBuffers(
  uses: readonly (readonly number[])[],
  bytesOf: (buffer: number) => number,
  alignment: number,
): { offsets: ReadonlyMap<number, number>; bytes: number } {
  const birth = new Map<number, number>();
  const death = new Map<number, number>();
  uses.forEach((step, k) => {
    for (const buffer of step) {
      if (!birth.has(buffer)) birth.set(buffer, k);
      death.set(buffer, k);
    }
  });
  const offsets = new Map<number, number>();
  const placed: { from: number; to: number; dies: number }[] = [];
  let bytes = 0;
  for (const [buffer, born] of birth) {
    const size = Math.ceil(bytesOf(buffer) / alignment) * alignment;
    const alive = placed.filter((p) => p.dies >= born).sort((a, b) => a.from - b.from);
    let best = -1;
    let bestGap = Number.POSITIVE_INFINITY;
    let from = 0;
    for (const p of alive) {
      const gap = p.from - from;
      if (gap >= size && gap < bestGap) [best, bestGap] = [from, gap];
      from = Math.max(from, p.to);
    }
    if (best < 0) best = from;
    offsets.set(buffer, best);
    placed.push({ from: best, to: best + size, dies: death.get(buffer)! });
    bytes = Math.max(bytes, best + size);
  }
  return { offsets, bytes };
}

/** Places of a schedule's scratch buffers. */
export function planMemory({ buffers, kernels }: LoopSchedule): {
  offsets: ReadonlyMap<number, number>;
  bytes: number;
} {
  const isScratch = (i: number): boolean => buffers[i]!.leaf === undefined && buffers[i]!.output === undefined;
  return placeBuffers(
    kernels.map((kernel) => buffersOf(kernel).filter(isScratch)),
    (i) => buffers[i]!.length * bytesPerElement(buffers[i]!.dtype),
    cacheLine,
  );
}
