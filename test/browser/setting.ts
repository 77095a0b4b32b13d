// In: notebooks by name. Out: JupyterLab on a folder with them and a browser, for as long as a group of tests runs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchBrowser } from './chromium.js';
import { type Lab, startLab } from './lab.js';
import { missing } from './needs.js';

/** What a group of browser tests works in; both stay undefined where browser tests cannot run. */
export interface Setting {
  readonly lab?: Lab;
  readonly browser?: Browser;
}

/** Sets up before the tests of the group that calls it, and tears down after them. */
export function setting(books: Readonly<Record<string, string | Uint8Array>>): Setting {
  const made: { lab?: Lab; browser?: Browser } = {};
  let folder = '';
  beforeAll(async () => {
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'gradlab-books-'));
    for (const [name, text] of Object.entries(books)) await writeFile(join(folder, name), text);
    [made.lab, made.browser] = await Promise.all([startLab(folder), launchBrowser()]);
  });
  afterAll(async () => {
    await made.browser?.close();
    await made.lab?.close();
    if (folder) await rm(folder, { recursive: true });
  });
  return made;
}
