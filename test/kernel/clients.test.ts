// Real clients: jupyter_kernel_test's checks, nbclient, papermill, and our own runner.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/kernel/cli/main.js');
const python = join(root, '.venv/bin/python');
const folder = mkdtempSync(join(tmpdir(), 'gradlab-clients-'));
const environment = {
  ...process.env,
  JUPYTER_PATH: join(folder, 'share/jupyter'),
  XDG_DATA_HOME: join(folder, 'data'),
  JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
  IPYTHONDIR: join(folder, 'ipython'),
};
const run = promisify(execFile);

beforeAll(() => {
  execFileSync(process.execPath, [main, 'install', '--prefix', folder]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Output {
  output_type: string;
  name?: string;
  text?: string[] | string;
  data?: { [mime: string]: unknown };
}

function writeNotebook(name: string, sources: string[]): string {
  const cells = sources.map((source, index) => ({
    cell_type: 'code',
    id: `cell-${index}`,
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  }));
  const metadata = { kernelspec: { name: 'gradlab', display_name: 'gradlab', language: 'typescript' } };
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
  return path;
}

function outputsOf(path: string): Output[][] {
  const { cells } = JSON.parse(readFileSync(path, 'utf8')) as { cells: { outputs: Output[] }[] };
  return cells.map(({ outputs }) => outputs);
}

const textOf = (outputs: Output[] | undefined): string =>
  (outputs ?? []).map(({ text }) => (Array.isArray(text) ? text.join('') : (text ?? ''))).join('');

describe.runIf(existsSync(python))('Python clients', () => {
  test('jupyter_kernel_test passes, with every optional part filled in', { timeout: 300_000 }, async () => {
    const { stderr } = await run(python, [join(root, 'test/kernel/conformance.py')], { env: environment });
    expect(stderr).toMatch(/\nOK\n$/);
  });

  test('every message fits the protocol’s schemas, every output those of notebook files', {
    timeout: 400_000,
  }, async () => {
    const { stdout } = await run(python, [join(root, 'test/kernel/traffic.py')], { env: environment });
    expect(stdout).toMatch(/^\d+ messages of 2\d types/);
  });

  test('nbclient keeps all of 10,000 lines', { timeout: 300_000 }, async () => {
    const path = writeNotebook('lines.ipynb', ["for (let i = 0; i < 10000; i++) console.log('line ' + i);", '6 * 7']);
    const execute = ['-m', 'jupyter', 'nbconvert', '--to', 'notebook', '--inplace', '--execute', path];
    await run(python, execute, { env: environment });
    const [lines, result] = outputsOf(path);
    expect(textOf(lines).split('\n')).toHaveLength(10_001);
    expect(result?.[0]?.data?.['text/plain']).toEqual(['42']);
  });

  test('papermill runs a notebook and stops at an error', { timeout: 300_000 }, async () => {
    const path = writeNotebook('paper.ipynb', ['const a = 1', 'throw new Error("enough")', 'a']);
    const target = join(folder, 'out.ipynb');
    const papermill = run(python, ['-m', 'papermill', path, target], { env: environment });
    await expect(papermill).rejects.toThrow('enough');
  });
});

describe('gradlab run', () => {
  test('writes outputs into the notebook and says success', async () => {
    const path = writeNotebook('ours.ipynb', [
      'const shown = display("one");\nconsole.log("a"); console.log("b");',
      'shown.update("two"); 6 * 7',
    ]);
    const { stdout } = await run(process.execPath, [main, 'run', path], { env: environment });
    expect(stdout).toContain('42');
    const [first, second] = outputsOf(path);
    expect(first).toEqual([
      { output_type: 'display_data', data: { 'text/plain': ["'two'"] }, metadata: {} },
      { output_type: 'stream', name: 'stdout', text: ['a\n', 'b\n'] },
    ]);
    expect(second).toEqual([
      { output_type: 'execute_result', data: { 'text/plain': ['42'] }, metadata: {}, execution_count: 2 },
    ]);
  });

  test('fails with the error, and keeps what ran before', async () => {
    const path = writeNotebook('fails.ipynb', ['1', 'throw new Error("enough")', '3']);
    await expect(run(process.execPath, [main, 'run', path], { env: environment })).rejects.toMatchObject({ code: 1 });
    expect(outputsOf(path).map((outputs) => outputs[0]?.output_type)).toEqual(['execute_result', 'error', undefined]);
  });

  test('runs scripts in percent format', async () => {
    const path = join(folder, 'script.ts');
    writeFileSync(
      path,
      '// %% [markdown]\n// # Title\n// %% first\nconst a: number = 20;\n// %%\nconsole.log(a + 1);\na * 2\n',
    );
    const { stdout } = await run(process.execPath, [main, 'run', path], { env: environment });
    expect(stdout).toBe('21\n40\n');
  });
});

describe('gradlab install', () => {
  test('writes a kernelspec with absolute paths, and removes it', () => {
    const spec = join(folder, 'share/jupyter/kernels/other/kernel.json');
    execFileSync(process.execPath, [main, 'install', '--prefix', folder, '--name', 'other', '--display-name', 'Other']);
    expect(JSON.parse(readFileSync(spec, 'utf8'))).toEqual({
      argv: [process.execPath, main, 'kernel', '-f', '{connection_file}'],
      display_name: 'Other',
      language: 'typescript',
      interrupt_mode: 'message',
      metadata: { debugger: true },
    });
    execFileSync(process.execPath, [main, 'uninstall', '--prefix', folder, '--name', 'other']);
    expect(existsSync(spec)).toBe(false);
  });

  test('explains what it cannot do', () => {
    const install = (...options: string[]) =>
      execFileSync(process.execPath, [main, 'install', ...options], { stdio: 'pipe' });
    expect(() => install('--user', '--prefix', folder)).toThrow('give one of --user, --sys-prefix and --prefix DIR');
    expect(() => install('--prefix', folder, '--name', 'a b')).toThrow('letters, digits');
  });
});
