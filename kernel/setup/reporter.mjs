// In: vitest's results. Out: .cache/setup/test-result.json, which counts them and tells why tests were skipped.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './paths.mjs';

export const resultFile = join(cache, 'test-result.json');

export default class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, reasons: {} };
    for (const module of modules) {
      // A file or a group that breaks outside its tests fails as one.
      count.failed += module.errors().length;
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed' || result.state === 'failed') count[result.state] += 1;
        else {
          const reason = result.note ?? 'no reason given';
          count.skipped += 1;
          count.reasons[reason] = (count.reasons[reason] ?? 0) + 1;
        }
      }
    }
    mkdirSync(cache, { recursive: true });
    writeFileSync(resultFile, JSON.stringify(count, null, 2));
  }
}
