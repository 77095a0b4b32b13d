/**
 * The notebooks, or those named → each run from a clean state, and held to what it promises.
 *
 *   npm run book                  every chapter; outputs that changed are written into notebooks/
 *   npm run book -- 04 05         only these
 *   npm run book -- --check       writes nothing, says what it would
 *   npm run book -- --quick       trains less (GRADLAB_QUICK=1), judges neither promises nor times, writes nothing
 *   npm run book -- --data        with the sets in $GRADLAB_DATA; judges, writes nothing
 *
 * A chapter promises a number by `promise(name, value, { atLeast })` of gradlab/display, at least once. It fails where a
 * promise is broken, a cell fails or writes to the error stream, a cell takes over 30 s or all of them over 120 s, or the
 * file is 1.5 MB or larger. Times are judged where nothing else keeps the machine busy. Chapters run in a temporary copy of notebooks/, in order, without a network and without the
 * reader's progress. Outputs count as changed where they differ in more than times, dates and ids; those of cells with the
 * tag `measured` (tables of times) are written only beside others.
 */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseObject } from '../wire/json.js';
import { keepUnchanged } from './change.js';
import { type ChapterRun, runChapter } from './chapter.js';
import { limits, type Rules } from './rules.js';
import { type Book, isBook, tidy } from './tidy.js';

const notebooks = fileURLToPath(new URL('../../../notebooks/', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    data: { type: 'boolean', default: false },
  },
});
const { quick, data } = values;
const writes = !values.check && !quick && !data;
/** Whether times say more about other programs than about the chapters. */
let busy = false;
const rules: Rules = { promises: !quick, times: !quick };

process.exitCode = await main();

async function main(): Promise<number> {
  const all = readdirSync(notebooks)
    .filter((name) => name.endsWith('.ipynb'))
    .sort();
  const chosen = all.filter((name) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)));
  if (chosen.length === 0)
    throw new Error(`no chapter starts with ${positionals.join(' or ')}; there are ${all.join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'gradlab-book-'));
  // Sessions inherit these: a clean state, without a network.
  Object.assign(process.env, { GRADLAB_PROGRESS: folder, GRADLAB_OFFLINE: '1', GRADLAB_CACHE: join(folder, 'cache') });
  if (quick) process.env.GRADLAB_QUICK = '1';
  else delete process.env.GRADLAB_QUICK;
  if (!data) delete process.env.GRADLAB_DATA;
  try {
    for (const name of all) copyFileSync(join(notebooks, name), join(folder, name));
    const [load = 0] = loadavg();
    busy = load > 1;
    if (rules.times && busy)
      console.log(`other work keeps ${load.toFixed(1)} processors busy: times are shown and not judged`);
    let failed = 0;
    for (const name of chosen) if (!(await chapter(folder, name))) failed += 1;
    console.log(`${chosen.length - failed} of ${chosen.length} chapters keep their promises`);
    return failed > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function chapter(folder: string, name: string): Promise<boolean> {
  const run = await runChapter(folder, name, rules);
  const after = bookAt(join(folder, name));
  tidy(after);
  const target = join(notebooks, name);
  const changed = keepUnchanged(bookAt(target), after);
  const text = `${JSON.stringify(after, null, 1)}\n`;
  const problems = [...run.problems];
  if (Buffer.byteLength(text) >= limits.bytes)
    problems.push(`its file takes ${Buffer.byteLength(text)} bytes; ${limits.bytes} are allowed`);
  report(run, problems, run.delays);
  if (problems.length > 0) return false;
  if (changed.length > 0 && !quick && !data) {
    if (writes) writeFileSync(target, text);
    console.log(`  ${writes ? 'written' : 'would be written'}: the outputs of code cells ${changed.join(', ')}`);
  }
  return busy || run.delays.length === 0;
}

function bookAt(path: string): Book {
  const json = parseObject(readFileSync(path), path);
  if (!isBook(json)) throw new Error(`${path} is no notebook of format 4`);
  return json;
}

function report(
  { name, seconds, cellSeconds, promises }: ChapterRun,
  problems: readonly string[],
  delays: readonly string[],
): void {
  const slowest = Math.max(...cellSeconds);
  const where = cellSeconds.indexOf(slowest) + 1;
  console.log(
    `${problems.length + (busy ? 0 : delays.length) === 0 ? '✓' : '✗'} ${name}: ${seconds.toFixed(1)} s, the slowest cell (${where}) ${slowest.toFixed(1)} s`,
  );
  for (const line of promises) console.log(`  ${line}`);
  for (const problem of [...problems, ...delays]) console.log(`  ! ${problem}`);
}
