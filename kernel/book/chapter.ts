// A chapter's file → its cells run from the first to the last, how long each took, and what it did not keep.
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { type CodeCell, readNotebook, tracebacksOf } from '../cli/notebook.js';
import { Runner } from '../cli/runner.js';
import { isObject } from '../wire/json.js';
import { limits, type Rules } from './rules.js';

/** What became of a chapter. */
export interface ChapterRun {
  readonly name: string;
  readonly seconds: number;
  /** Of each cell, in order. */
  readonly cellSeconds: readonly number[];
  /** What `promise()` said, one line each. */
  readonly promises: readonly string[];
  /** Sentences on what failed or was not kept; none where all is well. */
  readonly problems: readonly string[];
  /** Sentences on what took too long. */
  readonly delays: readonly string[];
}

/** The type by which `promise()` of gradlab/display tells what it found. */
const promiseMime = 'application/vnd.gradlab.promise+json';

/** Runs `folder/name`, and writes the outputs into it. */
export async function runChapter(folder: string, name: string, rules: Rules): Promise<ChapterRun> {
  const path = join(folder, name);
  const notebook = readNotebook(path);
  const runner = new Runner({ folder, historyPath: join(folder, '.history') });
  const problems: string[] = [];
  const delays: string[] = [];
  const promises: string[] = [];
  const cellSeconds: number[] = [];
  try {
    for (const [index, cell] of notebook.cells.entries()) {
      const began = performance.now();
      const ok = await runner.run(cell);
      const seconds = (performance.now() - began) / 1000;
      cellSeconds.push(seconds);
      if (rules.times && seconds > limits.cellSeconds)
        delays.push(`${placeOf(index, cell)} takes ${seconds.toFixed(1)} s; ${limits.cellSeconds} s are allowed`);
      if (!ok) break;
    }
    for (const [index, cell] of notebook.cells.entries()) {
      const place = placeOf(index, cell);
      for (const traceback of tracebacksOf(cell)) problems.push(`${place} fails:\n${indented(traceback)}`);
      for (const output of cell.outputs) {
        if (output.output_type === 'stream' && output.name === 'stderr')
          problems.push(`${place} writes to the error stream: ${stripVTControlCharacters(String(output.text)).trim()}`);
        const promise = isObject(output.data) ? output.data[promiseMime] : undefined;
        if (!isObject(promise)) continue;
        promises.push(`${promise.name}: ${promise.value}`);
        if (rules.promises && promise.kept !== true)
          problems.push(`the promise '${promise.name}' is broken: ${promise.value} is not ${boundsOf(promise)}`);
      }
    }
  } finally {
    await runner.close();
  }
  notebook.save(path);
  const seconds = cellSeconds.reduce((sum, each) => sum + each, 0);
  if (rules.times && seconds > limits.chapterSeconds)
    delays.push(`it takes ${seconds.toFixed(0)} s; ${limits.chapterSeconds} s are allowed`);
  if (promises.length === 0) problems.push('it promises no number: call promise() of gradlab/display in a cell');
  return { name, seconds, cellSeconds, promises, problems, delays };
}

const placeOf = (index: number, { source }: CodeCell): string =>
  `code cell ${index + 1} (${source.trim().split('\n', 1)[0]?.slice(0, 60)})`;

const indented = (traceback: string): string => stripVTControlCharacters(traceback).replace(/^/gm, '    ');

function boundsOf({ atLeast, atMost }: { [key: string]: unknown }): string {
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  return bounds.join(' and ');
}
