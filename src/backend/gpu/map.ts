// Elementwise kernels: a thread an element.
import type { LoopKernel } from '../../fuse/kernel.js';
import { unsigned } from './literal.js';
import { Registers } from './program.js';
import type { Dispatch } from './rendered.js';
import { Source, type Target } from './source.js';
import { Position, Space } from './space.js';

const threads = 256;

export function map({ dims, program }: LoopKernel, kernel: number, target: Target): Dispatch[] {
  const source = new Source(target, kernel, 'map');
  const accesses = [...program.inputs, ...program.outputs].map(({ access }) => access);
  const space = new Space(
    dims,
    dims.map((_, d) => d),
    accesses,
  );
  const groups = Math.ceil(space.size / threads);
  source.constant('u32', 'i', `group * ${threads}u + thread`);
  const body = (): void => {
    const at = new Position({ space, coordinates: space.coordinates(source, 'i', 'i') });
    const registers = new Registers(source, program);
    registers.constants();
    for (const { register, access } of program.inputs) registers.load(register, access, at);
    for (const instruction of program.instructions) registers.compute(instruction, 'i');
    for (const { register, access } of program.outputs)
      source.store(access.buffer, at.address(access), registers.name(register));
  };
  if (space.size % threads === 0) body();
  else source.block(`if (i < ${unsigned(space.size)})`, body);
  return [source.dispatch(threads, groups)];
}
