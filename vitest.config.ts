// In: the test tree. Out: three groups, one after the other: the whole stack in seconds, then units, then whatever starts processes.
import { defineConfig } from 'vitest/config';

const tests = (...folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);
const tiny = tests('tiny');
/** These start kernels, JupyterLab or Chromium, and would starve each other on two cores. */
const live = tests('kernel', 'notebooks', 'browser');

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', './kernel/setup/reporter.mjs'],
    projects: [
      { extends: true, test: { name: 'tiny', include: tiny, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: 'unit',
          include: tests('**'),
          exclude: [...tiny, ...live],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'live', include: live, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
