// Batches from a worker thread are those of the loader, epoch after epoch; its failures are the caller's.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Prefetch } from '../../src/data/index.js';

test('a worker makes the batches of a loader', { timeout: 120_000 }, async () => {
  const script = fileURLToPath(new URL('./prefetching.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  const found: unknown = JSON.parse(stdout);
  expect(found).toEqual({
    epochs: [3, 3, 3],
    same: true,
    broken: 14,
    reason: expect.stringMatching(/^ValueError: Prefetch: .*prefetching\.mjs failed in the worker: no such file/),
  });
});

test('a worker ahead of nothing is refused', () => {
  expect(() => new Prefetch('batches.mjs', { ahead: 0 })).toThrow(/ahead = 0/);
});
