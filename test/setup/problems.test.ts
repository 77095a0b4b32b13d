// In: machines that lack something, made with an almost empty PATH. Out: whether set-up says what to install and what still works.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython } from '../../kernel/setup/find.mjs';

let folder: string;
let bin: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradlab-setup-'));
  bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A clone's own files for set-up and one source; without node_modules, or with ours. */
function checkout(name: string, { withPackages }: { withPackages: boolean }): string {
  const path = join(folder, name);
  for (const part of ['kernel/setup', 'package.json', 'package-lock.json', '.npmrc', 'tsconfig.json']) {
    cpSync(part, join(path, part), { recursive: true });
  }
  mkdirSync(join(path, 'src'));
  writeFileSync(join(path, 'src', 'index.ts'), 'export const answer: number = 42;\n');
  if (withPackages) symlinkSync(resolve('node_modules'), join(path, 'node_modules'));
  return path;
}

function script(cwd: string, name: string, env: Record<string, string>, options: string[] = []) {
  const { CC: _cc, PYTHON: _python, ...inherited } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, join('kernel', 'setup', name)], {
    cwd,
    env: { ...inherited, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('a machine that lacks something', () => {
  it('without C compiler and Python: both are named, with the remedy and what still works', () => {
    const { status, stderr } = script(checkout('bare', { withPackages: true }), 'start.mjs', { PATH: bin });
    expect(status).toBe(1);
    expect(stderr).toMatch(/! No C compiler found[^!]*gcc[^!]*Still works: everything, on the reference backend/);
    expect(stderr).toMatch(/! No Python 3\.10 or newer found[^!]*python3[^!]*Still works: the library/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('without network: says that no registry answers', () => {
    const { status, stderr } = script(checkout('offline', { withPackages: false }), 'build.mjs', {
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_cache: join(folder, 'npm-cache'),
      npm_config_fetch_retries: '0',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/! The npm packages could not be downloaded: no registry answers\.[^!]*npm config list/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('without a package index: says so, and that the library works', { timeout: 180_000 }, ({ skip }) => {
    if (!findPython().python?.hasVenv) return skip('no Python with venv here');
    const { status, stderr } = script(checkout('no-index', { withPackages: true }), 'start.mjs', {
      PIP_INDEX_URL: 'http://127.0.0.1:9/',
      PIP_FIND_LINKS: '',
      PIP_NO_CACHE_DIR: '1',
      PIP_RETRIES: '0',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /! JupyterLab could not be downloaded: no package index answers\.[^!]*pip config list[^!]*Still works: the library/,
    );
    expect(stderr).not.toMatch(/kernel .* could not be registered/);
  });

  it('with an old Node: says which one is needed, before anything else', () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })`;
    const { status, stdout, stderr } = script('.', 'start.mjs', {}, ['--import', `data:text/javascript,${pretend}`]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/needs Node 20\.19 or newer; this is Node 18\.20\.8/);
    expect(stdout).toBe('');
  });
});

describe('finding Python', () => {
  /** A program that answers like a Python of that version would. */
  function python(name: string, answer: string, code = 0) {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'python3'), `#!/bin/sh\necho '${answer}'\nexit ${code}\n`);
    chmodSync(join(path, 'python3'), 0o755);
    return path;
  }
  function found(...folders: string[]) {
    const before = { PATH: process.env.PATH, PYTHON: process.env.PYTHON };
    delete process.env.PYTHON;
    process.env.PATH = folders.join(':');
    const result = findPython();
    process.env.PATH = before.PATH;
    if (before.PYTHON !== undefined) process.env.PYTHON = before.PYTHON;
    return result;
  }

  it('passes over shims that do not run and versions that are too old, and names the latter', () => {
    const [shim, old, good] = [
      python('shim', 'not set up', 1),
      python('old', '3.9.2 True'),
      python('good', '3.12.1 True'),
    ];
    const { python: best, tried } = found(shim, old, good);
    expect(best).toEqual({ program: join(good, 'python3'), version: '3.12.1', hasVenv: true });
    expect(tried).toEqual([`${join(old, 'python3')}, 3.9.2`]);
  });

  it('takes one without venv only when there is no other', () => {
    const [bare, good] = [python('bare-python', '3.13.0 False'), python('full-python', '3.10.4 True')];
    expect(found(bare, good).python?.version).toBe('3.10.4');
    expect(found(bare).python).toMatchObject({ version: '3.13.0', hasVenv: false });
  });
});
