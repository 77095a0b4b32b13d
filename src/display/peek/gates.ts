// In: a recurrent layer and the sequences that it read. Out: what its gates did at every step.
import { stack, zeros } from '../../create.js';
import { ValueError } from '../../errors.js';
import { GRU, GRUCell, LSTM, LSTMCell, type RNNCell } from '../../nn/recurrent.js';
import { noGrad, type Tensor } from '../../tensor.js';
import type { Recurrence } from './probe.js';

/** Gates and states by name, each [n, time, hidden]. */
export type Gates = Readonly<Record<string, Tensor>>;

/** Numbers between 0 and 1; the others lie around zero. */
export const isShare = (gate: string): boolean => ['input', 'forget', 'output', 'reset', 'update'].includes(gate);

type Cell = RNNCell | LSTMCell | GRUCell;
type Step = Record<string, Tensor>;

/** One step: gates, and the new state. @param projected [n, gates · hidden] */
function lstmStep(cell: LSTMCell, projected: Tensor, [h, c]: readonly Tensor[]): Step {
  const parts = projected.add(h!.matmul(cell.weightHh.T)).split(cell.hidden, -1);
  const see = (part: number, row: number, state: Tensor): Tensor =>
    (cell.peephole ? parts[part]!.add(state.mul(cell.peephole.at(row))) : parts[part]!).sigmoid();
  const [input, forget, candidate] = [see(0, 0, c!), see(1, 1, c!), parts[2]!.tanh()];
  const memory = forget.mul(c!).add(input.mul(candidate));
  const output = see(3, 2, memory);
  return { input, forget, output, candidate, cell: memory, hidden: output.mul(memory.tanh()) };
}

function gruStep(cell: GRUCell, projected: Tensor, [h]: readonly Tensor[]): Step {
  const { hidden: size } = cell;
  const [xr, xz, xn] = projected.split(size, -1) as [Tensor, Tensor, Tensor];
  const [ur, uz, un] = cell.weightHh.split(size, 0) as [Tensor, Tensor, Tensor];
  const reset = xr.add(h!.matmul(ur.T)).sigmoid();
  const update = xz.add(h!.matmul(uz.T)).sigmoid();
  const scaled = (): Tensor => {
    if (cell.reset === 'before') return reset.mul(h!).matmul(un.T);
    const product = h!.matmul(un.T);
    return reset.mul(cell.biasHh ? product.add(cell.biasHh.narrow(0, 2 * size, size)) : product);
  };
  const candidate = xn.add(scaled()).tanh();
  return { reset, update, candidate, hidden: update.mul(h!).add(candidate.mul(update.neg().add(1))) };
}

function step(cell: Cell, projected: Tensor, state: readonly Tensor[]): Step {
  if (cell instanceof LSTMCell) return lstmStep(cell, projected, state);
  if (cell instanceof GRUCell) return gruStep(cell, projected, state);
  const [hidden] = cell.next(projected, state);
  return { hidden: hidden! };
}

function follow(cell: Cell, x: Tensor): Gates {
  const [n, time] = x.shape as [number, number, number];
  const start = (): Tensor => zeros([n, cell.hidden], { dtype: x.dtype });
  let state = cell instanceof LSTMCell ? [start(), start()] : [start()];
  const projected = cell.project(x).split(1, 1);
  const steps = Array.from({ length: time }, (_, t) => {
    const now = step(cell, projected[t]!.squeeze(1), state);
    state = now.cell ? [now.hidden!, now.cell] : [now.hidden!];
    return now;
  });
  return Object.fromEntries(
    Object.keys(steps[0]!).map((gate) => [
      gate,
      stack(
        steps.map((one) => one[gate]!),
        1,
      ),
    ]),
  );
}

/**
 * What the gates of one layer do with `x`, from a zero state and with the weights of now.
 * @param x [n, time, inputs]
 * @param directions 2 where the layer reads from both ends; then only the first layer, forwards, can be followed.
 */
export function gatesOf(module: Recurrence, x: Tensor, layer: number, directions: number): Gates {
  const layers = module.cells.length / directions;
  if (!(Number.isInteger(layer) && layer >= 0 && layer < (directions > 1 ? 1 : layers))) {
    throw new ValueError(
      `peek: gates of layer ${layer}`,
      directions > 1
        ? 'Of a layer that reads both ways, only layer 0 is shown.'
        : `Layers run from 0 to ${layers - 1}.`,
    );
  }
  return noGrad(() => {
    let gates: Gates = {};
    let input = x;
    for (let at = 0; at <= layer; at++) {
      gates = follow(module.cells[at] as Cell, input);
      input = gates.hidden!;
    }
    return gates;
  });
}

/** Whether a layer has gates. */
export const hasGates = (module: Recurrence): boolean => module instanceof LSTM || module instanceof GRU;
