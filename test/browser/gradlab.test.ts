// In: a small notebook in TypeScript. Out: whether our kernel serves JupyterLab: results, streams, awaits, pictures, errors, interrupt, completion.
import { describe, expect, it } from 'vitest';
import { book } from './book.js';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';
import { setting } from './setting.js';

const cells = [
  '# TypeScript\nTypes and values go from cell to cell.',
  'interface Point { x: number; y: number }\nconst points: Point[] = [{ x: 1, y: 2 }, { x: 4, y: 6 }];\npoints.length',
  `console.log('first');
console.error('careful');
const answer = await new Promise<number>((resolve) => setTimeout(() => resolve(42), 50));
answer`,
  `const picture = { [Symbol.for('Jupyter.display')]: () => ({
  'image/svg+xml': '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><circle cx="30" cy="30" r="20"/></svg>',
}) };
picture`,
  'points.map(({ x, y }) => Math.hypot(x, y).toFixed(2)).join()',
  'const wrong: number = points[0]!.x.toFixed();',
];

describe('our kernel in JupyterLab', () => {
  const made = setting({ 'small.ipynb': book('gradlab', cells) });

  it('runs all cells of a notebook', async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'small.ipynb');
    await notebook.runAll();
    const [, length, answer, picture, lengths, wrong] = await notebook.cells();
    await notebook.screenshot('gradlab');
    expect(length).toMatchObject({ text: '2\n', errors: [] });
    expect(answer).toMatchObject({ text: 'first\n42\n', errors: ['careful\n'] });
    expect(picture?.errors).toEqual([]);
    await notebook.svgs(3).waitFor();
    expect(lengths?.text).toBe("'2.24,7.21'\n");
    expect(wrong?.errors[0]).toMatch(/string.*number/);
    // JupyterLab's name for its TypeScript highlighter; with the one for JavaScript, types lose their colours.
    expect(await notebook.codeMimeType()).toBe('application/typescript');
    expect(notebook.pageErrors).toEqual([]);
    await notebook.close();
  });
});
