// Recurrences as one node: the same values and gradients as with every step written out, at a cost of description that time does not change.
import { afterAll, describe, expect, test } from 'vitest';
import { inspectRuns } from '../src/evaluate.js';
import { device, grad, manualSeed, nn, randn, stack, type Tensor, tensor } from '../src/index.js';
import { profile } from '../src/profile.js';

const before = device().split(' ')[0]!;
afterAll(() => void device(before));

interface Recurrent extends nn.Module {
  readonly cells: readonly { readonly parts: number }[];
  forward(x: Tensor, options?: nn.RecurrentInput): nn.RecurrentOutput;
}
/** A batch whose rows are run in parts, and one too small for it. */
const batches = [32, 3];
const layers: [string, () => Recurrent][] = [
  ['rnn', () => nn.rnn(5, 24)],
  ['rnn with relu', () => nn.rnn(5, 24, { nonlinearity: 'relu' })],
  ['lstm', () => nn.lstm(5, 24)],
  ['lstm, wide', () => nn.lstm(5, 64)],
  ['lstm with peepholes', () => nn.lstm(5, 24, { peephole: true })],
  ['gru', () => nn.gru(5, 24)],
  ['gru, reset before', () => nn.gru(5, 24, { reset: 'before' })],
  ['two layers in both directions', () => nn.lstm(5, 12, { layers: 2, bidirectional: true })],
];

/** Output, state and gradients of everything, on a device. */
function results(name: string, make: () => Recurrent, batch: number, packed: boolean): number[][] {
  device(name);
  manualSeed(3);
  const layer = make();
  const x = randn([batch, 6, 5]);
  x.eval();
  const lengths = tensor(
    Array.from({ length: batch }, (_, i) => 1 + (i % 6)),
    { dtype: 'int32' },
  );
  const { output, state } = layer.forward(x, packed ? { lengths } : {});
  const values = [output, ...state];
  values
    .map((value, i) =>
      value
        .mul(0.3 + i)
        .sin()
        .sum(),
    )
    .reduce((p, q) => p.add(q))
    .backward();
  return [...values, ...[...layer.parameters()].map((parameter) => parameter.grad!)].map((t) => [...t.dataSync()]);
}

describe.each(layers)('%s', (_name, make) => {
  test.each(batches.flatMap((batch) => [[batch, false] as const, [batch, true] as const]))(
    'batch %d, lengths %s: the CPU gives what the reference gives',
    (batch, packed) => {
      const [cpu, reference] = [results('cpu', make, batch, packed), results('reference', make, batch, packed)];
      expect(cpu.length).toBe(reference.length);
      cpu.forEach((values, i) => {
        const scale = Math.max(1, ...reference[i]!.map(Math.abs));
        values.forEach((value, k) => {
          expect(Math.abs(value - reference[i]![k]!), `tensor ${i}, element ${k}`).toBeLessThan(2e-5 * scale);
        });
      });
    },
  );
});

describe('what a recurrence costs to describe', () => {
  /** Nodes and kernels of a step of training. */
  async function cost(time: number): Promise<{ nodes: number; kernels: number }> {
    device('cpu');
    const layer = nn.lstm(4, 8);
    const x = randn([16, time, 4]).eval();
    let nodes = 0;
    inspectRuns(({ order }) => {
      nodes += order.length;
    });
    const kernels = await profile(() => {
      const loss = layer.forward(x).output.square().mean();
      loss.backward();
      for (const parameter of layer.parameters()) parameter.grad!.eval();
      loss.item();
    });
    inspectRuns(null);
    return { nodes, kernels: kernels.length };
  }
  test('does not grow with time', async () => {
    expect(await cost(50)).toEqual(await cost(5));
  });
});

test('a gradient of a gradient flows through', () => {
  device('cpu');
  manualSeed(4);
  const layer = nn.gru(2, 3);
  const x = randn([16, 4, 2]);
  const f = (t: Tensor): Tensor => layer.forward(t).output.sin().sum();
  const slope = (t: Tensor): Tensor => grad(f)(t).square().sum();
  const found = grad(slope)(x);
  layer.to('float64');
  const wide = x.to('float64');
  const step = 1e-5;
  for (const at of [0, 57, 127]) {
    const moved = (delta: number): number => {
      const values = wide.dataSync();
      values[at]! += delta;
      return slope(tensor(values, { shape: [16, 4, 2], dtype: 'float64' })).item();
    };
    expect(found.dataSync()[at]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 3);
  }
});

test('a state can be asked for after the parameters changed', () => {
  device('cpu');
  const layer = nn.lstm(2, 3);
  const x = randn([2, 4, 2]).eval();
  const result = layer.forward(x);
  const expected = stack([...layer.forward(x).state]).dataSync();
  result.output.sum().backward();
  for (const parameter of layer.parameters()) parameter.assign(parameter.sub(parameter.grad!.mul(0.1)).detach());
  result.output.eval();
  expect([...stack([...result.state]).dataSync()]).toEqual([...expected]);
});
