// Every kernel of the shared cases and of the larger shapes as WGSL that Dawn accepts; its null device needs no driver.
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { render } from '../../../src/backend/gpu/render.js';
import type { Limits } from '../../../src/backend/gpu/rendered.js';
import { wgsl } from '../../../src/backend/gpu/wgsl.js';
import { openReference } from '../../../src/backend/reference/index.js';
import { registerDevice } from '../../../src/device.js';
import type { Schedule } from '../../../src/fuse/kernel.js';
import { optimize } from '../../../src/fuse/optimize.js';
import { schedule } from '../../../src/fuse/schedule.js';
import { device } from '../../../src/index.js';
import type { OpName } from '../../../src/op-names.js';
import { ops } from '../../../src/ops.js';
import type { Plan } from '../../../src/plan.js';
import { cases } from '../../ops/cases.js';
import { compute } from '../../ops/run.js';
import { edges, sizes, values } from './sizes.js';

const installed = (() => {
  try {
    return createRequire(import.meta.url).resolve('webgpu');
  } catch {
    return null;
  }
})();

/** The least that WebGPU promises. */
const least: Limits = {
  storageBuffers: 8,
  workgroupThreads: 256,
  sharedBytes: 16384,
  gridPerAxis: 65535,
  alignment: 256,
  f16: false,
  subgroups: false,
};

const plans: Plan[] = [];
registerDevice('collector', () => {
  const reference = openReference();
  return {
    ...reference,
    name: 'collector',
    compile(plan) {
      plans.push(plan);
      return reference.compile(plan);
    },
  };
});

const usesFloat64 = ({ nodes }: Plan): boolean => nodes.some(({ dtype }) => dtype === 'float64');

describe.skipIf(!installed)(installed ? 'WGSL' : 'the package webgpu is not installed', { timeout: 600_000 }, () => {
  /** Kept for as long as its device is in use. */
  let gpu: GPU | null = null;
  let nothing: GPUDevice | null = null;

  beforeAll(async () => {
    const { create } = await import('webgpu');
    gpu = create(['backend=null']);
    nothing = (await (await gpu.requestAdapter())?.requestDevice()) ?? null;
    device('collector');
    for (const op of Object.keys(ops) as OpName[]) for (const c of cases[op]) compute(op, c, 'float32');
    for (const make of [...Object.values(sizes), ...Object.values(edges)]) values(make);
  }, 600_000);
  afterAll(() => {
    device('cpu');
    nothing?.destroy();
    gpu = null;
  });

  async function refused(schedules: readonly Schedule[], limits: Limits): Promise<string[]> {
    const sources = new Map<string, string>();
    for (const scheduled of schedules)
      for (const { source, entry, bindings, parameters, status } of render(scheduled, wgsl, limits).dispatches) {
        sources.set(source, entry);
        expect(bindings.length + Number(parameters) + Number(status)).toBeLessThanOrEqual(limits.storageBuffers);
      }
    const problems: string[] = [];
    for (const [code, entryPoint] of sources) {
      nothing!.pushErrorScope('validation');
      const module = nothing!.createShaderModule({ code });
      nothing!.createComputePipeline({ layout: 'auto', compute: { module, entryPoint } });
      const error = await nothing!.popErrorScope();
      if (error) problems.push(`${error.message}\n${code}`);
    }
    expect(sources.size).toBeGreaterThan(100);
    return problems;
  }

  test('Dawn accepts every source, within the least limits of WebGPU', async () => {
    const schedules = plans.filter((plan) => !usesFloat64(plan)).map((plan) => schedule(optimize(plan)));
    expect(await refused(schedules, least)).toEqual([]);
  });

  test('a plan with float64 is refused with what to do', () => {
    const wide = plans.find(usesFloat64)!;
    expect(() => render(schedule(optimize(wide)), wgsl, least)).toThrow(
      /float64 is not available on webgpu\. Use t\.to\('float32'\)/,
    );
  });
});
