// In: nothing. Out: the folders and programs that set-up makes and uses.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const windows = process.platform === 'win32';
export const fromRoot = (...parts) => join(root, ...parts);

export const venv = fromRoot('.venv');
/** A program inside `.venv`, such as `python` or `jupyter`. */
export const venvProgram = (name) => (windows ? join(venv, 'Scripts', `${name}.exe`) : join(venv, 'bin', name));
export const cache = fromRoot('.cache', 'setup');
