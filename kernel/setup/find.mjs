// In: the PATH. Out: the Python, C compiler and Chromium that this machine has.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { windows } from './paths.mjs';

const folders = () => (process.env.PATH ?? '').split(delimiter).filter(Boolean);

/** Every executable of that name, in PATH order: the first may be a shim that does not run. */
export function programsNamed(name) {
  const file = windows && !name.endsWith('.exe') ? `${name}.exe` : name;
  return (isAbsolute(file) ? [file] : folders().map((folder) => join(folder, file))).filter((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What the program prints, or undefined when it does not run. */
function ask(program, args) {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 30_000,
    }).trim();
  } catch {
    return undefined;
  }
}

const pythonNames = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'py'];
const askPython =
  'import sys, importlib.util as u; print(sys.version.split()[0], all(map(u.find_spec, ("venv", "ensurepip"))))';

/** The first Python that is new enough, one with venv before one without; `tried` names those that are too old. */
export function findPython() {
  const tried = [];
  let withoutVenv;
  for (const program of [process.env.PYTHON, ...pythonNames].filter(Boolean).flatMap(programsNamed)) {
    const answer = ask(program, ['-c', askPython]);
    if (!answer) continue;
    const [version, hasVenv] = answer.split(' ');
    const [major, minor] = version.split('.').map(Number);
    if (major !== 3 || minor < 10) tried.push(`${program}, ${version}`);
    else if (hasVenv === 'True') return { python: { program, version, hasVenv: true }, tried };
    else withoutVenv ??= { program, version, hasVenv: false };
  }
  return { python: withoutVenv, tried };
}

/** The C compiler and the first line of its --version. */
export function findCompiler() {
  for (const program of [process.env.CC, 'cc', 'clang', 'gcc'].filter(Boolean).flatMap(programsNamed)) {
    const version = ask(program, ['--version']);
    if (version) return { program, version: version.split('\n')[0] };
  }
  return undefined;
}

const chromiumNames = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ...[process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)']]
    .filter(Boolean)
    .map((folder) => join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe')),
];

/** A Chromium or Chrome that starts; GRADLAB_CHROMIUM names another one. */
export function findChromium() {
  const candidates = [process.env.GRADLAB_CHROMIUM, ...chromiumNames].filter(Boolean).flatMap(programsNamed);
  // Chrome on Windows opens a window on --version, so there a file is enough.
  return candidates.find((program) => windows || ask(program, ['--version'])?.match(/chrom/i));
}
