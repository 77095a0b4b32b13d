// A folder and the beginning of a path go in; the files and folders that it may become come out.
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { CellCompletions, Completion } from './contract.js';

const MODULE = /\.(?:[cm]?[jt]sx?|json|node)$/;

/** `typed` stands before the cursor; only its last part is replaced. Folders end in a slash. */
export function completePath(folder: string, typed: string, cursor: number, modulesOnly: boolean): CellCompletions {
  const slash = typed.lastIndexOf('/');
  const last = typed.slice(slash + 1);
  const above = typed.slice(0, slash + 1).replace(/^~(?=\/)/, homedir());
  const matches: Completion[] = [];
  for (const entry of entries(resolve(folder, above))) {
    if (!entry.name.startsWith(last) || (entry.name.startsWith('.') && last === '')) continue;
    if (entry.isFolder) matches.push({ text: `${entry.name}/`, kind: 'path' });
    else if (!modulesOnly || MODULE.test(entry.name)) matches.push({ text: entry.name, kind: 'path' });
  }
  matches.sort((a, b) => (a.text < b.text ? -1 : 1));
  return { matches, start: cursor - last.length, end: cursor };
}

/** Nothing, for what is not a readable folder. */
function entries(path: string): { name: string; isFolder: boolean }[] {
  try {
    return readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    }));
  } catch {
    return [];
  }
}
