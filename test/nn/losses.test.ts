// Every loss against PyTorch, with every reduction; labels and shapes that do not fit.
import { describe, expect, test } from 'vitest';
import {
  grad,
  gradCheck,
  IndexError,
  logAddExp,
  logSigmoid,
  manualSeed,
  rand,
  randn,
  ShapeError,
  type Tensor,
  tensor,
} from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import { expectClose, type Packed, readGolden, unpack, weigh } from '../golden/torch.js';

interface Case {
  kind: string;
  options: Record<string, unknown>;
  inputs: Packed[];
  output: Packed;
  gradients: (Packed | null)[];
}
const cases = readGolden<Case[]>('torch-losses.json');
const functions: Readonly<Record<string, unknown>> = nn;
const isPacked = (value: unknown): value is Packed => typeof value === 'object' && value !== null && 'values' in value;

function call(kind: string, inputs: readonly Tensor[], options: Readonly<Record<string, unknown>>): Tensor {
  const f = functions[kind];
  if (typeof f !== 'function') throw new Error(`nn.${kind} does not exist`);
  const out: Tensor = Reflect.apply(f, undefined, [...inputs, options]);
  return out;
}

describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
  test.each(cases.map((c, i) => [`${i}: ${c.kind} ${JSON.stringify(c.options).slice(0, 80)}`, c] as const))(
    '%s',
    (_, c) => {
      const inputs = c.inputs.map((input, i) => unpack(input, dtype, c.gradients[i] !== null));
      const options = Object.fromEntries(
        Object.entries(c.options).map(([name, value]) => [name, isPacked(value) ? unpack(value, dtype) : value]),
      );
      const out = call(c.kind, c.kind === 'ctcLoss' ? [inputs[0]!.logSoftmax(2), ...inputs.slice(1)] : inputs, options);
      expectClose('loss', out, c.output, dtype, 10);
      weigh([out]).backward();
      c.gradients.forEach((g, i) => {
        if (g) expectClose(`gradient ${i}`, inputs[i]!.grad, g, dtype);
      });
    },
  );
});

test('every loss is compared with PyTorch, or checked below', () => {
  const own = new Set(['hingeLoss', 'contrastiveLoss', 'focalLoss', 'binaryFocalLoss']);
  const compared = new Set(cases.map((c) => c.kind));
  const losses = Object.keys(nn).filter((name) => /Loss$|[eE]ntropy/.test(name));
  expect(losses.filter((name) => !compared.has(name) && !own.has(name))).toEqual([]);
});

const values = (t: Tensor): number[] => [...t.dataSync()];
const near = (t: Tensor, expected: readonly number[]): void => {
  const found = values(t);
  for (const [i, e] of expected.entries()) expect(found[i]).toBeCloseTo(e, 5);
};

test('hinge', () => {
  const scores = tensor([0.5, -2, 3]);
  near(nn.hingeLoss(scores, tensor([1, 1, -1]), { reduction: 'none' }), [0.5, 3, 4]);
  near(nn.hingeLoss(scores, tensor([1, 1, -1]), { reduction: 'sum', squared: true }), [25.25]);
});
test('contrastive: pairs that belong together are pulled, others pushed to the margin', () => {
  const [a, b] = [
    tensor([
      [0, 0],
      [0, 0],
      [0, 0],
    ]),
    tensor([
      [3, 4],
      [0.3, 0.4],
      [3, 4],
    ]),
  ];
  near(nn.contrastiveLoss(a, b, tensor([1, 0, 0]), { reduction: 'none', eps: 0 }), [12.5, 0.125, 0]);
});
test('focal', () => {
  manualSeed(4);
  const logits = randn([5, 3]).eval();
  const labels = tensor([0, 2, 1, 1, 0], { dtype: 'int32' });
  near(nn.focalLoss(logits, labels, { gamma: 0 }), values(nn.crossEntropy(logits, labels)));
  const p = values(nn.crossEntropy(logits, labels, { reduction: 'none' })).map((loss) => Math.exp(-loss));
  near(
    nn.focalLoss(logits, labels, { reduction: 'none' }),
    p.map((q) => -((1 - q) ** 2) * Math.log(q)),
  );
  const yes = tensor([1, 0, 1]);
  const q = [0.2, -1, 2].map((z, i) => (i === 1 ? 1 - 1 / (1 + Math.exp(-z)) : 1 / (1 + Math.exp(-z))));
  near(
    nn.binaryFocalLoss(tensor([0.2, -1, 2]), yes, { reduction: 'none' }),
    q.map((r, i) => (i === 1 ? 0.75 : 0.25) * -((1 - r) ** 2) * Math.log(r)),
  );
});
test('gradients of the losses without a counterpart', () => {
  manualSeed(5);
  const [a, b] = [rand([4, 3], { low: 0.1, high: 0.9 }).eval(), rand([4, 3]).eval()];
  const labels = tensor([0, 2, 1, 1], { dtype: 'int32' });
  gradCheck((x) => nn.focalLoss(x, labels), [a]);
  gradCheck(
    (x) =>
      nn.binaryFocalLoss(
        x,
        tensor([
          [1, 0, 1],
          [0, 0, 1],
          [1, 1, 1],
          [0, 1, 0],
        ]),
      ),
    [a],
  );
  gradCheck((x, y) => nn.contrastiveLoss(x, y, tensor([1, 0, 1, 0])), [a, b]);
  gradCheck(
    (x) =>
      nn.hingeLoss(
        x,
        tensor([
          [1, -1, 1],
          [-1, -1, 1],
          [1, 1, 1],
          [-1, 1, -1],
        ]),
      ),
    [a],
  );
});

test('second derivatives where two halves meet', () => {
  const zero = tensor([0, 0.5]);
  const slope = (f: (x: Tensor) => Tensor) => grad((x) => f(x).sum());
  gradCheck(
    slope((x) => nn.softplusOf(x)),
    [zero],
  );
  gradCheck(
    slope((x) => logSigmoid(x)),
    [zero],
  );
  gradCheck(
    slope((x) => logAddExp(x, tensor([0, 0.5]))),
    [zero],
  );
  gradCheck(
    slope((x) => nn.binaryCrossEntropyWithLogits(x, tensor([1, 0]))),
    [zero],
  );
  gradCheck(
    slope((x) => nn.binaryCrossEntropyWithLogits(x, tensor([1, 0]), { positiveWeight: 3 })),
    [zero],
  );
});
test('CTC of long sequences', () => {
  manualSeed(6);
  const logits = randn([2, 60, 4]).eval();
  const targets = tensor([
    [1, 2, 3, 3],
    [2, 1, 0, 0],
  ]).int();
  const loss = (x: Tensor): Tensor =>
    nn.ctcLoss(x.logSoftmax(2), targets, tensor([60, 50]).int(), tensor([4, 2]).int());
  // The loss does not change when all scores of a frame do, so that their gradients add up to 0.
  const sums = grad(loss)(logits).sum(2);
  near(sums, new Array<number>(120).fill(0));
  expect(sums.abs().max().item()).toBeLessThan(1e-5);
});

describe('misuse', () => {
  const logits = randn([3, 10]);
  test('a label outside the classes is named, with its place and the cure', () => {
    expect(() => nn.crossEntropy(logits, tensor([1, 10, 2], { dtype: 'int32' }))).toThrow(IndexError);
    expect(() => nn.crossEntropy(logits, tensor([1, 10, 2], { dtype: 'int32' }))).toThrow(
      /label \[1\] is 10, but the scores have 10 classes.*0 to 9; labels that start at 1 want \.sub\(1\)/,
    );
    expect(() => nn.crossEntropy(logits, tensor([-1, 1, 2], { dtype: 'int32' }))).toThrow(
      /label \[0\] is -1,.*ignoreIndex/,
    );
    expect(() =>
      nn.crossEntropy(
        randn([2, 4, 2]),
        tensor(
          [
            [0, 1],
            [9, 2],
          ],
          { dtype: 'int32' },
        ),
      ),
    ).toThrow(/label \[1, 0\] is 9/);
  });
  test('views of labels are checked at once', () => {
    const tokens = tensor([[1, 2, 3, 99]], { dtype: 'int32' });
    expect(() => nn.crossEntropy(logits, tokens.narrow(1, 1, 3).reshape(-1))).toThrow(/label \[2\] is 99/);
  });
  test('labels that are computed are checked too', () => {
    const labels = tensor([1, 9, 2], { dtype: 'int32' }).add(1);
    expect(() => nn.crossEntropy(logits, labels).item()).toThrow(/index/i);
    const inside = tensor([0, 8, 1], { dtype: 'int32' });
    expect(nn.crossEntropy(logits, inside.add(1)).item()).toBeCloseTo(
      nn.crossEntropy(logits, inside.add(1).eval()).item(),
      6,
    );
  });
  test('shapes and kinds', () => {
    const few: Tensor = tensor([1, 2], { dtype: 'int32' });
    const column: Tensor = tensor([[1], [2]]);
    expect(() => nn.crossEntropy(logits, few)).toThrow(ShapeError);
    expect(() => nn.crossEntropy(logits, tensor([1, 2, 3]))).toThrow(/labels are whole numbers: target\.to\('int32'\)/);
    expect(() => nn.crossEntropy(logits.to('int32'), tensor([1, 2, 3], { dtype: 'int32' }))).toThrow(
      /before any softmax/,
    );
    expect(() => nn.mseLoss(tensor([1, 2]), column)).toThrow(/prediction \[2\], target \[2, 1\].*reshape one/);
    expect(() => nn.crossEntropy(logits, tensor([1, 2, 3], { dtype: 'int32' }), { weight: tensor([1, 2]) })).toThrow(
      /class weights \[2\]. They must be \[10\]/,
    );
  });
});
