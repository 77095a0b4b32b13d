// In: a small notebook. Out: whether the harness sees in JupyterLab what a user sees: results, streams, pictures, errors.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { book } from './book.js';
import { launchBrowser, noBrowser } from './chromium.js';
import { type Lab, startLab } from './lab.js';
import { openNotebook } from './notebook.js';

const cells = [
  '# A notebook\nWith a heading.',
  'print("one")\n1 + 1',
  'from IPython.display import SVG\nSVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="900"><circle cx="20" cy="20" r="9"/></svg>\')',
  'raise ValueError("as asked")',
  'print("never")',
];

describe('the harness, on the Python kernel that comes with JupyterLab', () => {
  let folder: string;
  let lab: Lab | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (noBrowser) return;
    folder = await mkdtemp(join(tmpdir(), 'gradlab-books-'));
    await writeFile(join(folder, 'small.ipynb'), book('python', cells));
    [lab, browser] = await Promise.all([startLab(folder), launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await lab?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  it('runs all cells and reads every output', async ({ skip }) => {
    if (!lab || !browser) return skip(noBrowser);
    const notebook = await openNotebook(browser, lab, 'small.ipynb');
    await notebook.runAll();
    const [heading, sum, picture, failing, after] = await notebook.cells();
    expect(heading?.type).toBe('markdown');
    expect(sum).toMatchObject({ executionCount: 1, text: 'one\n2\n', errors: [] });
    expect(picture?.errors).toEqual([]);
    expect(await notebook.svgs(2).count()).toBe(1);
    expect(failing?.errors).toEqual(['ValueError: as asked']);
    expect(after).toMatchObject({ executionCount: null, text: '' });
    expect(notebook.pageErrors).toEqual([]);
    await notebook.screenshot('harness');
    await notebook.close();
  });
});
