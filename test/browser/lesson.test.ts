// In: the first lesson as it is committed. Out: it runs to the end in a real JupyterLab, with the accuracy that it promises.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';
import { setting } from './setting.js';

const lesson = '04-cnn.ipynb';
const accuracyLine = /^test accuracy (\d+\.\d) %$/m;

describe('the lesson on convolutional networks', () => {
  const made = setting({ [lesson]: readFileSync(new URL(`../../notebooks/${lesson}`, import.meta.url)) });

  it('runs to its last cell, learns, and shows what it learned', { timeout: 420_000 }, async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, lesson);
    await notebook.runAll({ timeout: 400_000 });
    const cells = await notebook.cells();
    const code = cells.flatMap((cell, i) => (cell.type === 'code' ? [{ ...cell, i }] : []));
    for (const cell of code) {
      expect(cell.errors, cell.source).toEqual([]);
      expect(cell.executionCount, cell.source).not.toBeNull();
    }
    const training = code.find((cell) => accuracyLine.test(cell.text));
    const accuracy = Number(accuracyLine.exec(training?.text ?? '')?.[1]);
    expect(accuracy).toBeGreaterThanOrEqual(process.env.GRADLAB_DATA ? 98.5 : 97);
    await notebook.svgs(training!.i).first().waitFor();
    await notebook.screenshot('04-cnn');
  });
});
