// In: functions of the plane and ways over it. Out: surfaces that plotly.js reads, pictures that are stable, and errors that say what to do.
import { describe, expect, test } from 'vitest';
import { displayMethod, draftMethod } from '../../src/display/bundle.js';
import { surface } from '../../src/display/surface/surface.js';
import { tensor } from '../../src/index.js';

const bowl = (x: number, y: number) => x ** 2 + 3 * y ** 2;
const straight = [
  [-0.9, 0.5],
  [0.9, -0.5],
];

const heightsOf = (z: unknown): Float32Array => {
  const { bdata } = z as { bdata: string };
  return new Float32Array(Uint8Array.from(Buffer.from(bdata, 'base64')).buffer);
};

describe('a surface', () => {
  test('shows itself in space, as a picture and as text, without a network', () => {
    const bundle = surface(bowl, { paths: { GD: straight } })[displayMethod]();
    expect(Object.keys(bundle).sort()).toEqual(['application/vnd.plotly.v1+json', 'image/svg+xml', 'text/plain']);
    const svg = String(bundle['image/svg+xml']);
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="height over x and y: 0/);
    expect(svg).not.toMatch(/undefined|NaN|\bnull\b/);
    expect(svg.length).toBeLessThan(150_000);
    expect(JSON.stringify(bundle).replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
  });

  test('has the heights of the function, row by row from the lowest y', () => {
    const { data } = surface(bowl, { resolution: 5 }).figure;
    const heights = heightsOf(data[0]?.z);
    expect([heights[0], heights[2], heights[12]]).toEqual([4, 3, 0]);
    expect(data[0]).toMatchObject({ x: [-1, -0.5, 0, 0.5, 1], cmin: 0, cmax: 4 });
  });

  test('goes through rows of heights, straight between them', () => {
    const { data } = surface(
      tensor([
        [0, 1],
        [2, 3],
      ]),
      { resolution: 3 },
    ).figure;
    expect([...heightsOf(data[0]?.z)]).toEqual([0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3]);
  });

  test('carries ways, also between their steps', () => {
    const { data } = surface(bowl, { paths: straight }).figure;
    const [, line, ends] = data as { x: number[]; y: number[]; z: number[] }[];
    expect(line!.x.length).toBeGreaterThan(20);
    line!.z.forEach((z, i) => {
      expect(Math.abs(z - bowl(line!.x[i]!, line!.y[i]!))).toBeLessThan(0.06);
    });
    expect(ends!.x).toEqual([-0.9, 0.9]);
  });

  test('leaves a gap where a way is outside, and draws one that never comes in as nothing', () => {
    const { data } = surface(bowl, {
      paths: {
        out: [
          [0, 0],
          [0, 3],
          [0.5, 0.5],
        ],
        never: [[5, 5]],
      },
    }).figure;
    expect(JSON.stringify(data[1]?.x).match(/null/g)).toHaveLength(1);
    expect(surface(bowl, { paths: { never: [[5, 5]] } }).text).toContain('never: lies outside after 0 steps');
  });

  test('takes logarithms and ends of the height', () => {
    const { data } = surface((x) => 10 ** (3 * x), {
      log: true,
      zRange: [0.1, 10],
      resolution: 3,
      zLabel: 'loss',
    }).figure;
    expect([...heightsOf(data[0]?.z).slice(0, 3)]).toEqual([-1, 0, 1]);
    expect(data[0]?.colorbar).toMatchObject({ title: { text: 'log₁₀ loss' } });
  });

  test('has a draft without the picture, for sliders', () => {
    expect(Object.keys(surface(bowl)[draftMethod]())).toEqual(['application/vnd.plotly.v1+json', 'text/plain']);
  });
});

test.each<[string, () => unknown, RegExp]>([
  ['an empty range', () => surface(bowl, { xRange: [1, 1] }), /xRange from 1 to 1/],
  ['no finite height', () => surface(() => Number.NaN), /no finite height/],
  ['logarithms of depths', () => surface(() => -1, { log: true }), /heights must be positive/],
  ['one row', () => surface([[1, 2]]), /1 × 2 heights/],
  ['a way of triples', () => surface(bowl, { paths: { GD: [[1, 2, 3]] } }), /path GD has 1 points of 3 numbers/],
])('%s is refused', (_, act, message) => {
  expect(act).toThrow(message);
});
