// In: a small notebook. Out: whether the harness sees in JupyterLab what a user sees: results, streams, pictures, errors.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { book } from './book.js';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';
import { setting } from './setting.js';

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
  const made = setting({ 'small.ipynb': book('python', cells) });

  it('runs all cells and reads every output', async ({ skip }) => {
    const { lab, browser } = made;
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
