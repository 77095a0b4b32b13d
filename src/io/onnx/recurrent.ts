// In: a recurrent layer and a sequence [n, time, inputs]. Out: the ONNX operations that compute the same, layer by layer.
import { zeros } from '../../create.js';
import * as nn from '../../nn/index.js';
import { Tensor } from '../../tensor.js';
import type { Attribute, OnnxGraph } from './graph.js';

type Recurrent = nn.RNN | nn.LSTM | nn.GRU;
type Cell = Recurrent['cells'][number];

/** How ONNX names a kind of cell, and in which order it wants our gates: https://onnx.ai/onnx/operators. */
interface Form {
  readonly operator: 'RNN' | 'LSTM' | 'GRU';
  readonly gates: readonly number[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}
function formOf(cell: Cell, directions: number): Form {
  // Ours are i, f, g, o; theirs i, o, f, c.
  if (cell instanceof nn.LSTMCell) return { operator: 'LSTM', gates: [0, 3, 1, 2], attributes: {} };
  // Ours are r, z, n; theirs z, r, h.
  if (cell instanceof nn.GRUCell)
    return {
      operator: 'GRU',
      gates: [1, 0, 2],
      attributes: { linear_before_reset: { int: cell.reset === 'after' ? 1 : 0 } },
    };
  const relu = cell instanceof nn.RNNCell && cell.nonlinearity === 'relu';
  return {
    operator: 'RNN',
    gates: [0],
    attributes: relu ? { activations: { texts: new Array<string>(directions).fill('Relu') } } : {},
  };
}

/** The parts of a stacked weight in another order. */
const ordered = (t: Tensor, order: readonly number[]): Tensor => {
  const parts = t.split(t.shape[0]! / order.length, 0);
  return Tensor.concat(order.map((i) => parts[i]!));
};

/** One layer, in one direction or both: [time, n, inputs] → [time, directions, n, hidden]. */
function layer(cells: readonly Cell[], x: string, graph: OnnxGraph): string {
  const [first] = cells as readonly [Cell];
  const { operator, gates, attributes } = formOf(first, cells.length);
  const both = (name: string, of: (cell: Cell) => Tensor): string => graph.derived(name, Tensor.stack(cells.map(of)));
  const inputs = [
    x,
    both('W', (cell) => ordered(cell.weightIh, gates)),
    both('R', (cell) => ordered(cell.weightHh, gates)),
  ];
  const bias = (t: Tensor | null, cell: Cell): Tensor =>
    ordered(t ?? zeros([cell.weightIh.shape[0]!], { dtype: cell.weightIh.dtype }), gates);
  inputs.push(both('B', (cell) => Tensor.concat([bias(cell.biasIh, cell), bias(cell.biasHh, cell)])));
  if (first instanceof nn.LSTMCell && first.peephole) {
    // No lengths and no first states; ours are i, f, o, theirs i, o, f.
    inputs.push('', '', '');
    inputs.push(both('P', (cell) => peepholes(cell)));
  }
  const direction = cells.length === 2 ? 'bidirectional' : 'forward';
  const size = { hidden_size: { int: first.hidden }, direction: { text: direction } };
  return graph.add(operator, inputs, { ...size, ...attributes });
}
function peepholes(cell: Cell): Tensor {
  const rows = cell instanceof nn.LSTMCell ? cell.peephole : null;
  return ordered(rows ?? zeros([3, cell.hidden]), [0, 2, 1]).reshape(-1);
}

/** All layers: the name of what the last one gives, [time, directions, n, hidden]. */
function layers({ cells, directions }: Recurrent, x: string, graph: OnnxGraph): string {
  let sequence = graph.add('Transpose', [x], { perm: { ints: [1, 0, 2] } });
  let output = sequence;
  for (let i = 0; i < cells.length; i += directions) {
    if (i > 0) {
      const aside = graph.add('Transpose', [output], { perm: { ints: [0, 2, 1, 3] } });
      sequence = graph.add('Reshape', [aside, graph.ints('shape', [0, 0, -1])]);
    }
    output = layer(cells.slice(i, i + directions), sequence, graph);
  }
  return output;
}

/** [n, time, hidden · directions] */
export function everyStep(recurrent: Recurrent, x: string, graph: OnnxGraph, output?: string): string {
  const aside = graph.add('Transpose', [layers(recurrent, x, graph)], { perm: { ints: [2, 0, 1, 3] } });
  return graph.add('Reshape', [aside, graph.ints('shape', [0, 0, -1])], {}, output);
}

/** [n, hidden · directions]: forwards the last step, backwards the first. */
export function lastStep(recurrent: Recurrent, x: string, graph: OnnxGraph, output?: string): string {
  const all = layers(recurrent, x, graph);
  const ends = Array.from({ length: recurrent.directions }, (_, i) => {
    const step = graph.add('Gather', [all, graph.ints('step', [i === 0 ? -1 : 0])], { axis: { int: 0 } });
    return graph.add('Gather', [step, graph.ints('direction', [i])], { axis: { int: 1 } });
  });
  const joined = ends.length > 1 ? graph.add('Concat', ends, { axis: { int: 3 } }) : ends[0]!;
  return graph.add('Squeeze', [joined, graph.ints('axes', [0, 1])], {}, output);
}
