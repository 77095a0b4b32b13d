// Runs a schedule in plain TypeScript: what the kernels mean, one row at a time.

import { elementwise } from '../../src/backend/reference/elementwise.js';
import { reduceNode } from '../../src/backend/reference/reduce.js';
import { routine } from '../../src/backend/reference/routines.js';
import { type Backend, type Executable, hostMemory, onHost } from '../../src/device.js';
import { allocate, type TypedArray } from '../../src/dtype.js';
import type { Access, Instruction, Kernel, Program, Schedule } from '../../src/fuse/kernel.js';
import { optimize } from '../../src/fuse/optimize.js';
import { schedule } from '../../src/fuse/schedule.js';
import { philoxFill } from '../../src/philox.js';
import type { Plan, PlanNode } from '../../src/plan.js';
import { sizeOf } from '../../src/shape.js';

interface Memory {
  arrays: TypedArray[];
  scalars: readonly number[];
}

function* indices(dims: readonly number[]): Generator<number[]> {
  const index = dims.map(() => 0);
  for (let n = sizeOf(dims); n > 0; n--) {
    yield index;
    for (let d = dims.length - 1; d >= 0; d--) {
      if (++index[d]! < dims[d]!) break;
      index[d] = 0;
    }
  }
}

function address(access: Access, index: readonly number[]): number | null {
  const { bounds } = access;
  let at = access.offset;
  for (let d = 0; d < index.length; d++) {
    if (bounds && (index[d]! < bounds.lo[d]! || index[d]! >= bounds.hi[d]!)) return null;
    at += access.strides[d]! * index[d]!;
  }
  return at;
}
function read(memory: Memory, access: Access, index: readonly number[]): number {
  const at = address(access, index);
  if (at === null) return access.bounds!.fill;
  const array = memory.arrays[access.buffer]!;
  if (at < 0 || at >= array.length) throw new Error(`read at ${at} of ${array.length}`);
  return array[at]!;
}
function write(memory: Memory, access: Access, index: readonly number[], value: number): void {
  const at = address(access, index)!;
  const array = memory.arrays[access.buffer]!;
  if (at < 0 || at >= array.length) throw new Error(`write at ${at} of ${array.length}`);
  array[at] = value;
}

const asNode = (
  op: PlanNode['op'],
  dtype: PlanNode['dtype'],
  shape: readonly number[],
  attributes: PlanNode['attributes'] = {},
): PlanNode => ({
  op,
  inputs: [],
  attributes,
  shape,
  dtype,
  scalar: -1,
});

/** Executes instructions over registers that each hold a row of `length` or one value. */
function execute(
  program: Program,
  registers: TypedArray[],
  length: number,
  positions: readonly number[],
  scalars: readonly number[],
): void {
  const run = (instruction: Instruction): void => {
    const { dtype, level } = program.registers[instruction.dst]!;
    const n = level === 'full' ? length : 1;
    const out = allocate(dtype, n);
    registers[instruction.dst] = out;
    const args = instruction.args.map((r) => ({ shape: [registers[r]!.length], array: registers[r]! }));
    switch (instruction.op) {
      case 'iota':
        positions.forEach((p, i) => {
          out[i] = p;
        });
        return;
      case 'random': {
        const last = Math.max(...positions);
        const words = new Uint32Array(last + 1);
        const [k0, k1, low, high] = scalars.slice(instruction.scalar, instruction.scalar + 4) as [
          number,
          number,
          number,
          number,
        ];
        philoxFill(k0, k1, low, high, words);
        positions.forEach((p, i) => {
          out[i] = words[p]!;
        });
        return;
      }
      case 'expand':
        out.fill(args[0]!.array[0]!);
        return;
      case 'reduce': {
        const op =
          ({ max: 'reduceMax', min: 'reduceMin' } as const)[instruction.reduction as 'max'] ?? instruction.reduction;
        reduceNode(asNode(op as 'sum', dtype, [], { axes: [0] }), args[0]!, out);
        return;
      }
      case 'cast':
        return elementwise(asNode('cast', instruction.to, [n]), args, out);
      default:
        return elementwise(asNode(instruction.op, dtype, [n]), args, out);
    }
  };
  for (const instruction of program.instructions) run(instruction);
}

function constants(program: Program, registers: TypedArray[], length: number, scalars: readonly number[]): void {
  for (const { register, value } of program.constants) {
    const { dtype, level } = program.registers[register]!;
    registers[register] = allocate(dtype, level === 'full' ? length : 1).fill(
      'scalar' in value ? scalars[value.scalar]! : value.value,
    ) as TypedArray;
  }
}

function runKernel(kernel: Kernel, memory: Memory): void {
  switch (kernel.kind) {
    case 'loop': {
      const outer = kernel.dims.slice(0, kernel.dims.length - kernel.rowDims);
      const inner = kernel.dims.slice(kernel.dims.length - kernel.rowDims);
      const length = sizeOf(inner);
      let row = 0;
      const writes: [Access, number[], number][] = [];
      for (const o of indices(outer)) {
        const registers: TypedArray[] = [];
        const all = [...indices(inner)].length
          ? [
              ...(function* () {
                for (const i of indices(inner)) yield [...o, ...i];
              })(),
            ]
          : [];
        constants(kernel.program, registers, length, memory.scalars);
        for (const { register, access } of kernel.program.inputs) {
          const { dtype, level } = kernel.program.registers[register]!;
          const array = allocate(dtype, level === 'full' ? length : 1);
          for (let i = 0; i < array.length; i++) array[i] = read(memory, access, all[i]!);
          registers[register] = array;
        }
        execute(
          kernel.program,
          registers,
          length,
          all.map((_, i) => row * length + i),
          memory.scalars,
        );
        for (const { register, access } of kernel.program.outputs) {
          registers[register]!.forEach((v, i) => {
            writes.push([access, [...all[i]!], v]);
          });
        }
        row++;
      }
      for (const [access, index, v] of writes) write(memory, access, index, v);
      return;
    }
    case 'reduce': {
      const results: number[] = [];
      for (const o of indices(kernel.kept)) {
        const values = allocate(kernel.before.registers[kernel.register]!.dtype, sizeOf(kernel.reduced));
        let at = 0;
        for (const i of indices(kernel.reduced)) {
          const registers: TypedArray[] = [];
          constants(kernel.before, registers, 1, memory.scalars);
          for (const { register, access } of kernel.before.inputs) {
            registers[register] = allocate(kernel.before.registers[register]!.dtype, 1).fill(
              read(memory, access, [...o, ...i]),
            ) as TypedArray;
          }
          execute(kernel.before, registers, 1, [0], memory.scalars);
          values[at++] = registers[kernel.register]![0]!;
        }
        const out = allocate(kernel.dtype, 1);
        const op =
          kernel.reduction === 'max' ? 'reduceMax' : kernel.reduction === 'min' ? 'reduceMin' : kernel.reduction;
        reduceNode(asNode(op, kernel.dtype, [], { axes: [0] }), { shape: [values.length], array: values }, out);
        results.push(out[0]!);
      }
      after(kernel.after, kernel.kept, results, memory);
      return;
    }
    case 'contract': {
      const kept = kernel.dims.map((d) => (d.role === 'k' ? 1 : d.size));
      const inner = kernel.dims.map((d) => (d.role === 'k' ? d.size : 1));
      const results: number[] = [];
      for (const o of indices(kept)) {
        let sum = 0;
        for (const k of indices(inner)) {
          let a = kernel.a.offset;
          let b = kernel.b.offset;
          kernel.dims.forEach((d, i) => {
            a += d.strideA * (o[i]! + k[i]!);
            b += d.strideB * (o[i]! + k[i]!);
          });
          sum += memory.arrays[kernel.a.buffer]![a]! * memory.arrays[kernel.b.buffer]![b]!;
        }
        results.push(sum);
      }
      after(kernel.after, kept, results, memory);
      return;
    }
    case 'routine': {
      const dense = kernel.operands.map(({ access, shape, dtype }) => {
        const array = allocate(dtype, sizeOf(shape));
        let at = 0;
        for (const i of indices(shape)) array[at++] = read(memory, access, i);
        return { shape, array };
      });
      const out = memory.arrays[kernel.output.buffer]!;
      out.fill(0);
      routine(
        {
          op: kernel.op,
          inputs: [],
          attributes: kernel.attributes,
          shape: kernel.shape,
          dtype: kernel.dtype,
          scalar: -1,
        },
        dense,
        memory.scalars,
        out,
      );
      return;
    }
    default:
      kernel satisfies never;
  }
}

function after(program: Program, dims: readonly number[], results: readonly number[], memory: Memory): void {
  let at = 0;
  for (const o of indices(dims)) {
    const registers: TypedArray[] = [allocate(program.registers[0]!.dtype, 1).fill(results[at++]!) as TypedArray];
    constants(program, registers, 1, memory.scalars);
    for (const { register, access } of program.inputs)
      registers[register] = allocate(program.registers[register]!.dtype, 1).fill(read(memory, access, o)) as TypedArray;
    execute(program, registers, 1, [0], memory.scalars);
    for (const { register, access } of program.outputs) write(memory, access, o, registers[register]![0]!);
  }
}

/** The schedule of the last compiled plan. */
export let lastSchedule: Schedule | null = null;

/** A device that schedules like the real ones and runs each kernel by its definition. */
export const interpreter: Backend = {
  name: 'interpreter',
  description: 'schedules, run by their definition',
  memory: hostMemory,
  allocate,
  scratchBytes: () => 0,
  compile(plan: Plan): Executable {
    const scheduled = schedule(optimize(plan));
    lastSchedule = scheduled;
    return {
      kernels: [],
      run(leaves, scalars, outputs) {
        const arrays = scheduled.buffers.map((b) =>
          b.leaf !== undefined
            ? onHost(leaves[b.leaf]!)
            : b.output !== undefined
              ? onHost(outputs[b.output]!)
              : (allocate(b.dtype, b.length).fill(7e7) as TypedArray),
        );
        for (const kernel of scheduled.kernels) runKernel(kernel, { arrays, scalars });
      },
    };
  },
};
