// Tensors on a device whose memory JavaScript cannot see: moving, mixing, training, saving, showing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TensorDataset } from '../src/data/index.js';
import { currentDevice, type DeviceName } from '../src/device.js';
import { DeviceError, DTypeError } from '../src/errors.js';
import {
  arange,
  cholesky,
  compile,
  device,
  devices,
  grad,
  manualSeed,
  maskedSelect,
  memory,
  noGrad,
  ones,
  rand,
  randn,
  tensor,
  unique,
} from '../src/index.js';
import { loadSafetensors, saveSafetensors } from '../src/io/index.js';
import * as nn from '../src/nn/index.js';
import { adam, sgd } from '../src/optim/index.js';
import { Parameter, type Tensor } from '../src/tensor.js';
import { registerMirror, traffic } from './backend/mirror.js';

const mirror = 'mirror' as DeviceName;
let before: string;
beforeAll(() => {
  before = currentDevice().name;
  registerMirror();
});
beforeEach(() => {
  device('reference');
});
afterAll(() => {
  device(before);
});

describe('moving', () => {
  it('keeps values, shapes and dtypes, both ways', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const there = x.to(mirror);
    expect([x.device, there.device, there.dtype, there.shape]).toEqual(['cpu', 'mirror', 'float32', [2, 3]]);
    expect(there.mul(2).sum(0).to('cpu').toArray()).toEqual([10, 14, 18]);
    expect(await there.data()).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(tensor([true, false]).to(mirror).not().toArray()).toEqual([0, 1]);
    expect(x.to('cpu')).toBe(x);
    expect(there.to(mirror)).toBe(there);
    expect(x.to('reference')).toBe(x);
  });
  it('waits until a value is asked for, and moves what was not computed yet', () => {
    const uploads = traffic.uploads;
    const y = randn([3]).exp().to(mirror).add(1);
    expect(traffic.uploads).toBe(uploads);
    expect(y.gt(1).all().item()).toBe(1);
    expect(traffic.uploads).toBe(uploads + 1);
  });
  it('makes tensors where asked to, and what belongs to a tensor beside it', () => {
    expect(
      [tensor([1], { device: 'mirror' }), rand([2], { device: 'mirror' }), ones([2], { device: 'mirror' })].map(
        (t) => t.device,
      ),
    ).toEqual(['mirror', 'mirror', 'mirror']);
    expect(rand([2], { device: 'mirror' }).eval().device).toBe('mirror');
    const m = tensor(
      [
        [4, 1],
        [1, 3],
      ],
      { device: 'mirror' },
    );
    expect(m.at([1, 0]).toArray()).toEqual([
      [1, 3],
      [4, 1],
    ]);
    expect(m.at(m.sum(1).gt(4)).toArray()).toEqual([[4, 1]]);
    expect(maskedSelect(m, m.gt(2)).toArray()).toEqual([4, 3]);
    expect(cholesky(m).device).toBe('mirror');
    expect(unique(m).values.add(m.sum()).toArray()).toEqual([10, 12, 13]);
    expect(m.at('::-1').toArray()).toEqual([
      [1, 3],
      [4, 1],
    ]);
  });
  it('lets gradients through, back to where each parameter is', () => {
    const w = new Parameter(tensor([1, 2, 3]));
    w.to(mirror).square().sum().to('cpu').mul(2).backward();
    expect(w.grad!.device).toBe('cpu');
    expect(w.grad!.toArray()).toEqual([4, 8, 12]);
    const slope = grad((x) => x.to(mirror).sin().sum())(tensor([0, 1]));
    expect(slope.device).toBe('cpu');
    expect(slope.toArray()).toEqual([1, Math.fround(Math.cos(1))]);
  });
  it('is chosen by name, and unknown names say what there is', () => {
    expect(() => tensor(1).to('gpu' as 'cuda')).toThrow(DTypeError);
    expect(() => tensor(1).to('gpu' as 'cuda')).toThrow(/unknown dtype or device 'gpu'.*'float32'.*'mirror'/);
    expect(() => device('gpu')).toThrow(DeviceError);
  });
});

describe('mixing', () => {
  const here = () => tensor([1, 2]);
  it('is an error that names both devices and the cure, on the line of the operation', () => {
    const there = here().to(mirror);
    expect(() => here().add(there)).toThrow(DeviceError);
    expect(() => here().add(there)).toThrow(
      "add: one operand lies on 'cpu', another on 'mirror'. Move one of them: t.to('mirror')",
    );
    expect(() =>
      here()
        .reshape([1, 2])
        .matmul(there.reshape([2, 1])),
    ).toThrow(DeviceError);
  });
  it('is none for numbers, ranges and random tensors, which lie nowhere until they are computed', () => {
    manualSeed(1);
    const there = here()
      .to(mirror)
      .add(1)
      .mul(arange(2))
      .add(rand([2]).mul(0))
      .add(ones([2]));
    expect(there.toArray()).toEqual([1, 4]);
  });
  it('gives every device the same random stream', () => {
    manualSeed(7);
    const first = randn([5]).toArray();
    device('mirror');
    manualSeed(7);
    const second = randn([5]);
    expect(second.toArray()).toEqual(first);
    expect(second.device).toBe('mirror');
  });
});

/** A model with every kind of layer that keeps something, and a step of training. */
function trainer(name: string, compiled: boolean): { model: nn.Module; step: () => number } {
  device(name);
  manualSeed(3);
  const model = nn.sequential(
    nn.conv2d(1, 4, 3, { padding: 1 }),
    nn.batchNorm2d(4),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.dropout(0.2),
    nn.linear(64, 3),
  );
  const x = randn([6, 1, 8, 8]);
  const labels = tensor([0, 1, 2, 0, 1, 2], { dtype: 'int32' });
  const optimizer = adam(model.parameters(), { lr: 0.01 });
  const once = () => {
    const loss = nn.crossEntropy(model.forward(x), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  const step = compiled ? compile(once) : once;
  return { model, step: () => step().item() };
}
const run = (name: string, compiled = false): { losses: number[]; weights: unknown } => {
  const { model, step } = trainer(name, compiled);
  const losses = Array.from({ length: 5 }, step);
  return { losses, weights: Object.values(model.stateDict()).map((t) => t.toArray()) };
};

describe('training', () => {
  it('gives the same on a device of its own, compiled even the same bits', () => {
    const expected = run('reference');
    const eager = run('mirror');
    // Labels that cannot be looked at are not known to be without ignored ones: one operation more.
    eager.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected.losses[i]!, 5);
    });
    expect(run('mirror', true)).toEqual(eager);
  });
  it('goes on after a model moved', () => {
    const expected = run('reference');
    const { model, step } = trainer('reference', false);
    device('reference');
    const losses = [step(), step()];
    model.to(mirror);
    expect(model.parameters().every((p) => p.device === 'mirror')).toBe(true);
    model.to('cpu');
    losses.push(step(), step(), step());
    expect(losses).toEqual(expected.losses);
  });
  it('compiles anew for a model that moved', () => {
    const expected = run('reference').losses;
    const { model, step } = trainer('reference', true);
    const losses = [step(), step(), step()];
    model.to(mirror);
    model.to('cpu');
    losses.push(step(), step());
    losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected[i]!, 5);
    });
    const twice = compile((x: Tensor) => x.mul(2).sum());
    const here = tensor([1, 2]);
    for (const x of [here, here, here, here, here.to(mirror), here.to(mirror), here.to(mirror), here])
      expect(twice(x).item()).toBe(6);
    const layer = nn.linear(2, 1, { bias: false });
    layer.weight.assign(tensor([[1, 1]]));
    const forward = compile(() => noGrad(() => layer.weight.sum()));
    for (let i = 0; i < 4; i++) expect(forward().item()).toBe(2);
    layer.to(mirror);
    for (let i = 0; i < 4; i++) expect([forward().item(), forward().device]).toEqual([2, 'mirror']);
  });
  it('says what to do where the model stays behind', () => {
    const model = nn.linear(2, 1);
    const x = tensor([[1, 2]]).to(mirror);
    expect(() => model.forward(x).item()).not.toThrow();
    model.weight.eval();
    const other = nn.linear(2, 1).to('cpu');
    other.weight.assign(tensor([[1, 1]]));
    expect(() => other.forward(x)).toThrow(/model\.to\('/);
  });
  it('keeps a parameter where it is when a value of another device is assigned', () => {
    const w = new Parameter(tensor([1, 2]).to(mirror));
    noGrad(() => w.assign(tensor([3, 4])));
    expect(w.device).toBe('mirror');
    expect(w.toArray()).toEqual([3, 4]);
  });
  it('moves batches of a dataset from one read', () => {
    device('mirror');
    const set = new TensorDataset({ x: tensor([[1], [2], [3]]) });
    const reads = traffic.reads;
    const batches = [set.batch([0, 2]), set.batch([1])];
    expect(traffic.reads - reads).toBe(1);
    expect(batches.map(({ x }) => [x.device, x.toArray()])).toEqual([
      ['mirror', [[1], [3]]],
      ['mirror', [[2]]],
    ]);
  });
  it('computes in one run what lies on two devices, each on its own', () => {
    const a = tensor([1, 2]);
    const b = a.to(mirror);
    const optimizer = sgd([new Parameter(a.mul(2)), new Parameter(b.mul(3))], { lr: 1 });
    const [p, q] = optimizer.parameters as [Parameter, Parameter];
    p.sum().backward();
    q.sum().backward();
    optimizer.step();
    expect([p.toArray(), q.toArray()]).toEqual([
      [1, 3],
      [2, 5],
    ]);
  });
});

describe('at a step boundary', () => {
  it('computes losses that wait from before the device changed, each where it lies', () => {
    const noise = randn([2]); // lies nowhere yet
    const waiting = noise.mul(2).sum();
    const w = new Parameter(tensor([1, 2]));
    w.mul(noise.eval()).sum().backward(); // now the noise lies on the host, and the loss waits
    device('mirror');
    const p = new Parameter(tensor([1, 2]));
    const optimizer = sgd([p], { lr: 1 });
    const loss = p.square().sum();
    loss.backward();
    optimizer.step();
    expect([p.toArray(), loss.item(), p.device]).toEqual([[-1, -2], 5, 'mirror']);
    expect(Number.isFinite(waiting.item())).toBe(true);
  });
});

describe('the rest of the library', () => {
  it('saves and loads what lies on a device', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradlab-'));
    try {
      device('mirror');
      const model = nn.linear(3, 2);
      const file = join(folder, 'model.safetensors');
      await saveSafetensors(file, model.stateDict());
      device('reference');
      const { weight } = await loadSafetensors(file);
      expect(weight!.toArray()).toEqual(model.weight.toArray());
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  it('shows tensors, lists devices, says where memory is', () => {
    const there = tensor([1, 2]).to(mirror);
    expect(String(there)).toBe('tensor([1, 2], float32[2])');
    expect(devices().find(({ name }) => name === 'mirror')).toEqual({
      name: 'mirror',
      state: 'ready',
      text: 'mirror (for tests)',
    });
    expect(String(memory('mirror'))).toContain('used on mirror');
  });
});
