// Generated kernels under AddressSanitizer: none leaves its memory.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { missing, useStandIn } from './stand-in.js';

/** AddressSanitizer's library, which has to be there before anything else. */
function sanitizer(): string | null {
  const path = missing() ? '' : execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
  return path.includes('/') && existsSync(path) ? path : null;
}
const preload = sanitizer();
const reason = missing() ?? (preload ? null : 'g++ has no AddressSanitizer here');
const root = fileURLToPath(new URL('../../../', import.meta.url));

describe.skipIf(reason !== null)(reason ?? 'under AddressSanitizer', () => {
  let folder: string;
  beforeAll(() => {
    folder = useStandIn().folder;
  }, 600_000);
  const run = (...args: string[]): { readonly status: number | null; readonly text: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        LD_PRELOAD: preload!,
        ASAN_OPTIONS: 'detect_leaks=0',
        STAND_IN_FLAGS: '-O1 -fsanitize=address',
        STAND_IN_CHECKED: '1',
        GRADLAB_CUDA_CACHING: '0',
      },
    });
    return { status, text: stdout + stderr };
  };

  test('one element too many is found', { timeout: 600_000 }, () => {
    const script = fileURLToPath(new URL('stand-in/overrun.mjs', import.meta.url));
    expect(run(script, folder, '10')).toMatchObject({ status: 0, text: expect.stringContaining('done') });
    const { status, text } = run(script, folder, '11');
    expect(status).not.toBe(0);
    expect(text).toMatch(/heap-buffer-overflow/);
  });

  test('the shared suites', { timeout: 600_000 }, () => {
    const { status, text } = run(
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=dot',
      'test/backend/cuda/agreement.test.ts',
    );
    expect(text).toMatch(/Tests .*\d+ passed/);
    expect(status, text).toBe(0);
  });
});
