// In: a layer of gradlab/nn and what goes into it. Out: the ONNX operations that compute the same when the layer is in use.
import { full } from '../../create.js';
import { ShapeError, show, ValueError } from '../../errors.js';
import { extents } from '../../nn/conv.js';
import * as nn from '../../nn/index.js';
import type { Extent, Tensor } from '../../tensor.js';
import type { Attribute, OnnxGraph } from './graph.js';
import { everyStep, lastStep } from './recurrent.js';

/** A value on its way through the graph. */
export interface Value {
  readonly name: string;
  /** Shape and dtype. */
  readonly tensor: Tensor;
}
type Emit<M> = (layer: M, x: Value, graph: OnnxGraph, output?: string) => string;
/** How one kind of layer is written. */
export interface Rule {
  readonly kind: string;
  /** Writes `layer`; null where it is of another kind, or computes something else. */
  emit(layer: nn.Module, x: Value, graph: OnnxGraph, output?: string): string | null;
}
type Kind<M extends nn.Module> = { readonly name: string; readonly prototype: M } & (abstract new (
  ...args: never[]
) => M);

/** A subclass counts as the kind as long as it has not got a `forward` of its own. */
const rule = <M extends nn.Module>(kind: Kind<M>, emit: Emit<M>): Rule => ({
  kind: kind.name,
  emit: (layer, x, graph, output) =>
    layer instanceof kind && layer.forward === kind.prototype.forward ? emit(layer, x, graph, output) : null,
});
/** An operation without parameters. */
const plain = <M extends nn.Module>(
  kind: Kind<M>,
  operator: string,
  attributes: (layer: M) => Readonly<Record<string, Attribute>> = () => ({}),
): Rule => rule(kind, (layer, x, graph, output) => graph.add(operator, [x.name], attributes(layer), output));

const pads = (low: readonly number[], high: readonly number[] = low): Attribute => ({ ints: [...low, ...high] });
const scalar = (x: Value, value: number): Tensor => full([], value, { dtype: x.tensor.dtype });
const constant = (x: Value, graph: OnnxGraph, name: string, length: number, value: number): string =>
  graph.derived(name, full([length], value, { dtype: x.tensor.dtype }));

/** Throws unless the input has the axes [batch, channels, …rank], which ONNX asks for. */
function spatial(x: Value, rank: number, what: string): readonly number[] {
  if (x.tensor.rank !== rank + 2)
    throw new ShapeError(
      `ONNX export: ${what} of an input ${show(x.tensor.shape)}`,
      `In ONNX it needs ${rank + 2} axes: [batch, channels, …spatial].`,
    );
  return x.tensor.shape.slice(2);
}

type Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d;
const convolution: Emit<Convolution> = (layer, x, graph, output) => {
  const rank = layer.kernel.length;
  const lengths = spatial(x, rank, layer.constructor.name);
  const { stride = 1, dilation = 1, padding = 0, groups = 1 } = layer.options;
  const [strides, dilations] = [extents(stride, rank), extents(dilation, rank)];
  // 'same' as in tensor.ts: the odd one goes to the end.
  const total = lengths.map((n, i) =>
    Math.max(0, (Math.ceil(n / strides[i]!) - 1) * strides[i]! + (layer.kernel[i]! - 1) * dilations[i]! + 1 - n),
  );
  const low = padding === 'same' ? total.map((t) => Math.floor(t / 2)) : extents(padding, rank);
  const high = padding === 'same' ? total.map((t, i) => t - low[i]!) : low;
  const inputs = [x.name, graph.tensor('weight', layer.weight)];
  if (layer.bias) inputs.push(graph.tensor('bias', layer.bias));
  return graph.add(
    'Conv',
    inputs,
    {
      kernel_shape: { ints: layer.kernel },
      strides: { ints: strides },
      dilations: { ints: dilations },
      pads: pads(low, high),
      group: { int: groups },
    },
    output,
  );
};

const transposed: Emit<nn.ConvTranspose1d> = (layer, x, graph, output) => {
  spatial(x, layer.kernel.length, layer.constructor.name);
  const { stride, padding, outputPadding, dilation, groups } = layer.geometry;
  const inputs = [x.name, graph.tensor('weight', layer.weight)];
  if (layer.bias) inputs.push(graph.tensor('bias', layer.bias));
  return graph.add(
    'ConvTranspose',
    inputs,
    {
      kernel_shape: { ints: layer.kernel },
      strides: { ints: stride },
      dilations: { ints: dilation },
      pads: pads(padding),
      output_padding: { ints: outputPadding },
      group: { int: groups },
    },
    output,
  );
};

type Pooling = nn.MaxPool1d | nn.MaxPool2d | nn.MaxPool3d | nn.AvgPool1d | nn.AvgPool2d | nn.AvgPool3d;
const pool =
  (operator: 'MaxPool' | 'AveragePool', rank: number): Emit<Pooling> =>
  (layer, x, graph, output) => {
    spatial(x, rank, layer.constructor.name);
    const { stride = layer.kernel, padding = 0, dilation = 1 } = layer.options;
    return graph.add(
      operator,
      [x.name],
      {
        kernel_shape: { ints: extents(layer.kernel, rank) },
        strides: { ints: extents(stride, rank) },
        pads: pads(extents(padding, rank)),
        dilations: { ints: extents(dilation, rank) },
        ...(operator === 'AveragePool' && {
          count_include_pad: { int: layer.options.countIncludePad === false ? 0 : 1 },
        }),
      },
      output,
    );
  };

const adaptivePool =
  (operator: 'MaxPool' | 'AveragePool', rank: number): Emit<nn.Module & { readonly size: Extent }> =>
  (layer, x, graph, output) => {
    const lengths = spatial(x, rank, layer.constructor.name);
    const size = extents(layer.size, rank);
    if (size.some((n, i) => lengths[i]! % n !== 0))
      throw new ValueError(
        `ONNX export: ${layer.constructor.name} from ${show(lengths)} to ${show(size)}`,
        'ONNX knows only windows of one size: choose output lengths that divide the input lengths.',
      );
    const window = size.map((n, i) => lengths[i]! / n);
    return graph.add(operator, [x.name], { kernel_shape: { ints: window }, strides: { ints: window } }, output);
  };

const batchNorm: Emit<nn.BatchNorm1d> = (layer, x, graph, output) => {
  const { weight, bias, runningMean, runningVar, channels } = layer;
  if (!runningMean || !runningVar)
    throw new ValueError(
      `ONNX export: ${layer.constructor.name} without running statistics`,
      'Make it with { trackRunningStats: true }, so that it depends on one sample only.',
    );
  const inputs = [
    x.name,
    weight ? graph.tensor('weight', weight) : constant(x, graph, 'weight', channels, 1),
    bias ? graph.tensor('bias', bias) : constant(x, graph, 'bias', channels, 0),
    graph.tensor('runningMean', runningMean),
    graph.tensor('runningVar', runningVar),
  ];
  return graph.add('BatchNormalization', inputs, { epsilon: { float: layer.eps } }, output);
};

const groupNorm =
  (operator: 'GroupNormalization' | 'InstanceNormalization'): Emit<nn.GroupNorm> =>
  (layer, x, graph, output) => {
    const { weight, bias, channels } = layer;
    const inputs = [
      x.name,
      weight ? graph.tensor('weight', weight) : constant(x, graph, 'weight', channels, 1),
      bias ? graph.tensor('bias', bias) : constant(x, graph, 'bias', channels, 0),
    ];
    const groups: Record<string, Attribute> =
      operator === 'GroupNormalization' ? { num_groups: { int: layer.groups } } : {};
    return graph.add(operator, inputs, { epsilon: { float: layer.eps }, ...groups }, output);
  };

const reshape = (x: Value, graph: OnnxGraph, lengths: readonly number[], output?: string): string =>
  graph.add('Reshape', [x.name, graph.ints('shape', lengths)], {}, output);

/** One row for every kind of layer; more special ones first. */
export const rules: readonly Rule[] = [
  rule(nn.Linear, (layer, x, graph, output) => {
    const bias = layer.bias && graph.tensor('bias', layer.bias);
    if (x.tensor.rank === 2) {
      const inputs = [x.name, graph.tensor('weight', layer.weight), ...(bias ? [bias] : [])];
      return graph.add('Gemm', inputs, { transB: { int: 1 } }, output);
    }
    const product = [x.name, graph.derived('weight', layer.weight.T)];
    if (!bias) return graph.add('MatMul', product, {}, output);
    return graph.add('Add', [graph.add('MatMul', product), bias], {}, output);
  }),
  rule(nn.Embedding, (layer, x, graph, output) =>
    graph.add('Gather', [graph.tensor('weight', layer.weight), x.name], { axis: { int: 0 } }, output),
  ),
  ...[nn.Conv1d, nn.Conv2d, nn.Conv3d].map((kind) => rule<Convolution>(kind, convolution)),
  ...[nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d].map((kind) => rule(kind, transposed)),
  ...[nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d].map((kind, i) => rule<Pooling>(kind, pool('MaxPool', i + 1))),
  ...[nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d].map((kind, i) => rule<Pooling>(kind, pool('AveragePool', i + 1))),
  ...[nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d].map((kind, i) => rule(kind, adaptivePool('MaxPool', i + 1))),
  ...[nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d].map((kind, i) => rule(kind, adaptivePool('AveragePool', i + 1))),
  ...[nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d].map((kind) => rule(kind, batchNorm)),
  rule(nn.InstanceNorm, groupNorm('InstanceNormalization')),
  rule(nn.GroupNorm, groupNorm('GroupNormalization')),
  rule(nn.LayerNorm, (layer, x, graph, output) => {
    const weight = layer.weight ?? full(layer.shape, 1, { dtype: x.tensor.dtype });
    const inputs = [x.name, graph.tensor('weight', weight), ...(layer.bias ? [graph.tensor('bias', layer.bias)] : [])];
    const attributes = { axis: { int: -layer.shape.length }, epsilon: { float: layer.eps } };
    return graph.add('LayerNormalization', inputs, attributes, output);
  }),
  rule(nn.RMSNorm, (layer, x, graph, output) => {
    const axes = graph.ints(
      'axes',
      layer.shape.map((_, i) => i - layer.shape.length),
    );
    const eps = layer.eps ?? (x.tensor.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
    const mean = graph.add('ReduceMean', [graph.add('Mul', [x.name, x.name]), axes]);
    const root = graph.add('Sqrt', [graph.add('Add', [mean, graph.derived('eps', scalar(x, eps))])]);
    if (!layer.weight) return graph.add('Div', [x.name, root], {}, output);
    return graph.add('Mul', [graph.add('Div', [x.name, root]), graph.tensor('weight', layer.weight)], {}, output);
  }),
  plain(nn.ReLU, 'Relu'),
  plain(nn.Sigmoid, 'Sigmoid'),
  plain(nn.Tanh, 'Tanh'),
  plain(nn.LeakyReLU, 'LeakyRelu', ({ slope }) => ({ alpha: { float: slope } })),
  plain(nn.ELU, 'Elu', ({ alpha }) => ({ alpha: { float: alpha } })),
  plain(nn.SELU, 'Selu', () => ({ alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } })),
  plain(nn.GELU, 'Gelu', ({ approximate }) => ({ approximate: { text: approximate } })),
  plain(nn.Mish, 'Mish'),
  plain(nn.Hardswish, 'HardSwish'),
  plain(nn.Softmax, 'Softmax', ({ axis }) => ({ axis: { int: axis } })),
  plain(nn.LogSoftmax, 'LogSoftmax', ({ axis }) => ({ axis: { int: axis } })),
  rule(nn.SiLU, (_, x, graph, output) => graph.add('Mul', [x.name, graph.add('Sigmoid', [x.name])], {}, output)),
  rule(nn.Softplus, ({ beta }, x, graph, output) => {
    if (beta === 1) return graph.add('Softplus', [x.name], {}, output);
    const scale = graph.derived('beta', scalar(x, beta));
    const inner = graph.add('Softplus', [graph.add('Mul', [x.name, scale])]);
    return graph.add('Div', [inner, scale], {}, output);
  }),
  rule(nn.PReLU, (layer, x, graph, output) => {
    const ones = x.tensor.shape.slice(2).map(() => 1);
    const slope = layer.weight.size === 1 ? layer.weight : layer.weight.reshape(layer.weight.size, ...ones);
    return graph.add('PRelu', [x.name, graph.derived('weight', slope)], {}, output);
  }),
  rule(nn.EveryStep, ({ layer }, x, graph, output) => everyStep(layer, x.name, graph, output)),
  rule(nn.LastStep, ({ layer }, x, graph, output) => lastStep(layer, x.name, graph, output)),
  plain(nn.Identity, 'Identity'),
  plain(nn.Dropout, 'Identity'),
  plain(nn.Dropout2d, 'Identity'),
  rule(nn.Flatten, (layer, x, graph, output) => {
    const { rank, shape } = x.tensor;
    const [first, last] = [layer.first, layer.last].map((axis) => (axis < 0 ? axis + rank : axis)) as [number, number];
    if (first === 1 && last === rank - 1) return graph.add('Flatten', [x.name], { axis: { int: 1 } }, output);
    // 0 keeps a length, −1 takes what is left.
    return reshape(x, graph, [...shape.slice(0, first).map(() => 0), -1, ...shape.slice(last + 1)], output);
  }),
  rule(nn.Unflatten, (layer, x, graph, output) => reshape(x, graph, [0, ...layer.shape], output)),
];
