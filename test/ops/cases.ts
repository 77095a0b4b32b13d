// For each row of the op table: inputs and attributes to try it on. A missing op does not compile.
import { add, cast, expandTo, matmul, mul, swapLast, transfer } from '../../src/build.js';
import { hostMemory } from '../../src/device.js';
import type { DType } from '../../src/dtype.js';
import { make, type Node } from '../../src/graph.js';
import { loop } from '../../src/loop.js';
import type { BinaryName, LeafName, OpName, UnaryName } from '../../src/op-names.js';
import type { Attributes } from '../../src/ops.js';

/** An input: its shape and how its values are drawn. */
export interface Input {
  readonly shape: readonly number[];
  /** Uniform on [low, high] for numbers; distinct values where ties would hide or break a gradient. */
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: 'real' | 'int32' | 'uint32' | 'bool';
  readonly distinct?: boolean;
}
export interface Case {
  readonly inputs: readonly Input[];
  readonly attributes?: Attributes;
  /** Which inputs have gradients; all real ones by default. */
  readonly differentiable?: boolean;
  readonly node?: (inputs: readonly Node[], real: DType) => Node;
}

const around = (low: number, high: number): Case[] => [
  { inputs: [{ shape: [3, 5], low, high }] },
  { inputs: [{ shape: [2, 1, 7], low, high }] },
];
const pairs = (low = -2, high = 2): Case[] => [
  {
    inputs: [
      { shape: [3, 5], low, high, distinct: true },
      { shape: [3, 5], low, high, distinct: true },
    ],
  },
];
const integers = (low: number, high: number): Case[] => [
  {
    inputs: [
      { shape: [3, 5], low, high, dtype: 'int32' },
      { shape: [3, 5], low: 1, high: 5, dtype: 'int32' },
    ],
    differentiable: false,
  },
];
const flat = (cases: Case[]): Case[] => cases.map((c) => ({ ...c, differentiable: false }));

/** Numbers of every size, some too large and some too small for 16 bits. */
const rounded = (op: UnaryName): Case[] =>
  [1, 7e4, 1e-6].map((scale) => ({
    inputs: [{ shape: [37], low: -scale, high: scale }],
    node: ([x]) => make(op, [cast(x!, 'float32')]),
    differentiable: false,
  }));

const unary: Record<UnaryName, Case[]> = {
  roundFloat16: rounded('roundFloat16'),
  roundBfloat16: rounded('roundBfloat16'),
  neg: [...around(-2, 2), { inputs: [{ shape: [4], low: -9, high: 9, dtype: 'int32' }], differentiable: false }],
  abs: around(0.1, 2),
  sign: flat(around(-2, 2)),
  exp: around(-3, 3),
  log: around(0.1, 4),
  sqrt: around(0.1, 4),
  rsqrt: around(0.2, 4),
  reciprocal: around(0.3, 3),
  sin: around(-6, 6),
  cos: around(-6, 6),
  tan: around(-1.2, 1.2),
  asin: around(-0.9, 0.9),
  acos: around(-0.9, 0.9),
  atan: around(-3, 3),
  sinh: around(-2, 2),
  cosh: around(-2, 2),
  tanh: around(-2, 2),
  asinh: around(-3, 3),
  acosh: around(1.2, 4),
  atanh: around(-0.8, 0.8),
  sigmoid: around(-4, 4),
  erf: around(-2, 2),
  expm1: around(-2, 2),
  log1p: around(-0.5, 3),
  relu: [...around(0.1, 2), ...around(-2, -0.1)],
  floor: flat(around(-3, 3)),
  ceil: flat(around(-3, 3)),
  round: flat(around(-3, 3)),
  trunc: flat(around(-3, 3)),
  isnan: flat(around(-3, 3)),
  not: [
    { inputs: [{ shape: [5], dtype: 'bool' }], differentiable: false },
    { inputs: [{ shape: [5], low: -9, high: 9, dtype: 'int32' }], differentiable: false },
  ],
};

const binary: Record<BinaryName, Case[]> = {
  add: pairs(),
  sub: pairs(),
  mul: [...pairs(), ...integers(-9, 9)],
  div: [{ inputs: [{ shape: [3, 5] }, { shape: [3, 5], low: 0.4, high: 3 }] }],
  pow: [
    {
      inputs: [
        { shape: [3, 5], low: 0.2, high: 3 },
        { shape: [3, 5], low: -2, high: 3 },
      ],
    },
  ],
  max: pairs(),
  min: pairs(),
  mod: [
    {
      inputs: [
        { shape: [3, 5], low: 0.6, high: 0.9 },
        { shape: [3, 5], low: 0.25, high: 0.28 },
      ],
    },
    ...integers(-9, 9),
  ],
  atan2: pairs(),
  lt: flat(pairs()),
  le: flat(pairs()),
  eq: [...flat(pairs()), ...integers(-3, 3)],
  ne: [...flat(pairs()), ...integers(-3, 3)],
  and: integers(-99, 99),
  or: integers(-99, 99),
  xor: integers(-99, 99),
  shl: integers(-99, 99),
  shr: integers(-99, 99),
};

const leafNode = (op: LeafName, dtype: DType): Case => ({
  inputs: [],
  differentiable: false,
  node: () => make(op, [], { shape: [3, 5], dtype }, op === 'random' ? [1, 2, 3, 4] : [1.5]),
});
const view = (shape: readonly number[], attributes: Attributes): Case => ({ inputs: [{ shape }], attributes });
const image: Input = { shape: [2, 4, 7, 6], distinct: true };
const conv = (weight: readonly number[], attributes: Attributes, input = image.shape): Case => ({
  inputs: [{ shape: input }, { shape: weight }],
  attributes,
});
const pool2: Attributes = { kernel: [2, 2], stride: [2, 2], low: [0, 0], high: [0, 0], dilation: [1, 1] };
const pool3: Attributes = { kernel: [3, 3], stride: [2, 1], low: [1, 1], high: [1, 1], dilation: [1, 1] };

/** Two carried values, one of which is read a step later, and an output, over four steps; the matrix and the bias stay the same. */
const recurrence = (reverse: boolean, results: readonly number[]): Case => ({
  inputs: [{ shape: [2, 3] }, { shape: [4, 2, 3] }, { shape: [3, 3] }, { shape: [3] }],
  node([start, sequence, matrix, bias]) {
    const all = loop(
      [start!, mul(start!, start!)],
      [sequence!],
      ([h, late], [x]) => {
        const sum = add(add(x!, matmul(h!, swapLast(matrix!))), expandTo(make('exp', [bias!]), h!.shape));
        const next = make('tanh', [sum]);
        return { carry: [next, mul(h!, late!)], outputs: [mul(next, add(late!, expandTo(bias!, h!.shape)))] };
      },
      reverse,
    );
    return results.map((k) => all.stack(k)).reduce((p, q) => mul(p, q));
  },
});

/** Memory that is not the host's, as far as anyone can tell. */
const elsewhere = { ...hostMemory, name: 'elsewhere' };

export const cases: Record<OpName, Case[]> = {
  ...unary,
  ...binary,
  data: [{ inputs: [{ shape: [3] }], node: (inputs) => inputs[0]! }],
  constant: [leafNode('constant', 'float32')],
  iota: [leafNode('iota', 'int32')],
  random: [leafNode('random', 'uint32')],
  variable: [{ inputs: [{ shape: [3] }], differentiable: false }],
  transfer: [{ inputs: [{ shape: [3] }], node: ([x]) => transfer(transfer(x!, elsewhere), hostMemory) }],
  where: [{ inputs: [{ shape: [3, 5], dtype: 'bool' }, { shape: [3, 5] }, { shape: [3, 5] }] }],
  cast: [
    { inputs: [{ shape: [3, 5] }], attributes: { dtype: 'float64' } },
    { inputs: [{ shape: [3, 5], low: -99, high: 99 }], attributes: { dtype: 'int32' }, differentiable: false },
    { inputs: [{ shape: [3, 5], low: -1, high: 99 }], attributes: { dtype: 'uint32' }, differentiable: false },
    { inputs: [{ shape: [3, 5] }], attributes: { dtype: 'bool' }, differentiable: false },
    { inputs: [{ shape: [5], dtype: 'bool' }], attributes: { dtype: 'float32' }, differentiable: false },
    {
      inputs: [{ shape: [5], low: -99, high: 99, dtype: 'int32' }],
      attributes: { dtype: 'float32' },
      differentiable: false,
    },
  ],
  reshape: [view([4, 6], { shape: [3, 8] }), view([4, 1, 6], { shape: [24] })],
  permute: [view([2, 3, 4], { axes: [2, 0, 1] })],
  expand: [view([2, 1, 4], { shape: [2, 3, 4] }), view([1, 1], { shape: [3, 5] })],
  slice: [
    view([6, 7], { start: [1, 0], step: [2, 3], shape: [3, 2] }),
    view([6, 7], { start: [5, 6], step: [-1, -2], shape: [5, 4] }),
  ],
  pad: [view([2, 3], { low: [1, 0], high: [2, 3], value: 0 }), view([2, 3], { low: [0, 2], high: [0, 0], value: -3 })],
  window: [view([2, 7, 8], { kernel: [3, 2], stride: [2, 1], dilation: [1, 2] })],
  concat: [{ inputs: [{ shape: [2, 3] }, { shape: [2, 1] }, { shape: [2, 4] }], attributes: { axis: 1 } }],
  sum: [view([3, 4, 5], { axes: [1] }), view([3, 4, 5], { axes: [0, 2] }), view([3, 4], { axes: [0, 1] })],
  prod: [view([3, 4, 5], { axes: [1] }), view([3, 4], { axes: [1] })],
  reduceMax: [
    { inputs: [{ shape: [3, 4, 5], distinct: true }], attributes: { axes: [0, 2] } },
    { inputs: [{ shape: [3, 4], distinct: true }], attributes: { axes: [1] } },
  ],
  reduceMin: [
    { inputs: [{ shape: [3, 4, 5], distinct: true }], attributes: { axes: [0] } },
    { inputs: [{ shape: [7], distinct: true }], attributes: { axes: [0] } },
  ],
  argmax: flat([view([3, 4, 5], { axes: [1] }), view([3, 4], { axes: [0, 1] })]),
  argmin: flat([view([3, 4, 5], { axes: [2] }), view([3, 4], { axes: [0] })]),
  matmul: [
    { inputs: [{ shape: [3, 4] }, { shape: [4, 5] }] },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [2, 4, 1] }] },
    { inputs: [{ shape: [33, 70] }, { shape: [70, 37] }], differentiable: false },
  ],
  conv: [
    conv([3, 4, 3, 3], { stride: [1, 1], low: [1, 1], high: [1, 1], dilation: [1, 1], groups: 1 }),
    conv([6, 2, 3, 2], { stride: [2, 1], low: [1, 0], high: [2, 1], dilation: [1, 2], groups: 2 }),
    conv([4, 1, 2, 2], { stride: [1, 2], low: [-1, 0], high: [0, -1], dilation: [2, 1], groups: 4 }),
    conv(
      [2, 4, 2, 2],
      { stride: [1, 1], low: [1, 1], high: [1, 1], dilation: [1, 1], inputDilation: [2, 3], groups: 1 },
      [1, 4, 3, 3],
    ),
    conv([2, 3, 4], { stride: [2], low: [1], high: [1], dilation: [1], groups: 1 }, [2, 3, 9]),
    conv(
      [2, 2, 2, 3, 2],
      { stride: [1, 2, 1], low: [1, 0, 1], high: [1, 0, 1], dilation: [1, 1, 1], groups: 1 },
      [1, 2, 4, 5, 3],
    ),
  ],
  poolTake: [
    { inputs: [image, { shape: image.shape }], attributes: pool2 },
    { inputs: [image, { shape: image.shape }], attributes: pool3 },
  ],
  poolPut: [
    { inputs: [image, { shape: [2, 4, 3, 3] }], attributes: pool2 },
    { inputs: [image, { shape: [2, 4, 4, 6] }], attributes: pool3 },
  ],
  fold: [view([2, 3, 7, 3, 2], { shape: [2, 7, 9], kernel: [3, 2], stride: [2, 1], dilation: [1, 2] })],
  gather: [
    { inputs: [{ shape: [5, 3] }, { shape: [4, 3], low: 0, high: 4, dtype: 'int32' }], attributes: { axis: 0 } },
    { inputs: [{ shape: [2, 5] }, { shape: [2, 7], low: 0, high: 4, dtype: 'int32' }], attributes: { axis: 1 } },
  ],
  scatterAdd: [
    {
      inputs: [{ shape: [4, 3] }, { shape: [4, 3], low: 0, high: 4, dtype: 'int32' }],
      attributes: { axis: 0, shape: [5, 3] },
    },
    {
      inputs: [{ shape: [2, 7] }, { shape: [2, 7], low: 0, high: 4, dtype: 'int32' }],
      attributes: { axis: 1, shape: [2, 5] },
    },
  ],
  argsort: flat([
    { inputs: [{ shape: [3, 9] }], attributes: { descending: false } },
    { inputs: [{ shape: [3, 9] }], attributes: { descending: true } },
  ]),
  cumsum: [view([3, 4, 5], { axis: 1 }), view([3, 4], { axis: 0 })],
  scan: [recurrence(false, [0]), recurrence(true, [2]), recurrence(false, [0, 1, 2])],
};
