// Lifetimes to places: scratch buffers that never live at the same time share memory.
import { bytesPerElement } from '../dtype.js';
import type { Kernel, Program, Schedule } from './kernel.js';

/** Bytes to which places are aligned: a cache line. */
const alignment = 64;

const accessed = (program: Program): number[] =>
  [...program.inputs, ...program.outputs].map(({ access }) => access.buffer);

/** Every buffer that a kernel touches. */
export function buffersOf(kernel: Kernel): number[] {
  switch (kernel.kind) {
    case 'loop':
      return accessed(kernel.program);
    case 'reduce':
      return [...accessed(kernel.before), ...accessed(kernel.after)];
    case 'contract':
      return [kernel.a.buffer, kernel.b.buffer, ...accessed(kernel.after)];
    case 'routine':
      return [kernel.output.buffer, ...kernel.operands.map(({ access }) => access.buffer)];
    default:
      return kernel satisfies never;
  }
}

/** Byte offsets of the scratch buffers in one arena, by best fit in order of birth. */
export function planMemory({ buffers, kernels }: Schedule): { offsets: ReadonlyMap<number, number>; bytes: number } {
  const birth = new Map<number, number>();
  const death = new Map<number, number>();
  kernels.forEach((kernel, k) => {
    for (const buffer of buffersOf(kernel)) {
      const { leaf, output } = buffers[buffer]!;
      if (leaf !== undefined || output !== undefined) continue;
      if (!birth.has(buffer)) birth.set(buffer, k);
      death.set(buffer, k);
    }
  });
  const offsets = new Map<number, number>();
  const placed: { from: number; to: number; dies: number }[] = [];
  let bytes = 0;
  for (const [buffer, born] of birth) {
    const { dtype, length } = buffers[buffer]!;
    const size = Math.ceil((length * bytesPerElement(dtype)) / alignment) * alignment;
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
