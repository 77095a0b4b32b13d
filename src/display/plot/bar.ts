// In: one number for each name. Out: a plot of bars.
import { ValueError } from '../../errors.js';
import { isNumbers, type Numbers, numbersOf, sameLength } from '../data.js';
import { formatNumbers } from '../numbers.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import { angleFor } from './scale.js';
import { plotSize, type Spec } from './theme.js';

/** Options of {@link bar}. */
export interface BarOptions extends PlotOptions {
  /** Names of the bars, when the numbers come without. Default: 0, 1, 2, … */
  names?: readonly string[];
  /** Half the length of the error bar on each bar, such as a standard deviation. */
  errors?: Numbers;
  /** Bars from left to right. Default false. */
  horizontal?: boolean;
  /** Ends of the number axis. Default: from 0 to the data's. */
  range?: readonly [low: number, high: number];
}

/** Reads on the bars and on either ground. */
const errorInk = '#7f7f7f';

/**
 * A bar for each number, in the order given.
 * @param values numbers by name, or a list or tensor with `names` in the options.
 * @throws ValueError when there is nothing to draw or names and errors do not fit.
 * @example bar({ SGD: 0.91, Adam: 0.97 }, { yLabel: 'accuracy', errors: [0.02, 0.01] })
 */
export function bar(values: Numbers | { readonly [name: string]: number }, options: BarOptions = {}): Plot {
  const numbers = isNumbers(values) ? numbersOf(values) : Object.values(values);
  const names = isNumbers(values) ? (options.names ?? numbers.map((_, i) => String(i))) : Object.keys(values);
  if (numbers.length === 0) throw new ValueError('bar: no numbers', 'Give at least one.');
  sameLength('bar', ['values', numbers.length], ['names', names.length]);
  const errors = options.errors && numbersOf(options.errors);
  if (errors) sameLength('bar', ['values', numbers.length], ['errors', errors.length]);
  const { xLabel, yLabel = 'value', horizontal = false, range } = options;
  const rows = numbers.map(
    (value, i): Spec => ({
      name: names[i],
      value: rounded(value),
      ...(errors && { low: rounded(value - errors[i]!), high: rounded(value + errors[i]!) }),
    }),
  );
  const [across, along] = horizontal ? ['y', 'x'] : ['x', 'y'];
  const scale = range ? { scale: { domain: [...range] } } : {};
  const amount = { type: 'quantitative', title: (horizontal ? xLabel : yLabel) ?? 'value', ...scale };
  const band = {
    field: 'name',
    type: 'nominal',
    sort: null,
    title: (horizontal ? options.yLabel : xLabel) ?? null,
    axis: { labelAngle: horizontal ? 0 : angleFor(names, (options.width ?? plotSize.width) / names.length) },
  };
  const view: Spec = {
    ...frame(options),
    data: { values: rows },
    encoding: { [across!]: band },
    layer: [
      {
        mark: { type: 'bar', tooltip: true, clip: range !== undefined },
        encoding: { [along!]: { field: 'value', ...amount } },
      },
      ...(errors
        ? [
            {
              mark: {
                type: 'errorbar',
                ticks: { color: errorInk, size: 12, thickness: 1.5 },
                rule: { color: errorInk, strokeWidth: 1.5 },
              },
              encoding: { [along!]: { field: 'low', ...amount }, [`${along}2`]: { field: 'high' } },
            },
          ]
        : []),
    ],
  };
  return new Plot(view, describe(names, numbers, options.title));
}

function describe(names: readonly string[], numbers: number[], title: string | undefined): string {
  const width = Math.max(...names.map((name) => name.length));
  const largest = Math.max(...numbers.map(Math.abs)) || 1;
  const texts = formatNumbers(numbers);
  const lines = names.map(
    (name, i) =>
      `${name.padEnd(width)}  ${texts[i]!.padStart(8)}  ${'█'.repeat(Math.round((Math.abs(numbers[i]!) / largest) * 24))}`,
  );
  return [...(title ? [title] : []), ...lines].join('\n');
}
