// The gradlab command: help, doctor, both kernels' installation, and which notebooks types stop.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../dist/kernel/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gradlab-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gradlab = (...options: string[]) =>
  spawnSync(process.execPath, [main, ...options], {
    encoding: 'utf8',
    env: { ...process.env, XDG_DATA_HOME: join(folder, 'data') },
  });

test.each([[], ['--help'], ['lab', '--help'], ['run', '-h'], ['doctor', '--help']])('%j explains all', (...options) => {
  const { status, stdout } = gradlab(...options.flat());
  expect(status).toBe(0);
  for (const command of ['install', 'uninstall', 'lab', 'run', 'doctor'])
    expect(stdout).toContain(`gradlab ${command}`);
});

test('an unknown command is refused with the list of those that exist', () => {
  const { status, stderr } = gradlab('instal');
  expect(status).toBe(2);
  expect(stderr).toContain('there is no command "instal"');
  expect(stderr).toContain('gradlab install');
});

test('doctor says what is there, and the device that computes', () => {
  const { status, stdout } = gradlab('doctor');
  expect(status).toBe(0);
  for (const name of ['Node', 'zeromq', 'koffi', 'TypeScript', 'device', 'kernel']) {
    expect(stdout).toMatch(new RegExp(`^[✓–] ${name} `, 'm'));
  }
});

describe('the kernel for JavaScript', () => {
  const spec = join(folder, 'share/jupyter/kernels/gradlab-javascript/kernel.json');

  test('is installed beside the other and removed', () => {
    expect(gradlab('install', '--javascript', '--prefix', folder).status).toBe(0);
    expect(JSON.parse(readFileSync(spec, 'utf8'))).toMatchObject({
      argv: [process.execPath, main, 'kernel', '-f', '{connection_file}', '--javascript'],
      display_name: 'JavaScript (gradlab)',
      language: 'javascript',
    });
    expect(gradlab('uninstall', '--javascript', '--prefix', folder).status).toBe(0);
    expect(existsSync(spec)).toBe(false);
  });

  test('what is not installed cannot be removed', () => {
    const { status, stderr } = gradlab('uninstall', '--prefix', folder);
    expect(status).toBe(1);
    expect(stderr).toContain('there is no kernel in');
  });
});

/** Runs a notebook whose cells only JavaScript accepts. */
function runNotebook(language: string) {
  const path = join(folder, `${language}.ipynb`);
  const sources = [
    'const bag = {}; bag.added = 1; let word = "a"; word = 5; bag.added + word',
    "const tslab = require('tslab'); tslab.display.text(`word ${word}`);",
  ];
  const cells = sources.map((source) => ({
    cell_type: 'code',
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  }));
  const metadata = {
    kernelspec: { name: 'any', display_name: 'any', language },
    language_info: { name: 'javascript' },
  };
  writeFileSync(path, JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 4 }));
  return gradlab('run', path);
}

test('types do not stop the cells of a notebook in JavaScript', () => {
  const { status, stdout } = runNotebook('javascript');
  expect(status).toBe(0);
  expect(stdout).toBe('6\nword 5\n');
});

test('types stop the same cells in TypeScript', () => {
  const { status, stderr } = runNotebook('typescript');
  expect(status).toBe(1);
  expect(stderr).toContain("Property 'added' does not exist");
});

/** Runs cells of TypeScript, and answers what became of them and of the file. */
function runCells(name: string, sources: string[]) {
  const path = join(folder, `${name}.ipynb`);
  const cell = { cell_type: 'code', metadata: {}, outputs: [], execution_count: null };
  const cells = sources.map((source) => ({ ...cell, source }));
  writeFileSync(path, JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 4 }));
  const { status, stdout, stderr } = gradlab('run', path);
  return { status, stdout, stderr, saved: readFileSync(path, 'utf8') };
}

const SLOW_PICTURE =
  'const slow = { [Symbol.for("Jupyter.display")]: () => new Promise((done) => setTimeout(() => done({ "text/plain": "drawn" }), 300)) };';

test('an error in the body of an interaction fails the run', () => {
  const importing = "import { interact } from 'gradlab/kernel';";
  for (const end of [
    'throw new Error("inside");',
    'return { [Symbol.for("Jupyter.display")]() { throw new Error("inside"); } };',
  ]) {
    const run = runCells('interaction', ['1', `${importing} interact(({ n }) => { ${end} }, { n: 1 })`, '2']);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('Error: inside');
    expect(run.stderr).toContain('[2/3] ✗');
    expect(run.stderr).not.toContain('[3/3]');
  }
});

test('an error in what a cell has left behind fails the run', () => {
  const run = runCells('left', [
    'let open = () => {}; void new Promise<void>((done) => { open = done; }).then(() => { throw new Error("late"); }); 0',
    'open(); await new Promise((done) => setTimeout(done, 50))',
  ]);
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('late');
  expect(run.stderr).toContain('[1/2] ✗ after its end');
});

test('a picture that takes its time is in the file', () => {
  const shown = runCells('picture', [`${SLOW_PICTURE} display(slow); display(slow, { id: "again" }); "end"`]);
  expect(shown.status).toBe(0);
  expect(shown.stdout).toBe("drawn\ndrawn\n'end'\n");
  const moved = runCells('moved', [
    `${SLOW_PICTURE} import { interact } from 'gradlab/kernel'; interact(() => slow, { n: 1 })`,
  ]);
  expect(moved.status).toBe(0);
  expect(moved.saved).toContain('drawn');
});
