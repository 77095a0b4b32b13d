// Convolutions that a task takes image by image, on every instruction set: strides, phases, groups, epilogues, ranges of values, threads.
import { describe, expect, test } from 'vitest';
import { type ContractSpec, Program, randomArray, randomFrom, rowMajor } from './cpu-native-harness.js';
import { onEachIsa } from './cpu-native-isas.js';

interface Case {
  readonly name: string;
  readonly images: number;
  readonly channels: number;
  readonly outputs: number;
  /** Of the padded image. */
  readonly height: number;
  readonly width: number;
  readonly kernel: number;
  readonly stride: number;
  /** Phases along each axis: as the gradient of a strided convolution has them. */
  readonly phases?: number;
  readonly groups?: number;
}
const cases: readonly Case[] = [
  { name: 'one panel', images: 8, channels: 32, outputs: 32, height: 9, width: 9, kernel: 3, stride: 1 },
  { name: 'wide rows', images: 8, channels: 32, outputs: 40, height: 12, width: 47, kernel: 3, stride: 1 },
  {
    name: 'many outputs, long sums',
    images: 8,
    channels: 128,
    outputs: 250,
    height: 6,
    width: 8,
    kernel: 3,
    stride: 1,
  },
  { name: 'stride 2', images: 9, channels: 64, outputs: 64, height: 16, width: 16, kernel: 4, stride: 2 },
  { name: 'stride 2, odd rows', images: 8, channels: 32, outputs: 33, height: 15, width: 13, kernel: 3, stride: 2 },
  { name: 'stride 3', images: 8, channels: 32, outputs: 32, height: 17, width: 20, kernel: 5, stride: 3 },
  { name: 'phases', images: 11, channels: 64, outputs: 32, height: 9, width: 9, kernel: 2, stride: 1, phases: 2 },
  { name: 'groups', images: 8, channels: 32, outputs: 32, height: 8, width: 8, kernel: 3, stride: 1, groups: 3 },
];

/** y = x · w + bias + rest, with `rest` of the result's shape; and y by plain loops, with the sum of magnitudes. */
function convolution(c: Case, x: Float32Array, w: Float32Array, random: () => number) {
  const { images, channels, outputs, height, width, kernel, stride, phases = 1, groups = 1 } = c;
  const rows = Math.floor((height - kernel - (phases - 1)) / stride) + 1;
  const columns = Math.floor((width - kernel - (phases - 1)) / stride) + 1;
  const all = groups * outputs;
  const [imageSize, channelSize] = [groups * channels * height * width, height * width];
  const taps = kernel * kernel;
  const shape = [images, all, rows * phases, columns * phases];
  const [yn, yo, yh, yw] = rowMajor(shape) as [number, number, number, number];
  const out = new Float32Array(images * yn);
  const bias = randomArray(all, random);
  const rest = randomArray(out.length, random);
  const whole = [yn, outputs * yo, yo, yh * phases, yh, yw * phases, yw, 0, 0, 0];
  // Weights lie [group, output, channel, phase, phase, tap, tap].
  const wTap = taps;
  const wOutput = channels * phases * phases * taps;
  const spec: ContractSpec = {
    dims: [
      ['n', images, 0, imageSize],
      ['batch', groups, outputs * wOutput, channels * channelSize],
      ['m', outputs, wOutput, 0],
      ['n', rows, 0, stride * width],
      ['batch', phases, phases * wTap, width],
      ['n', columns, 0, stride],
      ['batch', phases, wTap, 1],
      ['k', channels, phases * phases * taps, channelSize],
      ['k', kernel, kernel, width],
      ['k', kernel, 1, 1],
    ],
    a: w,
    b: x,
    inputs: [
      { data: bias, strides: [0, outputs, 1, 0, 0, 0, 0, 0, 0, 0] },
      { data: rest, strides: whole },
    ],
    registers: 5,
    code: [
      ['add_f32', 3, 0, 1],
      ['add_f32', 4, 3, 2],
    ],
    outputs: [[4, { data: out, strides: whole }]],
  };
  const worst = (): number => {
    let most = 0;
    const check = (n: number, o: number, h: number, v: number): void => {
      const group = Math.floor(o / outputs);
      const [fy, fx] = [h % phases, v % phases];
      const [y0, x0] = [Math.floor(h / phases) * stride + fy, Math.floor(v / phases) * stride + fx];
      let exact = 0;
      let magnitude = 0;
      for (let k = 0; k < channels; k++)
        for (let i = 0; i < kernel; i++)
          for (let j = 0; j < kernel; j++) {
            const at = n * imageSize + (group * channels + k) * channelSize + (y0 + i) * width + x0 + j;
            const term = x[at]! * w[o * wOutput + ((k * phases + fy) * phases + fx) * taps + i * kernel + j]!;
            exact += term;
            magnitude += Math.abs(term);
          }
      const place = n * yn + o * yo + h * yh + v * yw;
      exact += bias[o]! + rest[place]!;
      magnitude += Math.abs(bias[o]!) + Math.abs(rest[place]!);
      most = Math.max(most, Math.abs(out[place]! - exact) / magnitude);
    };
    // Some outputs of some images, whole.
    for (const n of new Set([0, 3, 5, images - 1]))
      for (const o of new Set([0, (n * 7) % all, all - 1]))
        for (let h = 0; h < rows * phases; h++) for (let v = 0; v < columns * phases; v++) check(n, o, h, v);
    return most;
  };
  return { spec, out, worst };
}
const operands = (c: Case, random: () => number): [Float32Array, Float32Array] => [
  randomArray(c.images * (c.groups ?? 1) * c.channels * c.height * c.width, random),
  randomArray((c.groups ?? 1) * c.outputs * c.channels * (c.phases ?? 1) ** 2 * c.kernel ** 2, random),
];

onEachIsa(() => {
  describe('a convolution is as accurate as float32', () => {
    test.each(cases)('$name', (c) => {
      const random = randomFrom(1);
      const [x, w] = operands(c, random);
      const { spec, worst } = convolution(c, x, w, random);
      new Program().contract(spec).run();
      expect(worst()).toBeLessThan(8 * 2 ** -24);
    });
    test.each(cases)('$name, an image with values that split floats cannot hold', (c) => {
      const random = randomFrom(2);
      const [x, w] = operands(c, random);
      const size = x.length / c.images;
      for (let i = 3 * size; i < 4 * size; i += 5) x[i] = 1e-36 * random();
      for (let i = 5 * size; i < 6 * size; i++) x[i]! *= 1e37;
      const { spec, worst } = convolution(c, x, w, random);
      new Program().contract(spec).run();
      expect(worst()).toBeLessThan(32 * 2 ** -24);
    });
  });

  test('the same bits with 1, 2 and 3 threads', { timeout: 300_000 }, () => {
    const { native } = new Program();
    const before = native.threads(0);
    try {
      for (const c of cases.filter(({ name }) => ['one panel', 'stride 2', 'phases'].includes(name))) {
        const results = [1, 2, 3].map((threads) => {
          native.threads(threads);
          const random = randomFrom(3);
          const [x, w] = operands(c, random);
          for (let i = 0; i < x.length / c.images; i += 7) x[i] = 1e-36;
          const { spec, out } = convolution(c, x, w, random);
          new Program().contract(spec).run();
          return out;
        });
        expect(results[1]).toEqual(results[0]);
        expect(results[2]).toEqual(results[0]);
      }
    } finally {
      native.threads(before);
    }
  });
});
