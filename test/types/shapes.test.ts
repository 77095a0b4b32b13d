// Shapes in types: what flows through operations and layers, and what the compiler says where lengths cannot fit.
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  arange,
  concat,
  eye,
  ones,
  Parameter,
  rand,
  type Shape,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
  zerosLike,
} from '../../src/index.js';
import * as nn from '../../src/nn/index.js';
import type { Divide, Minus, Plus, Times } from '../../src/types/digits.js';
import { TypedNotebook } from '../kernel/types-notebook.js';

const unknown = (shape: Shape): Tensor => zeros(shape);
const some = (n: number): number => n;
const a = zeros([2, 3]);
const b = ones([3, 4]);
const image = zeros([8, 1, 28, 28]);

describe('arithmetic of lengths', () => {
  test('is exact', () => {
    expectTypeOf<Plus<99995, 5>>().toEqualTypeOf<100000>();
    expectTypeOf<Minus<1000, 1>>().toEqualTypeOf<999>();
    expectTypeOf<Minus<3, 5>>().toEqualTypeOf<null>();
    expectTypeOf<Times<60000, 784>>().toEqualTypeOf<47040000>();
    expectTypeOf<Times<0, 7>>().toEqualTypeOf<0>();
    expectTypeOf<Divide<50176, 784>>().toEqualTypeOf<[64, 0]>();
    expectTypeOf<Divide<27, 2>>().toEqualTypeOf<[13, 1]>();
    expectTypeOf<Times<number, 4>>().toEqualTypeOf<number>();
  });
});

/** Each row: a tensor whose shape is known to the compiler, and the shape it says; the tensor must have it when it runs. */
const checked = <S extends Shape>(t: Tensor<S>, shape: NoInfer<S>): [Tensor, Shape] => [t, shape];

describe('known shapes are those of the values', () => {
  const rows = [
    checked(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      [2, 2],
    ),
    checked(arange(5), [5]),
    checked(eye(2, 3), [2, 3]),
    checked(a.matmul(b), [2, 4]),
    checked(zeros([5, 2, 3]).matmul(b), [5, 2, 4]),
    checked(zeros([3]).matmul(b), [4]),
    checked(a.add(zeros([3])), [2, 3]),
    checked(zeros([2, 1]).mul(zeros([3])), [2, 3]),
    checked(a.sum(), []),
    checked(a.mean(-1, true), [2, 1]),
    checked(image.sum([0, -1]), [1, 28]),
    checked(a.softmax(), [2, 3]),
    checked(a.reshape(-1, 2), [3, 2]),
    checked(image.flatten(1), [8, 784]),
    checked(a.T, [3, 2]),
    checked(image.permute(0, 2, 3, 1), [8, 28, 28, 1]),
    checked(image.squeeze(1), [8, 28, 28]),
    checked(a.unsqueeze(-1), [2, 3, 1]),
    checked(zeros([1, 3]).expand(4, -1), [4, 3]),
    checked(a.at(0), [3]),
    checked(concat([a, ones([1, 3])]), [3, 3]),
    checked(stack([a, a], -1), [2, 3, 2]),
    checked(where(a.gt(0), a, 0), [2, 3]),
    checked(zerosLike(a), [2, 3]),
    checked(image.conv2d(zeros([4, 1, 3, 3]), { padding: 1, stride: 2 }), [8, 4, 14, 14]),
    checked(image.conv2d(zeros([4, 1, 5, 5]), { padding: 'same', stride: 3 }), [8, 4, 10, 10]),
    checked(image.maxPool2d(3, { stride: 2, padding: 1 }), [8, 1, 14, 14]),
    checked(nn.linear(3, 5).forward(a), [2, 5]),
    checked(nn.embedding(10, 4).forward(tensor([[1, 2]], { dtype: 'int32' })), [1, 2, 4]),
    checked(nn.multiHeadAttention(8, 2).forward(zeros([2, 5, 8])), [2, 5, 8]),
    checked(
      nn
        .sequential(nn.conv2d(1, 4, 3, { padding: 1 }), nn.relu(), nn.maxPool2d(2), nn.flatten(), nn.linear(784, 10))
        .forward(image),
      [8, 10],
    ),
  ];
  test.each(rows.map(([t, shape], i) => [i, t, shape] as const))('%i', (_, t, shape) => {
    expect(t.shape).toEqual(shape);
  });
});

describe('unknown lengths', () => {
  test('are number, and go along with everything', () => {
    expectTypeOf(zeros([some(2), 3]).matmul(b)).toEqualTypeOf<Tensor<[number, 4]>>();
    expectTypeOf(unknown([2, 3]).add(a)).toEqualTypeOf<Tensor>();
    expectTypeOf(unknown([2, 3]).matmul(b)).toEqualTypeOf<Tensor<[...number[], 4]>>();
    let sum = zeros([3]);
    sum = unknown([3]);
    expectTypeOf(sum).toEqualTypeOf<Tensor<[3]>>();
    const all: Tensor[] = [a, b, new Parameter(a)];
    expect(all).toHaveLength(3);
    expectTypeOf<Tensor<[2, 3]>>().not.toExtend<Tensor<[2, 4]>>();
  });
  test('unions keep their members', () => {
    const either = rand([1]).item() < 2 ? zeros([2, 3]) : zeros([4, 5]);
    expectTypeOf(either.sum(1)).toEqualTypeOf<Tensor<[2] | [4]>>();
  });
  test('subclasses may take any tensor', () => {
    class Twice extends nn.Linear {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    expect(new Twice(3, 2).forward(a).shape).toEqual([2, 2]);
  });
});

describe('the notebook says what does not fit', () => {
  const notebook = new TypedNotebook('native');
  beforeAll(async () => {
    await notebook.open();
    await notebook.run(
      "import { zeros, concat } from 'gradlab'; import * as nn from 'gradlab/nn'; const a = zeros([2, 3]);",
    );
  });
  afterAll(() => notebook.close());

  test.each([
    ['a.matmul(zeros([5, 4]))', 'matmul: [2, 3] × [5, 4]: inner lengths 3 and 5 differ'],
    [
      'a.add(zeros([3, 4]))',
      'add: shapes [2, 3] and [3, 4] do not broadcast: axis -1 is 3 on the left and 4 on the right',
    ],
    ['a.reshape(4, 2)', 'reshape: [2, 3] to [4, 2]: 6 elements are not 8'],
    ['a.sum(2)', 'sum: axis 2 of [2, 3], which has 2 axes'],
    ['concat([a, zeros([3, 4])])', 'concat: [2, 3] and [3, 4] along axis 0: all other axes must be equal'],
    ['nn.linear(4, 5).forward(a)', 'linear(4, 5): input [2, 3]: the last axis must be 4'],
    [
      'nn.conv2d(3, 8, 3).forward(zeros([1, 1, 8, 8]))',
      'conv2d(3, 8): input [1, 1, 8, 8] has 1 channels where 3 are wanted',
    ],
    [
      'nn.sequential(nn.linear(3, 8), nn.relu(), nn.linear(9, 2))',
      'linear(9, 2): input […, 8]: the last axis must be 9',
    ],
    ['nn.mseLoss(zeros([4, 1]), zeros([4]))', 'mseLoss: prediction [4, 1], target [4]: they must have one shape'],
  ])('%s', async (source, message) => {
    const findings = await notebook.run(source);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(`"${message}"`);
  });
});
