// Reading and adding up at places that are themselves values.
import type { Access, RoutineKernel } from '../../fuse/kernel.js';
import { need } from '../../ops.js';
import { sizeOf } from '../../shape.js';
import { scalarOf } from './dialect.js';
import { each, every, type Operand, read } from './elements.js';
import { literal, unsigned } from './literal.js';
import { argsort } from './order.js';
import type { Dispatch } from './rendered.js';
import { Source, type Target } from './source.js';
import { Space, sum } from './space.js';

/** Looks at indices that cost more than sorting these. */
const worthSorting = 1 << 22;

const without = (access: Access, d: number): Access => ({
  ...access,
  strides: access.strides.map((s, i) => (i === d ? 0 : s)),
  bounds: null,
});

/** out[…i…] = x[…index[…i…]…] */
export function gather(
  { attributes, shape, operands, output }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [x, index] = operands as [Operand, Operand];
  const axis = need(attributes.axis, 'axis');
  const source = new Source(target, place, 'gather');
  const others = without(x.access, axis);
  const space = new Space(shape, every(shape), [others, index.access, output]);
  const limit = unsigned(x.shape[axis]!);
  return [
    each(source, space, (at) => {
      const found = read(source, 'index', index, at);
      source.constant('u32', 'j', `u32(${found})`);
      source.block(`if (j < ${limit})`, () => {
        const stride = x.access.strides[axis]!;
        const step = stride < 0 ? `- ${unsigned(-stride)}` : `+ ${unsigned(stride)}`;
        const address = `${at.address(others)} ${step} * j`;
        source.store(output.buffer, at.address(output), source.load(x.access.buffer, address));
      });
      source.block('else', () => source.report(found, limit));
    }),
  ];
}

/** The operand over the result's dims, and its own axis after them. */
function beside(access: Access, axis: number): Access {
  return { ...access, strides: [...without(access, axis).strides, access.strides[axis]!], bounds: null };
}

/** out[…r…] is the sum, in order, of those x[…i…] whose index is r. */
export function scatterAdd(kernel: RoutineKernel, place: number, target: Target): Dispatch[] {
  const axis = need(kernel.attributes.axis, 'axis');
  const [x, index] = kernel.operands as [Operand, Operand];
  const alike = index.access.strides.every((stride, d) =>
    d === axis ? stride === 1 : stride === 0 || x.shape[d] === 1,
  );
  const looks = sizeOf(kernel.shape) * x.shape[axis]!;
  return alike && looks > worthSorting ? scatterSorted(kernel, place, target) : scatterLooking(kernel, place, target);
}

/** Every element of the result looks at all indices. */
function scatterLooking(
  { attributes, shape, operands, output, dtype }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [x, index] = operands as [Operand, Operand];
  const axis = need(attributes.axis, 'axis');
  const source = new Source(target, place, 'scatter_add');
  const dims = [...shape, x.shape[axis]!];
  const [xs, indices] = [beside(x.access, axis), beside(index.access, axis)];
  const own: Access = { buffer: -1, offset: 0, strides: dims.map((_, d) => (d === axis ? 1 : 0)), bounds: null };
  const space = new Space(dims, every(shape), [xs, indices, own, output]);
  const line = new Space(dims, [shape.length], [xs, indices]);
  const limit = unsigned(shape[axis]!);
  return [
    each(source, space, (at) => {
      source.constant('u32', 'r', at.address(own));
      source.variable(scalarOf[dtype], 'total', literal(0, dtype));
      source.loop('k', '0u', unsigned(line.size), '1u', () => {
        const here = at.with(line, line.coordinates(source, 'k', 'k'));
        const found = source.constant('i32', 'index', source.load(indices.buffer, here.address(indices)));
        source.line(`if (u32(${found}) == r) { total += ${source.load(xs.buffer, here.address(xs))}; }`);
        source.block(`if (u32(${found}) >= ${limit})`, () => source.report(found, limit));
      });
      source.store(output.buffer, at.address(output), 'total');
    }),
  ];
}

/** Where all lines have the same indices, these are sorted once, and each element of the result finds its own together. */
function scatterSorted(
  { attributes, shape, operands, output, dtype }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [x, index] = operands as [Operand, Operand];
  const axis = need(attributes.axis, 'axis');
  const [rows, length] = [shape[axis]!, x.shape[axis]!];
  const order = target.scratch('int32', length);
  const starts = target.scratch('int32', rows + 1);
  const dense = (buffer: number, offset = 0): Access => ({ buffer, offset, strides: [1], bounds: null });
  const indices = dense(index.access.buffer, index.access.offset);
  const at = (position: string): string => sum(indices.offset, [`+ ${position}`]);
  const sort = argsort(
    {
      kind: 'routine',
      op: 'argsort',
      attributes: {},
      shape: [length],
      dtype: 'int32',
      operands: [{ access: indices, shape: [length], dtype: 'int32' }],
      output: dense(order),
    },
    place,
    target,
  );

  const find = new Source(target, place, 'find_rows');
  const found = each(find, new Space([rows + 1], [0], []), () => {
    find.loop('k', 'i', unsigned(length), unsigned(rows + 1), () => {
      const own = find.constant('i32', 'index', find.load(indices.buffer, at('k')));
      find.block(`if (u32(${own}) >= ${unsigned(rows)})`, () => find.report(own, unsigned(rows)));
    });
    find.variable('u32', 'low', '0u');
    find.variable('u32', 'high', unsigned(length));
    find.block('while (low < high)', () => {
      find.constant('u32', 'middle', '(low + high) / 2u');
      find.constant('u32', 'sorted', `u32(${find.load(order, 'middle')})`);
      find.line(
        `if (${find.load(indices.buffer, at('sorted'))} < i32(i)) { low = middle + 1u; } else { high = middle; }`,
      );
    });
    find.store(starts, 'i', 'i32(low)');
  });

  const source = new Source(target, place, 'add_rows');
  const dims = [...shape, length];
  const xs = beside(x.access, axis);
  const own: Access = { buffer: -1, offset: 0, strides: dims.map((_, d) => (d === axis ? 1 : 0)), bounds: null };
  const space = new Space(dims, every(shape), [xs, own, output]);
  const line = new Space(dims, [shape.length], [xs]);
  const added = each(source, space, (here) => {
    source.constant('u32', 'r', here.address(own));
    source.variable(scalarOf[dtype], 'total', literal(0, dtype));
    source.constant('u32', 'last', `u32(${source.load(starts, 'r + 1u')})`);
    source.loop('k', `u32(${source.load(starts, 'r')})`, 'last', '1u', () => {
      source.constant('u32', 'j', `u32(${source.load(order, 'k')})`);
      const there = here.with(line, line.coordinates(source, 'j', 'j'));
      source.line(`total += ${source.load(xs.buffer, there.address(xs))};`);
    });
    source.store(output.buffer, here.address(output), 'total');
  });
  return [...sort, found, added];
}
