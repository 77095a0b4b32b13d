// In: every notebook. Out: whether its cells run from the first to the last without an error, training less than the book does.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const chapters = readdirSync('notebooks')
  .filter((name) => name.endsWith('.ipynb'))
  .sort();

/** `npm run book -- --quick NAME`, without the set-up that `npm test` has done. */
async function quickRun(name: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join('dist', 'kernel', 'book', 'main.js'), '--quick', name]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

describe('chapters, in quick mode', () => {
  it.for(chapters)('%s runs to its end', { timeout: 600_000 }, async (name) => {
    const { code, output } = await quickRun(name);
    console.log(output.trim());
    expect(code, output).toBe(0);
  });
});
