// In: a function of the plane, or heights on a grid, and ways on it. Out: a surface in space that the mouse turns, with a static picture beside it.
import { displayMethod, draftMethod, type MimeData } from '../bundle.js';
import { cssRange, wayColors } from '../colors.js';
import { isMatrix, type Matrix } from '../data.js';
import { formatShort } from '../numbers.js';
import { type PlotOptions, rounded } from '../plot/plot.js';
import { type Ground, groundOf, type Height, type Range } from './ground.js';
import { type Labels, surfaceSvg } from './sketch.js';
import { type Point3, type Way, wayOn } from './way.js';

/** Options of {@link surface}. */
export interface SurfaceOptions extends Omit<PlotOptions, 'subtitle'> {
  /** Ends of the axes. Default −1 to 1. */
  xRange?: Range;
  yRange?: Range;
  /** Ends of the heights; what lies beyond is drawn at the end that it passes. Default: those of the surface. */
  zRange?: Range;
  /** What the height is, with the unit. Default `'height'`. */
  zLabel?: string;
  /** Heights by their logarithm to base 10, for surfaces that rise by powers. Heights must be positive. */
  log?: boolean;
  /** Ways over the plane, such as those of optimizers: n rows [x, y], or several by name. They lie on the surface. */
  paths?: Matrix | { readonly [name: string]: Matrix };
  /** Grid points along each axis. Default 60. */
  resolution?: number;
}

/** JSON of plotly.js: traces, layout and configuration. */
export interface Figure {
  data: { [key: string]: unknown }[];
  layout: { [key: string]: unknown };
  config: { [key: string]: unknown };
}

const plotlyMime = 'application/vnd.plotly.v1+json';
/** Between black and white: reads on light and on dark. */
const quiet = '#8a8a8a';
const fonts = '-apple-system, "Segoe UI", Helvetica, Arial, sans-serif';

/** A surface in space. Notebooks show it; elsewhere take `svg()`, `figure` or `text`. */
export class Surface {
  readonly #ground: Ground;
  readonly #ways: readonly Way[];
  readonly #labels: Labels;
  readonly #size: { width: number; height: number };
  /** What a terminal shows. */
  readonly text: string;

  /** @internal */
  constructor(ground: Ground, ways: readonly Way[], labels: Labels, size: { width: number; height: number }) {
    this.#ground = ground;
    this.#ways = ways;
    this.#labels = labels;
    this.#size = size;
    this.text = describe(ground, ways, labels);
  }

  /** What plotly.js draws; needs no network. */
  get figure(): Figure {
    return {
      data: [
        surfaceTrace(this.#ground, this.#labels),
        ...this.#ways.flatMap((way, i) => wayTraces(this.#ground, way, i)),
      ],
      layout: layoutOf(this.#labels, this.#size),
      config: { displayModeBar: false, displaylogo: false, responsive: false },
    };
  }
  /** The surface as a picture, dark on white. */
  svg(): string {
    return surfaceSvg(this.#ground, this.#ways, this.#labels, this.text.split('\n', 1)[0]!);
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    return { ...this[draftMethod](), 'image/svg+xml': this.svg() };
  }
  /** Without the picture. */
  [draftMethod](): MimeData {
    return { [plotlyMime]: this.figure, 'text/plain': this.text };
  }
}

/** Rows as plotly.js reads them from one string, a quarter of what they take as text in a notebook. */
function packed(rows: readonly (readonly number[])[]): { dtype: 'f4'; shape: string; bdata: string } {
  const flat = Float32Array.from(rows.flat());
  return {
    dtype: 'f4',
    shape: `${rows.length}, ${rows[0]!.length}`,
    bdata: Buffer.from(flat.buffer).toString('base64'),
  };
}

function surfaceTrace({ x, y, heights, zRange }: Ground, labels: Labels): Figure['data'][number] {
  const colors = cssRange('viridis');
  return {
    type: 'surface',
    x: x.map(rounded),
    y: y.map(rounded),
    z: packed(heights),
    cmin: rounded(zRange[0]),
    cmax: rounded(zRange[1]),
    colorscale: colors.map((color, i) => [rounded(i / (colors.length - 1)), color]),
    colorbar: { title: { text: labels.z, side: 'right' }, thickness: 12, len: 0.55, outlinewidth: 0, x: 1 },
    contours: { z: { show: true, color: 'rgba(255,255,255,0.45)', width: 1, highlight: false } },
    lighting: { ambient: 0.72, diffuse: 0.55, specular: 0.06, roughness: 0.9 },
    hovertemplate: `${labels.x} %{x:.4g}<br>${labels.y} %{y:.4g}<br>${labels.z} %{z:.4g}<extra></extra>`,
  };
}

/** The way as a line, and its start as a ring and its end as a dot. */
function wayTraces({ zRange }: Ground, { name, pieces }: Way, index: number): Figure['data'] {
  const color = wayColors[index % wayColors.length]!;
  const lift = 0.01 * (zRange[1] - zRange[0]);
  const columns = (points: readonly (Point3 | null)[]) => ({
    x: points.map((p) => p && rounded(p[0])),
    y: points.map((p) => p && rounded(p[1])),
    z: points.map((p) => p && rounded(p[2] + lift)),
  });
  const line = pieces.flatMap((piece, i): (Point3 | null)[] => (i === 0 ? [...piece] : [null, ...piece]));
  const ends = [pieces[0]?.[0], pieces.at(-1)?.at(-1)].filter((point) => point !== undefined);
  const group = { name, legendgroup: `${index}`, type: 'scatter3d' };
  return [
    {
      ...group,
      mode: 'lines',
      ...columns(line),
      line: { color, width: 6 },
      showlegend: name !== '',
      hoverinfo: 'name',
    },
    {
      ...group,
      mode: 'markers',
      ...columns(ends),
      marker: { size: 5, color: ['#ffffff', color].slice(0, ends.length), line: { color, width: 2 } },
      showlegend: false,
      hoverinfo: 'skip',
    },
  ];
}

function layoutOf(labels: Labels, { width, height }: { width: number; height: number }): Figure['layout'] {
  const axis = (text: string) => ({
    title: { text },
    color: quiet,
    gridcolor: '#9a9a9a',
    nticks: 6,
    zeroline: false,
    showbackground: false,
    showspikes: false,
  });
  return {
    width,
    height,
    autosize: false,
    paper_bgcolor: 'rgba(0,0,0,0)',
    font: { family: fonts, size: 12, color: quiet },
    margin: { l: 0, r: 0, t: labels.title ? 36 : 8, b: 0 },
    ...(labels.title && { title: { text: labels.title, font: { size: 14 }, x: 0.02, xanchor: 'left' } }),
    legend: { x: 0.01, y: 0.98, bgcolor: 'rgba(0,0,0,0)' },
    scene: {
      xaxis: axis(labels.x),
      yaxis: axis(labels.y),
      zaxis: axis(labels.z),
      aspectmode: 'manual',
      aspectratio: { x: 1.15, y: 1.15, z: 0.75 },
      camera: { eye: { x: 1.25, y: -1.6, z: 1.05 }, center: { x: 0, y: 0, z: -0.12 } },
    },
  };
}

function describe({ zRange }: Ground, ways: readonly Way[], labels: Labels): string {
  const lines = ways.map(({ name, steps, pieces }) => {
    const end = pieces.at(-1)?.at(-1);
    const where = end
      ? `ends at (${formatShort(end[0])}, ${formatShort(end[1])}), ${labels.z} ${formatShort(end[2])}`
      : 'lies outside';
    return `${name}${name && ': '}${where} after ${steps} steps`;
  });
  return [
    `${labels.title ?? labels.z} over ${labels.x} and ${labels.y}: ${formatShort(zRange[0])} … ${formatShort(zRange[1])}`,
    ...lines,
  ].join('\n');
}

/**
 * A surface in space, turned with the mouse in JupyterLab, and a static picture elsewhere.
 * @param heights height at (x, y), or rows of heights from the lowest y to the highest.
 * @throws ValueError when no height is finite, a range is empty or a path has no pairs.
 * @example surface((x, y) => x ** 2 + 10 * y ** 2, { xRange: [-2, 2], paths: { SGD: steps }, zLabel: 'loss' })
 */
export function surface(heights: Height | Matrix, options: SurfaceOptions = {}): Surface {
  const { xRange = [-1, 1], yRange = [-1, 1], log = false, resolution = 60, zRange, paths = {} } = options;
  const ground = groundOf(heights, { xRange, yRange, log, resolution, ...(zRange && { zRange }) });
  const named = isMatrix(paths) ? [['', paths] as const] : Object.entries(paths);
  const ways = named.map(([name, way]) => wayOn(ground, name, way));
  const { title, xLabel = 'x', yLabel = 'y', zLabel = 'height', width = 600, height = 440 } = options;
  const labels: Labels = { x: xLabel, y: yLabel, z: log ? `log₁₀ ${zLabel}` : zLabel, ...(title && { title }) };
  return new Surface(ground, ways, labels, { width, height });
}
