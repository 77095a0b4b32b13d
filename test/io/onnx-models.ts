// One model for every kind of layer that can be exported, with weights by formula, and an input for each.
import { type Tensor, tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';

/** A model and what it is tried on. */
export interface Case {
  readonly model: nn.Layer;
  readonly input: Tensor;
}

/** Numbers in ±scale that only exact arithmetic makes, so that every machine has the same: multiples of 2⁻¹⁰. */
function spread(shape: readonly number[], seed: number, scale = 1): Tensor {
  const size = shape.reduce((n, k) => n * k, 1);
  const values = Float32Array.from({ length: size }, (_, i) => (((i + 1) * 7919 + seed * 104_729) % 2048) / 1024 - 1);
  return tensor(
    values.map((v) => v * scale),
    { shape },
  );
}

function filled(model: nn.Layer): nn.Layer {
  for (const [name, value] of Object.entries(model.stateDict())) {
    if (!/(weight|bias|weight[IH]h|bias[IH]h|peephole|runningMean|runningVar)$/.test(name)) continue;
    const numbers = spread(
      value.shape,
      [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0),
      0.5,
    );
    model.loadStateDict({ [name]: name.endsWith('runningVar') ? numbers.abs().add(0.5) : numbers }, { strict: false });
  }
  return model;
}

const made: Readonly<Record<string, [nn.Layer, shape: readonly number[] | Tensor]>> = {
  mlp: [
    nn.sequential(
      nn.flatten(),
      nn.linear(12, 8),
      nn.relu(),
      nn.dropout(0.5),
      nn.sequential(nn.linear(8, 8, { bias: false }), nn.tanh()),
      nn.linear(8, 3),
      nn.softmax(),
    ),
    [2, 3, 4],
  ],
  cnn: [
    nn.sequential(
      nn.conv2d(1, 4, 3, { padding: 1 }),
      nn.batchNorm2d(4),
      nn.relu(),
      nn.maxPool2d(2),
      nn.conv2d(4, 6, 3, { padding: 'same', stride: 2, bias: false }),
      nn.gelu(),
      nn.dropout2d(0.2),
      nn.avgPool2d(2, { padding: 1, stride: 1 }),
      nn.adaptiveAvgPool2d(1),
      nn.flatten(),
      nn.linear(6, 3),
      nn.logSoftmax(),
    ),
    [2, 1, 9, 9],
  ],
  conv1d: [
    nn.sequential(
      nn.conv1d(2, 4, 3, { dilation: 2, groups: 2 }),
      nn.batchNorm1d(4, { affine: false }),
      nn.prelu(4),
      nn.maxPool1d(3, { stride: 2, padding: 1 }),
      nn.avgPool1d(2),
      nn.convTranspose1d(4, 3, 4, { stride: 2, padding: 1 }),
      nn.adaptiveMaxPool1d(2),
    ),
    [2, 2, 20],
  ],
  conv3d: [
    nn.sequential(
      nn.conv3d(1, 2, [2, 3, 3], { padding: [0, 1, 1] }),
      nn.batchNorm3d(2),
      nn.maxPool3d(2),
      nn.avgPool3d([1, 2, 2]),
      nn.convTranspose3d(2, 1, 2, { stride: 2, bias: false }),
    ),
    [1, 1, 5, 8, 8],
  ],
  same: [nn.conv2d(1, 1, [2, 4], { padding: 'same', dilation: [1, 2] }), [1, 1, 5, 7]],
  transposed: [
    nn.sequential(
      nn.unflatten([4, 3, 3]),
      nn.convTranspose2d(4, 4, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
      nn.leakyRelu(0.2),
      nn.adaptiveMaxPool2d([3, 2]),
      nn.adaptiveAvgPool2d([1, 2]),
    ),
    [2, 36],
  ],
  words: [
    nn.sequential(nn.embedding(7, 4), nn.layerNorm(4), nn.linear(4, 5), nn.silu(), nn.rmsNorm(5), nn.flatten(0, 1)),
    tensor(
      [
        [0, 6, 3],
        [1, 1, 5],
      ],
      { dtype: 'int32' },
    ),
  ],
  norms: [
    nn.sequential(
      nn.groupNorm(2, 4),
      nn.instanceNorm(4, { affine: true }),
      nn.instanceNorm(4),
      nn.layerNorm([3, 5], { bias: false }),
      nn.layerNorm(5, { affine: false }),
      nn.rmsNorm(5, { affine: false, eps: 1e-3 }),
    ),
    [2, 4, 3, 5],
  ],
  activations: [
    nn.sequential(
      nn.elu(0.7),
      nn.selu(),
      nn.gelu('tanh'),
      nn.mish(),
      nn.hardswish(),
      nn.softplus(),
      nn.softplus(2),
      nn.sigmoid(),
      nn.prelu(),
      nn.identity(),
      nn.softmax(1),
    ),
    [2, 3, 4],
  ],
  nothing: [nn.sequential(), [2, 3]],
  one: [nn.linear(3, 2), [2, 3]],
  rnn: [
    nn.sequential(
      nn.everyStep(nn.rnn(3, 4, { layers: 2, nonlinearity: 'relu', bidirectional: true })),
      nn.lastStep(nn.rnn(8, 2, { bias: false })),
    ),
    [2, 5, 3],
  ],
  lstm: [
    nn.sequential(
      nn.everyStep(nn.lstm(3, 4, { layers: 2, bidirectional: true, dropout: 0.3 })),
      nn.everyStep(nn.lstm(8, 3, { peephole: true })),
      nn.lastStep(nn.lstm(3, 2, { bidirectional: true })),
      nn.linear(4, 2),
    ),
    [2, 5, 3],
  ],
  gru: [
    nn.sequential(
      nn.everyStep(nn.gru(3, 4, { bidirectional: true })),
      nn.everyStep(nn.gru(8, 3, { reset: 'before', layers: 2 })),
      nn.everyStep(nn.gru(3, 2, { bias: false })),
    ),
    [2, 5, 3],
  ],
};

export const cases: Readonly<Record<string, Case>> = Object.fromEntries(
  Object.entries(made).map(([name, [model, input]], i) => [
    name,
    { model: filled(model), input: Array.isArray(input) ? spread(input, i + 50, 2) : (input as Tensor) },
  ]),
);
