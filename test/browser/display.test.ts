// In: a notebook that shows tensors and trains. Out: whether JupyterLab draws them as meant, and a live plot grows while its cell runs and stays when it is stopped.
import { describe, expect, it } from 'vitest';
import { book } from './book.js';
import { missing } from './needs.js';
import { openNotebook } from './notebook.js';
import { setting } from './setting.js';

const cells = [
  '# What is shown\nTensors, pictures, tables, plots.',
  `import { rand, randn, tensor } from 'gradlab';
import { confusionMatrix, graphView, imageGrid, line, livePlot, peek, surface, table } from 'gradlab/display';
import * as nn from 'gradlab/nn';
tensor([[1, NaN], [-2, 0.5]])`,
  'imageGrid(rand([4, 28, 28]), { labels: [7, 2, 1, 0], predictions: [1, 2, 1, 0] })',
  "table([{ net: 'MLP', accuracy: 0.975 }, { net: 'CNN', accuracy: 0.991 }], { best: { accuracy: 'max' } })",
  'nn.sequential(nn.linear(784, 128), nn.relu(), nn.linear(128, 10)).summary([64, 784])',
  'confusionMatrix([0, 1, 1, 2], [0, 1, 2, 2])',
  "surface((x, y) => x ** 2 + 3 * y ** 2, { paths: { GD: [[-0.9, 0.5], [0.9, -0.5]] }, zLabel: 'loss' })",
  `const w = tensor(2, { requiresGrad: true });
const loss = w.mul(3).square();
const graph = graphView(loss, { names: { w } });
loss.backward();
graph`,
  `const net = nn.sequential(nn.linear(2, 4), nn.relu());
const inside = peek(net);
net.forward(randn([8, 2])).sum().backward();
inside`,
  // Until it is stopped.
  `const plot = livePlot({ epochs: 3 });
for (let step = 1; ; step++) {
  const end = performance.now() + 10;
  while (performance.now() < end);
  plot.push({ step, epoch: 1, loss: 2 / step, accuracy: 1 - 1 / step });
}`,
];
const live = cells.length - 1;

describe('displays in JupyterLab', () => {
  const made = setting({ 'shown.ipynb': book('gradlab', cells) });

  it('draws each kind, and a live plot grows in place until it is stopped', { timeout: 180_000 }, async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, 'shown.ipynb');
    const states = new Set<string>();
    const running = notebook.runAll({ timeout: 150_000 });
    const status = notebook.output(live).locator('svg text').first();
    const grown = async () => {
      const text = await status.textContent({ timeout: 200 }).catch(() => null);
      if (text?.startsWith('step')) states.add(text);
      return states.size;
    };
    await expect.poll(grown, { timeout: 120_000, interval: 50 }).toBeGreaterThan(5);
    expect(await notebook.output(live).locator('.jp-OutputArea-output').count()).toBe(1);
    await notebook.page.evaluate('jupyterapp.commands.execute("notebook:interrupt-kernel")');
    await running;
    await notebook.svgs(live).first().waitFor();
    await notebook.svgs(5).first().waitFor();
    await notebook.screenshot('display');
    const shown = await notebook.cells();
    for (const cell of shown.slice(0, live)) expect(cell.errors).toEqual([]);
    expect(shown[live]?.errors).toEqual(['Interrupted: the cell was stopped']);
    expect(shown[live]?.text).toMatch(/step [\d,]+ · epoch 1 of 3 · stopped · /);
    expect(await notebook.output(live).locator('svg.marks').count()).toBe(1);
    expect(await notebook.output(1).locator('td').count()).toBe(4);
    expect(await notebook.output(2).locator('td b').allTextContents()).toEqual(['7 → 1']);
    expect(await notebook.output(3).locator('tbody tr').count()).toBe(2);
    expect(await notebook.output(4).locator('tbody tr').count()).toBe(4);
    // plotly.js draws it where the browser has WebGL, and says so where not.
    expect(await notebook.output(6).locator('.js-plotly-plot').count()).toBe(1);
    expect(await notebook.output(7).locator('svg text', { hasText: 'gradient' }).count()).toBe(4);
    expect(await notebook.output(8).locator('tbody tr').count()).toBe(2);
    expect(notebook.pageErrors).toEqual([]);
    await notebook.close();
  });
});
