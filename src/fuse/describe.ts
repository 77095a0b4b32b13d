// Kernels in words, for people.
import type { KernelSummary } from '../device.js';
import type { Instruction, Kernel, Program, Schedule } from './kernel.js';

const name = (instruction: Instruction): string =>
  instruction.op === 'reduce' ? instruction.reduction : instruction.op === 'cast' ? instruction.to : instruction.op;

const code = (program: Program): string => program.instructions.map(name).join(' ') || 'copy';

function text(kernel: Kernel): string {
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
    default:
      return kernel satisfies never;
  }
}

/** One line a kernel. */
export const describe = (schedule: Schedule): KernelSummary[] =>
  schedule.kernels.map((kernel) => ({
    kind: kernel.kind === 'loop' ? (kernel.rowDims > 0 ? 'row' : 'map') : kernel.kind,
    text: text(kernel),
  }));
