// Reductions: what a thread gathers, and how the threads of a workgroup put theirs together, always in the same order.
import type { DType } from '../../dtype.js';
import { isFloat } from '../../dtype.js';
import type { RowReduction } from '../../fuse/kernel.js';
import { elementwise } from './arithmetic.js';
import { type Scalar, scalarOf } from './dialect.js';
import { literal } from './literal.js';
import type { Source } from './source.js';

/** No place: nothing was seen. */
const nowhere = '0xffffffffu';

const identity = (reduction: RowReduction, dtype: DType, source: Source): string => {
  const extreme = isFloat(dtype) ? Infinity : dtype === 'int32' ? 2147483647 : dtype === 'uint32' ? 4294967295 : 1;
  switch (reduction) {
    case 'sum':
      return literal(0, dtype);
    case 'prod':
      return literal(1, dtype);
    case 'max':
      return source.scalar({ value: isFloat(dtype) ? -extreme : dtype === 'int32' ? -2147483648 : 0 }, dtype);
    case 'min':
      return source.scalar({ value: extreme }, dtype);
    default:
      return literal(0, dtype);
  }
};

/** One reduction, in variables of a thread. */
export class Accumulator {
  readonly #type: Scalar;
  readonly #isArgument: boolean;

  constructor(
    readonly source: Source,
    readonly reduction: RowReduction,
    /** Of the elements. */
    readonly dtype: DType,
    readonly name: string,
  ) {
    this.#type = scalarOf[dtype];
    this.#isArgument = reduction === 'argmax' || reduction === 'argmin';
  }

  /** The variables and their types. */
  get parts(): readonly (readonly [string, Scalar])[] {
    return [[this.name, this.#type], ...(this.#isArgument ? [[`${this.name}_at`, 'u32'] as const] : [])];
  }
  /** The result, once all is put together. */
  get result(): string {
    return this.#isArgument ? `i32(${this.name}_at)` : this.name;
  }

  declare(): void {
    this.source.variable(this.#type, this.name, identity(this.reduction, this.dtype, this.source));
    if (this.#isArgument) this.source.variable('u32', `${this.name}_at`, nowhere);
  }

  #better(value: string, than: string): string {
    const { source } = this;
    const sign = this.reduction === 'argmax' ? '>' : '<';
    if (!isFloat(this.dtype)) return `(${value} ${sign} ${than})`;
    const nan = (x: string): string => source.use(source.dialect.isNaN(this.#type, x));
    return `(!${nan(than)} && (${value} ${sign} ${than} || ${nan(value)}))`;
  }

  /** Takes in the element at `place`, which lies after all before. */
  add(value: string, place: string): void {
    const { source, name } = this;
    if (this.#isArgument) {
      source.line(
        `if (${name}_at == ${nowhere} || ${this.#better(value, name)}) { ${name} = ${value}; ${name}_at = ${place}; }`,
      );
    } else this.#combine(value);
  }

  #combine(value: string): void {
    const { source, name, reduction, dtype } = this;
    if (reduction === 'sum') source.line(`${name} += ${value};`);
    else if (reduction === 'prod') source.line(`${name} *= ${value};`);
    else
      source.line(`${name} = ${elementwise.binary(reduction === 'max' ? 'max' : 'min', name, value, dtype, source)};`);
  }

  /** Takes in what another thread has gathered; the parts are names. */
  merge([value, place]: readonly string[]): void {
    const { source, name } = this;
    if (!this.#isArgument) return this.#combine(value!);
    const earlier = `(!${this.#better(name, value!)} && ${place} < ${name}_at)`;
    source.line(
      `if (${place} != ${nowhere} && (${name}_at == ${nowhere} || ${this.#better(value!, name)} || ${earlier})) { ${name} = ${value}; ${name}_at = ${place}; }`,
    );
  }
}

/** Each warp knows its own: one value of each goes through shared memory, and every thread puts them together. */
function combineWarps(
  source: Source,
  accumulator: Accumulator,
  { threads, team, warp, rank }: { threads: number; team: number; warp: number; rank: string },
): void {
  const shared = accumulator.parts.map(([, type], k) => source.shared(type, `warps_${k}_${type}`, threads / warp));
  source.block(`if (thread % ${warp}u == 0u)`, () =>
    accumulator.parts.forEach(([name], k) => {
      source.line(`${shared[k]}[thread / ${warp}u] = ${name};`);
    }),
  );
  source.barrier();
  accumulator.parts.forEach(([name], k) => {
    source.line(`${name} = ${shared[k]}[(thread - ${rank}) / ${warp}u];`);
  });
  source.loop('w', '1u', `${team / warp}u`, '1u', () => {
    const other = accumulator.parts.map(([, type], k) =>
      source.constant(type, `other${k}`, `${shared[k]}[(thread - ${rank}) / ${warp}u + w]`),
    );
    accumulator.merge(other);
  });
  source.barrier();
}

/**
 * Lets every thread of a team know what all of the team have gathered.
 * @param team threads that work together, a power of two; a workgroup is `threads` of them side by side.
 * @param stride distance of the threads of a team in the workgroup.
 * @param rank the expression of a thread's number in its team.
 */
export function combine(
  source: Source,
  accumulators: readonly Accumulator[],
  { threads, team, stride, rank }: { threads: number; team: number; stride: number; rank: string },
): void {
  if (team === 1) return;
  const { dialect, limits } = source;
  const warp = limits.subgroups && stride === 1 ? Math.min(team, 32) : 1;
  if (warp > 1) {
    if (dialect.unroll) source.line(dialect.unroll);
    source.block(`for (${dialect.variable('u32', 'mask', `${warp / 2}u`)} mask > 0u; mask = mask / 2u)`, () => {
      for (const accumulator of accumulators) {
        const other = accumulator.parts.map(([name, type]) =>
          source.constant(type, `${name}_other`, dialect.shuffle(name, 'mask')),
        );
        accumulator.merge(other);
      }
    });
  }
  if (warp === team) return;
  if (warp > 1) {
    for (const accumulator of accumulators) combineWarps(source, accumulator, { threads, team, warp, rank });
    return;
  }
  for (const accumulator of accumulators) {
    const shared = accumulator.parts.map(([, type], k) => source.shared(type, `shared_${k}_${type}`, threads));
    const put = (): void =>
      accumulator.parts.forEach(([name], k) => {
        source.line(`${shared[k]}[thread] = ${name};`);
      });
    put();
    for (let half = team / 2; half >= warp; half /= 2) {
      source.barrier();
      source.block(`if (${rank} < ${half}u)`, () => {
        const other = accumulator.parts.map(([, type], k) =>
          source.constant(type, `other${k}`, `${shared[k]}[thread + ${half * stride}u]`),
        );
        accumulator.merge(other);
        put();
      });
    }
    source.barrier();
    accumulator.parts.forEach(([name], k) => {
      source.line(`${name} = ${shared[k]}[thread - ${rank}${stride === 1 ? '' : ` * ${stride}u`}];`);
    });
    source.barrier();
  }
}
