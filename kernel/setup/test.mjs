// In: a fresh clone, and arguments for vitest (files, -t name). Out: set-up, every test, and one last line with the count.
import './node-version.mjs';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { provideChromium } from './chromium.mjs';
import { handOver } from './command.mjs';
import { fromRoot } from './paths.mjs';
import { reportAndExit } from './problem.mjs';
import { resultFile } from './reporter.mjs';
import { setUp } from './steps.mjs';

if (process.env.HOME === '') delete process.env.HOME;

const args = process.argv.slice(2);
const problems = await setUp().catch(reportAndExit);
for (const problem of problems) console.error(String(problem));

const noLab = problems.find((problem) => problem.blocksLab);
const wantsBrowser = args.every((arg) => arg.startsWith('-')) || args.some((arg) => arg.includes('browser'));
const chromium = wantsBrowser ? await provideChromium() : {};

rmSync(resultFile, { force: true });
const code = await handOver(process.execPath, [fromRoot('node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], {
  env: {
    ...process.env,
    ...(chromium.program && { GRADLAB_CHROMIUM: chromium.program }),
    ...(noLab && { GRADLAB_NO_LAB: noLab.message }),
    ...(chromium.missing && { GRADLAB_NO_CHROMIUM: chromium.missing }),
  },
});

if (!existsSync(resultFile)) {
  console.error(`vitest ended with code ${code} before it ran a test`);
  process.exit(code || 1);
}
const { passed, failed, skipped, reasons } = JSON.parse(readFileSync(resultFile, 'utf8'));
for (const [reason, count] of Object.entries(reasons)) console.log(`skipped ${count}: ${reason}`);
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
// A C compiler that is there but fails is our fault; one that is missing is not.
const broken = problems.some((problem) => problem.isFault);
process.exit(code || (failed > 0 || passed === 0 || broken ? 1 : 0));
