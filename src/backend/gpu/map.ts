// Elementwise kernels: a thread an element, or four neighbours where all memory is walked through side by side.
import type { Access, LoopKernel } from '../../fuse/kernel.js';
import { unsigned } from './literal.js';
import { Registers } from './program.js';
import type { Dispatch } from './rendered.js';
import { Source, type Target } from './source.js';
import { mergedDims, Position, Space } from './space.js';

const threads = 256;
/** From this many elements on there is work for all of a device although a thread does four. */
const worthQuads = 1 << 17;

const accessesOf = ({ program }: LoopKernel): Access[] =>
  [...program.inputs, ...program.outputs].map(({ access }) => access);

/** The kernel over vectors of four, and the buffers that consist of them; null where memory does not lie so. */
function inQuads(kernel: LoopKernel): { kernel: LoopKernel; quads: ReadonlySet<number> } | null {
  const accesses = accessesOf(kernel);
  const { dims, program } = kernel;
  const groups = mergedDims(
    dims,
    dims.map((_, d) => d),
    accesses,
  );
  const inner = groups.at(-1)?.at(-1);
  if (inner === undefined || accesses.some(({ bounds }) => bounds)) return null;
  const size = groups.at(-1)!.reduce((n, d) => n * dims[d]!, 1);
  const total = dims.reduce((n, size) => n * size, 1);
  if (size % 4 !== 0 || total < worthQuads) return null;
  const outer = groups.slice(0, -1).map((group) => group.at(-1)!);
  const sizes = groups.slice(0, -1).map((group) => group.reduce((n, d) => n * dims[d]!, 1));
  const quads = new Set(accesses.flatMap(({ buffer, strides }) => (strides[inner] === 1 ? [buffer] : [])));
  const fits = accesses.every(({ buffer, offset, strides }) =>
    quads.has(buffer)
      ? strides[inner] === 1 && [offset, ...outer.map((d) => strides[d]!)].every((step) => step % 4 === 0)
      : strides[inner] === 0,
  );
  if (!fits) return null;
  const narrow = ({ access }: { access: Access }): Access => {
    const unit = quads.has(access.buffer) ? 4 : 1;
    const strides = [...outer.map((d) => access.strides[d]! / unit), access.strides[inner]!];
    return { buffer: access.buffer, offset: access.offset / unit, strides, bounds: null };
  };
  const inputs = program.inputs.map((input) => ({ ...input, access: narrow(input) }));
  const outputs = program.outputs.map((output) => ({ ...output, access: narrow(output) }));
  return { kernel: { ...kernel, dims: [...sizes, size / 4], program: { ...program, inputs, outputs } }, quads };
}

export function map(whole: LoopKernel, place: number, target: Target): Dispatch[] {
  const source = new Source(target, place, 'map');
  const vectors = inQuads(whole);
  const kernel = vectors?.kernel ?? whole;
  const { dims, program } = kernel;
  const space = new Space(
    dims,
    dims.map((_, d) => d),
    accessesOf(kernel),
  );
  source.constant('u32', 'i', `group * ${threads}u + thread`);
  const body = (): void => {
    const at = new Position({ space, coordinates: space.coordinates(source, 'i', 'i') });
    const registers = new Registers(source, program);
    registers.constants();
    if (vectors) return four(source, registers, at, vectors.quads);
    for (const { register, access } of program.inputs) registers.load(register, access, at);
    for (const instruction of program.instructions) registers.compute(instruction, 'i');
    for (const { register, access } of program.outputs)
      source.store(access.buffer, at.address(access), registers.name(register));
  };
  if (space.size % threads === 0) body();
  else source.block(`if (i < ${unsigned(space.size)})`, body);
  return [source.dispatch(threads, Math.ceil(space.size / threads))];
}

/** Reads vectors, computes their elements one by one, writes vectors. */
function four(source: Source, registers: Registers, at: Position, quads: ReadonlySet<number>): void {
  const { dialect } = source;
  const { inputs, instructions, outputs } = registers.program;
  const vectors = inputs.filter(({ access }) => quads.has(access.buffer));
  for (const { register, access } of inputs) if (!quads.has(access.buffer)) registers.load(register, access, at);
  for (const { register, access } of vectors) {
    const value = `${source.memory(access.buffer, false, true)}[${at.address(access)}]`;
    source.constant(dialect.quad(source.dtypeOf(access.buffer)), `v${register}`, value);
  }
  outputs.forEach(({ access }, k) => {
    source.line(dialect.quadVariable(source.dtypeOf(access.buffer), `w${k}`));
  });
  source.unrolled('k', 4, (k) => {
    for (const { register, access } of vectors)
      registers.take(register, dialect.loaded(source.dtypeOf(access.buffer), dialect.member(`v${register}`, k)));
    for (const instruction of instructions) registers.compute(instruction, '(4u * i + k)');
    outputs.forEach(({ register, access }, n) => {
      const value = dialect.stored(source.dtypeOf(access.buffer), registers.name(register));
      source.line(`${dialect.member(`w${n}`, k)} = ${value};`);
    });
  });
  outputs.forEach(({ access }, k) => {
    source.line(`${source.memory(access.buffer, true, true)}[${at.address(access)}] = w${k};`);
  });
}
