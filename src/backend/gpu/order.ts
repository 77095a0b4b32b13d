// Operations along an axis in which each element depends on all others: sorting and running sums.
import { isFloat } from '../../dtype.js';
import type { Access, RoutineKernel } from '../../fuse/kernel.js';
import { need } from '../../ops.js';
import { sizeOf } from '../../shape.js';
import { scalarOf } from './dialect.js';
import { each, type Operand, read, threads } from './elements.js';
import { literal, unsigned } from './literal.js';
import type { Dispatch } from './rendered.js';

import { Source, type Target } from './source.js';
import { Position, Space } from './space.js';

/** Elements that are sorted by counting, for each, those that come before it. */
const run = 512;

/** Whether the number `a` comes strictly before `b`. */
function before(source: Source, a: string, b: string, { dtype }: Operand, descending: boolean): string {
  const less = descending ? `${a} > ${b}` : `${a} < ${b}`;
  if (!isFloat(dtype)) return `(${less})`;
  const nan = (x: string): string => source.use(source.dialect.isNaN(scalarOf[dtype], x));
  return `(${less} || ${descending ? `(${nan(a)} && !${nan(b)})` : `(${nan(b)} && !${nan(a)})`})`;
}

/** Sorts runs by counting, then merges neighbouring runs until one is left; equal numbers keep their order. */
export function argsort(
  { attributes, shape, operands, output }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [x] = operands as [Operand];
  const length = shape[shape.length - 1] ?? 1;
  const size = sizeOf(shape);
  const space = new Space([size], [0], []);
  const descending = attributes.descending ?? false;
  const widths: number[] = [];
  for (let width = run; width < length; width *= 2) widths.push(width);
  const spare = widths.length > 0 ? [target.scratch('int32', size), target.scratch('int32', size)] : [];
  /** Where the pass with this number writes. */
  const result = (pass: number): { buffer: number; offset: number } =>
    pass === widths.length ? output : { buffer: spare[pass % 2]!, offset: 0 };

  const count = (): Dispatch => {
    const source = new Source(target, place, 'sort_runs');
    return each(source, space, () => {
      const key = (index: string): string =>
        source.load(x.access.buffer, `${unsigned(x.access.offset)} + start + ${index}`);
      source.constant('u32', 'start', `i / ${unsigned(length)} * ${unsigned(length)}`);
      source.constant('u32', 'at', 'i - start');
      source.constant('u32', 'first', `at / ${run}u * ${run}u`);
      source.constant(
        'u32',
        'last',
        source.dialect.select(`first + ${run}u < ${unsigned(length)}`, `first + ${run}u`, unsigned(length)),
      );
      const own = source.constant(scalarOf[x.dtype], 'own', key('at'));
      source.variable('u32', 'rank', 'first');
      source.loop('k', 'first', 'last', '1u', () => {
        const other = source.constant(scalarOf[x.dtype], 'other', key('k'));
        const equal = `(k < at && !${before(source, own, other, x, descending)})`;
        source.line(`if (${before(source, other, own, x, descending)} || ${equal}) { rank += 1u; }`);
      });
      const { buffer, offset } = result(0);
      source.store(buffer, `${unsigned(offset)} + start + rank`, 'i32(at)');
    });
  };
  const merge = (width: number, pass: number): Dispatch => {
    const source = new Source(target, place, 'merge_runs');
    return each(source, space, () => {
      const from = result(pass - 1).buffer;
      const key = (index: string): string =>
        source.load(x.access.buffer, `${unsigned(x.access.offset)} + start + u32(${index})`);
      const clipped = (value: string): string =>
        source.dialect.select(`${value} < ${unsigned(length)}`, value, unsigned(length));
      source.constant('u32', 'start', `i / ${unsigned(length)} * ${unsigned(length)}`);
      source.constant('u32', 'at', 'i - start');
      source.constant('u32', 'mine', `at / ${unsigned(width)}`);
      source.constant('u32', 'first', `(mine ^ 1u) * ${unsigned(width)}`);
      const member = source.constant('i32', 'member', source.load(from, 'i'));
      const own = source.constant(scalarOf[x.dtype], 'own', key(member));
      // How many of the other run come before: by halving the range in which the answer lies.
      source.variable('u32', 'low', clipped('first'));
      source.constant('u32', 'bottom', 'low');
      source.variable('u32', 'high', clipped(`first + ${unsigned(width)}`));
      source.block('while (low < high)', () => {
        source.constant('u32', 'middle', '(low + high) / 2u');
        const other = source.constant(scalarOf[x.dtype], 'other', key(source.load(from, 'start + middle')));
        const right = `(mine % 2u == 1u && !${before(source, own, other, x, descending)})`;
        source.line(
          `if (${before(source, other, own, x, descending)} || ${right}) { low = middle + 1u; } else { high = middle; }`,
        );
      });
      source.constant('u32', 'together', `mine / 2u * ${unsigned(2 * width)}`);
      const { buffer, offset } = result(pass);
      source.store(buffer, `${unsigned(offset)} + start + together + at % ${unsigned(width)} + low - bottom`, member);
    });
  };
  return [count(), ...widths.map((width, k) => merge(width, k + 1))];
}

/** Running sums: a workgroup a line, or a thread where lines are short or many. */
export function cumsum(
  { attributes, shape, operands, output, dtype }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [x] = operands as [Operand];
  const axis = need(attributes.axis, 'axis');
  const type = scalarOf[dtype];
  const source = new Source(target, place, 'running_sum');
  const accesses: Access[] = [x.access, output];
  const others = new Space(
    shape,
    shape.flatMap((_, d) => (d === axis ? [] : [d])),
    accesses,
  );
  const line = new Space(shape, [axis], accesses);
  const step = (at: Position, index: string): Position => at.with(line, line.coordinates(source, index, index));
  if (line.size <= 32 || others.size >= 1 << 15) {
    return [
      each(source, others, (at) => {
        source.variable(type, 'total', literal(0, dtype));
        source.loop('k', '0u', unsigned(line.size), '1u', () => {
          const here = step(at, 'k');
          source.line(`total += ${read(source, 'value', x, here)};`);
          source.store(output.buffer, here.address(output), 'total');
        });
      }),
    ];
  }
  const at = new Position({ space: others, coordinates: others.coordinates(source, 'group', 'i') });
  const shared = source.shared(type, 'sums', threads);
  source.variable(type, 'carry', literal(0, dtype));
  source.loop('k0', '0u', unsigned(line.size), `${threads}u`, () => {
    source.constant('u32', 'k', 'k0 + thread');
    source.variable(type, 'total', literal(0, dtype));
    source.block(`if (k < ${unsigned(line.size)})`, () =>
      source.line(`total = ${read(source, 'value', x, step(at, 'k'))};`),
    );
    source.line(`${shared}[thread] = total;`);
    source.loop('reach', '1u', `${threads}u`, 'reach', () => {
      source.barrier();
      source.block('if (thread >= reach)', () => source.line(`total += ${shared}[thread - reach];`));
      source.barrier();
      source.line(`${shared}[thread] = total;`);
    });
    source.barrier();
    source.block(`if (k < ${unsigned(line.size)})`, () =>
      source.store(output.buffer, step(at, 'k').address(output), 'carry + total'),
    );
    source.line(`carry += ${shared}[${threads - 1}];`);
    source.barrier();
  });
  return [source.dispatch(threads, others.size)];
}
