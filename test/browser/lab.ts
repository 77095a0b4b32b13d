// In: a folder of notebooks. Out: a running JupyterLab from .venv, alone on its port and with its own settings, and a way to end it.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jupyterLab } from '../../kernel/setup/jupyterlab.mjs';
import { freePorts } from '../free-ports.js';

/** A JupyterLab server; its kernels end with it. */
export interface Lab {
  /** The address of a notebook in JupyterLab, path relative to the folder; with the token, and without notebooks that were open before. */
  address(notebook: string): string;
  /** The name of the kernel that a notebook's file asks for. */
  kernelOf(notebook: string): Promise<string | undefined>;
  /** What the server, and kernels that write to its terminal, have printed so far. */
  log(): string;
  close(): Promise<void>;
}

/** All cells stay in the page (JupyterLab otherwise removes those out of sight), nothing is below the last one, and nothing pops up. */
const settings = {
  '@jupyterlab/notebook-extension/tracker': {
    windowingMode: 'none',
    scrollPastEnd: false,
    autoStartDefaultKernel: true,
  },
  '@jupyterlab/apputils-extension/notification': { fetchNews: 'false', checkForUpdates: false, doNotDisturbMode: true },
  '@jupyterlab/docmanager-extension/plugin': { autosave: false },
};

export async function startLab(folder: string): Promise<Lab> {
  const own = await mkdtemp(join(tmpdir(), 'gradlab-lab-'));
  for (const [plugin, values] of Object.entries(settings)) {
    const file = join(own, 'settings', `${plugin}.jupyterlab-settings`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(values));
  }
  const [port] = await freePorts(1);
  const token = randomBytes(16).toString('hex');
  const { program, args, env } = jupyterLab(folder, [
    '--no-browser',
    '--ServerApp.ip=127.0.0.1',
    `--ServerApp.port=${port}`,
    '--ServerApp.port_retries=0',
    '--LabApp.expose_app_in_browser=True',
  ]);
  const child = spawn(program, args, {
    env: {
      ...env,
      JUPYTER_TOKEN: token,
      JUPYTER_CONFIG_DIR: join(own, 'config'),
      JUPYTER_DATA_DIR: join(own, 'data'),
      JUPYTER_RUNTIME_DIR: join(own, 'runtime'),
      JUPYTERLAB_SETTINGS_DIR: join(own, 'settings'),
      JUPYTERLAB_WORKSPACES_DIR: join(own, 'workspaces'),
      IPYTHONDIR: join(own, 'ipython'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);

  const close = async () => {
    await end(child);
    process.off('exit', endWithUs);
    await rm(own, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await answers(`http://127.0.0.1:${port}/api/status?token=${token}`, child);
  } catch (error) {
    await close();
    throw new Error(`JupyterLab did not start:\n${log}`, { cause: error });
  }
  return {
    address: (notebook) => `http://127.0.0.1:${port}/lab/tree/${encodeURI(notebook)}?token=${token}&reset`,
    kernelOf: async (notebook) => {
      const file: Notebook = JSON.parse(await readFile(join(folder, notebook), 'utf8'));
      return file.metadata.kernelspec?.name;
    },
    log: () => log,
    close,
  };
}

interface Notebook {
  metadata: { kernelspec?: { name: string } };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await sleep(100);
  }
  throw new Error('it gave no answer within 60 s');
}

/** SIGTERM lets the server shut its kernels down. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const stuck = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(stuck);
}
