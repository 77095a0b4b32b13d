// In: a notebook that shows tensors and trains. Out: whether JupyterLab draws them as meant, and a live plot grows while its cell runs.
import { describe, expect, it } from 'vitest';
import { book } from './book.js';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';
import { setting } from './setting.js';

const cells = [
  '# What is shown\nTensors, pictures, tables, plots.',
  `import { rand, randn, tensor } from 'gradlab';
import { confusionMatrix, imageGrid, line, livePlot, table } from 'gradlab/display';
import * as nn from 'gradlab/nn';
tensor([[1, NaN], [-2, 0.5]])`,
  'imageGrid(rand([4, 28, 28]), { labels: [7, 2, 1, 0], predictions: [1, 2, 1, 0] })',
  "table([{ net: 'MLP', accuracy: 0.975 }, { net: 'CNN', accuracy: 0.991 }], { best: { accuracy: 'max' } })",
  'nn.sequential(nn.linear(784, 128), nn.relu(), nn.linear(128, 10)).summary([64, 784])',
  'confusionMatrix([0, 1, 1, 2], [0, 1, 2, 2])',
  `const plot = livePlot({ steps: 300, epochs: 3 });
for (let step = 1; step <= 300; step++) {
  const end = performance.now() + 10;
  while (performance.now() < end);
  plot.push({ step, epoch: Math.ceil(step / 100), loss: 2 / step, accuracy: 1 - 1 / step });
}
plot.done();`,
];
const live = cells.length - 1;

describe('displays in JupyterLab', () => {
  const made = setting({ 'shown.ipynb': book('gradlab', cells) });

  it('draws each kind, and a live plot grows in place', { timeout: 120_000 }, async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'shown.ipynb');
    const states = new Set<string>();
    const outputs = new Set<number>();
    const running = notebook.runAll({ timeout: 90_000 });
    let done = false;
    const finished = running.finally(() => {
      done = true;
    });
    const status = notebook.output(live).locator('svg text').first();
    while (!done) {
      const text = await status.textContent({ timeout: 200 }).catch(() => null);
      if (text?.startsWith('step')) {
        states.add(text);
        outputs.add(await notebook.output(live).locator('.jp-OutputArea-output').count());
      }
      await notebook.page.waitForTimeout(50);
    }
    await finished;
    await notebook.svgs(live).first().waitFor();
    await notebook.svgs(5).first().waitFor();
    await notebook.screenshot('display');
    for (const cell of await notebook.cells()) expect(cell.errors).toEqual([]);

    expect(states.size).toBeGreaterThan(5);
    expect([...outputs]).toEqual([1]);
    expect(await notebook.output(live).locator('svg.marks').count()).toBe(1);
    expect(await notebook.output(1).locator('td').count()).toBe(4);
    expect(await notebook.output(2).locator('td b').allTextContents()).toEqual(['7 → 1']);
    expect(await notebook.output(3).locator('tbody tr').count()).toBe(2);
    expect(await notebook.output(4).locator('tbody tr').count()).toBe(4);
    expect(notebook.pageErrors).toEqual([]);
    await notebook.close();
  });
});
