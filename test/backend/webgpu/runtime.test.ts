// The WebGPU device beyond its numbers: values waited for in two ways, errors with their cures, memory, a device that is lost.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWebgpu } from '../../../src/backend/webgpu/index.js';
import { WebgpuMemory } from '../../../src/backend/webgpu/memory.js';
import { DeviceError, IndexError } from '../../../src/errors.js';
import { device, explain, memory, profile, randn, tensor } from '../../../src/index.js';
import { environment, useSoftwareVulkan } from './vulkan.js';

const missing = useSoftwareVulkan();

describe.skipIf(missing !== null)(missing ?? 'webgpu', { timeout: 600_000 }, () => {
  beforeAll(() => {
    device('webgpu');
  });
  afterAll(() => {
    device('cpu');
  });

  test('says which adapter it is, and that a processor stands in for it', () => {
    expect(device()).toMatch(/^webgpu \(.+\)$/);
    const { software, description } = openWebgpu();
    expect(software).toBe(/stands in/.test(description));
  });

  test('values come at once or with await', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]).matmul(
      tensor([
        [0, 1],
        [1, 0],
      ]),
    );
    expect(x.sum().item()).toBe(10);
    const [twice, thrice] = await Promise.all([x.mul(2).data(), x.mul(3).data()]);
    expect(Array.from(twice)).toEqual([4, 2, 8, 6]);
    expect(Array.from(thrice)).toEqual([6, 3, 12, 9]);
    expect(Array.from(x.gt(2).dataSync())).toEqual([0, 0, 1, 1]);
    expect(Array.from(tensor([]).dataSync())).toEqual([]);
  });

  test('tensors move between devices', () => {
    const x = randn([3, 5]);
    expect(Array.from(x.to('cpu').dataSync())).toEqual(Array.from(x.dataSync()));
    expect(x.to('cpu').to('webgpu').add(1).sub(1).device).toBe('webgpu');
  });

  test('an index out of range is an IndexError once', () => {
    const rows = tensor([
      [1, 2],
      [3, 4],
    ]);
    const index = tensor([[0, 5]], { dtype: 'int32' });
    expect(() => rows.gather(index, 0).dataSync()).toThrow(IndexError);
    expect(Array.from(rows.add(1).dataSync())).toEqual([2, 3, 4, 5]);
  });

  test('float64 and tensors beyond a buffer are refused with what to do', () => {
    expect(() => tensor([1, 2]).to('float64').add(1).dataSync()).toThrow(/float64 is not available on webgpu/);
    const { memory: own } = openWebgpu();
    expect(own).toBeInstanceOf(WebgpuMemory);
    if (!(own instanceof WebgpuMemory)) return;
    const { largestBuffer } = own.line.adapter;
    expect(() => own.array(largestBuffer)).toThrow(/has at most \d+\. Split it/);
  });

  test('a profile has the time of each kernel', async () => {
    const kernels = await profile(() => {
      randn([64, 64]).softmax(-1).dataSync();
    });
    expect(kernels.length).toBeGreaterThan(0);
    for (const { ms } of kernels) expect(ms).toBeGreaterThan(0);
  });

  test('an explanation has the source of each kernel', () => {
    const x = randn([8, 100]);
    x.dataSync();
    const [kernel] = explain(x.softmax(-1)).kernels;
    expect(kernel?.source).toMatch(/@compute @workgroup_size\(256\)\nfn row\(/);
  });

  test('memory stays flat over many steps', () => {
    let state = randn([1 << 16]);
    const used = (): number => {
      const use = memory('webgpu');
      return 'used' in use ? use.used : Number.NaN;
    };
    const step = (): void => {
      state = state.mul(0.5).add(1);
      state.dataSync();
    };
    for (let i = 0; i < 5; i++) step();
    const before = used();
    for (let i = 0; i < 60; i++) step();
    // In bytes; one state is 2¹⁸.
    expect(used()).toBeLessThan(before + 8 * (1 << 18));
  });
  test('a lost device is a DeviceError with the cure, and opens again', async () => {
    const own = new WebgpuMemory();
    const array = own.upload(Float32Array.of(1, 2), 'float32');
    const { line } = own;
    line.put({ kind: 'lose' });
    expect(() => own.read(array, 'float32')).toThrow(/^webgpu: the device was lost: .*opens again by itself/s);
    expect(() => own.read(array, 'float32')).toThrow(DeviceError);
    const again = own.upload(Float32Array.of(3, 4), 'float32');
    expect(Array.from(own.read(again, 'float32'))).toEqual([3, 4]);
    expect(Array.from(await own.readLater(again, 'float32'))).toEqual([3, 4]);
    await own.line.close();
  });

  test('a loss while somebody waits is told to them', async () => {
    const own = new WebgpuMemory();
    const array = own.upload(Float32Array.of(1, 2), 'float32');
    own.line.put({ kind: 'lose' });
    await expect(own.readLater(array, 'float32')).rejects.toThrow(/the device was lost/);
  });

  test('a program that computed here ends by itself', () => {
    const script = fileURLToPath(new URL('ending.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
      encoding: 'utf8',
      env: { ...process.env, ...environment() },
    });
    expect({ status, stdout: stdout.trim() }, stderr).toEqual({ status: 0, stdout: '6' });
  });

  test.skipIf(process.platform !== 'linux')('without a driver the error says what is needed', () => {
    const script = fileURLToPath(new URL('ending.mjs', import.meta.url));
    const env = { ...process.env, ...environment(), VK_ICD_FILENAMES: '/dev/null', VK_DRIVER_FILES: '/dev/null' };
    const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', env });
    expect(status).toBe(1);
    expect(stderr).toMatch(/DeviceError: webgpu: no adapter was found\. It needs a GPU driver/);
  });
});
