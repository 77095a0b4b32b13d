// The device 'tfjs' on TensorFlow.js's own CPU backend: ops, graphs, training, conversion, display, mistakes.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { device } from '../../../src/device.js';
import { displayMethod } from '../../../src/display/bundle.js';
import { DeviceError, DTypeError, IndexError } from '../../../src/errors.js';
import { fromTfjs, manualSeed, memory, randn, tensor, toTfjs } from '../../../src/index.js';
import * as nn from '../../../src/nn/index.js';
import { adam } from '../../../src/optim/index.js';
import { graphsAgree, opsAgree } from '../../ops/agree.js';
import { chapterAgrees } from '../chapter.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
  device('tfjs', tf);
});
afterAll(() => {
  device('cpu');
});

opsAgree('tfjs', {
  reals: ['float32'], // TensorFlow.js has no float64
  looser: { pow: 10, matmul: 4, conv: 20, tan: 4, acosh: 4, atanh: 4, prod: 4 },
});
graphsAgree('tfjs', 40);
chapterAgrees('tfjs');

describe('as a device', () => {
  it('says what it is', () => {
    expect(device('tfjs')).toMatch(/^tfjs \(TensorFlow\.js 4.*'cpu'/);
  });
  it('trains a small convolutional network as the reference does', () => {
    const run = (name: string): number[] => {
      device(name);
      manualSeed(2);
      const model = nn.sequential(
        nn.conv2d(1, 3, 3, { stride: 2, padding: 1 }),
        nn.batchNorm2d(3),
        nn.gelu(),
        nn.maxPool2d(2),
        nn.flatten(),
        nn.linear(12, 4),
      );
      const x = randn([5, 1, 8, 8]);
      const labels = tensor([0, 1, 2, 3, 0], { dtype: 'int32' });
      const optimizer = adam(model.parameters(), { lr: 0.02 });
      return Array.from({ length: 4 }, () => {
        const loss = nn.crossEntropy(model.forward(x), labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.item();
      });
    };
    const expected = run('reference');
    run('tfjs').forEach((loss, i) => {
      expect(loss).toBeCloseTo(expected[i]!, 4);
    });
  });
  it('refuses float64 and indices out of range, in our words', () => {
    device('tfjs');
    expect(() => tensor([1, 2], { dtype: 'float64' })).toThrow(DTypeError);
    expect(() => tensor([1, 2]).to('float64').item).not.toThrow();
    expect(() => tensor([1, 2]).to('float64').dataSync()).toThrow(/float64 does not exist on device 'tfjs'/);
    expect(() =>
      tensor([1, 2])
        .take(tensor([3], { dtype: 'int32' }))
        .dataSync(),
    ).toThrow(IndexError);
  });
  it('wants the namespace, and says how to get it', () => {
    expect(() => device('tfjs', {})).toThrow(DeviceError);
    expect(() => device('tfjs', {})).toThrow(/import \* as tf from/);
  });
  it('disposes of what it computed in passing', () => {
    device('tfjs');
    const x = randn([100]).eval();
    const before = tf.memory().numTensors;
    const y = x.mul(2).exp().sum().eval();
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(y.device).toBe('tfjs');
    expect(String(memory('tfjs'))).toContain('used on tfjs');
  });
});

describe('conversion', () => {
  it('goes both ways, by value', () => {
    device('cpu');
    const ours = fromTfjs(
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
    );
    expect([ours.device, ours.dtype, ours.toArray()]).toEqual([
      'cpu',
      'float32',
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(fromTfjs(tf.tensor1d([true, false], 'bool')).dtype).toBe('bool');
    const theirs = toTfjs(ours.mul(2), tf);
    expect([theirs.shape, theirs.dtype, Array.from(theirs.dataSync())]).toEqual([[2, 2], 'float32', [2, 4, 6, 8]]);
    expect(toTfjs(ours.to('tfjs'), tf).shape).toEqual([2, 2]);
    expect(() => fromTfjs(tf.tensor1d(['a']))).toThrow(DTypeError);
    expect(() => toTfjs(tensor([1], { dtype: 'float64' }), tf)).toThrow(DTypeError);
  });
});

describe('display', () => {
  it("shows TensorFlow.js's tensors as ours", () => {
    const t = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const show: unknown = Reflect.get(t, displayMethod);
    expect(typeof show).toBe('function');
    const bundle: unknown = typeof show === 'function' ? show.call(t) : null;
    expect(bundle).toMatchObject({
      'text/plain': expect.stringContaining('float32[2, 2]'),
      'text/html': expect.any(String),
    });
  });
});
