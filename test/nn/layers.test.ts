// Every layer against PyTorch: values, gradients of inputs and weights, running statistics; on both backends, in both precisions.
import { afterAll, describe, expect, test } from 'vitest';
import { currentDevice, device } from '../../src/device.js';
import { Tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { expectClose, type Packed, readGolden, unpack, weigh } from '../golden/torch.js';

interface Case {
  kind: string;
  note: string;
  args: never[];
  training: boolean;
  inputs: Packed[];
  state: Record<string, Packed>;
  outputs: Packed[];
  inputGradients: (Packed | null)[];
  gradients: Record<string, Packed>;
  buffersAfter: Record<string, Packed>;
}
const cases = readGolden<Case[]>('torch-layers.json');

/** Names of PyTorch's parameters in ours. */
function rename(c: Case, name: string): string {
  const recurrent = /^(weight|bias)_(ih|hh)_l(\d+)(_reverse)?$/.exec(name);
  if (recurrent) {
    const [, what, from, layer, reverse] = recurrent;
    const directions = Object.keys(c.state).some((key) => key.endsWith('_reverse')) ? 2 : 1;
    return `cells.${Number(layer) * directions + (reverse ? 1 : 0)}.${what}${from === 'ih' ? 'Ih' : 'Hh'}`;
  }
  return name
    .replace('self_attn.', 'attention.')
    .replace('multihead_attn.', 'cross.')
    .replace('linear1.', 'feedForward.up.')
    .replace('linear2.', 'feedForward.down.')
    .replace('in_proj_', 'in_')
    .replace('out_proj.', 'out.')
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const factories: Readonly<Record<string, unknown>> = nn;
function build(c: Case): nn.Module {
  const make = factories[c.kind];
  if (typeof make !== 'function') throw new Error(`nn.${c.kind} does not exist`);
  const module: unknown = Reflect.apply(make, undefined, c.args);
  if (!(module instanceof nn.Module)) throw new Error(`nn.${c.kind} makes no module`);
  return module;
}

const real = (values: readonly number[], shape: readonly number[]): Packed => ({ values, shape, dtype: 'int32' });
/** What `forward` takes after the tensors. */
const extra: Readonly<Record<string, (inputs: Tensor[]) => unknown[]>> = {
  lengths: () => [{ lengths: unpack(real([5, 2, 3], [3]), 'int32') }],
  causal: ([x]) => [x, x, { causal: true }],
  keyMask: ([, k]) => [
    k,
    { keyMask: unpack({ values: [1, 1, 1, 0, 0, 1, 1, 1, 1, 1], shape: [2, 5], dtype: 'bool' }, 'bool') },
  ],
};

function tensorsOf(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsOf);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tensorsOf) : [];
}

const start = currentDevice().name;
afterAll(() => {
  device(start);
});

describe.each([...new Set([start, 'reference'])])('on %s', (backend) => {
  describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
    test.each(
      cases.map(
        (c, i) =>
          [`${i}: ${c.kind}(${JSON.stringify(c.args).slice(1, -1)}) ${c.note}${c.training ? '' : ' eval'}`, c] as const,
      ),
    )('%s', (_, c) => {
      device(backend);
      const module = build(c).to(dtype).train(c.training);
      module.loadStateDict(
        Object.fromEntries(Object.entries(c.state).map(([name, value]) => [rename(c, name), unpack(value, dtype)])),
      );
      const inputs = c.inputs.map((input) => unpack(input, dtype, true));
      const forward: (...values: never[]) => unknown = module.forward;
      const run = (...values: Tensor[]): unknown =>
        Reflect.apply(forward, module, [...values, ...(extra[c.note]?.(inputs) ?? [])]);
      const batches =
        c.note === 'three batches' ? [inputs, inputs.map((x) => x.mul(2)), inputs.map((x) => x.add(1))] : [inputs];
      const outputs = tensorsOf(batches.map((batch) => run(...batch)).at(-1));
      expect(outputs.length).toBe(c.outputs.length);
      outputs.forEach((out, i) => {
        expectClose(`output ${i}`, out, c.outputs[i]!, dtype);
      });
      const total = weigh(outputs);
      if (total.requiresGrad) total.backward();
      const scale = Math.sqrt(outputs.reduce((n, out) => n + out.size, 0));
      c.inputGradients.forEach((g, i) => {
        if (g) expectClose(`gradient of input ${i}`, inputs[i]!.grad, g, dtype, scale);
      });
      const parameters = module.namedParameters();
      for (const [name, g] of Object.entries(c.gradients))
        expectClose(`gradient of ${name}`, parameters.get(rename(c, name))!.grad, g, dtype, scale);
      const buffers = module.namedBuffers();
      for (const [name, value] of Object.entries(c.buffersAfter))
        expectClose(name, buffers.get(rename(c, name))!, value, dtype);
    });
  });
});

test('every layer that PyTorch has is compared with it', () => {
  /** Layers without a counterpart, or whose parts are compared: see the other tests of this folder. */
  const elsewhere = new Set([
    'Module',
    'Sequential',
    'Unflatten',
    'Identity',
    'Lambda',
    'Dropout2d',
    'SinusoidalPositions',
    'LearnedPositions',
    'VectorQuantizer',
    'GraphConv',
    'GraphAttention',
    'RNNCell',
    'LSTMCell',
    'GRUCell',
    'EveryStep',
    'LastStep',
    'TransformerEncoder',
    'TransformerDecoder',
    'Transformer',
  ]);
  const compared = new Set(cases.map((c) => build(c).constructor.name));
  const classes = Object.entries(nn).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof nn.Module ? [name] : [],
  );
  expect(classes.filter((name) => !compared.has(name) && !elsewhere.has(name))).toEqual([]);
});
