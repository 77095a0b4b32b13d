// In: sequences [n, time, inputs]. Out: one tensor of what a recurrent layer makes of them, so that `sequential` can go on.
import { Tensor } from '../tensor.js';
import { Module } from './module.js';
import type { GRU, LSTM, RNN } from './recurrent.js';

/** The hidden state of the last layer after every step. */
export class EveryStep extends Module {
  constructor(readonly layer: RNN | LSTM | GRU) {
    super();
  }
  /** @param x [n, time, inputs] @returns [n, time, hidden · directions] */
  forward(x: Tensor): Tensor {
    return this.layer.forward(x).output;
  }
}
/** The hidden state of the last layer at the end of the sequence; of both directions at their ends. */
export class LastStep extends Module {
  constructor(readonly layer: RNN | LSTM | GRU) {
    super();
  }
  /** @param x [n, time, inputs] @returns [n, hidden · directions] */
  forward(x: Tensor): Tensor {
    const { state } = this.layer.forward(x);
    const hidden = state[0]!; // [layers · directions, n, hidden]
    const { cells, directions } = this.layer;
    return Tensor.concat(
      Array.from({ length: directions }, (_, i) => hidden.at(cells.length - directions + i)),
      1,
    );
  }
}

/**
 * What a recurrent layer gives after every step, [n, time, hidden · directions], as a layer for `sequential`.
 * @example sequential(embedding(65, 32), everyStep(lstm(32, 64)), linear(64, 65))
 */
export const everyStep = (layer: RNN | LSTM | GRU): EveryStep => new EveryStep(layer);
/**
 * What a recurrent layer gives at the end, [n, hidden · directions], as a layer for `sequential`.
 * @example sequential(embedding(65, 32), lastStep(gru(32, 64, { bidirectional: true })), linear(128, 2))
 */
export const lastStep = (layer: RNN | LSTM | GRU): LastStep => new LastStep(layer);
