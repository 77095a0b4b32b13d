// npm run bench -- --kernel: see kernel.ts.
// npm run bench [-- --only cnn,mlp] [--json]: our step times beside PyTorch's, alternating in one run, as medians.
// The peer is the python in GRADLAB_PEER_PYTHON, else that of the PATH; it needs torch. Without it only our times are shown.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { device } from '../../src/index.js';
import { prepare, type Workload, workloads } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
    kernel: { type: 'boolean', default: false },
    folder: { type: 'string' },
  },
});
if (options.kernel) {
  const { benchKernels } = await import('./kernel.js');
  await benchKernels(Number(options.rounds), options.folder);
  process.exit();
}
const source = fileURLToPath(new URL('../../../test/bench/peer.py', import.meta.url));

/** The other engine, in a process of its own that waits between requests. */
class Peer {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: ((line: string | null) => void)[] = [];

  constructor(python: string, threads: string) {
    this.#process = spawn(python, [source, threads], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, OMP_NUM_THREADS: threads },
    });
    this.#lines = createInterface({ input: this.#process.stdout! });
    this.#lines.on('line', (line) => this.#waiting.shift()?.(line));
    const end = (): void => {
      for (const resolve of this.#waiting.splice(0)) resolve(null);
    };
    this.#process.on('error', end);
    this.#process.on('exit', end);
  }
  next(): Promise<string | null> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  async times(name: string, count: number): Promise<number[]> {
    const reply = this.next();
    this.#process.stdin!.write(`${name} ${count}\n`);
    const parsed: unknown = JSON.parse((await reply) ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((v) => typeof v === 'number') : [];
  }
  close(): void {
    this.#process.kill();
  }
}

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

function ours(step: () => void, count: number): number[] {
  return Array.from({ length: count }, () => {
    const start = performance.now();
    step();
    return performance.now() - start;
  });
}

/** GFLOP/s that large products reach here: the limit that steps are compared with. */
function peak(): number {
  const product = workloads.find((w) => w.name === 'matmul1024')!;
  const step = prepare(product);
  ours(step, 5);
  return product.flops / Math.min(...ours(step, 20)) / 1e6;
}

async function measure(workload: Workload, peer: Peer | null, limit: number): Promise<void> {
  const step = prepare(workload);
  const start = performance.now();
  step();
  const first = performance.now() - start;
  const once = median(ours(step, 3));
  const count = Math.max(3, Math.min(200, Math.round(200 / once)));
  await peer?.times(workload.name, 3);
  const mine: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    mine.push(...ours(step, count));
    if (peer) theirs.push(...(await peer.times(workload.name, count)));
  }
  const ms = median(mine);
  const peerMs = theirs.length ? median(theirs) : null;
  const limitMs = workload.flops ? workload.flops / limit / 1e6 : null;
  const round = (v: number | null): number | null => (v === null ? null : Number(v.toPrecision(4)));
  if (options.json) {
    console.log(
      JSON.stringify({
        workload: workload.name,
        ours_ms: round(ms),
        peer_ms: round(peerMs),
        limit_ms: round(limitMs),
        first_ms: round(first),
      }),
    );
  } else {
    const cell = (v: number | null, digits = 3): string => (v === null ? '–' : v.toPrecision(digits)).padStart(10);
    console.log(
      workload.name.padEnd(12),
      cell(ms),
      cell(peerMs),
      cell(peerMs && peerMs / ms),
      cell(limitMs),
      cell(first),
    );
  }
}

const python = process.env.GRADLAB_PEER_PYTHON ?? 'python3';
let peer: Peer | null = new Peer(python, options.threads);
const hello = await peer.next();
if (hello === null) {
  console.error(`${python} has no torch: set GRADLAB_PEER_PYTHON to a Python that does, to see the peer's times`);
  peer = null;
}
if (!options.json) {
  console.log(`${device()} · peer ${hello ?? 'none'}`);
  console.log(
    'workload'.padEnd(12),
    ...['ours, ms', 'peer, ms', 'peer÷ours', 'limit, ms', 'first, ms'].map((s) => s.padStart(10)),
  );
}
const limit = peak();
const only = options.only?.split(',');
for (const workload of workloads) if (!only || only.includes(workload.name)) await measure(workload, peer, limit);
peer?.close();
