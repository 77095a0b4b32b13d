// Where time goes: each kernel's runs and nanoseconds while a profile is taken.
import type { KernelSummary } from './device.js';

/** A kernel and the time it took. */
export interface KernelTime extends KernelSummary {
  /** How often it ran. */
  runs: number;
  /** Milliseconds in all. */
  ms: number;
}

/** One run of a kernel on a time line. */
interface Event {
  readonly kernel: KernelSummary;
  /** Microseconds since the start of the recording. */
  readonly at: number;
  readonly duration: number;
}
let events: Event[] | null = null;
let origin = 0;

let times: Map<KernelSummary, KernelTime> | null = null;

/** True while a profile is taken: backends then measure each kernel. @internal */
export const isProfiling = (): boolean => times !== null;

/** Adds one run's nanoseconds, one for each kernel. @internal */
export function record(kernels: readonly KernelSummary[], nanoseconds: ArrayLike<number>): void {
  if (events) {
    // The run has just ended, and its kernels ran one after the other.
    let at = (performance.now() - origin) * 1e3;
    for (let i = 0; i < kernels.length; i++) at -= (nanoseconds[i] ?? 0) / 1e3;
    kernels.forEach((kernel, i) => {
      const duration = (nanoseconds[i] ?? 0) / 1e3;
      events?.push({ kernel, at, duration });
      at += duration;
    });
  }
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

/** A recording in Chrome's trace event format. */
export interface ChromeTrace {
  readonly traceEvents: readonly {
    readonly name: string;
    readonly cat: string;
    readonly ph: 'X';
    /** Start and length in microseconds. */
    readonly ts: number;
    readonly dur: number;
    readonly pid: number;
    readonly tid: number;
    readonly args: { readonly computes: string; readonly flops: number; readonly bytes: number };
  }[];
  readonly displayTimeUnit: 'ms';
}

/**
 * Runs `body` and returns every kernel on a time line, in Chrome's trace event format: written to a file as JSON, it opens in
 * Perfetto (ui.perfetto.dev) or chrome://tracing.
 * @example await writeFile('step.json', JSON.stringify(await chromeTrace(() => step())))
 */
export async function chromeTrace(body: () => void | Promise<void>): Promise<ChromeTrace> {
  const recorded: Event[] = [];
  events = recorded;
  origin = performance.now();
  try {
    await profile(body);
  } finally {
    events = null;
  }
  return {
    traceEvents: recorded.map(({ kernel, at, duration }) => ({
      name: kernel.kind,
      cat: 'kernel',
      ph: 'X',
      ts: at,
      dur: duration,
      pid: process.pid,
      tid: 0,
      args: { computes: kernel.text, flops: kernel.flops, bytes: kernel.bytes },
    })),
    displayTimeUnit: 'ms',
  };
}
