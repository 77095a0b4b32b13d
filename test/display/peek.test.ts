// In: models that are trained as always. Out: whether a peek sees what went through them, and changes nothing.
import { describe, expect, test } from 'vitest';
import { displayMethod } from '../../src/display/bundle.js';
import { peek } from '../../src/display/peek/peek.js';
import { manualSeed, noGrad, randn, type Tensor, tensor, zeros } from '../../src/index.js';
import {
  conv2d,
  crossEntropy,
  gru,
  linear,
  lstm,
  type Module,
  mseLoss,
  multiHeadAttention,
  relu,
  sequential,
} from '../../src/nn/index.js';
import { adam, sgd } from '../../src/optim/index.js';

const numbers = (t: Tensor): number[] => Array.from(t.dataSync());
const close = (a: Tensor, b: Tensor): void => {
  const [x, y] = [numbers(a), numbers(b)];
  expect(x).toHaveLength(y.length);
  x.forEach((value, i) => {
    expect(value).toBeCloseTo(y[i]!, 5);
  });
};

function net() {
  manualSeed(3);
  const first = linear(3, 8);
  const model = sequential(first, relu(), linear(8, 2));
  return { model, first, x: randn([16, 3]), y: randn([16, 2]) };
}

describe('activations and gradients', () => {
  test('are those of the newest pass', () => {
    const { model, x, y } = net();
    const look = peek(model);
    expect(look.names).toEqual(['0', '1', '2']);
    const out = model.forward(x);
    const loss = mseLoss(out, y);
    loss.backward();
    close(look.activations('2'), out.detach());
    close(look.activations('1'), look.activations('0').relu());
    close(
      look.gradient('2'),
      out
        .detach()
        .sub(y)
        .mul(2 / y.size),
    );
  });

  test('are computed with the step, and stay as they were when the weights move on', () => {
    const { model, x, y } = net();
    const optimizer = sgd(model.parameters(), { lr: 0.1 });
    const look = peek(model, { every: 1000 });
    const before = noGrad(() => model.forward(x)).eval();
    for (let step = 0; step < 5; step++) {
      optimizer.zeroGrad();
      mseLoss(model.forward(x), y).backward();
      optimizer.step();
    }
    close(look.activations('2'), before);
  });

  test('do not change the training', () => {
    const run = (watched: boolean): number[] => {
      const { model, x, y } = net();
      const optimizer = adam(model.parameters(), { lr: 0.05 });
      const look = watched ? peek(model) : undefined;
      for (let step = 0; step < 20; step++) {
        optimizer.zeroGrad();
        mseLoss(model.forward(x), y).backward();
        optimizer.step();
      }
      look?.stop();
      return numbers(model.forward(x));
    };
    run(true).forEach((value, i) => {
      expect(value).toBeCloseTo(run(false)[i]!, 5);
    });
  });

  test('are seen no more after stop, which leaves the model as it was', () => {
    const { model, x } = net();
    const look = peek(model);
    look.stop();
    model.forward(x);
    expect(() => look.activations('0')).toThrow(/nothing seen yet of '0'/);
    for (const module of model.modules()) expect(Object.hasOwn(module, 'forward')).toBe(false);
  });

  test('survive a summary in between', () => {
    const { model, x } = net();
    const look = peek(model);
    expect(model.summary([16, 3]).parameters).toBe(50);
    model.forward(x);
    expect(look.activations('0').shape).toEqual([16, 8]);
  });
});

describe('what it shows', () => {
  test('a row for each module, with dead units', () => {
    const { model, first, x, y } = net();
    first.bias!.assign(tensor([-100, -100, 0, 0, 0, 0, 0, 0]));
    const look = peek(model);
    mseLoss(model.forward(x), y).backward();
    expect(look.deadUnits('1')).toEqual([0, 1]);
    const { 'text/html': html, 'text/plain': text } = look[displayMethod]();
    expect(String(html).match(/<tr>/g)).toHaveLength(4);
    expect(String(text)).toMatch(/1 ReLU\s+16 × 8 .* 2 of 8 /);
    expect(String(html)).not.toMatch(/NaN|undefined/);
  });

  test('counts what is not finite, also in tensors of which it looks at a part', () => {
    const model = sequential(linear(1, 300), relu());
    const look = peek(model);
    const x = zeros([200, 1]).add(1);
    noGrad(() => model.forward(x));
    expect(String(look)).not.toContain('broken');
    noGrad(() =>
      model.forward(x.where(tensor(Array.from({ length: 200 }, (_, i) => [i === 7 ? 0 : 1])).eq(1), Number.NaN)),
    );
    expect(String(look)).toContain('300 broken');
  });

  test('says that nothing was seen yet', () => {
    expect(String(peek(net().model))).toContain('was not called yet');
  });

  test('plots of distributions and of the gradients', async () => {
    const { model, x, y } = net();
    const look = peek(model);
    mseLoss(model.forward(x), y).backward();
    expect(look.gradientFlow().text).toMatch(/0 Linear .*\n1 ReLU .*\n2 Linear /);
    for (const plot of [look.gradientFlow(), look.distribution('1')])
      expect(await plot.svg()).not.toMatch(/NaN|undefined/);
  });

  test('feature maps of a picture', () => {
    const model = sequential(conv2d(1, 4, 3), relu());
    const look = peek(model);
    noGrad(() => model.forward(randn([2, 1, 10, 10])));
    expect(String(look.featureMaps('1', { sample: 1 }))).toBe('4 pictures of 8 × 8');
    expect(() => peek(linear(2, 2)).featureMaps('')).toThrow(/nothing seen yet/);
  });

  test('attention, whose rows sum to 1', () => {
    const model = multiHeadAttention(8, 2);
    const look = peek(model);
    noGrad(() => model.forward(randn([3, 5, 8])));
    const weights = look.attentionWeights('');
    expect(weights.shape).toEqual([3, 2, 5, 5]);
    for (const sum of numbers(weights.sum(-1))) expect(sum).toBeCloseTo(1, 5);
    expect(look.attention('', { keys: ['a', 'b', 'a', 'b', 'a'] }).text).toContain('head 1');
  });
});

describe('gates', () => {
  const layers: [string, Module & { forward(x: Tensor): { output: Tensor } }, string[]][] = [
    ['an LSTM', lstm(3, 4), ['input', 'forget', 'output', 'candidate', 'cell', 'hidden']],
    [
      'an LSTM with peepholes',
      lstm(3, 4, { peephole: true }),
      ['input', 'forget', 'output', 'candidate', 'cell', 'hidden'],
    ],
    ['two layers of LSTM', lstm(3, 4, { layers: 2 }), ['input', 'forget', 'output', 'candidate', 'cell', 'hidden']],
    ['a GRU that resets after', gru(3, 4), ['reset', 'update', 'candidate', 'hidden']],
    ['a GRU that resets before', gru(3, 4, { reset: 'before' }), ['reset', 'update', 'candidate', 'hidden']],
  ];
  test.each(layers)('of %s lead to its output', (name, layer, gates) => {
    const look = peek(layer);
    const { output } = noGrad(() => layer.forward(randn([2, 6, 3])));
    const found = look.gates('', { layer: name.startsWith('two') ? 1 : 0 });
    expect(Object.keys(found)).toEqual(gates);
    close(found.hidden!, output);
  });

  test('are drawn over time', () => {
    const layer = lstm(3, 4);
    const look = peek(layer);
    noGrad(() => layer.forward(randn([2, 6, 3])));
    const { text } = look.gateMap('', { gates: ['forget', 'cell'], tokens: ['a', 'b', 'a', 'b', 'a', 'b'] });
    expect(text).toMatch(/^forget: 4 × 6, .*\n\ncell: 4 × 6, /);
  });

  test('of a layer without gates are refused', () => {
    const { model, x } = net();
    const look = peek(model);
    model.forward(x);
    expect(() => look.gates('0')).toThrow(/'0' is Linear/);
  });

  test('the gradient over time is that of the inputs', () => {
    const layer = gru(3, 4);
    const look = peek(layer);
    const x = randn([2, 6, 3]);
    layer.forward(x).output.at(':', -1).sum().backward();
    const norms = look.gradientNorms('');
    expect(norms).toHaveLength(6);
    expect(norms.every((norm) => norm > 0)).toBe(true);
    const own = tensor(x.toArray() as number[][][], { requiresGrad: true });
    layer.forward(own).output.at(':', -1).sum().backward();
    numbers(own.grad!.square().sum(-1).sqrt().mean(0)).forEach((norm, t) => {
      expect(norms[t]).toBeCloseTo(norm, 5);
    });
  });
});

test.each<[string, () => unknown, RegExp]>([
  ['a module that is not there', () => peek(net().model, { modules: ['head'] }), /no module 'head'/],
  ['one that is not looked at', () => peek(net().model).activations('7'), /looks at: 0, 1, 2/],
  ['half a pass', () => peek(net().model, { every: 0.5 }), /every = 0.5/],
])('%s is refused', (_, act, message) => {
  expect(act).toThrow(message);
});

test('classes as targets work too', () => {
  const { model } = net();
  const look = peek(model);
  crossEntropy(model.forward(zeros([4, 3])), tensor([0, 1, 1, 0]).int()).backward();
  expect(look.gradient('2').shape).toEqual([4, 2]);
});
