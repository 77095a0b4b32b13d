// In: the files that git tracks. Out: whether the layout and the lock file are what the design promises.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);
const topLevel = [...new Set(tracked.map((path) => path.split('/')[0]))].filter((name) => !name?.startsWith('.'));

describe('layout', () => {
  it('has exactly the top level of the design, besides dot-files, lock file, licence and tool configuration', () => {
    const design = ['README.md', 'package.json', 'kernel', 'src', 'notebooks', 'test'];
    const configuration = [
      'package-lock.json',
      'LICENSE',
      'biome.json',
      'tsconfig.json',
      'tsconfig.check.json',
      'vitest.config.ts',
    ];
    expect(topLevel.sort()).toEqual([...design, ...configuration].sort());
  });

  it('keeps build output and environments out of git', () => {
    expect(tracked.filter((path) => /^(dist|node_modules|\.venv|\.cache)\/|\.(node|so|dylib|dll)$/.test(path))).toEqual(
      [],
    );
  });
});

describe('lock file', () => {
  const lock = readFileSync('package-lock.json', 'utf8');

  it('names no registry, so that everyone installs from their own', () => {
    expect(lock).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
  });

  const packages: Record<string, { integrity?: string; optionalDependencies?: object }> = JSON.parse(lock).packages;

  it('holds every package to a checksum', () => {
    const loose = Object.entries(packages).filter(([path, entry]) => path !== '' && !entry.integrity);
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it("names the other platforms' packages too, without which npm ci refuses it", () => {
    const named = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !named.has(name))).toEqual([]);
  });
});
