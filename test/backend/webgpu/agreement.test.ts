// The shared suites on WebGPU: generated WGSL, run by software Vulkan on this processor, against the reference.
import { afterAll, describe } from 'vitest';
import { device } from '../../../src/device.js';
import { graphsAgree, opsAgree } from '../../ops/agree.js';
import { chapterAgrees } from '../chapter.js';
import { useSoftwareVulkan } from './vulkan.js';

const missing = useSoftwareVulkan();

describe.skipIf(missing !== null)(missing ?? 'webgpu', { timeout: 600_000 }, () => {
  afterAll(() => {
    device('cpu');
  });
  // WGSL has no float64. Its division may err by 2.5 units in the last place, and sums are float32 where the reference has float64.
  opsAgree('webgpu', {
    reals: ['float32'],
    looser: { pow: 10, matmul: 4, conv: 10, tan: 4, acosh: 4, atanh: 4, prod: 4, scan: 10 },
  });
  graphsAgree('webgpu', 12);
  chapterAgrees('webgpu');
});
