// In: sequences [n, time, inputs]. Out: a state for every step [n, time, hidden], carried from step to step.
import { arange, stack, zeros } from '../create.js';
import { promote } from '../dtype.js';
import { IndexError, ShapeError, show, ValueError } from '../errors.js';
import type { Node } from '../graph.js';
import { loop } from '../loop.js';
import { sameShape } from '../shape.js';
import { Parameter, Tensor } from '../tensor.js';
import { checkCount, checkProbability } from './check.js';
import { Dropout } from './dropout.js';
import { uniform } from './init.js';
import { Module } from './module.js';

/** Options of recurrent layers. */
export interface RecurrentOptions {
  /** Layers on top of each other. Default 1. */
  layers?: number;
  /** Adds learnt constants. Default true. */
  bias?: boolean;
  /** Reads the sequence from both ends; the outputs are joined. Default false. */
  bidirectional?: boolean;
  /** Dropout between layers. Default 0. */
  dropout?: number;
}
/** What goes into `forward` beside the sequence. */
export interface RecurrentInput {
  /** State before the first step, each part [layers · directions, n, hidden]. Default zeros. */
  state?: readonly Tensor[];
  /** Number of valid steps of each sequence, [n]. Beyond it outputs are 0 and the state stands still. */
  lengths?: Tensor;
}
/** What a recurrent layer returns. */
export interface RecurrentOutput {
  /** The hidden state of the last layer at every step, [n, time, hidden · directions]. */
  readonly output: Tensor;
  /** State after the last (valid) step, each part [layers · directions, n, hidden]: hidden, and for LSTM cell. */
  readonly state: readonly Tensor[];
}

/** One layer in one direction: what happens at a step. Weights are laid out as PyTorch's, gates stacked on axis 0. */
abstract class Cell extends Module {
  /** [gates · hidden, inputs] */
  readonly weightIh: Parameter;
  /** [gates · hidden, hidden] */
  readonly weightHh: Parameter;
  readonly biasIh: Parameter | null;
  readonly biasHh: Parameter | null;

  constructor(
    readonly inputs: number,
    readonly hidden: number,
    gates: number,
    bias: boolean,
  ) {
    super();
    const bound = 1 / Math.sqrt(hidden);
    const draw = (...shape: number[]): Parameter => new Parameter(uniform(shape, -bound, bound));
    this.weightIh = draw(gates * hidden, inputs);
    this.weightHh = draw(gates * hidden, hidden);
    this.biasIh = bias ? draw(gates * hidden) : null;
    this.biasHh = bias ? draw(gates * hidden) : null;
  }
  /** Number of tensors in the state. */
  abstract readonly parts: number;
  /** The part of a step that needs no state, for all steps at once: [n, time, inputs] → [n, time, gates · hidden]. */
  project(x: Tensor): Tensor {
    const y = x.matmul(this.weightIh.T);
    const bias = this.constants();
    return bias ? y.add(bias) : y;
  }
  /** What every step adds, whatever the state: both biases, so that their gradient is one sum. */
  protected constants(): Tensor | null {
    return this.biasIh && this.biasHh && this.biasIh.add(this.biasHh);
  }
  /** The part of a step that reads the hidden state: [n, hidden] → [n, gates · hidden]. */
  protected recall(hidden: Tensor): Tensor {
    return hidden.matmul(this.weightHh.T);
  }
  /** The new state from the projected input [n, gates · hidden] and the old state; the hidden state comes first. */
  abstract next(projected: Tensor, state: readonly Tensor[]): Tensor[];

  override describe(): string {
    return `${this.inputs} → ${this.hidden}`;
  }
  /** One step: x [n, inputs] and the state give the new state. */
  forward(x: Tensor, state?: readonly Tensor[]): Tensor[] {
    const start =
      state ?? Array.from({ length: this.parts }, () => zeros([x.shape[0]!, this.hidden], { dtype: x.dtype }));
    return this.next(this.project(x), start);
  }
}

/** h′ = tanh(W·x + U·h + b), or relu. */
export class RNNCell extends Cell {
  readonly parts = 1;
  constructor(
    inputs: number,
    hidden: number,
    readonly nonlinearity: 'tanh' | 'relu' = 'tanh',
    bias = true,
  ) {
    super(inputs, hidden, 1, bias);
  }
  next(projected: Tensor, [h]: readonly Tensor[]): Tensor[] {
    const sum = projected.add(this.recall(h!));
    return [this.nonlinearity === 'relu' ? sum.relu() : sum.tanh()];
  }
}

/** Long short-term memory (Hochreiter and Schmidhuber, 1997), gates i, f, g, o; with peepholes (Gers and Schmidhuber, 2000) the gates see the cell too. */
export class LSTMCell extends Cell {
  readonly parts = 2;
  /** [3, hidden]: what i, f and o see of the cell. */
  readonly peephole: Parameter | null;

  constructor(inputs: number, hidden: number, bias = true, peephole = false) {
    super(inputs, hidden, 4, bias);
    const bound = 1 / Math.sqrt(hidden);
    this.peephole = peephole ? new Parameter(uniform([3, hidden], -bound, bound)) : null;
  }
  next(projected: Tensor, [h, c]: readonly Tensor[]): Tensor[] {
    const [i, f, g, o] = projected.add(this.recall(h!)).split(this.hidden, -1) as [Tensor, Tensor, Tensor, Tensor];
    const see = (gate: Tensor, row: number, cell: Tensor): Tensor =>
      (this.peephole ? gate.add(cell.mul(this.peephole.at(row))) : gate).sigmoid();
    const cell = see(f, 1, c!)
      .mul(c!)
      .add(see(i, 0, c!).mul(g.tanh()));
    return [see(o, 2, cell).mul(cell.tanh()), cell];
  }
}

/**
 * Gated recurrent unit (Cho et al., 2014), gates r, z, n. `reset: 'after'` scales the product U·h (PyTorch, cuDNN);
 * `'before'` scales h itself (the paper).
 */
export class GRUCell extends Cell {
  readonly parts = 1;
  constructor(
    inputs: number,
    hidden: number,
    readonly reset: 'after' | 'before' = 'after',
    bias = true,
  ) {
    super(inputs, hidden, 3, bias);
  }
  next(projected: Tensor, [h]: readonly Tensor[]): Tensor[] {
    const { hidden } = this;
    const previous = h!;
    if (this.reset === 'after') {
      const [xr, xz, xn] = projected.split(hidden, -1) as [Tensor, Tensor, Tensor];
      const [hr, hz, product] = this.recall(previous).split(hidden, -1) as [Tensor, Tensor, Tensor];
      const hn = this.biasHh ? product.add(this.biasHh.narrow(0, 2 * hidden, hidden)) : product;
      return [blend(xz.add(hz).sigmoid(), previous, xn.add(xr.add(hr).sigmoid().mul(hn)).tanh())];
    }
    const [gates, candidate] = [this.weightHh.narrow(0, 0, 2 * hidden), this.weightHh.narrow(0, 2 * hidden, hidden)];
    const [r, z] = projected
      .narrow(-1, 0, 2 * hidden)
      .add(previous.matmul(gates.T))
      .sigmoid()
      .split(hidden, -1) as [Tensor, Tensor];
    const fresh = projected.narrow(-1, 2 * hidden, hidden).add(r.mul(previous).matmul(candidate.T));
    return [blend(z, previous, fresh.tanh())];
  }
  /** With `reset: 'after'` the last part of the bias is reset too, so it stays with the state. */
  protected override constants(): Tensor | null {
    if (this.reset === 'before' || !this.biasIh || !this.biasHh) return super.constants();
    const { hidden } = this;
    return this.biasIh.add(this.biasHh.narrow(0, 0, 2 * hidden).pad([0, hidden]));
  }
}
/** z·old + (1 − z)·fresh. */
const blend = (z: Tensor, old: Tensor, fresh: Tensor): Tensor => fresh.add(z.mul(old.sub(fresh)));

/** What a cell did in one direction. */
interface Run {
  /** Its hidden state at every step, 0 where a step does not count: [time, n, hidden]. */
  readonly output: Tensor;
  /** Part k of the state after the last step that counts: [n, hidden]. */
  last(k: number): Tensor;
}
const tensors = (nodes: readonly Node[]): Tensor[] => nodes.map((node) => new Tensor(node));
const nodes = (list: readonly Tensor[]): Node[] => list.map(({ node }) => node);

/**
 * Runs a cell over time.
 * @param x [time, n, inputs]
 * @param valid where a step counts: [time, n, 1]
 */
function run(cell: Cell, x: Tensor, start: readonly Tensor[], backwards: boolean, valid: Tensor | null): Run {
  const step = (carry: readonly Tensor[], elements: readonly Tensor[]): { state: Tensor[]; output?: Tensor } => {
    const [here, mask] = elements;
    const next = cell.next(here!, carry);
    if (!mask) return { state: next };
    return { state: next.map((part, k) => part.where(mask, carry[k]!)), output: next[0]!.where(mask, 0) };
  };
  const projected = cell.project(x);
  const sequences = [projected, ...(valid ? [valid] : [])];
  const dtype = start.map((part) => part.dtype).reduce(promote, projected.dtype);
  const before = start.map((part) => part.to(dtype));
  const time = x.shape[0]!;
  if (time === 1) {
    const { state, output } = step(
      before,
      sequences.map((all) => all.squeeze(0)),
    );
    return { output: (output ?? state[0]!).unsqueeze(0), last: (k) => state[k]! };
  }
  const all = loop(
    nodes(before),
    nodes(sequences),
    (carry, elements) => {
      const { state, output } = step(tensors(carry), tensors(elements));
      return { carry: nodes(state), outputs: output ? [output.node] : [] };
    },
    backwards,
  );
  return {
    output: new Tensor(all.stack(valid ? cell.parts : 0)),
    last: (k) => new Tensor(all.stack(k)).narrow(0, backwards ? 0 : time - 1, 1).squeeze(0),
  };
}

abstract class Recurrent extends Module {
  /** Cells, layer by layer; with two directions forward and backward alternate. */
  readonly cells: readonly Cell[];
  /** 2 where the sequence is read from both ends. */
  readonly directions: 1 | 2;
  readonly #dropout: Dropout | null;

  constructor(
    private readonly name: string,
    readonly inputs: number,
    readonly hidden: number,
    { layers = 1, bidirectional = false, dropout = 0 }: RecurrentOptions,
    make: (inputs: number) => Cell,
  ) {
    super();
    checkCount(name, { inputs, hidden, layers });
    checkProbability(name, dropout);
    this.directions = bidirectional ? 2 : 1;
    const count = this.directions;
    this.cells = Array.from({ length: layers * count }, (_, i) => make(i < count ? inputs : hidden * count));
    this.#dropout = dropout > 0 ? new Dropout(dropout) : null;
  }

  /**
   * @param x [n, time, inputs]
   * @throws ShapeError when the sequence or the state does not fit; IndexError for a length beyond the sequence.
   */
  forward(x: Tensor, options: RecurrentInput = {}): RecurrentOutput {
    const { hidden, cells } = this;
    if (x.rank !== 3 || x.shape[2] !== this.inputs)
      throw new ShapeError(
        `${this.name}(${this.inputs}, ${hidden}): input ${show(x.shape)}`,
        `It takes [batch, time, ${this.inputs}].`,
      );
    const [n, time] = x.shape as [number, number, number];
    if (time === 0) throw new ShapeError(`${this.name}: input ${show(x.shape)} has no steps`, 'Give at least one.');
    const { parts } = cells[0]!;
    const start =
      options.state ?? Array.from({ length: parts }, () => zeros([cells.length, n, hidden], { dtype: x.dtype }));
    if (start.length !== parts || start.some((part) => !sameShape(part.shape, [cells.length, n, hidden]))) {
      throw new ShapeError(
        `${this.name}: state of shapes ${start.map((part) => show(part.shape)).join(', ')}`,
        `It takes ${parts} of ${show([cells.length, n, hidden])}: [layers · directions, batch, hidden].`,
      );
    }
    const valid = options.lengths ? this.#valid(options.lengths, n, time) : null;
    const directions = this.directions;
    const runs: Run[] = [];
    let sequence: Tensor = x.transpose(0, 1); // [time, n, inputs]
    for (let layer = 0; layer < cells.length / directions; layer++) {
      if (layer > 0 && this.#dropout) sequence = this.#dropout.train(this.training).forward(sequence);
      const both = Array.from({ length: directions }, (_, direction) => {
        const at = layer * directions + direction;
        return run(
          cells[at]!,
          sequence,
          start.map((part) => part.at(at)),
          direction === 1,
          valid,
        );
      });
      runs.push(...both);
      sequence = Tensor.concat(
        both.map(({ output }) => output),
        2,
      );
    }
    return {
      output: sequence.transpose(0, 1),
      get state() {
        return Array.from({ length: parts }, (_, part) => stack(runs.map(({ last }) => last(part))));
      },
    };
  }
  #valid(lengths: Tensor, n: number, time: number): Tensor {
    if (!sameShape(lengths.shape, [n]))
      throw new ShapeError(
        `${this.name}: lengths ${show(lengths.shape)}`,
        `They must be [${n}], one for each sequence.`,
      );
    const values = lengths.node.storage?.shared;
    const wrong = values ? Array.from(values).findIndex((v) => v < 1 || v > time) : -1;
    if (wrong >= 0)
      throw new IndexError(
        `${this.name}: length ${values![wrong]} of sequence ${wrong}, with ${time} steps`,
        `Lengths run from 1 to ${time}.`,
      );
    return arange(time).unsqueeze(1).lt(lengths.unsqueeze(0)).unsqueeze(2); // [time, n, 1]
  }
  override describe(): string {
    const layers = this.cells.length / this.directions;
    return [
      `${this.inputs} → ${this.hidden}`,
      ...(layers > 1 ? [`${layers} layers`] : []),
      ...(this.directions > 1 ? ['both directions'] : []),
    ].join(', ');
  }
}

/** Elman's recurrent network. */
export class RNN extends Recurrent {
  constructor(inputs: number, hidden: number, options: RecurrentOptions & { nonlinearity?: 'tanh' | 'relu' } = {}) {
    const { nonlinearity = 'tanh', bias = true } = options;
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
      throw new ValueError(`rnn: nonlinearity '${String(nonlinearity satisfies never)}'`, "Use 'tanh' or 'relu'.");
    super('rnn', inputs, hidden, options, (width) => new RNNCell(width, hidden, nonlinearity, bias));
  }
}
/** Long short-term memory. */
export class LSTM extends Recurrent {
  constructor(inputs: number, hidden: number, options: RecurrentOptions & { peephole?: boolean } = {}) {
    super(
      'lstm',
      inputs,
      hidden,
      options,
      (width) => new LSTMCell(width, hidden, options.bias ?? true, options.peephole ?? false),
    );
  }
}
/** Gated recurrent units. */
export class GRU extends Recurrent {
  constructor(inputs: number, hidden: number, options: RecurrentOptions & { reset?: 'after' | 'before' } = {}) {
    super(
      'gru',
      inputs,
      hidden,
      options,
      (width) => new GRUCell(width, hidden, options.reset ?? 'after', options.bias ?? true),
    );
  }
}

/** A recurrent network over [n, time, inputs]; weights start uniform on ±1/√hidden. */
export const rnn = (
  inputs: number,
  hidden: number,
  options?: RecurrentOptions & { nonlinearity?: 'tanh' | 'relu' },
): RNN => new RNN(inputs, hidden, options);
/** An LSTM over [n, time, inputs]; `peephole` lets the gates see the cell. */
export const lstm = (inputs: number, hidden: number, options?: RecurrentOptions & { peephole?: boolean }): LSTM =>
  new LSTM(inputs, hidden, options);
/** A GRU over [n, time, inputs]; `reset` says where the reset gate acts. */
export const gru = (inputs: number, hidden: number, options?: RecurrentOptions & { reset?: 'after' | 'before' }): GRU =>
  new GRU(inputs, hidden, options);
