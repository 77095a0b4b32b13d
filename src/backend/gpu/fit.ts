// Kernels that touch no more buffers than a dispatch may bind: what is too much is computed by kernels before or after, through memory.
import { DeviceError } from '../../errors.js';
import type { Access, ContractKernel, Kernel, LoopKernel, Program, ReduceKernel } from '../../fuse/kernel.js';
import { buffersOf } from '../../fuse/memory.js';
import { sizeOf, stridesOf } from '../../shape.js';
import type { Target } from './source.js';
import { handOn, justRead, onDims } from './split.js';

/** Room that the parameter block and the status take. */
const reserved = 2;

/** The registers from which some are computed, themselves among them. */
function sourcesOf({ instructions }: Program, registers: readonly number[]): Set<number> {
  const found = new Set(registers);
  for (let i = instructions.length - 1; i >= 0; i--) {
    const { dst, args } = instructions[i]!;
    if (found.has(dst)) for (const arg of args) found.add(arg);
  }
  return found;
}

/** The part of a program that these outputs need. */
function partOf(program: Program, outputs: Program['outputs']): Program {
  const found = sourcesOf(
    program,
    outputs.map(({ register }) => register),
  );
  return {
    registers: program.registers,
    inputs: program.inputs.filter(({ register }) => found.has(register)),
    constants: program.constants.filter(({ register }) => found.has(register)),
    instructions: program.instructions.filter(({ dst }) => found.has(dst)),
    outputs,
  };
}

const countOf = ({ inputs, outputs }: Program): number =>
  new Set([...inputs, ...outputs].map(({ access }) => access.buffer)).size;

/** The program with a register that is read instead of computed. */
const reading = (program: Program, register: number, access: Access): Program =>
  partOf(
    {
      ...program,
      inputs: [...program.inputs, { register, access }],
      instructions: program.instructions.filter(({ dst }) => dst !== register),
    },
    program.outputs,
  );

class Fitter {
  readonly #most: number;
  constructor(readonly target: Target) {
    this.#most = target.limits.storageBuffers - reserved;
  }

  fit(kernel: Kernel): Kernel[] {
    if (new Set(buffersOf(kernel)).size <= this.#most) return [kernel];
    switch (kernel.kind) {
      case 'loop':
        return this.#loop(kernel);
      case 'contract':
        return this.#contract(kernel);
      case 'reduce':
        return this.#reduce(kernel);
      default:
        throw new DeviceError(
          `${this.target.dialect.name}: '${kernel.op}' touches more than ${this.#most} buffers`,
          "This device binds too few; compute there: device('cpu').",
        );
    }
  }

  /** As many outputs at a time as there is room for; an output that alone needs too much is computed in steps. */
  #loop({ dims, rowDims, program }: LoopKernel): Kernel[] {
    const kernels: Kernel[] = [];
    const emit = (part: Program): void => {
      kernels.push({ kind: 'loop', dims, rowDims, program: part });
    };
    let taken: Program['outputs'] = [];
    for (const output of program.outputs) {
      const more = [...taken, output];
      if (countOf(partOf(program, more)) <= this.#most) {
        taken = more;
        continue;
      }
      if (taken.length > 0) emit(partOf(program, taken));
      let alone = partOf(program, [output]);
      while (countOf(alone) > this.#most) {
        const register = this.#cut(alone);
        const access = this.#place(alone, register, dims, rowDims);
        emit(partOf(alone, [{ register, access }]));
        alone = reading(alone, register, access);
      }
      if (countOf(partOf(program, [output])) <= this.#most) taken = [output];
      else {
        emit(alone);
        taken = [];
      }
    }
    if (taken.length > 0) emit(partOf(program, taken));
    return kernels;
  }

  /** The register that needs most of what there is room for. */
  #cut(program: Program): number {
    let best = -1;
    let most = 1;
    for (const { dst, op } of program.instructions) {
      if (op === 'expand') continue;
      const access = { buffer: -1, offset: 0, strides: [], bounds: null };
      const count = countOf(partOf(program, [{ register: dst, access }]));
      if (count <= this.#most && count > most + 1) [best, most] = [dst, count - 1];
    }
    if (best < 0) throw new Error('no part of a kernel fits');
    return best;
  }

  /** New memory for a register. */
  #place({ registers }: Program, register: number, dims: readonly number[], rowDims: number): Access {
    const { dtype, level } = registers[register]!;
    const kept = level === 'row' ? dims.slice(0, dims.length - rowDims) : dims;
    const strides = [...stridesOf(kept), ...dims.slice(kept.length).map(() => 0)];
    return { buffer: this.target.scratch(dtype, sizeOf(kept)), offset: 0, strides, bounds: null };
  }

  /** What comes after, as a kernel of its own that reads the results from `access`. */
  #afterwards(dims: readonly number[], after: Program, access: Access): Kernel[] {
    return this.fit({ kind: 'loop', dims, rowDims: 0, program: reading(after, 0, access) });
  }

  #contract(kernel: ContractKernel): Kernel[] {
    const { dims, dtype, after } = kernel;
    const kept = dims.flatMap((d, i) => (d.role === 'k' ? [] : [i]));
    const sizes = kept.map((i) => dims[i]!.size);
    const dense = stridesOf(sizes);
    const access = { buffer: this.target.scratch(dtype, sizeOf(sizes)), offset: 0, strides: dense, bounds: null };
    const strides = dims.map((_, i) => dense[kept.indexOf(i)] ?? 0);
    return [
      { ...kernel, after: handOn(dtype, { ...access, strides }) },
      ...this.#afterwards(sizes, onDims(after, kept), access),
    ];
  }

  #reduce(kernel: ReduceKernel): Kernel[] {
    const { kept, reduced, before, register, dtype, after } = kernel;
    if (countOf(after) > 1) {
      const access = {
        buffer: this.target.scratch(dtype, sizeOf(kept)),
        offset: 0,
        strides: stridesOf(kept),
        bounds: null,
      };
      return [...this.fit({ ...kernel, after: handOn(dtype, access) }), ...this.#afterwards(kept, after, access)];
    }
    const dims = [...kept, ...reduced];
    const own = before.registers[register]!.dtype;
    const access = {
      buffer: this.target.scratch(own, sizeOf(dims)),
      offset: 0,
      strides: stridesOf(dims),
      bounds: null,
    };
    const program = partOf(before, [{ register, access }]);
    return [
      ...this.fit({ kind: 'loop', dims, rowDims: 0, program }),
      { ...kernel, before: justRead(own, access), register: 0 },
    ];
  }
}

/** What takes the place of a kernel, in order. */
export const fitted = (kernel: Kernel, target: Target): Kernel[] => new Fitter(target).fit(kernel);
