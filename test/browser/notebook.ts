// In: a notebook open in a real JupyterLab. Out: its cells' outputs as the user gets them, and pictures of it.
//
//   const lab = await startLab(folder);                         // lab.ts: the server
//   const browser = await launchBrowser();                      // chromium.ts: headless Chromium
//   const notebook = await openNotebook(browser, lab, '04-cnn.ipynb');
//   await notebook.runAll({ timeout: 300_000 });
//   for (const cell of await notebook.cells()) expect(cell.errors).toEqual([]);
//   await notebook.svgs(3).first().waitFor();                   // the pictures below cell 3
//   await notebook.screenshot('04-cnn');                        // test/output/04-cnn.png, the whole notebook
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import type { CellOutput } from './app.js';
import type { Lab } from './lab.js';

export interface Cell {
  type: 'code' | 'markdown' | 'raw';
  source: string;
  executionCount: number | null;
  /** As the notebook file would store them. */
  outputs: CellOutput[];
  /** stdout, and the text/plain of results and displays, in order. */
  text: string;
  /** stderr and `name: message` of every error. */
  errors: string[];
}

const width = 1280;
const height = 900;
/** Chromium draws no taller picture in one piece. */
const tallest = 16_000;

/** Opens a notebook, waits for its kernel to answer, and closes the side bars. `path` is relative to the lab's folder. */
export async function openNotebook(browser: Browser, lab: Lab, path: string): Promise<NotebookPage> {
  const wanted = await lab.kernelOf(path);
  const page = await browser.newPage({ viewport: { width, height } });
  const pageErrors: string[] = [];
  page.on('pageerror', (error) => pageErrors.push(error.message));
  await page.goto(lab.address(path));
  await page.locator('.jp-NotebookPanel .jp-Cell').first().waitFor({ timeout: 60_000 });
  const kernel = page.evaluate(async () => {
    await jupyterapp.restored;
    const { context, sessionContext } = jupyterapp.shell.currentWidget;
    await context.ready;
    await sessionContext.ready;
    await sessionContext.session?.kernel?.info;
    return { name: sessionContext.session?.kernel?.name };
  });
  // JupyterLab asks which kernel to use when it does not find the notebook's own.
  const question = page.locator('.jp-Dialog-content').first();
  const asked = question.waitFor({ timeout: 60_000 }).then(() => question.textContent());
  for (const loser of [kernel, asked]) loser.catch(() => undefined);
  const answer = await Promise.race([kernel, asked.then((text) => ({ text }))]);
  if ('text' in answer) throw new Error(`JupyterLab asks instead of starting the kernel of ${path}:\n${answer.text}`);
  // Without its own kernel a notebook may get another one unasked.
  if (answer.name !== wanted)
    throw new Error(`${path} wants the kernel ${wanted} and got ${answer.name}:\n${lab.log()}`);
  await page.evaluate(() => jupyterapp.commands.execute('application:toggle-left-area'));
  return new NotebookPage(page, lab, pageErrors);
}

export class NotebookPage {
  constructor(
    /** Playwright's page, for whatever this class does not offer. */
    readonly page: Page,
    readonly lab: Lab,
    /** Uncaught errors of JupyterLab's own page. */
    readonly pageErrors: readonly string[],
  ) {}

  /** Runs every cell as the menu does, and waits until the last one ended; cells after an error do not run. */
  async runAll({ timeout = 60_000 } = {}): Promise<void> {
    await this.#within(
      timeout,
      this.page.evaluate(async () => {
        await jupyterapp.commands.execute('notebook:run-all-cells');
      }),
    );
  }

  async #within(timeout: number, work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeout);
    });
    const first = await Promise.race([work, late]).finally(() => clearTimeout(timer));
    if (first !== 'late') return;
    work.catch(() => undefined);
    const done = (await this.cells()).filter((cell) => cell.executionCount !== null);
    throw new Error(
      `cells still run after ${timeout / 1000} s; the last with a number is:\n${done.at(-1)?.source}\n${this.lab.log()}`,
    );
  }

  async cells(): Promise<Cell[]> {
    const models = await this.page.evaluate(() =>
      jupyterapp.shell.currentWidget.content.widgets.map(({ model }) => ({
        type: model.type,
        source: model.sharedModel.getSource(),
        executionCount: model.executionCount ?? null,
        outputs: model.outputs?.toJSON() ?? [],
      })),
    );
    return models.map((model) => ({ ...model, text: textOf(model.outputs), errors: errorsOf(model.outputs) }));
  }

  /** Writes `source` into cell `index`, counted from 0 with Markdown cells, runs it, and waits until it ended. */
  async run(index: number, source?: string): Promise<Cell> {
    await this.page.evaluate(
      async ([index, source]) => {
        const { content } = jupyterapp.shell.currentWidget;
        content.activeCellIndex = index;
        if (source !== null) content.widgets[index]?.model.sharedModel.setSource(source);
        await jupyterapp.commands.execute('notebook:run-cell');
      },
      [index, source ?? null] as const,
    );
    const cell = (await this.cells())[index];
    if (!cell) throw new Error(`there is no cell ${index}`);
    return cell;
  }

  /** The text/plain of the first display of cell `index` after each change from now on; ask for them when it is over. */
  async record(index: number): Promise<() => Promise<string[]>> {
    const texts = await this.page.evaluateHandle((index) => {
      const { outputs } = jupyterapp.shell.currentWidget.content.widgets[index]?.model ?? {};
      const seen: string[] = [];
      outputs?.changed.connect(() => {
        for (const output of outputs.toJSON()) if ('data' in output) seen.push(String(output.data['text/plain']));
      });
      return seen;
    }, index);
    return () => texts.jsonValue();
  }

  /** The MIME type by which JupyterLab chooses the highlighting of code cells. */
  codeMimeType(): Promise<string> {
    return this.page.evaluate(() => jupyterapp.shell.currentWidget.content.codeMimetype);
  }

  /** What JupyterLab draws below cell `index`, counted from 0 with Markdown cells. */
  output(index: number): Locator {
    return this.page.locator('.jp-NotebookPanel .jp-Cell').nth(index).locator('.jp-OutputArea');
  }

  /** The SVG pictures below a cell, however JupyterLab shows them: inline (Vega-Lite) or as an image (image/svg+xml). */
  svgs(index: number): Locator {
    return this.output(index).locator('svg.marks, .jp-OutputArea-output img[src^="data:image/svg"]');
  }

  /** Draws the whole notebook, however long, to test/output/NAME.png and returns that path. */
  async screenshot(name: string): Promise<string> {
    const folder = join('test', 'output');
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name}.png`);
    const scroller = this.page.locator('.jp-NotebookPanel .jp-WindowedPanel-outer');
    const hidden = (node: { scrollHeight: number; clientHeight: number }) => node.scrollHeight - node.clientHeight;
    await this.page.waitForFunction(`!document.querySelector('.jp-RenderedVegaCommon5:empty')`);
    // Plots grow once they are in sight, so the height that is needed is asked again.
    for (
      let tall = height, rest = await scroller.evaluate(hidden);
      rest > 0 && tall < tallest;
      rest = await scroller.evaluate(hidden)
    ) {
      tall = Math.min(tall + rest, tallest);
      await this.page.setViewportSize({ width, height: tall });
      await this.page.waitForTimeout(300);
    }
    await this.page.screenshot({ path, animations: 'disabled' });
    await this.page.setViewportSize({ width, height });
    return path;
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

const joined = (text: string | string[]) => (Array.isArray(text) ? text.join('') : text);

function textOf(outputs: CellOutput[]): string {
  const texts = outputs.map((output) => {
    if (output.output_type === 'stream') return output.name === 'stdout' ? joined(output.text) : '';
    if (output.output_type === 'error') return '';
    const plain = output.data['text/plain'];
    return typeof plain === 'string' || Array.isArray(plain) ? `${joined(plain)}\n` : '';
  });
  return texts.join('');
}

function errorsOf(outputs: CellOutput[]): string[] {
  return outputs.flatMap((output) => {
    if (output.output_type === 'error') return [`${output.ename}: ${output.evalue}`];
    return output.output_type === 'stream' && output.name === 'stderr' ? [joined(output.text)] : [];
  });
}
