// In: small computations. Out: pictures of them that know their values, and their gradients once backward() ran.
import { describe, expect, test } from 'vitest';
import { displayMethod } from '../../src/display/bundle.js';
import { graphView } from '../../src/display/graph/view.js';
import { noGrad, randn, tensor } from '../../src/index.js';
import { linear, mseLoss } from '../../src/nn/index.js';

function neuron() {
  const w = tensor(2, { requiresGrad: true });
  const b = tensor(-1, { requiresGrad: true });
  const x = tensor(3);
  const loss = w.mul(x).add(b).tanh();
  return { w, b, x, loss };
}

describe('before and after backward', () => {
  test('values are there at once, gradients come into the same view', () => {
    const { w, b, x, loss } = neuron();
    const view = graphView(loss, { names: { w, b, x, loss } });
    expect(view.hasGradients).toBe(false);
    expect(view.text.split('\n')).toEqual([
      '#0 w: 2',
      '#1 x: 3',
      '#2 × of #0, #1: 6',
      '#3 b: -1',
      '#4 + of #2, #3: 5',
      '#5 tanh = loss of #4: 0.9999',
      'backward() did not run yet: no gradients',
    ]);
    loss.backward();
    expect(view.hasGradients).toBe(true);
    expect(view.text).toContain('#0 w: 2 · gradient 5.4e-4');
    expect(view.text).toContain('#5 tanh = loss of #4: 0.9999 · gradient 1');
    expect(view.text).toContain('backward() ran: gradients');
    expect(w.grad!.item()).toBeCloseTo(3 * (1 - Math.tanh(5) ** 2), 6);
  });

  test('gradients of other graphs with the same leaves are not taken for its own', () => {
    const { w, loss } = neuron();
    const view = graphView(loss, { names: { w } });
    w.mul(100).backward();
    expect(view.hasGradients).toBe(false);
    expect(view.text).not.toContain('gradient 100');
    loss.backward();
    const { text } = view;
    w.mul(100).backward();
    expect(view.text).toBe(text);
  });

  test('a view made too late says so, and shows what leaves have kept', () => {
    const { w, b, loss } = neuron();
    loss.backward();
    const view = graphView(loss, { names: { w, b } });
    expect(view.hasGradients).toBe(false);
    expect(view.text).toContain('backward() ran before this view was made');
  });

  test('gradients of a layer have the shapes of its weights', () => {
    const layer = linear(3, 2);
    const loss = mseLoss(layer.forward(randn([4, 3])), randn([4, 2]));
    const view = graphView(loss, { names: { W: layer.weight, b: layer.bias! } });
    loss.backward();
    expect(view.text).toMatch(/W: \[2, 3\] mean .* · gradient mean /);
    expect(view.text).toMatch(/@ \(matrix product\) of /);
  });

  test('works where nothing is differentiated, twice', () => {
    const y = noGrad(() => tensor([1, 2]).mul(3).sum());
    expect(graphView(y).text).toMatch(/Σ \(sum\) of #\d: 9/);
    expect(graphView(y).text).toContain('9');
  });
});

describe('the picture', () => {
  test('is stable, labelled and without a network', async () => {
    const { w, b, x } = neuron();
    const loss = w.mul(x).add(b).square();
    const view = graphView(loss, { names: { w, b, x } });
    loss.backward();
    const bundle = await view[displayMethod]();
    expect(Object.keys(bundle).sort()).toEqual(['image/svg+xml', 'text/html', 'text/plain']);
    const svg = await view.svg();
    expect(svg).toMatch(/role="img" aria-label="graph of 6 values"/);
    expect(svg.match(/<rect /g)).toHaveLength(7);
    expect(svg).not.toMatch(/undefined|NaN|https?:(?!\/\/www.w3.org)/);
    await expect(svg).toMatchFileSnapshot('../golden/graph-neuron.svg');
  });

  test('is of the moment when it was asked for', async () => {
    const { loss } = neuron();
    const svg = graphView(loss).svg();
    loss.backward();
    expect(await svg).not.toContain('>gradient ');
  });

  test('draws a value that is used twice with two arrows', async () => {
    const a = tensor(3, { requiresGrad: true });
    const svg = await graphView(a.mul(a)).svg();
    expect(svg.match(/fill="none" stroke="#888888" stroke-width="1.3"/g)).toHaveLength(2);
  });

  test('of too much is refused', () => {
    let y = tensor(1, { requiresGrad: true }).mul(1.5);
    for (let i = 0; i < 100; i++) y = y.sin();
    expect(() => graphView(y)).toThrow(/more than 80 operations/);
    expect(graphView(y, { limit: 200 }).text).toContain('sin');
  });
});
