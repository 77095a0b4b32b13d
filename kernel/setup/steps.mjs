// In: a checkout with nothing installed. Out: node_modules, dist, dist/native, .venv and the kernel in it; each step only if needed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './command.mjs';
import { findCompiler, findPython } from './find.mjs';
import { fromRoot, root, venv, venvProgram, windows } from './paths.mjs';
import * as problem from './problem.mjs';
import { step } from './progress.mjs';
import { fingerprint, isDone, markDone } from './stamp.mjs';

/**
 * Sets everything up; what is already there costs nothing. npm and pip wait for the network side by side.
 * Returns the problems that leave something working (no compiler, no Python); throws the others.
 */
export async function setUp() {
  const [built, made] = await Promise.allSettled([buildAll(), makeEnvironment()]);
  // Only now, so that pip is not left half-way when npm fails.
  for (const result of [built, made]) if (result.status === 'rejected') throw result.reason;
  const [library, environment] = [built.value, made.value];
  if (environment) return [library, environment].filter(Boolean);
  await registerKernel();
  return [library].filter(Boolean);
}

/** npm packages, TypeScript and the C library. Returns the problem with the C library, if there is one. */
export async function buildAll() {
  await installPackages();
  await compileTypeScript();
  return compileLibrary();
}

async function installPackages() {
  if (packagesMatchLock()) return;
  const npm = windows ? 'npm.cmd' : 'npm';
  await step('Install npm packages', () =>
    run(npm, ['ci', '--include=dev', '--prefer-offline', '--no-progress']).catch((error) => {
      throw problem.packagesFailed(error);
    }),
  );
}

/** npm keeps its own lock file of what it installed; packages for other platforms are optional and may be absent. */
function packagesMatchLock() {
  const installedFile = fromRoot('node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const { '': _root, ...locked } = JSON.parse(readFileSync(fromRoot('package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(locked).every(([path, wanted]) => {
    const found = installed[path];
    return found ? found.version === wanted.version && existsSync(fromRoot(path)) : wanted.optional === true;
  });
}

async function compileTypeScript() {
  const print = fingerprint({
    paths: ['src', 'kernel', 'tsconfig.json', 'package-lock.json'].map((path) => fromRoot(path)),
    accept: (file) => file.endsWith('.ts'),
  });
  if (isDone('typescript', print) && existsSync(fromRoot('dist', 'src'))) return;
  await step('Compile TypeScript', () =>
    run(process.execPath, [fromRoot('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']).catch(
      (error) => {
        throw problem.typesFailed(error);
      },
    ),
  );
  markDone('typescript', print);
}

/** Compiled for this very machine, so the processor is part of what the stamp says. */
async function compileLibrary() {
  const source = fromRoot('src', 'backend', 'cpu', 'native');
  const compiler = findCompiler();
  if (!compiler) return problem.noCompiler();
  const print = fingerprint({ facts: [compiler.version, process.arch, cpus()[0]?.model ?? ''], paths: [source] });
  if (isDone('library', print) && existsSync(fromRoot('dist', 'native'))) return undefined;
  try {
    await step('Compile the C library', () => run(process.execPath, [join(source, 'build.mjs')]));
  } catch (error) {
    return problem.libraryFailed(error);
  }
  markDone('library', print);
  return undefined;
}

const requirements = fromRoot('kernel', 'setup', 'requirements.txt');
/** Which index, and which proxy, is the user's own pip configuration. Python compiles modules when it first needs them. */
const pipInstall = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--no-compile',
  '--disable-pip-version-check',
  '-r',
  requirements,
];

async function makeEnvironment() {
  const { python, tried } = findPython();
  if (!python) return problem.noPython(tried);
  // An environment holds absolute paths, so a checkout that moved needs a new one.
  const print = fingerprint({ facts: [venv], paths: [requirements] });
  if (isDone('environment', print) && existsSync(venvProgram('jupyter-lab')) && existsSync(venvProgram('python')))
    return undefined;
  if (!python.hasVenv) return problem.noVenv(python);
  try {
    await step(`Install JupyterLab into .venv (Python ${python.version})`, async () => {
      await run(python.program, ['-m', 'venv', '--clear', venv]);
      await run(venvProgram('python'), pipInstall);
      calmJupyterLab();
    });
  } catch (error) {
    return problem.environmentFailed(error);
  }
  markDone('environment', print);
  return undefined;
}

/** What a fresh environment lacks to start without questions and complaints. */
function calmJupyterLab() {
  // JupyterLab's own scripts are CommonJS; without this they would inherit our package's "type": "module".
  writeJson(join(venv, 'package.json'), { type: 'commonjs' });
  // Defaults only: a user's own settings come before these.
  writeJson(join(venv, 'share', 'jupyter', 'lab', 'settings', 'overrides.json'), {
    '@jupyterlab/apputils-extension:notification': { fetchNews: 'false', checkForUpdates: false },
    // So that sliders are there when a notebook is opened again, before its cells run.
    '@jupyter-widgets/jupyterlab-manager:plugin': { saveState: true },
  });
}

function writeJson(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

async function registerKernel() {
  const print = fingerprint({
    facts: [root, process.execPath],
    paths: [fromRoot('kernel', 'cli'), fromRoot('kernel', 'setup', 'logo')],
  });
  if (isDone('kernel', print) && existsSync(join(venv, 'share', 'jupyter', 'kernels', 'gradlab', 'kernel.json')))
    return;
  await step('Register the kernel "TypeScript (gradlab)"', () =>
    run(process.execPath, [fromRoot('dist', 'kernel', 'cli', 'main.js'), 'install', '--prefix', venv]).catch(
      (error) => {
        throw problem.kernelFailed(error);
      },
    ),
  );
  markDone('kernel', print);
}
