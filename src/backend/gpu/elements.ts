// Kernels with a thread for each element of a result.
import type { RoutineKernel } from '../../fuse/kernel.js';
import { scalarOf } from './dialect.js';
import { unsigned } from './literal.js';
import type { Dispatch } from './rendered.js';
import type { Source } from './source.js';
import { Position, type Space } from './space.js';

export const threads = 256;

/** An operand over the shape that it has in the graph. */
export type Operand = RoutineKernel['operands'][number];

export const every = (shape: readonly number[]): number[] => shape.map((_, d) => d);

/** A kernel with a thread for each element of `space`; `body` is given its place. */
export function each(
  source: Source,
  space: Space,
  body: (at: Position, coordinates: readonly string[]) => void,
): Dispatch {
  source.constant('u32', 'i', `group * ${threads}u + thread`);
  source.block(`if (i < ${unsigned(space.size)})`, () => {
    const coordinates = space.coordinates(source, 'i', 'i');
    body(new Position({ space, coordinates }), coordinates);
  });
  return source.dispatch(threads, Math.ceil(space.size / threads));
}

/** Reads an element, or the fill outside of the bounds. */
export function read(source: Source, name: string, { access, dtype }: Operand, at: Position): string {
  const inside = at.inside(access);
  const value = source.load(access.buffer, at.address(access));
  if (!inside) return source.constant(scalarOf[dtype], name, value);
  source.variable(scalarOf[dtype], name, source.scalar({ value: access.bounds!.fill }, dtype));
  source.line(`if (${inside}) { ${name} = ${value}; }`);
  return name;
}
