// A notebook or script file → its cells run in order, without a server; outputs into the file, or onto the terminal.
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAILURE_MIME, type JsonObject } from '../contract.js';
import { historyPath } from '../server/history.js';
import { type CodeCell, readNotebook, tracebacksOf } from './notebook.js';
import { Runner } from './runner.js';

export async function run(options: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...options],
    allowPositionals: true,
    options: { output: { type: 'string' }, 'allow-errors': { type: 'boolean', default: false } },
  });
  const [file, ...others] = positionals;
  if (!file || others.length > 0) throw new Error('gradlab run needs one file: a notebook (.ipynb) or a script (.ts)');
  const path = resolve(file);
  const notebook = readNotebook(path);
  const { language } = notebook;
  const runner = new Runner({ folder: dirname(path), historyPath: historyPath(), language, onOutput: show });
  const failed = new Set<CodeCell>();
  const place = (cell: CodeCell): string => `[${notebook.cells.indexOf(cell) + 1}/${notebook.cells.length}]`;
  try {
    for (const cell of notebook.cells) {
      const began = performance.now();
      const ok = (await runner.run(cell)) && tracebacksOf(cell).length === 0;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.error(`${place(cell)} ${ok ? '✓' : '✗'} ${seconds} s`);
      if (!ok) failed.add(cell);
      if (!ok && !values['allow-errors']) break;
    }
    for (const cell of notebook.cells) {
      if (failed.has(cell) || tracebacksOf(cell).length === 0) continue;
      console.error(`${place(cell)} ✗ after its end`);
      failed.add(cell);
    }
  } finally {
    await runner.close();
    const target = values.output ?? (path.endsWith('.ipynb') ? path : undefined);
    if (target) notebook.save(resolve(target));
  }
  return failed.size > 0 ? 1 : 0;
}

function show(type: string, content: JsonObject): void {
  if (type === 'stream') (content.name === 'stderr' ? process.stderr : process.stdout).write(String(content.text));
  if (type === 'error') console.error((content.traceback as string[]).join('\n'));
  if (type !== 'execute_result' && type !== 'display_data') return;
  const data = content.data as JsonObject;
  (FAILURE_MIME in data ? console.error : console.log)(String(data['text/plain'] ?? ''));
}
