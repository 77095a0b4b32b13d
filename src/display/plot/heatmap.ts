// In: a matrix. Out: a plot of coloured cells, as rectangles when few and as one picture when many.
import { ValueError } from '../../errors.js';
import { type ColorMap, cssRange } from '../colors.js';
import { type Matrix, rowsOf, sameLength } from '../data.js';
import { formatShort } from '../numbers.js';
import { pngAddress } from '../png.js';
import { type Coloring, chooseColoring, rasterize } from '../raster.js';
import { statisticsOf } from '../statistics.js';
import { frame, Plot, type PlotOptions, rounded } from './plot.js';
import { angleFor } from './scale.js';
import { plotSize, type Spec } from './theme.js';

/** Options of {@link heatmap}. */
export interface HeatmapOptions extends PlotOptions {
  /** Names of the rows and the columns. */
  rowNames?: readonly string[];
  columnNames?: readonly string[];
  /** Instead of names: the coordinates of the outer edges, so that other plots can lie over this one. */
  xRange?: readonly [low: number, high: number];
  yRange?: readonly [low: number, high: number];
  /** Default: blue to red for signed numbers, viridis for amounts. */
  colorMap?: ColorMap;
  /** Numbers that take the first and the last colour. */
  range?: readonly [low: number, high: number];
  /** What the numbers are, with the unit; beside the colour scale. */
  valueLabel?: string;
  /** Writes the numbers into the cells. Default: where there are at most 100. */
  numbers?: boolean;
  /** Shows the colour scale. Default true. */
  legend?: boolean;
  /** Row 0 below rather than on top. Default: true with `yRange`. */
  upward?: boolean;
}

/** More cells than this are drawn as one picture. */
const mostCells = 900;
const mostNumbers = 100;
const cellAim = 34;

/**
 * A matrix in colours.
 * @throws ShapeError when the matrix has not two axes; ValueError when it is empty or names do not fit.
 * @example heatmap(attention, { rowNames: output, columnNames: input, valueLabel: 'weight' })
 */
export function heatmap(matrix: Matrix, options: HeatmapOptions = {}): Plot {
  const rows = rowsOf('heatmap', matrix);
  const width = rows[0]?.length ?? 0;
  if (width === 0) throw new ValueError('heatmap: no numbers', 'Give at least one row with one number.');
  const { rowNames, columnNames, xRange, yRange, range, colorMap } = options;
  if (rowNames) sameLength('heatmap', ['rows', rows.length], ['rowNames', rowNames.length]);
  if (columnNames) sameLength('heatmap', ['columns', width], ['columnNames', columnNames.length]);
  const facts = statisticsOf(Float64Array.from(rows.flat()));
  const chosen = chooseColoring(facts, false);
  const [low, high] = range ?? [chosen.low, chosen.high];
  const coloring = { map: colorMap ?? chosen.map, low, high };
  const asPicture = rows.length * width > mostCells || xRange !== undefined || yRange !== undefined;
  const view = asPicture ? picture(rows, coloring, options) : cells(rows, coloring, options);
  const name = options.title ?? options.valueLabel ?? 'heat map';
  return new Plot(view, `${name}: ${rows.length} × ${width}, ${formatShort(facts.min)} … ${formatShort(facts.max)}`);
}

/** Of the names beside cells, in pixels. */
const lineHeight = 12;

const colorScale = ({ map, low, high }: Coloring, label: string | undefined, shown = true): Spec => ({
  type: 'quantitative',
  title: label ?? null,
  scale: { domain: [rounded(low), rounded(high)], range: cssRange(map), clamp: true },
  legend: shown ? { gradientLength: 120, gradientThickness: 12 } : null,
});

/** Numbers for narrow cells: two decimals below ten, fewer above, powers of ten where all are tiny or huge. */
function cellTexts(values: number[]): string[] {
  const largest = values.reduce((top, v) => (Number.isFinite(v) ? Math.max(top, Math.abs(v)) : top), 0);
  if (largest >= 10_000 || largest < 0.05 || values.every((v) => !Number.isFinite(v) || Number.isInteger(v)))
    return values.map(formatShort);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.max(1, largest))));
  return values.map((v) => (Number.isFinite(v) && v !== 0 ? v.toFixed(decimals) : formatShort(v)));
}

function cells(rows: number[][], coloring: Coloring, options: HeatmapOptions): Spec {
  const { rowNames, columnNames, xLabel, yLabel, valueLabel, upward = false } = options;
  const width = rows[0]!.length;
  const texts = cellTexts(rows.flat());
  const middle = (coloring.low + coloring.high) / 2;
  const values = rows.flatMap((row, i) =>
    row.map(
      (value, j): Spec => ({
        row: i,
        column: j,
        ...(rowNames && { rowName: rowNames[i] }),
        ...(columnNames && { columnName: columnNames[j] }),
        value: rounded(value),
        text: texts[i * width + j],
      }),
    ),
  );
  const wide = Math.min(480, Math.max(120, width * cellAim));
  const tall = Math.min(480, Math.max(40, rows.length * Math.min(cellAim, wide / width)));
  /** Cells are placed by number and not by name, since names may repeat. */
  const band = (
    field: string,
    names: readonly string[] | undefined,
    title: string | undefined,
    descending: boolean,
  ) => {
    const across = field === 'column';
    const room = across ? (options.width ?? wide) / width : (options.height ?? tall) / rows.length;
    const angle = across ? angleFor(names ?? [], room) : 0;
    const all = angle !== 0 || (names !== undefined && room >= lineHeight);
    return {
      field,
      type: 'ordinal',
      sort: descending ? 'descending' : null,
      title: title ?? null,
      scale: { padding: 0 },
      axis: {
        ...(names && { labelExpr: `${JSON.stringify(names)}[datum.value]` }),
        labelAngle: angle,
        labelOverlap: all ? false : 'greedy',
        domain: false,
        ticks: false,
      },
    };
  };
  const lightInMiddle = coloring.map === 'diverging';
  const dark = lightInMiddle
    ? `abs(datum.value - ${middle}) > ${0.32 * (coloring.high - coloring.low)}`
    : `${coloring.map === 'blues' ? 'datum.value >' : 'datum.value <'} ${coloring.low + 0.55 * (coloring.high - coloring.low)}`;
  const written = options.numbers ?? values.length <= mostNumbers;
  return {
    ...frame({ width: wide, height: tall, ...options }),
    data: { values },
    encoding: {
      x: band('column', columnNames, xLabel, false),
      y: band('row', rowNames, yLabel, upward),
    },
    layer: [
      {
        mark: { type: 'rect' },
        encoding: {
          tooltip: [
            { field: rowNames ? 'rowName' : 'row', type: 'nominal', title: yLabel ?? 'row' },
            { field: columnNames ? 'columnName' : 'column', type: 'nominal', title: xLabel ?? 'column' },
            { field: 'text', type: 'nominal', title: valueLabel ?? 'value' },
          ],
          color: { field: 'value', ...colorScale(coloring, valueLabel, options.legend) },
        },
      },
      ...(written
        ? [
            {
              mark: { type: 'text', fontSize: 11 },
              encoding: {
                text: { field: 'text' },
                color: { condition: { test: dark, value: '#ffffff' }, value: '#000000' },
              },
            },
          ]
        : []),
    ],
  };
}

/** The matrix as one picture between the edges of its ranges, with a colour scale beside it. */
function picture(rows: number[][], coloring: Coloring, options: HeatmapOptions): Spec {
  const width = rows[0]!.length;
  const { xLabel, yLabel, valueLabel, yRange, upward = yRange !== undefined } = options;
  const ordered = upward ? [...rows].reverse() : rows;
  const step = { picture: 0, channel: 0, row: width, column: 1 };
  const pictures = { count: 1, height: rows.length, width, channels: 1, step } as const;
  const url = pngAddress(rasterize(Float64Array.from(ordered.flat()), pictures, 0, coloring));
  const [left, right] = options.xRange ?? [0, width];
  const [from, to] = yRange ?? [0, rows.length];
  const high = options.height ?? Math.min(plotSize.width, Math.max(60, plotSize.width * (rows.length / width)));
  const axis = (field: string, title: string | undefined, domain: number[], reverse: boolean): Spec => ({
    field,
    type: 'quantitative',
    title: title ?? null,
    scale: { domain, nice: false, zero: false, ...(reverse && { reverse }) },
    axis: { grid: false },
  });
  const x = axis('x', xLabel, [left, right], false);
  const y = axis('y', yLabel, [from, to], !upward);
  return {
    ...frame({ ...options, height: Math.round(high) }),
    layer: [
      {
        data: { values: [{ x: left, x2: right, y: from, y2: to, url }] },
        mark: { type: 'image', aspect: false, smooth: false },
        encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' }, url: { field: 'url' } },
      },
      {
        data: { values: [{ x: left, y: from, value: rounded(coloring.low) }] },
        mark: { type: 'point', opacity: 0 },
        encoding: { x, y, color: { field: 'value', ...colorScale(coloring, valueLabel, options.legend) } },
      },
    ],
  };
}
