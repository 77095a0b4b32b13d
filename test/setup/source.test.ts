// In: all sources, tests included. Out: whether they hold to the strict types and the linter's rules.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function node(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}`.trim() };
}

describe('sources', () => {
  it('type-check', () => {
    const result = node(
      join('node_modules', 'typescript', 'bin', 'tsc'),
      '-p',
      'tsconfig.check.json',
      '--pretty',
      'false',
    );
    expect(result).toEqual({ status: 0, output: '' });
  });

  it('lint without errors, and are formatted', () => {
    const { status, output } = node(
      join('node_modules', '@biomejs', 'biome', 'bin', 'biome'),
      'check',
      '--colors=off',
      '.',
    );
    expect(status, output).toBe(0);
  });
});
