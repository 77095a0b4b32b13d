// In: a small notebook. Out: whether the harness sees in JupyterLab what a user sees: results, streams, pictures, errors.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { book } from './book.js';
import { launchBrowser } from './chromium.js';
import { type Lab, startLab } from './lab.js';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';

// JupyterLab draws Vega-Lite on a canvas unless the plot asks for SVG itself.
const plot = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  usermeta: { embedOptions: { renderer: 'svg' } },
  data: { values: [{ x: 1 }, { x: 4 }] },
  mark: 'tick',
  encoding: { x: { field: 'x', type: 'quantitative' } },
};
const cells = [
  '# A notebook\nWith a heading.',
  'print("one")\n1 + 1',
  `from IPython.display import SVG
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="40" height="900"><circle cx="20" cy="20" r="9"/></svg>')`,
  `from IPython.display import display
display({"application/vnd.vegalite.v5+json": ${JSON.stringify(plot)}}, raw=True)`,
  'raise ValueError("as asked")',
  'print("never")',
];

describe('the harness, on the Python kernel that comes with JupyterLab', () => {
  let folder: string;
  let lab: Lab | undefined;
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (missing) return;
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
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'small.ipynb');
    await notebook.runAll();
    const [heading, sum, picture, plotted, failing, after] = await notebook.cells();
    expect(heading?.type).toBe('markdown');
    expect(sum).toMatchObject({ executionCount: 1, text: 'one\n2\n', errors: [] });
    expect([picture?.errors, plotted?.errors]).toEqual([[], []]);
    await notebook.svgs(2).waitFor();
    await notebook.svgs(3).waitFor();
    expect(failing?.errors).toEqual(['ValueError: as asked']);
    expect(after).toMatchObject({ executionCount: null, text: '' });
    expect(notebook.pageErrors).toEqual([]);

    // The picture of 900 pixels and all that is above and below it, and not one screen more.
    const tall = heightOfPng(await readFile(await notebook.screenshot('harness')));
    expect(tall).toBeGreaterThan(1400);
    expect(tall).toBeLessThan(2200);
    await notebook.close();
  });
});

const heightOfPng = (png: Buffer) => png.readUInt32BE(20);
