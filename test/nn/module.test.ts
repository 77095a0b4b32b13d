// Modules: what they find in their fields, modes, state dictionaries, summaries, and what they refuse.
import { describe, expect, test } from 'vitest';
import { manualSeed, Parameter, rand, ShapeError, type Tensor, tensor, ValueError } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';

class Net extends nn.Module {
  conv = nn.conv2d(1, 4, 3, { padding: 1 });
  norm = nn.batchNorm2d(4);
  heads = [nn.linear(64, 3), nn.linear(64, 2)];
  extra = { scale: new Parameter(tensor([2])) };
  forward(x: Tensor): Tensor {
    const h = this.norm.forward(this.conv.forward(x)).relu().maxPool2d(2).flatten(1);
    return this.heads[0]!.forward(h).mul(this.extra.scale);
  }
}
class Tied extends nn.Module {
  readonly embedding = nn.embedding(5, 4);
  readonly out = nn.linear(4, 5, { bias: false });
  constructor() {
    super();
    Reflect.set(this.out, 'weight', this.embedding.weight);
  }
  forward(x: Tensor): Tensor {
    return this.out.forward(this.embedding.forward(x));
  }
}

describe('fields', () => {
  test('are found in arrays and objects too, by dotted name', () => {
    const net = new Net();
    expect([...net.namedParameters().keys()]).toEqual([
      'extra.scale',
      'conv.weight',
      'conv.bias',
      'norm.weight',
      'norm.bias',
      'heads.0.weight',
      'heads.0.bias',
      'heads.1.weight',
      'heads.1.bias',
    ]);
    expect([...net.namedBuffers().keys()]).toEqual(['norm.runningMean', 'norm.runningVar', 'norm.numBatchesTracked']);
    expect([...net.namedModules().keys()]).toEqual(['', 'conv', 'norm', 'heads.0', 'heads.1']);
  });
  test('shared weights count once, and have both names in the state', () => {
    const tied = new Tied();
    expect(tied.parameters().length).toBe(1);
    expect(Object.keys(tied.stateDict())).toEqual(['embedding.weight', 'out.weight']);
  });
  test('a module that holds itself does not loop', () => {
    const net = new Net();
    Reflect.set(net, 'self', net);
    expect(net.modules().length).toBe(5);
  });
  test('sequential names layers by position', () => {
    expect([...nn.sequential(nn.linear(2, 3), nn.relu(), nn.linear(3, 1)).namedParameters().keys()]).toEqual([
      '0.weight',
      '0.bias',
      '2.weight',
      '2.bias',
    ]);
  });
});

describe('modes', () => {
  test('train and eval reach every module; freezing keeps weights out of training', () => {
    const net = new Net();
    net.eval();
    expect(net.modules().every((m) => !m.training)).toBe(true);
    net.train();
    expect(net.modules().every((m) => m.training)).toBe(true);
    net.conv.freeze();
    net
      .forward(rand([2, 1, 8, 8]))
      .sum()
      .backward();
    expect(net.conv.weight.grad).toBeNull();
    expect(net.heads[0]!.weight.grad).not.toBeNull();
    expect(net.parameters()).toContain(net.conv.weight);
    net.conv.freeze(false);
    net.zeroGrad();
    net
      .forward(rand([2, 1, 8, 8]))
      .sum()
      .backward();
    expect(net.conv.weight.grad).not.toBeNull();
  });
  test('the same seed makes the same weights', () => {
    const make = (): number[] => {
      manualSeed(9);
      return new Net().parameters().flatMap((p) => [...p.dataSync()]);
    };
    expect(make()).toEqual(make());
  });
  test('to() changes the precision of all weights', () => {
    const net = new Net().to('float64');
    const kinds = [...net.parameters(), ...net.buffers()].map((p) => p.dtype);
    expect(new Set(kinds)).toEqual(new Set(['float64', 'int32']));
    expect(net.norm.numBatchesTracked!.dtype).toBe('int32');
    expect(net.forward(rand([2, 1, 8, 8]).to('float64')).dtype).toBe('float64');
  });
});

describe('state dictionaries', () => {
  test('keep their values while training goes on, and bring them back', () => {
    manualSeed(1);
    const net = new Net();
    const x = rand([2, 1, 8, 8]).eval();
    const saved = net.stateDict();
    const before = [...net.eval().forward(x).dataSync()];
    for (const parameter of [...net.parameters(), ...net.buffers()]) parameter.assign(parameter.detach().add(1));
    expect([...net.forward(x).dataSync()]).not.toEqual(before);
    net.loadStateDict(saved);
    expect([...net.forward(x).dataSync()]).toEqual(before);
  });
  test('names and shapes that do not match are named, and nothing changes', () => {
    const net = nn.sequential(nn.linear(2, 3));
    const { '0.bias': bias, ...rest } = net.stateDict();
    expect(() => net.loadStateDict({ ...rest, '0.bais': bias! })).toThrow(ValueError);
    expect(() => net.loadStateDict({ ...rest, '0.bais': bias! })).toThrow(
      /unknown: 0\.bais; missing: 0\.bias.*strict: false/,
    );
    expect(() => net.loadStateDict({ '0.weight': tensor([[1, 2]]), '0.bias': tensor([9, 9, 9]) })).toThrow(ShapeError);
    expect([...net.parameters()[1]!.dataSync()]).toEqual([...bias!.dataSync()]);
    net.loadStateDict({ '0.bias': tensor([1, 2, 3]) }, { strict: false });
    expect([...net.parameters()[1]!.dataSync()]).toEqual([1, 2, 3]);
  });
});

describe('summary', () => {
  test('has shapes, parameters and FLOPs, and changes nothing', () => {
    const net = new Net();
    const { rows, parameters, flops } = net.summary([2, 1, 8, 8]);
    const find = (name: string) => rows.find((row) => row.name === name)!;
    expect(find('conv')).toMatchObject({
      kind: 'Conv2d',
      outputShape: [2, 4, 8, 8],
      parameters: 40,
      flops: 2 * 2 * 4 * 64 * 9 + 2 * 4 * 64,
    });
    expect(find('heads.0')).toMatchObject({ outputShape: [2, 3], parameters: 195, flops: 2 * 2 * 3 * 64 + 6 });
    expect(find('heads.1')).toMatchObject({ outputShape: null, flops: 0 });
    expect(parameters).toBe(40 + 8 + 195 + 130 + 1);
    expect(flops).toBeGreaterThan(find('conv').flops + find('norm').flops + find('heads.0').flops);
    expect(Object.keys(net)).not.toContain('forward');
    expect(net.training).toBe(true);
    expect(net.norm.runningMean!.dataSync().every((v) => v === 0)).toBe(true);
  });
  test('reads as a table', () => {
    const model = nn.sequential(
      nn.conv2d(1, 32, 3, { padding: 1 }),
      nn.relu(),
      nn.maxPool2d(2),
      nn.flatten(),
      nn.linear(32 * 14 * 14, 10),
    );
    expect(
      String(model.summary([1, 1, 28, 28])),
    ).toBe(`layer                               output           parameters    FLOPs
────────────────────────────────────────────────────────────────────────
Sequential                          [1, 10]              63,050  652.3 k
  0 Conv2d(1 → 32, 3×3, padding 1)  [1, 32, 28, 28]         320  476.7 k
  1 ReLU                            [1, 32, 28, 28]           –   25.1 k
  2 MaxPool2d(2)                    [1, 32, 14, 14]           –   25.1 k
  3 Flatten                         [1, 6272]                 –        –
  4 Linear(6272 → 10)               [1, 10]              62,730  125.5 k
63,050 parameters, 652.3 k FLOPs a forward pass`);
  });
  test('takes tensors for what is not real numbers', () => {
    expect(new Tied().summary(tensor([[1, 2]], { dtype: 'int32' })).rows[0]).toMatchObject({
      outputShape: [1, 2, 5],
      parameters: 20,
    });
  });
});

test('printing shows the structure', () => {
  expect(String(nn.sequential(nn.linear(2, 3), nn.relu()))).toBe('Sequential(\n  (0): Linear(2 → 3)\n  (1): ReLU()\n)');
});

/** Random numbers in a shape that the compiler does not know, or it would refuse these calls. */
const unknown = (shape: readonly number[]): Tensor => rand(shape);

describe('misuse', () => {
  test.each([
    [() => nn.linear(3, 4).forward(unknown([2, 5])), /linear\(3, 4\): input \[2, 5\].*last axis must be 3/],
    [() => nn.linear(0, 4), /inputs = 0/],
    [() => nn.conv2d(3, 8, 3).forward(unknown([2, 1, 8, 8])), /has 1 channels on axis 1.*made for 3/],
    [() => nn.conv2d(3, 8, 3).forward(unknown([3, 8, 8])), /3 axes.*takes 4/],
    [() => nn.conv2d(1, 8, 9).forward(unknown([2, 1, 8, 8])), /larger than the padded input/],
    [() => nn.conv2d(3, 8, 3, { groups: 2 }), /groups must divide both/],
    [() => nn.dropout(1.5), /probability 1.5/],
    [() => nn.batchNorm1d(4).forward(unknown([1, 4])), /one value a channel.*eval\(\)/],
    [() => nn.layerNorm(4).forward(unknown([2, 5])), /last axes must be \[4\]/],
    [() => nn.embedding(5, 2).forward(tensor([1, 5], { dtype: 'int32' })), /index 5 at position 1.*0 to 4/],
    [() => nn.embedding(5, 2).forward(tensor([1, 2])), /indices are float32/],
    [() => nn.lstm(4, 3).forward(unknown([2, 5])), /takes \[batch, time, 4\]/],
    [() => nn.lstm(4, 3).forward(unknown([2, 5, 4]), { state: [unknown([1, 2, 3])] }), /takes 2 of \[1, 2, 3\]/],
    [
      () => nn.gru(4, 3).forward(unknown([2, 5, 4]), { lengths: tensor([5, 6], { dtype: 'int32' }) }),
      /length 6 of sequence 1, with 5 steps/,
    ],
    [() => nn.multiHeadAttention(6, 4), /heads must divide/],
    [() => nn.convTranspose2d(2, 2, 3, { stride: 2, outputPadding: 2 }), /less than the stride/],
    [
      () => nn.sequential(nn.flatten(), nn.linear(10, 2)).forward(unknown([2, 3, 4])),
      /linear\(10, 2\): input \[2, 12\]/,
    ],
  ])('%#', (body, message) => {
    expect(body).toThrow(message);
  });
});
