// A function → how long one call takes, measured over many.

const RUNS = 7;
const SECONDS_PER_RUN = 0.1;

/** What {@link timeit} found, in seconds for one call. */
export interface Timing {
  mean: number;
  deviation: number;
  best: number;
  calls: number;
}

/**
 * Calls `f` until the clock can tell, seven times over, and prints the mean. Asynchronous functions are awaited, one
 * after the other.
 */
export async function timeit(f: () => unknown): Promise<void> {
  const { mean, deviation, best, calls } = await measure(f);
  const each = calls === 1 ? '1 call' : `${calls.toLocaleString('en')} calls`;
  console.log(`${pretty(mean)} ± ${pretty(deviation)} per call, best ${pretty(best)} (${RUNS} runs of ${each})`);
}

/** The numbers behind {@link timeit}. */
export async function measure(f: () => unknown): Promise<Timing> {
  let calls = 1;
  while ((await run(f, calls)) < SECONDS_PER_RUN / 10 && calls < 1e8) calls *= 10;
  const times: number[] = [];
  for (let index = 0; index < RUNS; index++) times.push((await run(f, calls)) / calls);
  const mean = times.reduce((sum, time) => sum + time, 0) / RUNS;
  const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / RUNS);
  return { mean, deviation, best: Math.min(...times), calls };
}

async function run(f: () => unknown, calls: number): Promise<number> {
  const start = performance.now();
  for (let index = 0; index < calls; index++) {
    const result = f();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / 1000;
}

function pretty(seconds: number): string {
  const units: [scale: number, unit: string][] = [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'µs'],
    [1e-9, 'ns'],
  ];
  const [scale, unit] = units.find(([size]) => seconds >= size) ?? [1e-9, 'ns'];
  return `${(seconds / scale).toPrecision(3)} ${unit}`;
}
