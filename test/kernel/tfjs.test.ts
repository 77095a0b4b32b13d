// Tensors of TensorFlow.js in cells show themselves as the library's own do.
import { expect, test } from 'vitest';
import { Client } from './client.js';

test('an imported TensorFlow.js is shown, and computes behind our API', async () => {
  const kernel = await Client.start({ folder: process.cwd() });
  try {
    const cell = `import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
tf.tensor2d([[1, 2], [3, 4]])`;
    const shown = await kernel.run(cell);
    expect(shown.reply.status, JSON.stringify(shown.reply)).toBe('ok');
    expect(shown.result).toContain('float32[2, 2]');
    const device = await kernel.run(`import { device, tensor } from 'gradlab';
device('tfjs', tf);
tensor([1, 2]).mul(3)`);
    expect(device.result).toBe('tensor([3, 6], float32[2])');
  } finally {
    await kernel.stop();
  }
});
