// Options → a kernelspec folder that Jupyter finds; no Python is needed for it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DISPLAY_NAMES, type NotebookLanguage } from '../server/info.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const DEFAULT_NAMES = { typescript: 'gradlab', javascript: 'gradlab-javascript' } as const;

interface Target {
  folder: string;
  displayName: string;
  language: NotebookLanguage;
}

/** What Jupyter reads: absolute paths, because front ends start kernels without the user's PATH. */
export function kernelSpec(displayName: string, language: NotebookLanguage): object {
  const flags = language === 'javascript' ? ['--javascript'] : [];
  return {
    argv: [process.execPath, MAIN, 'kernel', '-f', '{connection_file}', ...flags],
    display_name: displayName,
    language,
    interrupt_mode: 'message',
    metadata: { debugger: true },
  };
}

export function install(options: readonly string[]): number {
  const { folder, displayName, language } = parse(options);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernel.json'), `${JSON.stringify(kernelSpec(displayName, language), null, 1)}\n`);
  const logos = fileURLToPath(new URL('../../../kernel/setup/logo', import.meta.url));
  if (existsSync(logos)) cpSync(logos, folder, { recursive: true });
  console.log(`The kernel "${displayName}" is installed in ${folder}`);
  return 0;
}

export function uninstall(options: readonly string[]): number {
  const { folder } = parse(options);
  if (!existsSync(join(folder, 'kernel.json'))) {
    console.error(`gradlab: there is no kernel in ${folder}; "jupyter kernelspec list" says where kernels are`);
    return 1;
  }
  rmSync(folder, { recursive: true });
  console.log(`The kernel in ${folder} is removed`);
  return 0;
}

function parse(options: readonly string[]): Target {
  const { values } = parseArgs({
    args: [...options],
    options: {
      user: { type: 'boolean' },
      'sys-prefix': { type: 'boolean' },
      prefix: { type: 'string' },
      name: { type: 'string' },
      'display-name': { type: 'string' },
      javascript: { type: 'boolean', default: false },
    },
  });
  const language = values.javascript ? 'javascript' : 'typescript';
  const name = values.name ?? DEFAULT_NAMES[language];
  const places = [values.user, values['sys-prefix'], values.prefix].filter((place) => place !== undefined);
  if (places.length > 1) throw new Error('give one of --user, --sys-prefix and --prefix DIR');
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    throw new Error(`--name ${name}: letters, digits, ".", "_" and "-" make the name of a kernel`);
  }
  const share = values.prefix
    ? join(resolve(values.prefix), 'share', 'jupyter')
    : values['sys-prefix']
      ? join(pythonPrefix(), 'share', 'jupyter')
      : userDataFolder();
  return {
    folder: join(share, 'kernels', name),
    displayName: values['display-name'] ?? DISPLAY_NAMES[language],
    language,
  };
}

/** Where Jupyter looks for the user's own kernels. */
export function userDataFolder(): string {
  if (process.env.JUPYTER_DATA_DIR) return process.env.JUPYTER_DATA_DIR;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Jupyter');
  if (process.platform === 'win32') return join(process.env.APPDATA ?? homedir(), 'jupyter');
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'jupyter');
}

/** The environment of the Python that is first on the path. */
function pythonPrefix(): string {
  for (const python of ['python3', 'python']) {
    const { status, stdout } = spawnSync(python, ['-c', 'import sys; print(sys.prefix)'], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  throw new Error('--sys-prefix needs Python on the path; --prefix DIR takes a folder instead');
}
