// Kernels in words, for people.
import type { KernelSummary } from '../device.js';
import { bytesPerElement } from '../dtype.js';
import type { Instruction, Kernel, LoopSchedule, Program, ScanKernel } from './kernel.js';
import { buffersOf } from './memory.js';

const name = (instruction: Instruction): string =>
  instruction.op === 'reduce' ? instruction.reduction : instruction.op === 'cast' ? instruction.to : instruction.op;

const code = (program: Program): string => program.instructions.map(name).join(' ') || 'copy';

function text(kernel: Kernel | ScanKernel): string {
  switch (kernel.kind) {
    case 'loop':
      return `[${kernel.dims.join(', ')}] ${code(kernel.program)}`;
    case 'reduce':
      return `[${kernel.kept.join(', ')}] ← [${kernel.reduced.join(', ')}] ${code(kernel.before)} | ${kernel.reduction} | ${code(kernel.after)}`;
    case 'contract': {
      const size = (role: string): number => kernel.dims.reduce((n, d) => (d.role === role ? n * d.size : n), 1);
      const batch = size('batch');
      return `${batch > 1 ? `${batch} × ` : ''}[${size('m')}, ${size('k')}] × [${size('k')}, ${size('n')}] | ${code(kernel.after)}`;
    }
    case 'routine':
      return `${kernel.op} [${kernel.operands[0]?.shape.join(', ')}] → [${kernel.shape.join(', ')}]`;
    case 'scan':
      return `${kernel.steps} steps${kernel.parts > 1 ? ` of ${kernel.parts} parts` : ''}: ${kernel.body.kernels.map(text).join('; ')}`;
    default:
      return kernel satisfies never;
  }
}

function flopsOf(kernel: Kernel | ScanKernel): number {
  const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
  switch (kernel.kind) {
    case 'loop':
      return product(kernel.dims) * kernel.program.instructions.length;
    case 'reduce':
      return (
        product(kernel.kept) *
        (product(kernel.reduced) * (kernel.before.instructions.length + 1) + kernel.after.instructions.length)
      );
    case 'contract': {
      const results = product(kernel.dims.map((d) => (d.role === 'k' ? 1 : d.size)));
      return 2 * product(kernel.dims.map((d) => d.size)) + results * kernel.after.instructions.length;
    }
    case 'routine':
      return Math.max(product(kernel.shape), ...kernel.operands.map((operand) => product(operand.shape)));
    case 'scan':
      return kernel.steps * kernel.parts * kernel.body.kernels.reduce((sum, inner) => sum + flopsOf(inner), 0);
    default:
      return kernel satisfies never;
  }
}

/** One summary a kernel. */
export const describe = (schedule: LoopSchedule): KernelSummary[] =>
  schedule.kernels.map((kernel) => ({
    kind: kernel.kind === 'loop' ? (kernel.rowDims > 0 ? 'row' : 'map') : kernel.kind,
    text: text(kernel),
    flops: flopsOf(kernel),
    bytes: [...new Set(buffersOf(kernel))].reduce((sum, i) => {
      const { dtype, length } = schedule.buffers[i]!;
      return sum + length * bytesPerElement(dtype);
    }, 0),
  }));
