// In: a model that is used as always. Out: what goes on inside of it: activations, gradients, dead units, gates, attention, feature maps.
import { ValueError } from '../../errors.js';
import { evaluate } from '../../evaluate.js';
import { isRecording } from '../../graph.js';
import { MultiHeadAttention } from '../../nn/attention.js';
import { intercept } from '../../nn/intercept.js';
import type { Module } from '../../nn/module.js';
import type { Tensor } from '../../tensor.js';
import { displayMethod, type MimeData } from '../bundle.js';
import { type Cell, type Column, gridHtml, gridText } from '../grid.js';
import { type ImageGrid, type ImageGridOptions, imageGrid } from '../image.js';
import { formatShare, formatShort } from '../numbers.js';
import { type AttentionOptions, attentionMap } from '../plot/attention.js';
import { plotsBeside } from '../plot/combine.js';
import { heatmap } from '../plot/heatmap.js';
import { type HistogramOptions, histogram } from '../plot/histogram.js';
import { type LineOptions, line } from '../plot/line.js';
import type { Plot } from '../plot/plot.js';
import { sparkline } from '../thin.js';
import { barsAddress, factsOf, rms } from './facts.js';
import { flowPlot } from './flow.js';
import { type Gates, gatesOf, hasGates, isShare } from './gates.js';
import { isRecurrence, Probe } from './probe.js';

/** Options of {@link peek}. */
export interface PeekOptions {
  /** Dotted names of the modules to look at. Default: all that hold no other, recurrent layers and attention. */
  modules?: readonly string[];
  /** Looks at every n-th pass that records gradients, to save time; passes without gradients are always looked at. Default 1. */
  every?: number;
  /** Looks at gradients too. Default true. */
  gradients?: boolean;
}

/** Modules that are looked at as a whole. */
const isWhole = (module: Module): boolean => isRecurrence(module) || module instanceof MultiHeadAttention;

function interesting(model: Module): [string, Module][] {
  const all = [...model.namedModules()];
  const within = (name: string, outer: string): boolean => outer === '' || name.startsWith(`${outer}.`);
  const wholes = all.filter(([, module]) => isWhole(module)).map(([name]) => name);
  return all.filter(
    ([name, module]) =>
      !wholes.some((outer) => name !== outer && within(name, outer)) &&
      (isWhole(module) || module.modules().length === 1),
  );
}

/**
 * A view into a model; it shows itself as a table, one row a module, and gives plots of single ones. The table's numbers
 * are those of 20,000 elements where there are more.
 */
export class Peek {
  readonly #probes: ReadonlyMap<string, Probe>;
  readonly #stopCounting: () => void;

  /** @internal */
  constructor(model: Module, { modules, every = 1, gradients = true }: PeekOptions) {
    if (!(Number.isInteger(every) && every > 0))
      throw new ValueError(`peek: every = ${every}`, 'Give a whole number, 1 or more.');
    const named = model.namedModules();
    const chosen = modules?.map((name): [string, Module] => {
      const module = named.get(name);
      if (module) return [name, module];
      throw new ValueError(`peek: no module '${name}'`, `There are: ${[...named.keys()].filter(Boolean).join(', ')}.`);
    });
    let passes = 0;
    let wanted = true;
    this.#stopCounting = intercept(model, 'forward', (values, call) => {
      wanted = !isRecording() || passes++ % every === 0;
      try {
        return call(values);
      } finally {
        wanted = true;
      }
    });
    const list = chosen ?? interesting(model);
    this.#probes = new Map(list.map(([name, module]) => [name, new Probe(name, module, gradients, () => wanted)]));
  }

  /** The names of the modules that are looked at. */
  get names(): string[] {
    return [...this.#probes.keys()];
  }
  /** Lets the model go. What was seen last stays. */
  stop(): void {
    for (const probe of this.#probes.values()) probe.stop();
    this.#stopCounting();
  }

  #probe(name: string): Probe {
    const probe = this.#probes.get(name);
    if (probe) return probe;
    throw new ValueError(`peek: no module '${name}'`, `This peek looks at: ${this.names.join(', ')}.`);
  }
  #seen(name: string, what: 'output' | 'gradient' | 'inputGradient' | 'attention' | 'input'): Tensor {
    const { tensor } = this.#probe(name)[what];
    if (tensor) return tensor;
    const cure = {
      output: 'Call the model first.',
      gradient: 'Call the model outside noGrad(), then backward().',
      inputGradient: 'It is kept for recurrent layers: call the model outside noGrad(), then backward().',
      attention: 'It is kept for multi-head attention that was called.',
      input: 'It is kept for recurrent layers that were called.',
    };
    throw new ValueError(`peek: nothing seen yet of '${name}'`, cure[what]);
  }

  /** What the module gave in the newest pass. */
  activations(name: string): Tensor {
    return this.#seen(name, 'output');
  }
  /** The gradient of the loss by what the module gave. */
  gradient(name: string): Tensor {
    return this.#seen(name, 'gradient');
  }
  /** Units of the module (channels of pictures, else the last axis) that gave zero for every sample. */
  deadUnits(name: string): readonly number[] {
    return factsOf(this.activations(name)).dead;
  }
  /** How often each size of activation occurs; of several modules, over each other. Default: all. */
  distribution(names: readonly string[] | string = this.names, options: HistogramOptions = {}): Plot {
    const list = typeof names === 'string' ? [names] : names;
    const series = Object.fromEntries(list.map((name) => [this.#label(name), this.activations(name)]));
    return histogram(series, { xLabel: 'activation', yLabel: 'share of activations', share: true, ...options });
  }
  /** Size of the gradients of all modules in order, root mean square: where it falls to nothing, nothing is learnt. */
  gradientFlow(): Plot {
    const seen = this.names.filter((name) => this.#probes.get(name)!.gradient.tensor);
    if (seen.length === 0) throw new ValueError('peek: no gradients seen yet', 'Call the model, then backward().');
    const sizes = seen.map((name) => rms(this.gradient(name)));
    return flowPlot(
      seen.map((name) => this.#label(name)),
      sizes,
    );
  }
  /** Channels of one sample as pictures: [n, c, h, w] → c pictures. */
  featureMaps(name: string, { sample = 0, ...options }: ImageGridOptions & { sample?: number } = {}): ImageGrid {
    const all = this.activations(name);
    if (all.rank !== 4)
      throw new ValueError(`peek: '${name}' gave [${all.shape.join(', ')}]`, 'Feature maps are [n, channels, h, w].');
    return imageGrid(all.at(sample), { range: 'each', colorMap: 'viridis', limit: 64, ...options });
  }
  /** Who attended to whom in one sample, a map for each head. */
  attention(name: string, { sample = 0, ...options }: AttentionOptions & { sample?: number } = {}): Plot {
    return attentionMap(this.attentionWeights(name).at(sample), options);
  }
  /** Weights of attention, [n, heads, queries, keys]. */
  attentionWeights(name: string): Tensor {
    return this.#seen(name, 'attention');
  }
  /**
   * Gates and states of an LSTM (input, forget, output, candidate, cell, hidden) or a GRU (reset, update, candidate,
   * hidden), each [n, time, hidden], for the sequences that it read last, from a zero state.
   */
  gates(name: string, { layer = 0 }: { layer?: number } = {}): Gates {
    const { module } = this.#probe(name);
    if (!isRecurrence(module) || !hasGates(module))
      throw new ValueError(`peek: '${name}' is ${module.constructor.name}`, 'Gates are those of an LSTM or a GRU.');
    const width = this.activations(name).shape.at(-1)!;
    return gatesOf(module, this.#seen(name, 'input'), layer, width / module.hidden);
  }
  /** Gates of one sample over time: columns are steps, rows are units. */
  gateMap(name: string, options: GateMapOptions = {}): Plot {
    const { sample = 0, layer = 0, tokens, units = 32, columns = 2, title } = options;
    const gates = Object.entries(this.gates(name, { layer })).filter(([gate]) => options.gates?.includes(gate) ?? true);
    const maps = gates.map(([gate, values]) =>
      heatmap(values.at(sample).T.narrow(0, 0, Math.min(units, values.shape[2]!)), {
        title: gate,
        colorMap: isShare(gate) ? 'viridis' : 'diverging',
        range: isShare(gate) ? [0, 1] : [-1, 1],
        xLabel: 'step',
        yLabel: 'unit',
        numbers: false,
        width: 300,
        height: 150,
        ...(tokens && { columnNames: tokens }),
      }),
    );
    if (maps.length === 0)
      throw new ValueError('peek: no such gates', `There are: ${Object.keys(this.gates(name)).join(', ')}.`);
    return plotsBeside(maps, { columns, ...(title && { title }) });
  }
  /** How much the loss depends on what a recurrent layer read at each step: ‖∂loss/∂xₜ‖, the mean over samples. */
  gradientOverTime(name: string, options: LineOptions = {}): Plot {
    const norms = this.gradientNorms(name);
    return line(norms, { xLabel: 'step', yLabel: '‖∂loss/∂xₜ‖', yScale: 'log', ...options });
  }
  /** ‖∂loss/∂xₜ‖ for each step, the mean over samples. */
  gradientNorms(name: string): number[] {
    const gradient = this.#seen(name, 'inputGradient');
    return Array.from(gradient.square().sum(-1).sqrt().mean(0).dataSync());
  }

  #label(name: string): string {
    const kind = this.#probe(name).module.constructor.name;
    return name ? `${name} ${kind}` : kind;
  }

  #rows(): Cell[][] {
    const seen = [...this.#probes.values()].filter(({ output }) => output.tensor);
    evaluate(
      seen.flatMap(({ output, gradient }) => [output, gradient].flatMap(({ tensor }) => (tensor ? [tensor.node] : []))),
    );
    return seen.map(({ name, output, gradient }) => {
      const facts = factsOf(output.tensor!);
      const { dead, units, broken } = facts;
      return [
        { text: this.#label(name) },
        { text: output.tensor!.shape.join(' × ') },
        { text: sparkline(facts.counts, 15), image: barsAddress(facts) },
        { text: formatShort(round(facts.mean)) },
        { text: broken > 0 ? `${broken} broken` : formatShort(round(facts.std)), strong: broken > 0 },
        { text: facts.zero > 0 ? formatShare(facts.zero) : '–', share: facts.zero },
        { text: dead.length > 0 ? `${dead.length} of ${units}` : '–', strong: dead.length > 0 },
        { text: gradient.tensor ? formatShort(round(rms(gradient.tensor))) : '–' },
      ];
    });
  }

  get text(): string {
    const rows = this.#rows();
    return rows.length > 0 ? gridText(columns, rows) : 'peek: the model was not called yet';
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    const rows = this.#rows();
    if (rows.length === 0) return { 'text/plain': this.text };
    return { 'text/html': gridHtml(columns, rows), 'text/plain': gridText(columns, rows) };
  }
}

/** Options of `gateMap`. */
export interface GateMapOptions {
  sample?: number;
  layer?: number;
  /** Names of the steps. */
  tokens?: readonly string[];
  /** Only these, such as `['forget', 'cell']`. */
  gates?: readonly string[];
  /** The most units to show. Default 32. */
  units?: number;
  /** Maps in a line. Default 2. */
  columns?: number;
  title?: string;
}

const heading = (text: string, right = true): Column => ({ heading: text, right });
const columns: readonly Column[] = [
  heading('module', false),
  heading('gives', false),
  heading('activations', false),
  heading('mean'),
  heading('std'),
  heading('zero'),
  heading('dead units'),
  heading('gradient (rms)'),
];

/** Three digits: more would flicker. */
const round = (value: number): number => Number(value.toPrecision(3));

/**
 * Looks into a model while it is used or trained, from the next call on. Modules called several times in a pass show
 * their last call.
 * @throws ValueError for a module that is not there.
 * @example
 * const look = peek(model);
 * await fit(model, { …, livePlot: livePlot({ below: () => look }) });
 * look.featureMaps('conv1');
 */
export const peek = (model: Module, options: PeekOptions = {}): Peek => new Peek(model, options);
