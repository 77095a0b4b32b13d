// npm run bench -- --kernel [--folder DIR] [--rounds 9]: our kernel's times beside ipykernel's and those of tslab and Deno
// where they are installed, alternating in one run, as medians of milliseconds. Schemas need the package zod in DIR.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeasuredKernel } from './kernel-client.js';
import { type Peer, peers } from './kernel-peers.js';

const MAIN = fileURLToPath(new URL('../../kernel/cli/main.js', import.meta.url));
const LINES = 10_000;
const CELLS_BEFORE = 200;

interface Subject {
  readonly peer: Peer;
  readonly kernel: MeasuredKernel;
}

/** One sample; undefined where the kernel cannot do it, or does not. */
type Measure = (subject: Subject, index: number) => Promise<number | undefined>;

/** What each kernel's samples come to. */
type Row = ReadonlyMap<string, readonly (number | undefined)[]>;

export async function benchKernels(rounds: number, givenFolder: string | undefined): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), 'gradlab-bench-'));
  const all = peers(MAIN, givenFolder ?? temporary);
  console.log(
    ['median (least), ms'.padEnd(30), ...all.map(({ name }) => name.padStart(18)), 'goal'.padStart(8)].join(''),
  );
  try {
    await starts(all, rounds);
    const subjects: Subject[] = [];
    try {
      for (const peer of all) subjects.push({ peer, kernel: await MeasuredKernel.start(peer.command) });
      await cells(subjects, rounds);
    } finally {
      await Promise.all(subjects.map(({ kernel }) => kernel.stop()));
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function starts(all: readonly Peer[], rounds: number): Promise<void> {
  const toInfo = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  const toResult = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, command } of all) {
      const kernel = await MeasuredKernel.start(command);
      toInfo.get(name)?.push(kernel.startMilliseconds);
      await kernel.execute('1+1');
      toResult.get(name)?.push(kernel.sinceStart());
      await kernel.stop();
    }
  }
  show('start to kernel_info reply', toInfo, 250);
  show('start to first result', toResult);
}

async function cells(subjects: readonly Subject[], rounds: number): Promise<void> {
  const memory = new Map(subjects.map(({ peer, kernel }) => [peer.name, kernel]));
  const cell =
    (code: (subject: Subject, index: number) => string | undefined): Measure =>
    async (subject, index) => {
      const text = code(subject, index);
      return text === undefined ? undefined : (await subject.kernel.execute(text))?.milliseconds;
    };
  const series = async (title: string, measure: Measure, count: number, goal?: number): Promise<void> =>
    show(title, await alternate(subjects, measure, count), goal);

  await alternate(
    subjects,
    cell(() => '1+1'),
    10,
  );
  const resident = [...memory].map(([name, kernel]): [string, number[]] => [name, [kernel.residentMegabytes()]]);
  await series(
    '1+1',
    cell(() => '1+1'),
    rounds * 5,
    2.5,
  );
  await series(
    'n+m, another text each time',
    cell((_, n) => `${n}+${n + 1}`),
    rounds * 5,
  );
  await series(
    'class of 30 lines',
    cell(({ peer }, n) => peer.snippets.class(n)),
    rounds * 2,
    8,
  );
  if (subjects.some(({ peer }) => peer.snippets.schema)) {
    await alternate(
      subjects,
      cell(({ peer }) => peer.snippets.schema?.prepare),
      1,
    );
    await series(
      'schema of zod',
      cell(({ peer }, n) => peer.snippets.schema?.cell(n)),
      rounds,
      60,
    );
  }
  await series(
    'declaration',
    cell(({ peer }, n) => peer.snippets.declare(n)),
    CELLS_BEFORE,
  );
  await series(
    `1+1 after ${CELLS_BEFORE} cells`,
    cell(() => '1+1'),
    rounds * 5,
    3,
  );
  await series('10,000 lines, all there', lines, rounds, 40);
  await series(
    'display of 10 MB',
    cell(({ peer }) => peer.snippets.display),
    rounds,
    80,
  );
  await alternate(
    subjects,
    cell(({ peer }) => peer.snippets.completion.prepare),
    1,
  );
  await series('completion of a member', completion, rounds * 3, 3);
  for (const [kind, title] of Object.entries(INTERRUPTS)) {
    await series(title, interrupt(kind as keyof Peer['snippets']['endless']), Math.min(rounds, 5), 15);
  }
  show('resident after start, MB', new Map(resident), 220);
}

const INTERRUPTS = {
  spin: 'interrupt while(true){}',
  pending: 'interrupt a pending await',
  loop: 'interrupt an async loop',
  late: 'interrupt a loop after await',
} satisfies Record<keyof Peer['snippets']['endless'], string>;

const lines: Measure = async ({ peer, kernel }) => {
  const run = await kernel.execute(peer.snippets.lines);
  const texts = (run?.outputs ?? []).filter(({ type }) => type === 'stream');
  const count = texts.reduce((sum, { content }) => {
    const { text } = JSON.parse(content.toString()) as { text: string };
    return sum + text.split('\n').length - 1;
  }, 0);
  return count === LINES ? run?.milliseconds : undefined;
};

const completion: Measure = async ({ peer, kernel }) => {
  const { code } = peer.snippets.completion;
  return (await kernel.request('complete_request', { code, cursor_pos: code.length })).milliseconds;
};

/** A kernel that does not stop is not asked again: it can do nothing any more. */
const stuck = new Set<MeasuredKernel>();
const interrupt =
  (kind: keyof Peer['snippets']['endless']): Measure =>
  async ({ peer, kernel }) => {
    if (stuck.has(kernel)) return undefined;
    const milliseconds = await kernel.interrupted(peer.snippets.endless[kind], peer.interruptsByMessage);
    if (milliseconds === undefined) stuck.add(kernel);
    return milliseconds;
  };

/** One sample of each kernel in turn, so that what else the machine does hits all alike. */
async function alternate(subjects: readonly Subject[], measure: Measure, count: number): Promise<Row> {
  const row = new Map<string, (number | undefined)[]>(subjects.map(({ peer }) => [peer.name, []]));
  for (let index = 0; index < count; index++) {
    for (const subject of subjects) row.get(subject.peer.name)?.push(await measure(subject, index));
  }
  return row;
}

function show(title: string, row: Row, goal?: number): void {
  const columns = [...row.values()].map((samples) => {
    const times = samples.filter((each) => each !== undefined).sort((a, b) => a - b);
    const [least] = times;
    const median = times[times.length >> 1];
    if (least === undefined || median === undefined) return '–'.padStart(18);
    const missing = samples.length > times.length ? ` ${times.length}/${samples.length}` : '';
    return `${format(median)} (${format(least)})${missing}`.padStart(18);
  });
  console.log([title.padEnd(30), ...columns, (goal === undefined ? '' : `≤ ${goal}`).padStart(8)].join(''));
}

function format(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
