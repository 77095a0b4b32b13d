// Programs of hand-written kernels on the stand-in driver: addresses, numbers, graphs, what kernels share and report.
import { beforeAll, describe, expect, test } from 'vitest';
import { Gpu } from '../../../src/backend/cuda/gpu.js';
import { dependencies } from '../../../src/backend/cuda/graphs.js';
import { Program } from '../../../src/backend/cuda/program.js';
import type { Step } from '../../../src/backend/cuda/step.js';
import type { Dispatch, Rendered } from '../../../src/backend/gpu/rendered.js';
import { missing, useStandIn } from './stand-in.js';

const reason = missing();

/** A kernel over `n` elements that reads buffer `from` and writes `to`. */
function kernel(body: string, from: number, to: number, n: number, more: Partial<Dispatch> = {}): Dispatch {
  const source = `extern "C" __global__ void map(const float* x, float* y${more.parameters ? ', const unsigned* parameters' : ''}${more.status ? ', unsigned* status' : ''}) {
  unsigned i = blockIdx.x * 64u + threadIdx.x;
  if (i < ${n}u) { ${body} }
}`;
  return {
    kernel: 0,
    source,
    entry: 'map',
    workgroup: [64, 1, 1],
    grid: [Math.ceil(n / 64), 1, 1],
    bindings: [
      { buffer: from, writes: false, dtype: 'float32' },
      { buffer: to, writes: true, dtype: 'float32' },
    ],
    parameters: false,
    status: false,
    ...more,
  };
}

function program(
  gpu: Gpu,
  dispatches: readonly Dispatch[],
  scratch: number[],
  n: number,
  rest: Partial<Rendered> = {},
): Program {
  const numbered = dispatches.map((dispatch, k) => ({ ...dispatch, kernel: k }));
  const bytes = Math.ceil((4 * n) / 256) * 256;
  const offsets = new Map(scratch.map((buffer, i) => [buffer, { offset: i * bytes, bytes: 4 * n }]));
  return new Program(gpu, {
    rendered: {
      dispatches: numbered,
      parameters: [],
      parameterBytes: 0,
      memory: { offsets, bytes: scratch.length * bytes },
      ...rest,
    },
    kernels: numbered.map(() => ({ kind: 'map', text: '', flops: 0, bytes: 0 })),
    buffers: 2 + scratch.length,
    outside: [0, 1],
    products: new Map(),
  });
}

describe.skipIf(reason !== null)(reason ?? 'programs', { timeout: 600_000 }, () => {
  const n = 1000;
  const values = Float32Array.from({ length: n }, (_, i) => i / 7);
  let gpu: Gpu;
  beforeAll(() => {
    useStandIn();
    gpu = new Gpu();
  }, 600_000);
  const run = (made: Program, input: Float32Array, scalars: number[] = []): Float32Array => {
    const x = gpu.memory.upload(input, 'float32');
    const y = gpu.memory.array('float32', input.length);
    made.run([x.address, y.address], scalars);
    return gpu.memory.read(y, 'float32') as Float32Array;
  };

  test('runs alone, then as a graph, with other addresses and numbers each time', () => {
    const steps = [
      kernel('y[i] = x[i] + __uint_as_float(parameters[0]);', 0, 2, n, { parameters: true }),
      kernel('y[i] = x[i] * 2.0f;', 2, 3, n),
      kernel('y[i] = x[i] * 3.0f;', 3, 2, n),
      kernel('y[i] = x[i] - 1.0f;', 2, 1, n),
    ];
    const made = program(gpu, steps, [2, 3], n, {
      parameters: [{ scalar: 0, dtype: 'float32', at: 0 }],
      parameterBytes: 4,
    });
    const kept: unknown[] = [];
    for (let round = 0; round < 8; round++) {
      const x = gpu.memory.upload(values, 'float32');
      const y = gpu.memory.array('float32', n);
      kept.push(x, y);
      made.run([x.address, y.address], [round]);
      const expected = values.map((v) => Math.fround(Math.fround(v + round) * 6 - 1));
      const found = gpu.memory.read(y, 'float32');
      expect(Math.max(...Array.from(found, (v, i) => Math.abs(v - expected[i]!)))).toBeLessThan(1e-3);
    }
  });

  test('runs that wait keep their own numbers', () => {
    const made = program(
      gpu,
      [kernel('y[i] = x[i] + __uint_as_float(parameters[0]);', 0, 1, n, { parameters: true })],
      [],
      n,
      {
        parameters: [{ scalar: 0, dtype: 'float32', at: 0 }],
        parameterBytes: 4,
      },
    );
    const x = gpu.memory.upload(values, 'float32');
    const outputs = [1, 2, 3].map((number) => {
      const y = gpu.memory.array('float32', n);
      made.run([x.address, y.address], [number]);
      return y;
    });
    outputs.forEach((y, i) => expect(gpu.memory.read(y, 'float32')[0]).toBe(values[0]! + i + 1));
  });

  test('threads of a block share memory, wait for each other and exchange', () => {
    const sum = `extern "C" __global__ void total(const float* x, float* y) {
  __shared__ float part[2];
  float v = x[threadIdx.x];
  for (int mask = 16; mask > 0; mask >>= 1) v += __shfl_xor_sync(0xffffffffu, v, mask);
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
  __syncthreads();
  y[threadIdx.x] = part[0] + part[1];
}`;
    const made = program(gpu, [{ ...kernel('', 0, 1, 64), source: sum, entry: 'total' }], [], 64);
    const input = Float32Array.from({ length: 64 }, (_, i) => i);
    expect(new Set(run(made, input))).toEqual(new Set([2016]));
  });

  test('an index out of range is told when values are asked for, once', () => {
    const body =
      'if (x[i] > 5.0f) { status[0] = 1u; status[1] = 0u; status[2] = (unsigned)x[i]; status[3] = 5u; } y[i] = x[i];';
    const made = program(gpu, [kernel(body, 0, 1, 3, { status: true })], [], 3);
    expect(() => run(made, Float32Array.of(1, 9, 2))).toThrow(/index 9 is out of range for an axis of length 5/);
    expect(run(made, Float32Array.of(1, 2, 3))).toEqual(Float32Array.of(1, 2, 3));
  });

  test('values come without keeping the thread waiting', async () => {
    const made = program(gpu, [kernel('y[i] = -x[i];', 0, 1, n)], [], n);
    const x = gpu.memory.upload(values, 'float32');
    const y = gpu.memory.array('float32', n);
    made.run([x.address, y.address], []);
    expect((await gpu.memory.readLater(y, 'float32'))[7]).toBe(-values[7]!);
  });

  test('more bytes than the page-locked memory holds', () => {
    const many = Float32Array.from({ length: 5 << 20 }, (_, i) => i % 1021);
    const found = gpu.memory.read(gpu.memory.upload(many, 'float32'), 'float32');
    expect(Buffer.from(found.buffer).equals(Buffer.from(many.buffer))).toBe(true);
  });
});

describe('what steps wait for', () => {
  const step = (reads: number[], writes: number[]): Step => ({
    places: [...reads, ...writes],
    writes,
    kernel: 0,
    launch() {},
    add: () => 0,
    update() {},
  });
  const separate = (memory: number) => ({ memory, from: 0, to: 1 });

  test('writers, and readers of what they write', () => {
    const steps = [step([0], [1]), step([0], [2]), step([1, 2], [3]), step([3], [1]), step([0], [4])];
    expect(dependencies(steps, separate)).toEqual([[], [], [1, 0], [2], []]);
  });
  test('memory that serves two buffers', () => {
    const overlapping = (place: number) =>
      place > 1 ? { memory: -1, from: 10 * place, to: 10 * place + 15 } : separate(place);
    expect(dependencies([step([0], [2]), step([2], [1]), step([0], [3])], overlapping)).toEqual([[], [0], [1]]);
  });
});
