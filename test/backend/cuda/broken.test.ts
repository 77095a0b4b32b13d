// What goes wrong with GPUs, staged with the stand-in driver: each case is a typed error that says what to do.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CubinCache } from '../../../src/backend/cuda/cubins.js';
import { Gpu } from '../../../src/backend/cuda/gpu.js';
import { openCuda } from '../../../src/backend/cuda/index.js';
import { loadLibrary, nvrtc, places, seemsPresent } from '../../../src/backend/cuda/libraries.js';
import { device, registerDevice } from '../../../src/device.js';
import { DeviceError } from '../../../src/errors.js';
import { full, randn } from '../../../src/index.js';
import { linear } from '../../../src/nn/index.js';
import { adam } from '../../../src/optim/index.js';
import { missing, type StandIn, useStandIn } from './stand-in.js';

const reason = missing();
const real = existsSync('/dev/nvidiactl') ? 'this machine has a GPU' : null;

function failure(action: () => unknown): DeviceError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(DeviceError);
    if (error instanceof DeviceError) return error;
  }
  throw new Error('nothing went wrong');
}

describe.skipIf(reason !== null)(reason ?? 'a machine whose GPU', { timeout: 600_000 }, () => {
  let standIn: StandIn;
  let folder: string;
  beforeAll(() => {
    standIn = useStandIn();
  }, 600_000);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlab-cuda-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    process.env.GRADLAB_CUDA_PATH = standIn.folder;
    standIn.set('version', 13000);
    standIn.set('devices', 1);
    standIn.set('capability', 90);
    standIn.set('lost', 0);
    device('cpu');
  });
  /** Lets CUDA be looked for in a folder with these files of the stand-in. */
  const only = (...names: string[]): void => {
    for (const name of names) symlinkSync(join(standIn.folder, 'libstand-in.so'), join(folder, name));
    process.env.GRADLAB_CUDA_PATH = folder;
  };

  test.skipIf(real !== null)('has no driver', () => {
    only();
    expect(seemsPresent()).toBe(false);
    const error = failure(openCuda);
    expect(error.problem).toMatch(/no NVIDIA driver/);
    expect(error.cure).toMatch(/device\('cpu'\)/);
  });
  test('has a driver without libraries', () => {
    only('libcuda.so.1');
    const error = failure(() => loadLibrary(nvrtc, 13, { GRADLAB_CUDA_PATH: folder, PATH: '' }));
    expect(error.problem).toMatch(/there is a driver, but not the compiler of kernels/);
    expect(error.cure).toMatch(/pip install nvidia-cuda-nvrtc.*GRADLAB_CUDA_PATH/);
  });
  test('has a driver that is too old', () => {
    standIn.set('version', 11080);
    const error = failure(openCuda);
    expect(error.problem).toMatch(/supports CUDA 11\.8, and gradlab needs 12\.0/);
    expect(error.cure).toMatch(/Update NVIDIA's driver/);
  });
  test('has a driver older than its libraries', () => {
    only('libcuda.so.1', 'libnvrtc.so.13');
    const error = failure(() => loadLibrary(nvrtc, 12, { GRADLAB_CUDA_PATH: folder, PATH: '' }));
    expect(error.problem).toMatch(/the driver supports CUDA 12.*is newer/);
    expect(error.cure).toMatch(/nvidia-cuda-nvrtc-cu12/);
  });
  test('is not there', () => {
    standIn.set('devices', 0);
    expect(failure(openCuda).cure).toMatch(/nvidia-smi.*CUDA_VISIBLE_DEVICES/);
  });
  test.each([
    [803, /CUDA_ERROR_SYSTEM_DRIVER_MISMATCH/, /restart the machine/],
    [999, /CUDA_ERROR_UNKNOWN/, /nvidia-smi/],
    [100, /CUDA_ERROR_NO_DEVICE/, /CUDA_VISIBLE_DEVICES/],
  ])('does not start: %i', (code, problem, cure) => {
    standIn.fail('cuInit', code);
    const error = failure(openCuda);
    expect(error.problem).toMatch(problem);
    expect(error.cure).toMatch(cure);
  });
  test('is full before we come', () => {
    standIn.fail('cuDevicePrimaryCtxRetain', 2);
    const error = failure(openCuda);
    expect(error.problem).toMatch(/CUDA_ERROR_OUT_OF_MEMORY/);
    expect(error.cure).toMatch(/close other programs/);
  });
  test('is newer than the compiler', () => {
    standIn.set('capability', 130);
    registerDevice('newer', openCuda);
    device('newer');
    expect(failure(() => randn([3]).mul(2).eval()).message).toMatch(
      /makes no code for this GPU, sm_130.*pip install --upgrade/s,
    );
  });

  test('has too little memory, also for what nothing reaches any more', () => {
    standIn.set('memory', standIn.used() + 96 * 2 ** 20);
    const { memory } = new Gpu();
    const kept = [1, 2, 3].map((i) => memory.upload(new Float32Array(4 << 20).fill(i), 'float32'));
    const error = failure(() => memory.array('float32', 16 << 20));
    expect(error.problem).toMatch(/67\.1 MB do not fit.*CUDA_ERROR_OUT_OF_MEMORY.*3 × float32\[4194304\] \(50\.3 MB\)/);
    expect(error.cure).toMatch(/smaller batches/);
    expect(kept.map((array) => memory.read(array, 'float32')[5])).toEqual([1, 2, 3]);
    kept.length = 0;
    // A loop that never waits: what it drops is found all the same.
    const once = (i: number): number => {
      const array = memory.upload(new Float32Array(12 << 20).fill(i), 'float32');
      return memory.read(array, 'float32')[5]!;
    };
    for (let i = 0; i < 6; i++) expect(once(i)).toBe(i);
  });

  test.each([
    ['cuLaunchKernel', 700, 0, /CUDA_ERROR_ILLEGAL_ADDRESS/],
    ['cuGraphLaunch', 719, 3, /CUDA_ERROR_LAUNCH_FAILED/],
    ['cuStreamSynchronize', 214, 3, /CUDA_ERROR_ECC_UNCORRECTABLE/],
    ['cuMemcpyDtoHAsync_v2', 700, 3, /CUDA_ERROR_ILLEGAL_ADDRESS/],
  ])('is lost while a model trains: %s answers %i', (name, code, before, problem) => {
    registerDevice('doomed', openCuda);
    device('doomed');
    const model = linear(4, 3);
    const optimizer = adam(model.parameters(), { lr: 0.1 });
    const x = randn([5, 4]);
    const step = (): number => {
      optimizer.zeroGrad();
      const loss = model.forward(x).square().mean();
      loss.backward();
      optimizer.step();
      return loss.item();
    };
    for (let i = 0; i < before; i++) expect(step()).toBeGreaterThan(0);
    standIn.fail(name, code);
    const error = failure(() => {
      for (let i = 0; i < 3; i++) step();
    });
    expect(error.problem).toMatch(/the GPU was lost/);
    expect(error.problem).toMatch(problem);
    expect(error.cure).toMatch(/Restart the kernel.*device\('cpu'\)/);
    expect(failure(step).problem).toBe(error.problem);
    device('cpu');
    expect(linear(4, 3).forward(randn([5, 4])).shape).toEqual([5, 3]);
  });

  test('has damaged code in the cache: it is compiled anew', () => {
    const compute = (): number => {
      registerDevice('again', openCuda);
      device('again');
      return full([7], 3).mul(5).add(11).sum().item();
    };
    expect(compute()).toBe(182);
    const cache = join(process.env.GRADLAB_CACHE!, 'cuda');
    for (const name of readdirSync(cache)) writeFileSync(join(cache, name), 'damaged');
    expect(compute()).toBe(182);
  });

  test('gets a kernel that does not compile', () => {
    standIn.set('eager', 1);
    const gpu = new Gpu();
    const error = failure(() =>
      gpu.kernels.load([{ source: 'extern "C" __global__ void map() { nonsense; }', entry: 'map' }]),
    );
    standIn.set('eager', 0);
    expect(error.problem).toMatch(/does not compile a kernel:[\s\S]*nonsense/);
    expect(error.cure).toMatch(/report/);
  });
});

describe('where CUDA is looked for', () => {
  test('first where the user says, then in Python environments of CUDA 13 and 12, then in toolkits', () => {
    const root = mkdtempSync(join(tmpdir(), 'gradlab-places-'));
    const make = (...parts: string[]): string => {
      const folder = join(root, ...parts);
      mkdirSync(folder, { recursive: true });
      return folder;
    };
    const own = make('own');
    const active = make('active', 'lib', 'python3.12', 'site-packages', 'nvidia', 'cu13', 'lib');
    const local = make('.venv', 'lib', 'python3.11', 'site-packages', 'nvidia', 'cuda_nvrtc', 'lib');
    const shell = make('shell', 'lib', 'python3.10', 'site-packages', 'nvidia', 'cublas', 'lib');
    const toolkit = make('toolkit', 'lib64');
    const bin = make('shell', 'bin');
    writeFileSync(join(bin, 'python3'), '');
    const env = {
      GRADLAB_CUDA_PATH: own,
      VIRTUAL_ENV: join(root, 'active'),
      PATH: bin,
      CUDA_HOME: join(root, 'toolkit'),
    };
    expect(places(env, root).filter((folder) => folder.startsWith(root))).toEqual([own, active, local, shell, toolkit]);
    rmSync(root, { recursive: true });
  });
});

describe('machine code kept on disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlab-cubins-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const bytes = (count: number) => () => new Uint8Array(count).fill(7);
  const length = (code: Uint8Array): number => code.length;

  test('is made once for a key', () => {
    let made = 0;
    const make = (): Uint8Array => {
      made++;
      return Uint8Array.of(1, 2, 3);
    };
    for (const key of ['a', 'a', 'b', 'a']) expect(new CubinCache(folder).get([key], make, length)).toBe(3);
    expect(made).toBe(2);
    expect(readdirSync(folder).every((name) => name.endsWith('.cubin'))).toBe(true);
  });
  test('takes so many bytes at most, and keeps what was used last', () => {
    const cache = new CubinCache(folder, 2500);
    for (const key of ['a', 'b', 'c', 'd']) {
      cache.get([key], bytes(1000), length);
      for (const name of readdirSync(folder)) {
        // File times are coarse: age what is there.
        const file = join(folder, name);
        const { mtimeMs } = statSync(file);
        utimesSync(file, new Date(mtimeMs - 10_000), new Date(mtimeMs - 10_000));
      }
    }
    expect(readdirSync(folder).length).toBe(2);
    let made = false;
    cache.get(
      ['d'],
      () => {
        made = true;
        return new Uint8Array(1);
      },
      length,
    );
    expect(made).toBe(false);
  });
  test('is not kept where nothing can be written', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(new CubinCache(join(folder, 'file', 'inside')).get(['a'], bytes(5), length)).toBe(5);
  });
});
