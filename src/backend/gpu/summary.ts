// In: a schedule and its source text. Out: one summary a kernel, with the text.
import type { KernelSummary } from '../../device.js';
import { describe } from '../../fuse/describe.js';
import type { Schedule } from '../../fuse/kernel.js';
import type { Rendered } from './rendered.js';

/** Summaries of a schedule's kernels, each with the source of its dispatches. */
export function summaries(schedule: Schedule, { dispatches }: Rendered): KernelSummary[] {
  const sources = schedule.kernels.map((): Set<string> => new Set());
  for (const { kernel, source } of dispatches) sources[kernel]!.add(source);
  return describe(schedule).map((summary, place) => ({ ...summary, source: [...sources[place]!].join('\n') }));
}
