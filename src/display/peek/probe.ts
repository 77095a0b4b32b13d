// In: a module. Out: what goes through it: its newest input, output, gradient and attention, computed together with the training step.
import { isFloat } from '../../dtype.js';
import { isRecording, make } from '../../graph.js';
import { MultiHeadAttention } from '../../nn/attention.js';
import { intercept } from '../../nn/intercept.js';
import type { Module } from '../../nn/module.js';
import { GRU, LSTM, RNN } from '../../nn/recurrent.js';
import { Tensor } from '../../tensor.js';
import { Newest } from '../newest.js';

/** The first tensor in what a module returns: alone, in a list or in a record. */
function firstTensor(value: unknown): Tensor | undefined {
  if (value instanceof Tensor) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = firstTensor(inner);
    if (found) return found;
  }
  return undefined;
}

/**
 * The same tensor as a value of this pass alone, through which a gradient flows even where nothing before it asks for
 * one.
 */
function reachable(x: Tensor): Tensor {
  if (!isFloat(x.dtype)) return x;
  const node = make('reshape', [x.node], { shape: x.shape });
  if (!node.tracked) {
    node.tracked = true;
    node.custom = { inputs: [], rule: () => [] };
  }
  return new Tensor(node);
}

/** A recurrent layer over whole sequences. */
export type Recurrence = RNN | LSTM | GRU;
export const isRecurrence = (module: Module): module is Recurrence =>
  module instanceof RNN || module instanceof LSTM || module instanceof GRU;

/** Looks at one module. */
export class Probe {
  /** Of recurrent layers: what they read. */
  readonly input = new Newest();
  readonly output = new Newest();
  /** Of the loss, by the output. */
  readonly gradient = new Newest();
  /** Of the loss, by the input of a recurrent layer. */
  readonly inputGradient = new Newest();
  /** Weights of attention, [n, heads, queries, keys]. */
  readonly attention = new Newest();
  readonly #stops: (() => void)[];

  /** @param wanted whether the pass under way is looked at. */
  constructor(
    readonly name: string,
    readonly module: Module,
    gradients: boolean,
    wanted: () => boolean,
  ) {
    const recurrent = isRecurrence(module);
    this.#stops = [
      intercept(module, 'forward', (values, call) => {
        if (!wanted()) return call(values);
        const [x, ...rest] = values;
        const watching = gradients && isRecording();
        const given = recurrent && watching && x instanceof Tensor ? reachable(x) : x;
        if (recurrent && given instanceof Tensor) {
          this.input.set(given);
          if (watching && given.requiresGrad) given.onGradient((g) => this.inputGradient.set(g));
        }
        const result = call([given, ...rest]);
        const out = firstTensor(result);
        if (out) this.output.set(out);
        if (out?.requiresGrad && watching) out.onGradient((g) => this.gradient.set(g));
        return result;
      }),
    ];
    if (module instanceof MultiHeadAttention) {
      this.#stops.push(
        intercept(module, 'attend', (values, call) => {
          const result = call(values);
          if (wanted() && typeof result === 'object' && result !== null && 'weights' in result) {
            const { weights } = result;
            if (weights instanceof Tensor) this.attention.set(weights);
          }
          return result;
        }),
      );
    }
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}
