// Windows: the maximum of each, its gradient, and the sum of windows that overlap.
import { isFloat } from '../../dtype.js';
import type { Access, RoutineKernel } from '../../fuse/kernel.js';
import { need } from '../../ops.js';
import { scalarOf } from './dialect.js';
import { each, every, type Operand } from './elements.js';
import { literal, unsigned } from './literal.js';
import type { Dispatch } from './rendered.js';
import { Source, type Target } from './source.js';
import { Space, sum, term } from './space.js';

/** Windows over the trailing axes. */
class Windows {
  readonly kernel: readonly number[];
  readonly lead: number;
  readonly #a: RoutineKernel['attributes'];

  constructor(
    attributes: RoutineKernel['attributes'],
    readonly input: readonly number[],
  ) {
    this.#a = attributes;
    this.kernel = need(attributes.kernel, 'kernel');
    this.lead = input.length - this.kernel.length;
  }
  stride(s: number): number {
    return this.#a.stride?.[s] ?? 1;
  }
  dilation(s: number): number {
    return this.#a.dilation?.[s] ?? 1;
  }
  low(s: number): number {
    return this.#a.low?.[s] ?? 0;
  }

  /** Loops over the taps of a window, the first axis outermost; `body` is given their names. */
  taps(source: Source, body: (taps: readonly string[]) => void): void {
    const nest = (s: number, names: readonly string[]): void => {
      if (s === this.kernel.length) return body(names);
      source.loop(`t${s}`, '0u', `${this.kernel[s]}u`, '1u', () => nest(s + 1, [...names, `t${s}`]));
    };
    nest(0, []);
  }

  /** Writes the input positions p of a tap in the window at `places`, and runs `body` where they are inside. */
  inside(
    source: Source,
    places: readonly string[],
    taps: readonly string[],
    body: (positions: string[]) => void,
  ): void {
    const positions = taps.map((tap, s) => {
      const step = this.dilation(s) === 1 ? tap : `${tap} * ${this.dilation(s)}u`;
      const from = this.stride(s) === 1 ? places[s]! : `${places[s]} * ${this.stride(s)}u`;
      return source.constant('u32', `p${s}`, `${from} + ${step}${this.low(s) > 0 ? ` - ${this.low(s)}u` : ''}`);
    });
    // Below zero they wrap around, beyond every length.
    const conditions = positions.map((p, s) => `${p} < ${this.input[this.lead + s]}u`);
    source.block(`if (${conditions.join(' && ')})`, () => body(positions));
  }
}

/** Dims one by one, so that each has a name. */
function namedSpace(shape: readonly number[]): Space {
  return new Space(
    shape,
    every(shape).filter((d) => shape[d] !== 1),
    shape.map((_, d) => ({ strides: shape.map((__, k) => (k === d ? 1 : 0)), bounds: null })),
  );
}
function named(coordinates: readonly string[], shape: readonly number[]): string[] {
  let next = 0;
  return shape.map((n) => (n === 1 ? '0u' : coordinates[next++]!));
}

const addressOf = ({ offset, strides }: Access, indices: readonly string[]): string =>
  sum(
    offset,
    strides.flatMap((s, d) => (s === 0 || indices[d] === '0u' ? [] : [term(s, indices[d]!)])),
  );

/** Finds the first maximum of a window (NaN is greatest): its address in x becomes `found`. */
function findMaximum(
  source: Source,
  windows: Windows,
  x: Operand,
  lead: readonly string[],
  places: readonly string[],
): void {
  const type = scalarOf[x.dtype];
  source.variable(type, 'best', literal(0, x.dtype));
  source.variable('u32', 'found', '0xffffffffu');
  windows.taps(source, (taps) => {
    windows.inside(source, places, taps, (positions) => {
      const at = source.constant('u32', 'at', addressOf(x.access, [...lead, ...positions]));
      source.constant(type, 'value', source.load(x.access.buffer, at));
      const nan = (name: string): string => source.use(source.dialect.isNaN(type, name));
      const better = isFloat(x.dtype) ? `value > best || (${nan('value')} && !${nan('best')})` : 'value > best';
      source.line(`if (found == 0xffffffffu || ${better}) { best = value; found = at; }`);
    });
  });
}

/** The second operand at the first maximum of each window of the first. */
export function poolTake(
  { attributes, shape, operands, output }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [x, taken] = operands as [Operand, Operand];
  const windows = new Windows(attributes, x.shape);
  const source = new Source(target, place, 'pool_take');
  const space = namedSpace(shape);
  return [
    each(source, space, (_, coordinates) => {
      const indices = named(coordinates, shape);
      findMaximum(source, windows, x, indices.slice(0, windows.lead), indices.slice(windows.lead));
      // Both are dense: an element has the same place in each.
      const shift = taken.access.offset - x.access.offset;
      const at = shift === 0 ? 'found' : `found ${shift < 0 ? '-' : '+'} ${unsigned(Math.abs(shift))}`;
      const value =
        taken.access.buffer === x.access.buffer && shift === 0 ? 'best' : source.load(taken.access.buffer, at);
      source.store(output.buffer, addressOf(output, indices), value);
    }),
  ];
}

/** For each element of x the sum of what the windows receive whose first maximum it is. */
export function poolPut(
  { attributes, shape, operands, output, dtype }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [x, g] = operands as [Operand, Operand];
  const windows = new Windows(attributes, x.shape);
  const source = new Source(target, place, 'pool_put');
  const space = namedSpace(shape);
  return [
    each(source, space, (_, coordinates) => {
      const indices = named(coordinates, shape);
      const lead = indices.slice(0, windows.lead);
      source.constant('u32', 'mine', addressOf(x.access, indices));
      source.variable(scalarOf[dtype], 'total', literal(0, dtype));
      covering(source, windows, indices.slice(windows.lead), g.shape.slice(windows.lead), (places) => {
        findMaximum(source, windows, x, lead, places);
        source.line(
          `if (found == mine) { total += ${source.load(g.access.buffer, addressOf(g.access, [...lead, ...places]))}; }`,
        );
      });
      source.store(output.buffer, addressOf(output, indices), 'total');
    }),
  ];
}

/** Loops over the windows that hold a position, in order; `body` is given their places and the tap. */
function covering(
  source: Source,
  windows: Windows,
  position: readonly string[],
  counts: readonly number[],
  body: (places: readonly string[], taps: readonly string[]) => void,
): void {
  const nest = (s: number, places: readonly string[], taps: readonly string[]): void => {
    if (s === windows.kernel.length) return body(places, taps);
    const [kernel, stride, dilation, low] = [
      windows.kernel[s]!,
      windows.stride(s),
      windows.dilation(s),
      windows.low(s),
    ];
    // Taps from the last to the first are windows from the first to the last.
    source.loop(`c${s}`, '0u', `${kernel}u`, '1u', () => {
      const tap = source.constant('u32', `u${s}`, `${kernel - 1}u - c${s}`);
      source.constant(
        'u32',
        `q${s}`,
        `${position[s]}${low > 0 ? ` + ${low}u` : ''} - ${tap}${dilation === 1 ? '' : ` * ${dilation}u`}`,
      );
      const steps = stride === 1 ? [] : [`q${s} % ${stride}u == 0u`];
      // Before the first window it wraps around, beyond the last.
      const inside = `q${s} < ${counts[s]! * stride}u`;
      source.block(`if (${[inside, ...steps].join(' && ')})`, () => {
        const at = source.constant('u32', `w${s}`, stride === 1 ? `q${s}` : `q${s} / ${stride}u`);
        nest(s + 1, [...places, at], [...taps, tap]);
      });
    });
  };
  nest(0, [], []);
}

/** Adds up overlapping windows. */
export function fold(
  { attributes, shape, operands, output, dtype }: RoutineKernel,
  place: number,
  target: Target,
): Dispatch[] {
  const [g] = operands as [Operand];
  const windows = new Windows({ ...attributes, low: [] }, shape);
  const source = new Source(target, place, 'fold');
  const space = namedSpace(shape);
  const { lead } = windows;
  return [
    each(source, space, (_, coordinates) => {
      const indices = named(coordinates, shape);
      source.variable(scalarOf[dtype], 'total', literal(0, dtype));
      const counts = g.shape.slice(lead, lead + windows.kernel.length);
      covering(source, windows, indices.slice(lead), counts, (places, taps) => {
        const at = addressOf(g.access, [...indices.slice(0, lead), ...places, ...taps]);
        source.line(`total += ${source.load(g.access.buffer, at)};`);
      });
      source.store(output.buffer, addressOf(output, indices), 'total');
    }),
  ];
}
