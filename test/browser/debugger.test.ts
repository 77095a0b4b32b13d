// In: a notebook with a function. Out: whether a person can debug it in JupyterLab: breakpoint, call stack, variables, steps, on to the end.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { book } from './book.js';
import { launchBrowser } from './chromium.js';
import { type Lab, startLab } from './lab.js';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';

const cells = [
  `import { tensor } from 'gradlab';
interface Size { width: number; height: number }
function area({ width, height }: Size): number {
  const product = width * height;
  return product;
}`,
  `const weights = tensor([[1, 2], [3, 4]]);
let total = 30;

total += area({ width: 3, height: 4 });
total`,
];

/** The line that JupyterLab highlights, as soon as it is `text`. */
async function stoppedAt(page: Page, text: string): Promise<void> {
  await page.locator('.jp-DebuggerEditor-highlight', { hasText: text }).waitFor({ timeout: 20_000 });
}

/** Name and detail of the variables of a scope, as soon as one of them is `name`. */
async function variables(page: Page, name: string): Promise<{ [name: string]: string }> {
  const names = page.locator('.jp-DebuggerVariables-name');
  await names.getByText(name, { exact: true }).waitFor();
  const shown: { [name: string]: string } = {};
  for (const item of await page.locator('.jp-DebuggerVariables .jp-TreeItem').all()) {
    const text = (part: string): Promise<string | null> =>
      item
        .locator(`.jp-DebuggerVariables-${part}`)
        .first()
        .textContent({ timeout: 500 })
        .catch(() => null);
    const key = await text('name');
    if (key) shown[key] = (await text('detail')) ?? '';
  }
  return shown;
}

/** The place beside a line of a cell where a click sets a breakpoint; both count from 1 and 0. */
function gutter(page: Page, cell: number, line: number): Locator {
  // The first element only keeps the width.
  return page
    .locator('.jp-NotebookPanel .jp-Cell')
    .nth(cell)
    .locator('.cm-breakpoint-gutter .cm-gutterElement')
    .nth(line);
}

/** JupyterLab fills its panels one after the other: what they show is asked for until it holds. */
const settles = <T>(shown: () => Promise<T>) => expect.poll(shown, { timeout: 30_000 });

describe('the debugger in JupyterLab', () => {
  let folder: string;
  let lab: Lab | undefined;
  let browser: Browser | undefined;

  beforeEach(async () => {
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'gradlab-books-'));
    await writeFile(join(folder, 'debugged.ipynb'), book('gradlab', cells));
    [lab, browser] = await Promise.all([startLab(folder), launchBrowser()]);
  });

  afterEach(async () => {
    await browser?.close();
    await lab?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  // JupyterLab's panels now and then keep what they showed first; each try has a JupyterLab of its own.
  it('stops at a breakpoint, shows variables, steps and goes on', { retry: 2 }, async ({ skip }) => {
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'debugged.ipynb');
    const { page } = notebook;
    await page.locator('.jp-DebuggerBugButton:not(.disabled)').click();
    await page.locator('.jp-DebuggerBugButton[aria-pressed="true"]').waitFor();
    await gutter(page, 1, 4).click();
    await page.locator('.jp-DebuggerBreakpoints .jp-DebuggerBreakpoint').waitFor();

    const finished = notebook.runAll();
    // A try that fails before it waits for this closes the page under it.
    finished.catch(() => {});
    await stoppedAt(page, 'total += area');
    const frame = page.locator('.jp-DebuggerCallstackFrame');
    await settles(() => frame.allTextContents()).toEqual([expect.stringMatching(/Cell \[2\]/)]);
    await settles(() => variables(page, 'total')).toMatchObject({ total: '30', weights: 'Tensor float32[2, 2]' });

    await page.locator('[data-command="debugger:stepIn"]').click();
    await stoppedAt(page, 'const product');
    await settles(() => frame.allTextContents()).toEqual([
      expect.stringMatching(/^area/),
      expect.stringMatching(/Cell \[2\]/),
    ]);
    await page.locator('[data-command="debugger:next"]').click();
    await stoppedAt(page, 'return product');
    await page.getByLabel('Scope').selectOption('Locals');
    await settles(() => variables(page, 'return value')).toEqual({ width: '3', height: '4', 'return value': '12' });
    await notebook.screenshot('debugger');

    await page.locator('[data-command="debugger:continue"]').click();
    await finished;
    const [, last] = await notebook.cells();
    expect(last).toMatchObject({ text: '42\n', errors: [] });
    await settles(() => variables(page, 'total')).toMatchObject({ total: '42' });

    await page.locator('.jp-DebuggerBugButton').click();
    await notebook.runAll();
    expect((await notebook.cells())[1]).toMatchObject({ text: '42\n', errors: [] });
    expect(notebook.pageErrors).toEqual([]);
    await notebook.close();
  });
});
