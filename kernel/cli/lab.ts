// Arguments → JupyterLab with our kernel in it.
import { spawn, spawnSync } from 'node:child_process';
import { install } from './install.js';

export async function lab(options: readonly string[]): Promise<number> {
  if (spawnSync('jupyter', ['lab', '--version']).status !== 0) {
    throw new Error(
      'JupyterLab is not on the path; "pip install jupyterlab" gets it, in a virtual environment as you like',
    );
  }
  install([]);
  const child = spawn('jupyter', ['lab', ...options], { stdio: 'inherit' });
  // Ctrl-C is JupyterLab's to answer.
  process.on('SIGINT', () => {});
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
