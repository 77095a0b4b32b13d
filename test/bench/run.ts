// npm run bench -- --kernel: see kernel.ts.
// npm run bench [-- --only cnn,mlp] [--json] [--memory]: our step times beside PyTorch's, alternating in one run, as medians.
// With --memory also the most memory that a process of its own ever held for each workload, ours and the peer's.
// The peer is the python in GRADLAB_PEER_PYTHON, else that of the PATH; it needs torch. Without it only our times are shown.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { device, rand } from '../../src/index.js';
import { prepare, type Workload, workloads } from './workloads.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
    memory: { type: 'boolean', default: false },
    /** Of the child processes that measure memory. */
    alone: { type: 'string' },
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

/** What steps are compared with: GFLOP/s that large products reach here, GB/s at which long arrays are read. */
interface Limits {
  readonly flops: number;
  readonly bytes: number;
}
function limits(): Limits {
  const product = workloads.find((w) => w.name === 'matmul1024')!;
  const multiply = prepare(product);
  const x = rand([2.5e7]).eval();
  const read = (): void => void x.sum().item();
  for (const step of [multiply, read]) ours(step, 5);
  return {
    flops: product.flops / Math.min(...ours(multiply, 20)) / 1e6,
    bytes: 1e8 / Math.min(...ours(read, 20)) / 1e6,
  };
}
const limitOf = ({ flops, bytes = 0 }: Workload, limit: Limits): number | null =>
  flops || bytes ? Math.max(flops / limit.flops, bytes / limit.bytes) / 1e6 : null;

const steps = 10;
/** Megabytes that a process held at most while it ran the workload a few times, from the last word that it prints. */
function peakMemory(command: string, args: readonly string[]): Promise<number | null> {
  const env = { ...process.env, OMP_NUM_THREADS: options.threads, GRADLAB_THREADS: options.threads };
  return new Promise((resolve) =>
    execFile(command, args, { env }, (error, stdout) =>
      resolve(error ? null : Number(stdout.trim().split(/\s/).at(-1))),
    ),
  );
}
const ourMemory = (name: string): Promise<number | null> =>
  peakMemory(process.execPath, [fileURLToPath(import.meta.url), '--alone', name]);
const peerMemory = (name: string): Promise<number | null> =>
  peakMemory(python, [source, options.threads, '--alone', name]);

async function measure(workload: Workload, peer: Peer | null, limit: Limits): Promise<void> {
  const step = prepare(workload);
  const start = performance.now();
  step();
  const first = performance.now() - start;
  const once = median(ours(step, 3));
  const count = Math.max(3, Math.min(200, Math.round(200 / once)));
  // A program that trains takes thousands of steps: both sides are warm before they are measured.
  ours(step, 2 * count);
  await peer?.times(workload.name, 2 * count);
  const mine: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    mine.push(...ours(step, count));
    if (peer) theirs.push(...(await peer.times(workload.name, count)));
  }
  const ms = median(mine);
  const peerMs = theirs.length ? median(theirs) : null;
  const limitMs = limitOf(workload, limit);
  const mb = options.memory ? await ourMemory(workload.name) : null;
  const peerMb = options.memory && peer ? await peerMemory(workload.name) : null;
  const round = (v: number | null): number | null => (v === null ? null : Number(v.toPrecision(4)));
  if (options.json) {
    console.log(
      JSON.stringify({
        workload: workload.name,
        ours_ms: round(ms),
        peer_ms: round(peerMs),
        limit_ms: round(limitMs),
        first_ms: round(first),
        ...(options.memory && { ours_mb: round(mb), peer_mb: round(peerMb) }),
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
      ...(options.memory ? [cell(mb), cell(peerMb)] : []),
    );
  }
}

const python = process.env.GRADLAB_PEER_PYTHON ?? 'python3';
if (options.alone !== undefined) {
  const workload = workloads.find((w) => w.name === options.alone);
  if (workload) ours(prepare(workload), steps);
  console.log(process.resourceUsage().maxRSS / 1024);
  process.exit();
}
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
    ...[
      'ours, ms',
      'peer, ms',
      'peer÷ours',
      'limit, ms',
      'first, ms',
      ...(options.memory ? ['ours, MB', 'peer, MB'] : []),
    ].map((s) => s.padStart(10)),
  );
}
const limit = limits();
const only = options.only?.split(',');
for (const workload of workloads) if (!only || only.includes(workload.name)) await measure(workload, peer, limit);
peer?.close();
