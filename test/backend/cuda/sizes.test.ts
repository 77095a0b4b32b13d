// Shapes beyond those of the shared cases, and numbers at the edges, on the stand-in for CUDA.
import { beforeAll, describe, expect, test } from 'vitest';
import { device, tensor } from '../../../src/index.js';
import { edges, sizes, values } from '../webgpu/sizes.js';
import { missing, type StandIn, useStandIn } from './stand-in.js';

const reason = missing();

describe.skipIf(reason !== null)(reason ?? 'cuda', { timeout: 600_000 }, () => {
  let standIn: StandIn;
  beforeAll(() => {
    standIn = useStandIn();
    device('cuda');
    standIn.set('runs', 0);
    for (const make of Object.values({ ...sizes, ...edges })) values(make);
    standIn.set('runs', 1);
    tensor([1]).add(1).item();
  }, 600_000);
  const both = (make: Parameters<typeof values>[0]): [number[], number[]] => {
    device('reference');
    const expected = values(make);
    device('cuda');
    return [values(make), expected];
  };

  // Sums of some thousand float32 numbers, where the reference has float64.
  test.each(Object.entries(sizes))('%s', (_, make) => {
    const [found, expected] = both(make);
    expect(found.length).toBe(expected.length);
    found.forEach((v, i) => {
      expect(Math.abs(v - expected[i]!), `element ${i}: ${v} instead of ${expected[i]}`).toBeLessThan(2e-5);
    });
  });

  test.each(Object.entries(edges))('%s', (_, make) => {
    const [found, expected] = both(make);
    found.forEach((v, i) => {
      const e = expected[i]!;
      const same =
        v === e || (Number.isNaN(v) && Number.isNaN(e)) || Math.abs(v - e) <= 2e-6 * Math.max(1, Math.abs(e));
      expect(same, `element ${i}: ${v} instead of ${e}`).toBe(true);
    });
  });
});
