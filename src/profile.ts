// Where time goes: each kernel's runs and nanoseconds while a profile is taken.
import type { KernelSummary } from './device.js';

/** A kernel and the time it took. */
export interface KernelTime extends KernelSummary {
  /** How often it ran. */
  runs: number;
  /** Milliseconds in all. */
  ms: number;
}

let times: Map<KernelSummary, KernelTime> | null = null;

/** True while a profile is taken: backends then measure each kernel. @internal */
export const isProfiling = (): boolean => times !== null;

/** Adds one run's nanoseconds, one for each kernel. @internal */
export function record(kernels: readonly KernelSummary[], nanoseconds: ArrayLike<number>): void {
  kernels.forEach((kernel, i) => {
    const entry = times?.get(kernel) ?? { ...kernel, runs: 0, ms: 0 };
    entry.runs++;
    entry.ms += (nanoseconds[i] ?? 0) / 1e6;
    times?.set(kernel, entry);
  });
}

/** Runs a synchronous `body` and returns the kernels that ran meanwhile, in order. */
export function measure(body: () => void): KernelTime[] {
  times = new Map();
  try {
    body();
    return [...times.values()];
  } finally {
    times = null;
  }
}

/**
 * Runs `body` and returns the kernels that ran meanwhile, the costliest first.
 * @example (await profile(() => step())).slice(0, 5)
 */
export async function profile(body: () => void | Promise<void>): Promise<KernelTime[]> {
  times = new Map();
  try {
    await body();
    return [...times.values()].sort((a, b) => b.ms - a.ms);
  } finally {
    times = null;
  }
}
