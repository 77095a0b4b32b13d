// In: chapters by number, or none for all, and flags (see kernel/book/main.ts). Out: each run and held to its promises; outputs that changed, written.
import './node-version.mjs';
import { handOver } from './command.mjs';
import { fromRoot } from './paths.mjs';
import { reportAndExit } from './problem.mjs';
import { buildAll } from './steps.mjs';

const problem = await buildAll().catch(reportAndExit);
if (problem) reportAndExit(problem);
process.exit(
  await handOver(process.execPath, [fromRoot('dist', 'kernel', 'book', 'main.js'), ...process.argv.slice(2)]),
);
