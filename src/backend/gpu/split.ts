// Kernels as several kernels: where one would leave most of the device idle, or touch more buffers than it may.
import type { DType } from '../../dtype.js';
import type { Access, ContractKernel, Kernel, Program, ReduceKernel } from '../../fuse/kernel.js';
import { sizeOf, stridesOf } from '../../shape.js';
import { enoughTiles, sizeOfRole, tilesOf } from './contract.js';
import { fitted } from './fit.js';
import type { Target } from './source.js';

/** A kernel to be rendered. With `slices` its first dim counts slices of what is summed, each of which a workgroup goes through. */
export interface Part {
  readonly kernel: Kernel;
  readonly slices?: number;
}

/** Least number of terms in a slice. */
const shortestSlice = 256;
/** Results that a workgroup computes side by side. */
const neighbours = 32;

/** A program that only hands register 0 on. */
export const handOn = (dtype: DType, output: Access): Program => ({
  registers: [{ dtype, level: 'full' }],
  inputs: [],
  constants: [],
  instructions: [],
  outputs: [{ register: 0, access: output }],
});

/** A program that only reads. */
export const justRead = (dtype: DType, input: Access): Program => ({
  registers: [{ dtype, level: 'full' }],
  inputs: [{ register: 0, access: input }],
  constants: [],
  instructions: [],
  outputs: [],
});

/** Accesses over some dims only, on which alone they depend. */
export function onDims(program: Program, over: readonly number[]): Program {
  const pick = (list: readonly number[]): number[] => over.map((d) => list[d]!);
  const narrow = ({ access }: { access: Access }): Access => ({
    ...access,
    strides: pick(access.strides),
    bounds: access.bounds && { lo: pick(access.bounds.lo), hi: pick(access.bounds.hi), fill: access.bounds.fill },
  });
  return {
    ...program,
    inputs: program.inputs.map((input) => ({ ...input, access: narrow(input) })),
    outputs: program.outputs.map((output) => ({ ...output, access: narrow(output) })),
  };
}

/** Products with so few results that tiles of them would be empty, as plain sums. */
function asReduction(kernel: ContractKernel): Kernel {
  const [m, n] = [sizeOfRole(kernel, 'm'), sizeOfRole(kernel, 'n')];
  if (Math.min(m, n) > 1 && m * n > 64) return kernel;
  const { dims, dtype, a, b, after } = kernel;
  const kept = dims.flatMap((d, i) => (d.role === 'k' ? [] : [i]));
  const reduced = dims.flatMap((d, i) => (d.role === 'k' ? [i] : []));
  const order = [...kept, ...reduced].map((i) => dims[i]!);
  const before: Program = {
    registers: [0, 1, 2].map(() => ({ dtype, level: 'full' })),
    inputs: [
      { register: 0, access: { ...a, strides: order.map((d) => d.strideA), bounds: null } },
      { register: 1, access: { ...b, strides: order.map((d) => d.strideB), bounds: null } },
    ],
    constants: [],
    instructions: [{ op: 'mul', dtype, dst: 2, args: [0, 1] }],
    outputs: [],
  };
  return {
    kind: 'reduce',
    kept: kept.map((i) => dims[i]!.size),
    reduced: reduced.map((i) => dims[i]!.size),
    before,
    reduction: 'sum',
    register: 2,
    dtype,
    after: onDims(after, kept),
  };
}

/** The kernel that puts slices together, which lie one after the other in `buffer`. */
function together(
  kept: readonly number[],
  slices: number,
  buffer: number,
  kernel: Pick<ReduceKernel, 'reduction' | 'dtype' | 'after'>,
): ReduceKernel {
  const access = { buffer, offset: 0, strides: [...stridesOf(kept), sizeOf(kept)], bounds: null };
  const before = justRead(kernel.dtype, access);
  return { kind: 'reduce', kept, reduced: [slices], before, register: 0, ...kernel };
}

/** Few tiles over a long sum. */
function sliceContraction(kernel: ContractKernel, target: Target): Part[] {
  const terms = sizeOfRole(kernel, 'k');
  const slices = Math.min(Math.floor(enoughTiles / tilesOf(kernel)), Math.floor(terms / shortestSlice));
  if (slices < 2) return [{ kernel }];
  const { dims, dtype, after } = kernel;
  const keptDims = dims.flatMap((d, i) => (d.role === 'k' ? [] : [i]));
  const kept = keptDims.map((i) => dims[i]!.size);
  const buffer = target.scratch(dtype, slices * sizeOf(kept));
  const dense = stridesOf(kept);
  const strides = [sizeOf(kept), ...dims.map((_, i) => dense[keptDims.indexOf(i)] ?? 0)];
  const partial: ContractKernel = {
    ...kernel,
    dims: [{ role: 'batch', size: slices, strideA: 0, strideB: 0 }, ...dims],
    after: handOn(dtype, { buffer, offset: 0, strides, bounds: null }),
  };
  const finish = { reduction: 'sum', dtype, after: onDims(after, keptDims) } as const;
  return [{ kernel: partial, slices }, { kernel: together(kept, slices, buffer, finish) }];
}

/** Few results over long sums. */
function sliceReduction(kernel: ReduceKernel, target: Target): Part[] {
  const { kept, reduced, before, reduction, dtype } = kernel;
  const results = sizeOf(kept);
  const slices = Math.min(
    256,
    Math.floor((2 * enoughTiles) / Math.ceil(results / neighbours)),
    Math.floor(sizeOf(reduced) / (2 * shortestSlice)),
  );
  if (slices < 2 || reduction === 'argmax' || reduction === 'argmin') return [{ kernel }];
  const buffer = target.scratch(dtype, slices * results);
  const widened = before.inputs.map(({ register, access }) => ({
    register,
    access: {
      ...access,
      strides: [0, ...access.strides],
      bounds: access.bounds && {
        lo: [0, ...access.bounds.lo],
        hi: [slices, ...access.bounds.hi],
        fill: access.bounds.fill,
      },
    },
  }));
  const strides = stridesOf([slices, ...kept]);
  const partial: ReduceKernel = {
    ...kernel,
    kept: [slices, ...kept],
    before: { ...before, inputs: widened },
    after: handOn(dtype, { buffer, offset: 0, strides, bounds: null }),
  };
  return [{ kernel: partial, slices }, { kernel: together(kept, slices, buffer, kernel) }];
}

function sliced(kernel: Kernel, target: Target): Part[] {
  switch (kernel.kind) {
    case 'contract': {
      const simpler = asReduction(kernel);
      return simpler.kind === 'contract' ? sliceContraction(simpler, target) : sliced(simpler, target);
    }
    case 'reduce':
      return sliceReduction(kernel, target);
    default:
      return [{ kernel }];
  }
}

/** What takes the place of a kernel, in order. */
export const split = (kernel: Kernel, target: Target): Part[] =>
  sliced(kernel, target).flatMap(({ kernel: whole, slices }) =>
    slices === undefined ? fitted(whole, target).map((part) => ({ kernel: part })) : [{ kernel: whole, slices }],
  );
