// Looking into differentiation: hooks on gradients, checkpointing, and the search for NaN.
import { afterEach, describe, expect, test } from 'vitest';
import { currentDevice } from '../src/device.js';
import { planMemory } from '../src/fuse/memory.js';
import { optimize } from '../src/fuse/optimize.js';
import { schedule } from '../src/fuse/schedule.js';
import {
  checkpoint,
  detectNaN,
  GradientError,
  grad,
  manualSeed,
  nn,
  optim,
  Parameter,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../src/index.js';
import { planOf, walk } from '../src/plan.js';

describe('hooks', () => {
  test('see the gradient of any value, and may replace it', () => {
    const x = new Parameter(tensor([1, 2, 3]));
    const h = x.mul(2);
    const seen: number[][] = [];
    const stop = h.onGradient((g) => {
      seen.push([...g.dataSync()]);
      return g.mul(10);
    });
    h.square().sum().backward(undefined, { retainGraph: true });
    expect(seen).toEqual([[4, 8, 12]]);
    expect(x.grad!.toArray()).toEqual([80, 160, 240]);
    stop();
    x.grad = null;
    h.square().sum().backward();
    expect(seen.length).toBe(1);
    expect(x.grad!.toArray()).toEqual([8, 16, 24]);
  });
  test('retainGrad keeps gradients within, over the step of an optimizer', () => {
    const x = new Parameter(tensor([1, 2, 3]));
    const optimizer = optim.sgd([x], { lr: 0.1 });
    const h = x.mul(2).retainGrad();
    h.square().sum().backward();
    optimizer.step();
    expect(h.grad!.toArray()).toEqual([4, 8, 12]);
  });
  test('stay with a parameter when its value changes', () => {
    const x = new Parameter(tensor([1]));
    let seen = 0;
    x.onGradient(() => seen++);
    for (let i = 0; i < 3; i++) {
      x.square().sum().backward();
      x.assign(tensor([i]));
    }
    expect(seen).toBe(3);
  });
  test('misuse is named', () => {
    expect(() => tensor([1]).onGradient(() => null)).toThrow(GradientError);
    const x = new Parameter(tensor([1, 2]));
    x.onGradient((g) => g.sum());
    expect(() => x.sum().backward()).toThrow(ShapeError);
  });
});

describe('checkpoint', () => {
  const deep = (width: number, depth: number) => {
    manualSeed(4);
    const blocks = Array.from({ length: depth }, () =>
      nn.sequential(nn.linear(width, width), nn.tanh(), nn.dropout(0.3), nn.linear(width, width), nn.tanh()),
    );
    const parameters = blocks.flatMap((block) => block.parameters());
    const run = (x: Tensor, wrap: boolean): Tensor =>
      blocks
        .reduce((h, block) => (wrap ? checkpoint((t) => block.forward(t), h) : block.forward(h)), x)
        .square()
        .mean();
    return { parameters, run };
  };
  const gradients = (wrap: boolean): number[][] => {
    const { parameters, run } = deep(5, 3);
    const x = new Parameter(randn([4, 5]));
    const loss = run(x, wrap);
    loss.backward();
    return [[loss.item()], ...[x, ...parameters].map((p) => [...p.grad!.dataSync()])];
  };
  test('changes neither values nor gradients, of inputs and weights, with dropout', () => {
    expect(gradients(true)).toEqual(gradients(false));
  });
  test('needs less memory', () => {
    const bytes = (wrap: boolean): number => {
      const { parameters, run } = deep(16, 8);
      run(randn([256, 16]), wrap).backward();
      // As an optimizer asks for them: the last layers first.
      const targets = parameters.map((p) => p.grad!.node).reverse();
      return planMemory(schedule(optimize(planOf(walk(targets), targets)))).bytes;
    };
    expect(bytes(true)).toBeLessThan(0.6 * bytes(false));
  });
  test('has second derivatives', () => {
    const f = (t: Tensor) => t.sin().mul(t).sum();
    const slope = (g: (t: Tensor) => Tensor) => grad((t) => grad(g)(t).square().sum())(tensor([0.3, -1.2]));
    expect(slope((t) => checkpoint(f, t)).toArray()).toEqual(slope(f).toArray());
  });
});

describe('detectNaN', () => {
  afterEach(() => {
    detectNaN(false);
  });
  test('names the operation, its operands and the line, on either pass', () => {
    detectNaN();
    const x = tensor([4, 1, -2]);
    const bad = x.sub(1).log().mul(3).sum();
    expect(() => bad.item()).toThrow(
      /^log\(float32\[3\]\) made a NaN at flat element 2 from -3, .*autograd-tools\.test\.ts:\d+/,
    );
    const w = new Parameter(tensor([0, 1]));
    const loss = w.mul(w).sqrt().sum();
    loss.backward();
    expect(loss.item()).toBe(1);
    expect(() => w.grad!.dataSync()).toThrow(/made a NaN at flat element 0 .*autograd-tools\.test\.ts:\d+/);
  });
  test('tells NaN that came in, and lets hidden ones be', () => {
    detectNaN();
    expect(() => tensor([1, Number.NaN]).mul(2).dataSync()).toThrow(
      /came in with a float32 tensor of shape \[2\], at flat element 1/,
    );
    const x = tensor([1, -1]);
    expect(x.log().where(x.gt(0), 0).toArray()).toEqual([0, 0]);
    expect(() => x.sqrt().sum().dataSync()).toThrow(ValueError);
    detectNaN(false);
    expect(x.sqrt().sum().item()).toBeNaN();
    expect(currentDevice().name).not.toBe('');
  });
});
