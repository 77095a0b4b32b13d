// Reductions over any axes: a team of threads a result, side by side as memory lies.
import type { ReduceKernel } from '../../fuse/kernel.js';
import { Accumulator, combine } from './accumulate.js';
import { scalarOf } from './dialect.js';
import { unsigned } from './literal.js';
import { Registers } from './program.js';
import type { Dispatch } from './rendered.js';
import { Source, type Target } from './source.js';
import { Position, Space } from './space.js';

const threads = 256;

/** Threads per result: neighbours in memory belong to neighbouring threads, along a result or across results. */
function teamOf(kept: Space, reduced: Space, { before, kept: dims }: ReduceKernel): number {
  const most = 2 ** Math.ceil(Math.log2(Math.max(1, Math.min(threads, reduced.size / 2))));
  const contiguous = before.inputs.filter(({ access }) => Math.abs(reduced.innerStride(access)) === 1).length;
  const across = before.inputs.filter(({ access }) => Math.abs(kept.innerStride(access)) === 1).length;
  if (dims.length === 0 || kept.size < 8 || contiguous >= across) return most;
  // Enough results for all threads of the device: no team at all.
  if (kept.size >= 1 << 16) return 1;
  return Math.min(most, kept.size >= 32 ? threads / 32 : threads / 8);
}

/** What a team goes through: the beginning, as a term before its threads' numbers, and the end. */
function rangeOf(source: Source, kept: Space, reduced: Space, slices: number): [string, string] {
  const all = unsigned(reduced.size);
  if (slices === 1) return ['', all];
  const length = unsigned(Math.ceil(reduced.size / slices));
  source.constant('u32', 'first', `o / ${unsigned(kept.size / slices)} * ${length}`);
  source.constant('u32', 'last', source.dialect.select(`first + ${length} < ${all}`, `first + ${length}`, all));
  return ['first + ', 'last'];
}

/** @param slices of what is reduced; the first kept dim counts them. */
export function reduce(kernel: ReduceKernel, place: number, target: Target, slices = 1): Dispatch[] {
  const source = new Source(target, place, 'reduce');
  const { before, after } = kernel;
  const dims = [...kernel.kept, ...kernel.reduced];
  const keptDims = kernel.kept.map((_, d) => d);
  const inputs = before.inputs.map(({ access }) => access);
  const finals = [...after.inputs, ...after.outputs].map(({ access }) => access);
  const kept = new Space(dims, keptDims, [...inputs, ...finals]);
  const reduced = new Space(
    dims,
    kernel.reduced.map((_, d) => kernel.kept.length + d),
    inputs,
  );
  const team = teamOf(kept, reduced, kernel);
  const across = threads / team;
  source.constant('u32', 'rank', team === 1 ? '0u' : across === 1 ? 'thread' : `thread / ${across}u`);
  const number = across === 1 ? 'group' : `group * ${across}u + thread${team === 1 ? '' : ` % ${across}u`}`;
  const whole = kept.size % across === 0;
  source.constant('u32', 'place', number);
  const last = unsigned(Math.max(0, kept.size - 1));
  source.constant('u32', 'o', whole ? 'place' : source.dialect.select(`place < ${unsigned(kept.size)}`, 'place', last));
  const at = new Position({ space: kept, coordinates: kept.coordinates(source, 'o', 'o') });
  const first = new Registers(source, before, 'x');
  first.constants();
  const accumulator = new Accumulator(source, kernel.reduction, before.registers[kernel.register]!.dtype, 'total');
  accumulator.declare();
  const [from, to] = rangeOf(source, kept, reduced, slices);
  source.loop('e', `${from}rank`, to, `${team}u`, () => {
    const inside = at.with(reduced, reduced.coordinates(source, 'e', 'e'));
    first.scope(() => {
      for (const { register, access } of before.inputs) first.load(register, access, inside);
      for (const instruction of before.instructions) first.compute(instruction, 'e');
      accumulator.add(first.name(kernel.register), 'e');
    });
  });
  combine(source, [accumulator], { threads, team, stride: across, rank: 'rank' });
  const conditions = [...(team > 1 ? ['rank == 0u'] : []), ...(whole ? [] : [`place < ${unsigned(kept.size)}`])];
  const finish = (): void => {
    const second = new Registers(source, after);
    second.constants();
    second.set(0, source.constant(scalarOf[kernel.dtype], 'r0', accumulator.result));
    for (const { register, access } of after.inputs) second.load(register, access, at);
    for (const instruction of after.instructions) second.compute(instruction, 'o');
    for (const { register, access } of after.outputs)
      source.store(access.buffer, at.address(access), second.name(register));
  };
  if (conditions.length > 0) source.block(`if (${conditions.join(' && ')})`, finish);
  else finish();
  return [source.dispatch(threads, Math.ceil(kept.size / across))];
}
