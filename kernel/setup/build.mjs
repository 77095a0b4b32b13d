// In: a checkout. Out: dist and dist/native; no Python is needed.
import './node-version.mjs';
import { reportAndExit } from './problem.mjs';
import { buildAll } from './steps.mjs';

const problem = await buildAll().catch(reportAndExit);
if (problem) reportAndExit(problem);
