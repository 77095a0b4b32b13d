// In: a fresh clone, and arguments for JupyterLab. Out: JupyterLab on notebooks/, set up on the way.
import './node-version.mjs';
import { existsSync } from 'node:fs';
import { handOver } from './command.mjs';
import { jupyterLab } from './jupyterlab.mjs';
import { fromRoot, venvProgram } from './paths.mjs';
import { reportAndExit } from './problem.mjs';
import { setUp } from './steps.mjs';

// An empty HOME would make every program write to the root of the file system; without one they ask the system.
if (process.env.HOME === '') delete process.env.HOME;

const problems = await setUp().catch(reportAndExit);
for (const problem of problems) console.error(String(problem));
if (!existsSync(venvProgram('jupyter-lab'))) process.exit(1);

const { program, args, env } = jupyterLab(fromRoot('notebooks'), process.argv.slice(2));
process.exit(await handOver(program, args, { env }));
