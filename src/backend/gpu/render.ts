// Schedule to dispatches: each kernel as source text in a dialect, and where in memory everything lies.
import type { DType } from '../../dtype.js';
import { DTypeError } from '../../errors.js';
import type { Buffer, Kernel, Schedule } from '../../fuse/kernel.js';
import { placeBuffers } from '../../fuse/memory.js';
import { sizeOf } from '../../shape.js';
import { contract } from './contract.js';
import type { Dialect } from './dialect.js';
import { gather, scatterAdd } from './gather.js';
import { map } from './map.js';
import { argsort, cumsum } from './order.js';
import { fold, poolPut, poolTake } from './pool.js';
import { reduce } from './reduce.js';
import type { Dispatch, Limits, Place, Rendered } from './rendered.js';
import { row } from './row.js';
import { ParameterBlock, type Target } from './source.js';
import { type Part, split } from './split.js';

const routines = { gather, scatterAdd, poolTake, poolPut, fold, argsort, cumsum };

function dispatches({ kernel, slices }: Part, place: number, target: Target): Dispatch[] {
  switch (kernel.kind) {
    case 'loop':
      return kernel.rowDims > 0 ? row(kernel, place, target) : map(kernel, place, target);
    case 'reduce':
      return reduce(kernel, place, target, slices);
    case 'contract':
      return contract(kernel, place, target, slices);
    case 'routine':
      return routines[kernel.op](kernel, place, target);
    default:
      return kernel satisfies never;
  }
}

/** Element types that a kernel computes with. */
function dtypesOf(kernel: Kernel): DType[] {
  switch (kernel.kind) {
    case 'loop':
      return kernel.program.registers.map(({ dtype }) => dtype);
    case 'reduce':
      return [...kernel.before.registers, ...kernel.after.registers].map(({ dtype }) => dtype);
    case 'contract':
      return [kernel.dtype, ...kernel.after.registers.map(({ dtype }) => dtype)];
    case 'routine':
      return [kernel.dtype, ...kernel.operands.map(({ dtype }) => dtype)];
    default:
      return kernel satisfies never;
  }
}

function check(kernels: readonly Kernel[], { lacks, name }: Dialect): void {
  for (const kernel of kernels) {
    const missing = dtypesOf(kernel).find((dtype) => lacks.has(dtype));
    if (missing)
      throw new DTypeError(
        `${missing} is not available on ${name}`,
        `Use t.to('float32'), or compute there: device('cpu').`,
      );
  }
}

/** True where a kernel has nothing to do. */
function isEmpty(kernel: Kernel): boolean {
  switch (kernel.kind) {
    case 'loop':
      return sizeOf(kernel.dims) === 0;
    case 'reduce':
      return sizeOf(kernel.kept) === 0;
    case 'contract':
      return kernel.dims.some(({ role, size }) => role !== 'k' && size === 0);
    case 'routine':
      return sizeOf(kernel.shape) === 0;
    default:
      return kernel satisfies never;
  }
}

/**
 * Writes a schedule in a dialect.
 * @throws DTypeError where the schedule computes with a dtype that the dialect lacks.
 */
export function render(schedule: Schedule, dialect: Dialect, limits: Limits): Rendered {
  check(schedule.kernels, dialect);
  const buffers: Buffer[] = [...schedule.buffers];
  const parameters = new ParameterBlock();
  const scratch = (dtype: DType, length: number): number => buffers.push({ dtype, length }) - 1;
  const target: Target = { dialect, limits, buffers, parameters, scratch };
  const made = schedule.kernels.flatMap((kernel, place) =>
    isEmpty(kernel) ? [] : split(kernel, target).flatMap((part) => dispatches(part, place, target)),
  );
  const bytesOf = (buffer: number): number => buffers[buffer]!.length * dialect.bytesOf(buffers[buffer]!.dtype);
  const isScratch = (buffer: number): boolean =>
    buffers[buffer]!.leaf === undefined && buffers[buffer]!.output === undefined;
  const uses = made.map(({ bindings }) => bindings.map(({ buffer }) => buffer).filter(isScratch));
  const { offsets, bytes } = placeBuffers(uses, bytesOf, limits.alignment);
  const places = new Map<number, Place>();
  for (const [buffer, offset] of offsets) places.set(buffer, { offset, bytes: bytesOf(buffer) });
  return {
    dispatches: made,
    parameters: parameters.list,
    parameterBytes: parameters.bytes,
    memory: { offsets: places, bytes },
  };
}
