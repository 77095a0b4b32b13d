// In: metrics of a training run, step by step. Out: curves and a line of status that update in place; at the end a plot that stays.
import { ValueError } from '../errors.js';
import { displayMethod, type MimeData, onStop } from './bundle.js';
import { LiveOutput } from './live.js';
import { formatShare, formatShort } from './numbers.js';
import { type Drawable, pictureOf, pieceOf } from './piece.js';
import { Plot, rounded, vegaLiteMime } from './plot/plot.js';
import { axisOf } from './plot/scale.js';
import type { Spec } from './plot/theme.js';
import { Progress } from './progress.js';
import { type Curve, type Panel, panelSize, sketch } from './sketch.js';
import { sparkline } from './thin.js';
import { Track } from './track.js';

/** Options of {@link livePlot}. */
export interface LivePlotOptions {
  /** Steps of the whole run; the status then says how long it will take. */
  steps?: number;
  /** Epochs of the whole run, for the status. */
  epochs?: number;
  /** Above the plot. */
  title?: string;
  /** What a step is. Default `'step'`. */
  xLabel?: string;
  /** Metrics drawn on a logarithmic axis, by the name of their panel, such as `['loss']`. Default: none. */
  log?: readonly string[];
  /** Units by name of the panel, such as `{ loss: 'nats' }`. */
  units?: { readonly [panel: string]: string };
  /** Drawn below the curves in every frame, such as pictures of samples or a `peek`. */
  below?: () => Drawable;
  /** Milliseconds; for tests. @internal */
  now?: () => number;
}

/** What happened in a step: `step` and `epoch` count from 1, everything else is a metric. Missing metrics are left out. */
export type StepRecord = {
  readonly step?: number;
  readonly epoch?: number;
  readonly [metric: string]: number | undefined;
};

/** The last word of a name gives the panel: `testLoss` and `loss` share one. */
const panelOf = (metric: string): string => metric.replace(/^.*?([A-Z]?[a-z0-9]+)$/, '$1').toLowerCase();

/** Metrics that are shares of one. */
const shares = new Set(['accuracy', 'precision', 'recall', 'f1', 'auc']);

/** Curves that grow while a loop runs, also a synchronous one. */
export class LivePlot {
  readonly #options: LivePlotOptions;
  readonly #output: LiveOutput;
  readonly #now: () => number;
  readonly #progress: Progress;
  readonly #tracks = new Map<string, Track>();
  readonly #forgetStop: () => void;
  #epoch: number | undefined;
  #finished = false;
  #drawn = false;
  #stopped = false;

  /** @internal */
  constructor(options: LivePlotOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#output = new LiveOutput(this.#now);
    this.#progress = new Progress(options.steps, this.#now());
    this.#forgetStop = onStop(() => {
      this.#stopped = true;
      this.done();
    });
  }

  /**
   * Adds the numbers of a step; draws at most ten times a second. Costs about a microsecond when it does not draw.
   * @throws ValueError after `done()`.
   */
  push(record: StepRecord): void {
    if (this.#finished) throw new ValueError('livePlot: push after done', 'Make a new live plot for another run.');
    const { step = this.#progress.steps + 1, epoch, ...metrics } = record;
    this.#epoch = epoch ?? this.#epoch;
    this.#progress.advance(step, this.#now());
    for (const [name, value] of Object.entries(metrics)) {
      if (value === undefined) continue;
      const track = this.#tracks.get(name) ?? new Track();
      this.#tracks.set(name, track);
      track.push(step, value);
    }
    this.#output.offer({ bundle: () => this.#frame(), line: () => this.status });
  }

  /**
   * Draws the last state, which stays in the notebook as an interactive plot with a static picture beside it. Happens by
   * itself when the user stops the cell.
   */
  done(): void {
    if (this.#drawn) return;
    this.#finished = true;
    this.#output.finish({ bundle: () => this[displayMethod](), line: () => this.text });
    // A stop can cut drawing off, and then asks for it again.
    this.#drawn = true;
    this.#forgetStop();
  }

  /** How far the run is: step, epoch, rate, time left. */
  get #pace(): string {
    const { epochs } = this.#options;
    const epoch = this.#epoch === undefined ? [] : [`epoch ${this.#epoch}${epochs ? ` of ${epochs}` : ''}`];
    return this.#progress.describe(this.#stopped ? [...epoch, 'stopped'] : epoch, this.#finished);
  }
  /** One line: step, epoch, rate, time left, and the newest metrics. */
  get status(): string {
    const metrics = [...this.#tracks].map(([name, track]) => `${words(name)} ${valueText(name, track.last)}`);
    return [this.#pace, ...metrics].join(' · ');
  }
  /** The state as text: status and a small curve for each metric. */
  get text(): string {
    const width = Math.max(0, ...[...this.#tracks.keys()].map((name) => words(name).length));
    const lines = [...this.#tracks].map(
      ([name, track]) => `${words(name).padEnd(width)}  ${sparkline(track.points.map((p) => p.mean))}`,
    );
    return [this.status, ...lines].join('\n');
  }

  #panels(): Panel[] {
    const groups = new Map<string, string[]>();
    for (const name of this.#tracks.keys()) groups.set(panelOf(name), [...(groups.get(panelOf(name)) ?? []), name]);
    return [...groups].map(([panel, names]) => {
      const unit = this.#options.units?.[panel];
      return {
        title: unit ? `${panel} (${unit})` : panel,
        xLabel: this.#options.xLabel ?? 'step',
        log: this.#options.log?.includes(panel) ?? false,
        percent: shares.has(panel),
        curves: names.map((name) => {
          const track = this.#tracks.get(name)!;
          return { name: words(name), value: valueText(name, track.last), points: track.points, band: track.merged };
        }),
      };
    });
  }

  #frame(): MimeData {
    const { title, below } = this.#options;
    const svg = sketch(
      this.#panels(),
      title ? `${title} · ${this.#pace}` : this.#pace,
      this.#finished ? undefined : this.#progress.share,
      this.#finished && below ? 'image' : 'page',
    );
    if (below) return this.#withBelow(svg, below());
    return { 'text/html': svg, 'image/svg+xml': svg, 'text/plain': this.text };
  }
  #withBelow(svg: string, value: Drawable): MimeData {
    const bundle = value[displayMethod]();
    const picture = this.#finished ? pictureOf({ 'image/svg+xml': svg, 'text/plain': this.status }) : svg;
    return {
      'text/html': `<div>${picture}<div style="margin-top:8px">${pieceOf(bundle)}</div></div>`,
      'text/plain': `${this.text}\n\n${String(bundle['text/plain'])}`,
    };
  }

  /** The state as a plot of its own, to combine or to keep. */
  plot(): Plot {
    const { title } = this.#options;
    const heading = title
      ? { text: title, subtitle: this.#pace }
      : { text: this.#pace, fontWeight: 'normal', fontSize: 12 };
    const panels = this.#panels();
    if (panels.length === 0) throw new ValueError('livePlot: no metrics yet', 'Push at least one record first.');
    return new Plot(
      { title: heading, hconcat: panels.map(panelSpec), spacing: 30, resolve: { scale: { color: 'independent' } } },
      this.text,
    );
  }

  [displayMethod](): MimeData {
    if (this.#tracks.size === 0) return { 'text/plain': this.text };
    const frame = this.#frame();
    if (this.#options.below) return frame;
    const { 'image/svg+xml': picture } = frame;
    return { [vegaLiteMime]: this.plot().spec, 'image/svg+xml': picture, 'text/plain': this.text };
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
}

/** The newest value of a metric: `97.1 %`, `0.1234`. */
const valueText = (name: string, value: number): string =>
  shares.has(panelOf(name)) && Number.isFinite(value) ? formatShare(value) : formatShort(value);

/** `testLoss` → `test loss`. */
const words = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();

function rowsOf(curves: readonly Curve[]): Spec[] {
  return curves.flatMap(({ name, value, points, band }) =>
    points.map((p) => ({
      x: p.x,
      y: rounded(p.mean),
      series: `${name} ${value}`,
      ...(band && { low: rounded(p.low), high: rounded(p.high) }),
    })),
  );
}

/** Entries of the legend that fit beside each other above a panel. */
const columnsFor = (curves: readonly Curve[]): number =>
  Math.max(
    1,
    Math.floor(panelSize.width / (20 + 5.6 * Math.max(...curves.map((c) => c.name.length + c.value.length + 1)))),
  );

const valuesOf = (curves: readonly Curve[]): number[] =>
  curves.flatMap(({ points, band }) => points.flatMap((p) => (band ? [p.low, p.high] : [p.mean])));

function panelSpec({ title, xLabel, log, percent, curves }: Panel): Spec {
  const y: Spec = {
    type: 'quantitative',
    title,
    stack: null,
    scale: log ? { type: 'log', nice: false } : { zero: false },
    ...(percent ? { axis: { format: '.0%' } } : log && { axis: axisOf('log', valuesOf(curves)) }),
  };
  const color = { field: 'series', type: 'nominal', title: null, sort: null };
  const band = {
    mark: { type: 'area', opacity: 0.2 },
    encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' }, color: { ...color, legend: null } },
  };
  const curve = {
    mark: { type: 'line', tooltip: true, point: 'transparent' },
    encoding: {
      y: { ...y, field: 'y' },
      color: { ...color, legend: { orient: 'top', offset: 4, columns: columnsFor(curves) } },
    },
  };
  return {
    width: panelSize.width,
    height: panelSize.height,
    data: { values: rowsOf(curves) },
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        title: xLabel,
        stack: null,
        scale: { nice: false },
        axis: { grid: false },
      },
    },
    layer: curves.some((one) => one.band) ? [band, curve] : [curve],
    resolve: { legend: { color: 'independent' } },
  };
}

/**
 * Curves that update in place while training, four to ten times a second and for less than 5 % of the time.
 * Works inside synchronous loops; without a notebook, the status is one line of the terminal.
 * @example
 * const plot = livePlot({ steps: 1000, epochs: 5 });
 * for (…) plot.push({ step, epoch, loss: loss.item(), accuracy });
 * plot.done();
 */
export const livePlot = (options: LivePlotOptions = {}): LivePlot => new LivePlot(options);
