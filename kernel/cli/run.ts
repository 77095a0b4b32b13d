// A notebook or script file → its cells run in order, without a server; outputs into the file, or onto the terminal.
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { JsonObject } from '../contract.js';
import { historyPath } from '../server/history.js';
import { readNotebook } from './notebook.js';
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
  let failed = false;
  try {
    for (const [index, cell] of notebook.cells.entries()) {
      const began = performance.now();
      const ok = await runner.run(cell);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.error(`[${index + 1}/${notebook.cells.length}] ${ok ? '✓' : '✗'} ${seconds} s`);
      if (!ok) failed = true;
      if (!ok && !values['allow-errors']) break;
    }
  } finally {
    await runner.close();
    const target = values.output ?? (path.endsWith('.ipynb') ? path : undefined);
    if (target) notebook.save(resolve(target));
  }
  return failed ? 1 : 0;
}

function show(type: string, content: JsonObject): void {
  if (type === 'stream') (content.name === 'stderr' ? process.stderr : process.stdout).write(String(content.text));
  if (type === 'error') console.error((content.traceback as string[]).join('\n'));
  const data = content.data as JsonObject | undefined;
  if (type === 'execute_result' || type === 'display_data') console.log(String(data?.['text/plain'] ?? ''));
}
