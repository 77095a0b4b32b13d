// node dist/test/bench/gpu/measure.js [--device cuda] [--only mlp,gpt12]: milliseconds of each workload on a GPU, one line of JSON each.
import { parseArgs } from 'node:util';
import { device, type KernelTime, matmulPrecision, memory, tensor } from '../../../src/index.js';
import { measure } from '../../../src/profile.js';
import { workloads } from '../workloads.js';
import { type Job, jobs } from './models.js';

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    only: { type: 'string' },
    /** Seconds for each workload. */
    seconds: { type: 'string', default: '1.5' },
    profile: { type: 'boolean', default: false },
  },
});

/** Waits until the device has done everything: a value that depends on nothing comes after all of it. */
const settle = (): void => void tensor([1]).add(1).at(0).item();

/** Milliseconds of a call, as the median of batches, each waited for. */
function milliseconds(step: () => void): { readonly first: number; readonly median: number; readonly calls: number } {
  const timed = (count: number): number => {
    const start = performance.now();
    for (let i = 0; i < count; i++) step();
    settle();
    return (performance.now() - start) / count;
  };
  const first = timed(1);
  for (let i = 0; i < 4; i++) timed(1);
  const once = timed(3);
  const count = Math.max(1, Math.min(200, Math.round(20 / once)));
  const times: number[] = [];
  const end = performance.now() + 1000 * Number(options.seconds);
  while (times.length < 5 || (performance.now() < end && times.length < 200)) times.push(timed(count));
  times.sort((a, b) => a - b);
  return { first, median: times[times.length >> 1]!, calls: count * times.length };
}

/** Milliseconds that kernels took, by the device's own clock; what else a call costs is not in it. */
const total = (kernels: readonly KernelTime[]): number => kernels.reduce((sum, { ms }) => sum + ms, 0);

const training: readonly Job[] = workloads.map((workload) => ({ ...workload, precision: 'highest' as const }));
const only = options.only?.split(',');

console.error(device(options.device));
for (const job of [...training, ...jobs]) {
  if (only && !only.some((name) => job.name.startsWith(name))) continue;
  try {
    matmulPrecision(job.precision);
    const step = job.prepare();
    const { first, median, calls } = milliseconds(step);
    const kernels = Array.from({ length: 5 }, () => measure(step)).sort((a, b) => total(a) - total(b))[2]!;
    const inKernels = total(kernels);
    console.log(
      JSON.stringify({
        name: job.name,
        ms: median,
        kernels: inKernels,
        first,
        calls,
        ...(job.flops && { tflops: job.flops / median / 1e9 }),
        ...(job.bytes && { gbs: job.bytes / inKernels / 1e6 }),
      }),
    );
    for (const { kind, text, ms, runs } of [...kernels].sort((a, b) => b.ms - a.ms).slice(0, options.profile ? 12 : 0))
      console.error(`  ${job.name}: ${ms.toFixed(4)} ms, ${runs} × ${kind} ${text.slice(0, 120)}`);
    memory(options.device);
  } catch (error) {
    console.log(JSON.stringify({ name: job.name, error: error instanceof Error ? error.message : String(error) }));
  }
}
