// In: README.md. Out: whether its code type-checks and prints what the README says it prints, on every device.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-6';
import { describe, expect, it } from 'vitest';

const readme = readFileSync('README.md', 'utf8');
const fenced = (language: string) => readme.match(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``))?.[1] ?? '';
const tour = fenced('ts');

describe('README', () => {
  it.for(['reference', 'cpu'])('has a tour that prints what it says, on %s', (device, { skip }) => {
    if (device === 'cpu' && !existsSync(join('dist', 'native')))
      return skip('no C library here: set-up found no compiler');
    // Inside the package, so that `gradlab` means this one.
    const folder = join('test', 'output');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `tour-${device}.mjs`);
    writeFileSync(file, ts.transpile(tour, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }));
    const env = { ...process.env, GRADLAB_DEVICE: device };
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', env });
    expect(stderr).toBe('');
    expect(stdout).toBe(fenced('text'));
  });

  it('has a tour whose types hold', () => {
    const file = join('test', 'output', 'tour.ts');
    mkdirSync(join('test', 'output'), { recursive: true });
    writeFileSync(file, tour);
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
    const options = [
      '--noEmit',
      '--ignoreConfig',
      '--strict',
      '--target',
      'es2023',
      '--module',
      'nodenext',
      '--types',
      'node',
    ];
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, '--pretty', 'false', file], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it('names every dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    const python = readFileSync(join('kernel', 'setup', 'requirements.txt'), 'utf8').matchAll(/^([\w-]+)==/gm);
    const names = [
      ...Object.keys(dependencies),
      ...Object.keys(devDependencies),
      ...[...python].map((match) => match[1]),
    ];
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it('points only to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});
