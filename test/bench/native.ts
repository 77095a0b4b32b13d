// Speed of the native library's kernels alone: GFLOP/s of contractions with the shapes of the lessons' models, GB/s of maps, rows, reductions.
// npx rolldown -p node -e koffi test/bench/native.ts --file dist/bench-native.mjs && node dist/bench-native.mjs [name part]
// With --serve it measures the case named on each line of standard input, so that a driver can alternate with another engine.
import { createInterface } from 'node:readline';
import { dense, Program, randomArray, randomFrom, rowMajor } from '../backend/cpu-native-harness.js';

const seconds = 0.2;
const cases = new Map<string, () => void>();
const random = randomFrom(1);

/** Milliseconds of a run over a fraction of a second: median, minimum, and processor time (for busy machines, with one thread). */
function time(program: Program): { median: number; least: number; processor: number } {
  const run = program.prepared();
  const times: number[] = [];
  program.native.run(run);
  const before = process.cpuUsage();
  const end = performance.now() + seconds * 1000;
  while (times.length < 7 || (performance.now() < end && times.length < 2000)) {
    const start = performance.now();
    program.native.run(run);
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const processor = (user + system) / 1000 / times.length;
  return { median: times[times.length >> 1]!, least: times[0]!, processor };
}

function report(name: string, program: () => Program, work: { flop?: number; bytes?: number }): void {
  cases.set(name, () => measure(name, program(), work));
}
function measure(name: string, program: Program, work: { flop?: number; bytes?: number }): void {
  const { median, least, processor } = time(program);
  const rate = (ms: number) =>
    work.flop ? `${(work.flop / ms / 1e6).toFixed(0)} GFLOP/s` : `${(work.bytes! / ms / 1e6).toFixed(1)} GB/s`;
  console.log(
    `${name.padEnd(34)} median ${median.toFixed(4)} ms, ${rate(median)}; least ${least.toFixed(4)}, ${rate(least)}; processor ${processor.toFixed(4)}, ${rate(processor)}`,
  );
}

/** C[m, n] = A[m, k] B[k, n]; a letter after the name says which operand is stored transposed. */
function matmul(name: string, m: number, n: number, k: number, transposed: '' | 'a' | 'b' = '', batch = 1): void {
  report(
    `${name} ${batch > 1 ? `${batch} x ` : ''}${m}x${n}x${k}${transposed}`,
    () => {
      const [aM, aK] = transposed === 'a' ? [1, m] : [k, 1];
      const [bK, bN] = transposed === 'b' ? [1, k] : [n, 1];
      return new Program().contract({
        dims: [
          ['batch', batch, m * k, k * n],
          ['m', m, aM, 0],
          ['n', n, 0, bN],
          ['k', k, aK, bK],
        ],
        a: randomArray(batch * m * k, random),
        b: randomArray(batch * k * n, random),
        inputs: [],
        registers: 1,
        outputs: [[0, { data: new Float32Array(batch * m * n), strides: [m * n, n, 1, 0] }]],
      });
    },
    { flop: 2 * batch * m * n * k },
  );
}

/** The three products of a convolution with a square kernel, stride 1, 'same' padding; size: of the image. */
function convolution(
  name: string,
  n: number,
  c: number,
  f: number,
  size: number,
  kernel: number,
  inputGradient = true,
): void {
  const padded = size + kernel - 1;
  const taps = kernel * kernel;
  const flop = 2 * n * f * size * size * c * taps;
  const weights = randomArray(f * c * taps, random);
  const image = (channels: number) => [channels * padded * padded, padded * padded, padded, 1] as const;
  report(
    `${name} forward, bias, relu`,
    () => {
      const [xn, xc, xh, xw] = image(c);
      return new Program().contract({
        dims: [
          ['n', n, 0, xn],
          ['m', f, c * taps, 0],
          ['n', size, 0, xh],
          ['n', size, 0, xw],
          ['k', c, taps, xc],
          ['k', kernel, kernel, xh],
          ['k', kernel, 1, xw],
        ],
        a: weights,
        b: randomArray(n * c * padded * padded, random),
        inputs: [{ data: randomArray(f, random), strides: [0, 1, 0, 0, 0, 0, 0] }],
        constants: [[0, 'f32']],
        registers: 5,
        code: [
          ['add_f32', 3, 0, 1],
          ['max_f32', 4, 3, 2],
        ],
        outputs: [
          [4, { data: new Float32Array(n * f * size * size), strides: [...rowMajor([n, f, size, size]), 0, 0, 0] }],
        ],
      });
    },
    { flop },
  );
  if (inputGradient) {
    report(
      `${name} input gradient`,
      () => {
        const [gn, gf, gh, gw] = image(f);
        return new Program().contract({
          dims: [
            ['n', n, 0, gn],
            ['m', c, taps, 0],
            ['n', size, 0, gh],
            ['n', size, 0, gw],
            ['k', f, c * taps, gf],
            ['k', kernel, -kernel, gh],
            ['k', kernel, -1, gw],
          ],
          a: weights,
          offsetA: taps - 1,
          b: randomArray(n * f * padded * padded, random),
          inputs: [],
          registers: 1,
          outputs: [
            [0, { data: new Float32Array(n * c * size * size), strides: [...rowMajor([n, c, size, size]), 0, 0, 0] }],
          ],
        });
      },
      { flop },
    );
  }
  report(
    `${name} weight gradient`,
    () => {
      const [xn, xc, xh, xw] = image(c);
      return new Program().contract({
        dims: [
          ['m', f, size * size, 0],
          ['n', c, 0, xc],
          ['n', kernel, 0, xh],
          ['n', kernel, 0, xw],
          ['k', n, f * size * size, xn],
          ['k', size, size, xh],
          ['k', size, 1, xw],
        ],
        a: randomArray(n * f * size * size, random),
        b: randomArray(n * c * padded * padded, random),
        inputs: [],
        registers: 1,
        outputs: [[0, { data: new Float32Array(f * c * taps), strides: [c * taps, taps, kernel, 1, 0, 0, 0] }]],
      });
    },
    { flop },
  );
}

for (const n of [64, 128, 256, 512, 1024, 2048]) matmul('matmul', n, n, n);
matmul('mlp 1 forward', 128, 256, 784);
matmul('mlp 1 weights', 784, 256, 128, 'a');
matmul('mlp 2 forward', 128, 128, 256);
matmul('mlp 2 input', 128, 256, 128, 'b');
matmul('mlp 3 forward', 128, 10, 128);
matmul('mlp 3 weights', 128, 10, 128, 'a');
convolution('cnn conv1', 64, 1, 32, 28, 3, false);
convolution('cnn conv2', 64, 32, 64, 14, 3);
matmul('cnn fc forward', 64, 128, 3136);
matmul('cnn fc input', 64, 3136, 128, 'b');
matmul('cnn fc weights', 3136, 128, 64, 'a');
convolution('conv2d64', 64, 64, 64, 56, 3, false);
matmul('lstm inputs', 2048, 512, 64);
matmul('lstm step', 32, 512, 128);
matmul('lstm step backward', 32, 128, 512, 'b');
matmul('lstm weights', 128, 512, 2048, 'a');
matmul('rnn weights', 64, 128, 2048, 'a');
matmul('lstm out', 2048, 65, 128);
matmul('gpt qkv', 2048, 384, 128);
matmul('gpt up', 2048, 512, 128);
matmul('gpt down', 2048, 128, 512);
matmul('gpt down input', 2048, 512, 128, 'b');
matmul('gpt up weights', 128, 512, 2048, 'a');
matmul('gpt scores', 64, 64, 32, 'b', 128);
matmul('gpt values', 64, 32, 64, '', 128);
matmul('vector', 1, 10, 128);
matmul('vector', 1, 1024, 1024);
matmul('vector', 1024, 1, 1024);

const million = (n: number) => n * 1_000_000;
function chain(n: number): void {
  report(
    `map tanh(x*2+1)*x ${n}`,
    () => {
      const view = (data: Float32Array) => ({ data, strides: [1] });
      return new Program().map({
        dims: [n],
        inputs: [view(randomArray(n, random))],
        constants: [
          [2, 'f32'],
          [1, 'f32'],
        ],
        registers: 6,
        code: [
          ['fma_f32', 3, 0, 1, 2],
          ['tanh_f32', 4, 3],
          ['mul_f32', 5, 4, 0],
        ],
        outputs: [[5, view(new Float32Array(n))]],
      });
    },
    { bytes: 8 * n },
  );
}
chain(1000);
chain(65536);
chain(million(10));
report(
  'map adam 1e6',
  () => {
    const n = million(1);
    const view = (data: Float32Array) => ({ data, strides: [1] });
    const [p, g, m, v] = [0, 0, 0, 0].map(() => view(randomArray(n, random).map(Math.abs)));
    return new Program().map({
      dims: [n],
      inputs: [p!, g!, m!, v!],
      constants: [0.9, 0.1, 0.999, 0.001, 1e-3, 1e-8].map((value) => [value, 'f32'] as const),
      registers: 16,
      code: [
        ['mul_f32', 10, 1, 5],
        ['fma_f32', 11, 2, 4, 10],
        ['mul_f32', 12, 1, 1],
        ['mul_f32', 12, 12, 7],
        ['fma_f32', 13, 3, 6, 12],
        ['sqrt_f32', 14, 13],
        ['add_f32', 14, 14, 9],
        ['div_f32', 14, 11, 14],
        ['mul_f32', 14, 14, 8],
        ['sub_f32', 15, 0, 14],
      ],
      outputs: [
        [15, p!],
        [11, m!],
        [13, v!],
      ],
    });
  },
  { bytes: 28e6 },
);
report(
  'row softmax 4096x1024',
  () => {
    const dims = [4096, 1024];
    return new Program().row({
      dims,
      rowDims: 1,
      kinds: [0, 1, 0, 0, 0, 1, 1, 0, 0],
      inputs: [dense(randomArray(4096 * 1024, random), dims)],
      registers: 9,
      code: [
        ['rmax', 1, 0],
        ['expand', 2, 1],
        ['sub_f32', 3, 0, 2],
        ['exp_f32', 4, 3],
        ['rsum', 5, 4],
        ['recip_f32', 6, 5],
        ['expand', 7, 6],
        ['mul_f32', 8, 4, 7],
      ],
      outputs: [[8, dense(new Float32Array(4096 * 1024), dims)]],
    });
  },
  { bytes: 8 * 4096 * 1024 },
);
function sum(name: string, kept: number[], reduced: number[], strides: number[]): void {
  report(
    name,
    () => {
      const total = [...kept, ...reduced].reduce((a, b) => a * b, 1);
      const n = kept.reduce((a, b) => a * b, 1);
      return new Program().reduce({
        kept,
        reduced,
        before: { inputs: [{ data: randomArray(total, random), strides }], registers: 1 },
        accumulators: [['rsum', 0, 'f32']],
        after: { inputs: [], registers: 1, outputs: [[0, dense(new Float32Array(n), kept)]] },
      });
    },
    { bytes: 4 * [...kept, ...reduced].reduce((a, b) => a * b, 1) },
  );
}
sum('reduce sum 1e7', [], [million(10)], [1]);
sum('reduce rows 4096x1024', [4096], [1024], [1024, 1]);
sum('reduce columns 2048x512', [512], [2048], [1, 512]);
sum('reduce columns 64x10', [10], [64], [1, 10]);
sum('reduce bias 64x32x784', [32], [64, 784], [784, 32 * 784, 1]);
sum('reduce small 64x10', [64], [10], [10, 1]);
for (const kind of ['poolTake', 'poolPut'] as const) {
  report(
    `${kind} 64x32x28x28`,
    () => {
      const program = new Program();
      const [x, y] = [randomArray(64 * 32 * 784, random), randomArray(64 * 32 * 196, random)];
      const geometry = [
        [28, 28],
        [14, 14],
        [2, 2],
        [2, 2],
        [0, 0],
        [1, 1],
      ].flat();
      const result = kind === 'poolTake' ? new Float32Array(y.length) : new Float32Array(x.length);
      const operands = [x, kind === 'poolTake' ? x : y, result].flatMap((data) => [program.slot(data), 0]);
      return program.record(kind, [2, 64 * 32, ...geometry, 0, ...operands]);
    },
    { bytes: 4 * 64 * 32 * 784 },
  );
}

const only = process.argv[2] ?? '';
if (only === '--serve') {
  for await (const line of createInterface({ input: process.stdin })) cases.get(line)?.();
} else {
  console.log(new Program().native.info());
  for (const [name, run] of cases) if (name.includes(only)) run();
}
