// In: numbers and classes. Out: plots that are valid in Vega-Lite, offline, stable as pictures, and errors that say what to do.
import { describe, expect, test } from 'vitest';
import { displayMethod } from '../../src/display/bundle.js';
import { imageGrid } from '../../src/display/image.js';
import {
  attentionMap,
  bar,
  boxPlot,
  confusionMatrix,
  contour,
  heatmap,
  histogram,
  line,
  overlay,
  type Plot,
  paths,
  plotsBeside,
  rocCurve,
  scatter,
} from '../../src/display/plot/index.js';
import { isolines } from '../../src/display/plot/isolines.js';
import { renderSvg } from '../../src/display/plot/render.js';
import { rand, randn, tensor } from '../../src/index.js';

const wave = Array.from({ length: 24 }, (_, i) => Math.round(100 * Math.sin(i / 4)) / 100);
const cells = [
  [3, 1],
  [0, 4],
];

const plots: [string, () => Plot][] = [
  [
    'line',
    () =>
      line({ train: wave, test: wave.map((v) => v / 2) }, { xLabel: 'epoch', yLabel: 'loss (nats)', title: 'Loss' }),
  ],
  ['long line on a logarithmic axis', () => line(rand([3000]), { yScale: 'log', xLabel: 'step' })],
  ['scatter', () => scatter(randn([30, 2]), { classes: rand([30]).gt(0.5).int(), classNames: ['no', 'yes'] })],
  ['scatter of amounts', () => scatter({ x: [1, 2], y: [3, 4] }, { amounts: [0.5, 0.7], amountLabel: 'loss' })],
  ['bar', () => bar({ SGD: 0.91, Adam: 0.97 }, { yLabel: 'accuracy', errors: [0.02, 0.01] })],
  ['bar to the right', () => bar([1, 2, 3], { names: ['a', 'b', 'c'], horizontal: true, range: [0, 5] })],
  ['histogram', () => histogram({ before: randn([500]), after: [0, 1, 2, Number.NaN] })],
  [
    'heat map of cells',
    () =>
      heatmap(cells, { rowNames: ['a', 'b'], columnNames: ['long name', 'another long name'], valueLabel: 'weight' }),
  ],
  ['heat map as a picture', () => heatmap(randn([64, 64]), { xRange: [-1, 1], yRange: [-1, 1] })],
  ['confusion matrix', () => confusionMatrix([0, 0, 1, 2], [0, 1, 1, 2], { classes: ['cat', 'dog', 'owl'] })],
  [
    'overlay',
    () => overlay([heatmap(randn([8, 8]), { xRange: [0, 8], yRange: [0, 8], xLabel: 'x₁' }), scatter(rand([9, 2]))]),
  ],
  ['side by side', () => plotsBeside([line(wave), bar([1, 2])], { title: 'Both' })],
];

describe.each(plots)('%s', (_, make) => {
  test('shows itself interactively, as a picture and as text', async () => {
    const bundle = await make()[displayMethod]();
    expect(Object.keys(bundle).sort()).toEqual(['application/vnd.vegalite.v5+json', 'image/svg+xml', 'text/plain']);
    expect(bundle['application/vnd.vegalite.v5+json']).toMatchObject({
      $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
      usermeta: { embedOptions: { renderer: 'svg', actions: false } },
    });
    const svg = String(bundle['image/svg+xml']);
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="[^"]+"/);
    expect(svg).not.toMatch(/undefined|NaN|\bnull\b/);
    expect(svg.length).toBeLessThan(120_000);
  });

  test('needs no network', async () => {
    const plot = make();
    const { $schema: _, ...spec } = plot.spec;
    for (const text of [JSON.stringify(spec), await plot.svg()]) {
      expect(text.replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, '')).not.toMatch(/https?:/);
    }
  });
});

describe('pictures', () => {
  const fixed: [string, Plot][] = [
    [
      'line',
      line({ train: wave, test: wave.map((v) => v / 2) }, { xLabel: 'epoch', yLabel: 'loss (nats)', title: 'Loss' }),
    ],
    ['confusion', confusionMatrix(tensor(cells))],
    ['bar', bar({ SGD: 0.91, Adam: 0.97 }, { yLabel: 'accuracy', errors: [0.02, 0.01] })],
  ];
  test.each(fixed)('%s is drawn as before', async (name, plot) => {
    await expect(await plot.svg()).toMatchFileSnapshot(`../golden/plot-${name}.svg`);
  });

  test('long tables travel as text and draw the same', async () => {
    const values = Array.from({ length: 60 }, (_, i) => (i === 7 ? Number.NaN : i % 9));
    const names = ['plain', 'with, comma and "quotes"'];
    const plot = line({ [names[0]!]: values, [names[1]!]: values.map((v) => v + 1) });
    const { data } = plot.spec as { data: { values: unknown } };
    expect(data.values).toMatch(/^x,y,series\n0,0,plain\n/);
    const written = await plot.svg();
    const { $schema, usermeta, config } = plot.spec;
    const plain = { $schema, usermeta, config, ...plot.view };
    const paths = (svg: string) => [...svg.matchAll(/ d="([^"]+)"/g)].map((match) => match[1]);
    expect(paths(written)).toEqual(paths(await renderSvg(plain, '')));
    expect(written).toContain('with, comma and ');
  });

  test('texts keep their digits', async () => {
    const svg = await line([1, 2], { title: 'error 0.0174, rate 0.001' }).svg();
    expect(svg).toContain('>error 0.0174, rate 0.001<');
  });

  test('a logarithmic axis has round numbers, few of them', async () => {
    const svg = await line([1e-9, 1], { yScale: 'log', points: false }).svg();
    const written = [...svg.matchAll(/>([\d,.]+|1e-\d+)<\/text>/g)].map((match) => match[1]!);
    expect(written).toEqual(expect.arrayContaining(['1e-8', '0.01', '1']));
    expect(svg.match(/role-axis-grid.*?<\/g>/)![0].match(/<line/g)!.length).toBeLessThan(11);
  });

  test('points can be written as the names of their classes', async () => {
    const svg = await scatter(
      [
        [0, 1],
        [1, 0],
      ],
      { classes: [3, 7], named: true },
    ).svg();
    expect([...svg.matchAll(/fill="#[\dA-F]{6}"[^>]*>([37])</gi)].map((match) => match[1])).toEqual(['3', '7']);
    expect(() => scatter([[0, 1]], { named: true })).toThrow(/named points without classes/);
  });

  test('ids differ between pictures, so that one page can hold several', async () => {
    const ids = async (plot: Plot) => [...(await plot.svg()).matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
    const first = await ids(heatmap(cells, { valueLabel: 'a' }));
    expect(first.length).toBeGreaterThan(0);
    for (const id of await ids(heatmap(cells, { valueLabel: 'b' }))) expect(first).not.toContain(id);
  });
});

describe('numbers', () => {
  test('a confusion matrix counts true classes in rows', () => {
    const { text } = confusionMatrix([0, 0, 1], [0, 1, 1]);
    expect(text).toBe('confusion matrix, 66.7 % right\ntrue\\predicted 0 1\n0              1 1\n1              0 1');
  });

  test('bins of a histogram hold every finite number once', () => {
    const values = randn([1000]);
    const { data } = histogram(values).view as { data: { values: { count: number }[] } };
    expect(data.values.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
  });

  test('shares of a histogram sum to one for each list, however long', () => {
    const { data } = histogram({ a: randn([1000]), b: randn([10]) }, { share: true }).view as {
      data: { values: { count: number; series: string }[] };
    };
    for (const name of ['a', 'b']) {
      const own = data.values.filter(({ series }) => series === name);
      expect(own.reduce((sum, { count }) => sum + count, 0)).toBeCloseTo(1, 3);
    }
  });

  test('names of a heat map may repeat', async () => {
    const svg = await heatmap(cells, { columnNames: ['a', 'a'], rowNames: ['b', 'b'], numbers: false }).svg();
    expect(svg.match(/>a</g)).toHaveLength(2);
    expect(svg.match(/>b</g)).toHaveLength(2);
  });

  test('a long line keeps its extremes', () => {
    const values = new Float32Array(10_000);
    values[7777] = 5;
    const { data } = line(values).view as { data: { values: { x: number; y: number }[] } };
    expect(data.values.length).toBeLessThan(1000);
    expect(data.values).toContainEqual({ x: 7777, y: 5 });
  });

  test('NaN leaves a gap', () => {
    const { data } = line([1, Number.NaN, 2]).view as { data: { values: unknown[] } };
    expect(data.values[1]).toEqual({ x: 1, y: null });
  });
});

describe('lines of equal height', () => {
  const grid = (height: (x: number, y: number) => number) =>
    Array.from({ length: 41 }, (_, y) => Array.from({ length: 41 }, (_, x) => height(x - 20, y - 20)));

  test('around a hill make one closed circle of the right radius', () => {
    const lines = isolines(
      grid((x, y) => -(x * x + y * y)),
      -100,
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]!.at(-1)).toEqual(lines[0]![0]);
    for (const [x, y] of lines[0]!) expect(Math.hypot(x - 20, y - 20)).toBeCloseTo(10, 1);
  });

  test('across a slope make one open line', () => {
    const lines = isolines(
      grid((x) => x),
      0.5,
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toHaveLength(41);
    for (const [x] of lines[0]!) expect(x).toBeCloseTo(20.5);
  });

  test('at a saddle and beside NaN stay lines', () => {
    expect(
      isolines(
        grid((x, y) => x * y),
        0.5,
      ),
    ).toHaveLength(2);
    expect(
      isolines(
        [
          [0, 1],
          [Number.NaN, 1],
        ],
        0.5,
      ),
    ).toEqual([]);
  });
});

describe('area below the ROC curve', () => {
  test.each<[string, number[], number[], string]>([
    ['as scikit-learn documents', [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 'AUC 0.75'],
    ['ties count half', [0, 1], [0.5, 0.5], 'AUC 0.5'],
    ['ties among others', [0, 1, 0, 1, 1], [0.2, 0.2, 0.1, 0.9, 0.1], 'AUC 0.6667'],
    ['perfect', [0, 1], [0, 1], 'AUC 1'],
  ])('%s', (_, labels, scores, text) => {
    expect(rocCurve(labels, scores).text.split('\n')[1]).toBe(text);
  });
});

describe('what does not fit', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['no numbers', () => line([]), /line: no numbers/],
    ['x of another length', () => line([1, 2], { x: [1] }), /x has 1 elements and y has 2/],
    [
      'a label out of range',
      () => confusionMatrix([0, 3], [0, 1], { classes: ['a', 'b'] }),
      /label 3 .* position 1, but 2 classes/,
    ],
    ['labels alone', () => confusionMatrix(tensor([0, 1])), /labels without predictions/],
    ['ragged rows', () => heatmap([new Float32Array(2), new Float32Array(1)]), /row 0 has 2 numbers and row 1 has 1/],
    ['points of three numbers', () => scatter(randn([4, 3])), /points of 3 numbers/],
    ['ROC of one class', () => rocCurve([1, 1], [0, 1]), /all 2 labels are 1/],
    ['ROC of three classes', () => rocCurve([0, 2], [0, 1]), /label 2/],
    ['an empty box', () => boxPlot({ a: [] }), /'a' is empty/],
    ['a path of numbers', () => paths([[1, 2, 3]]), /points of 3 numbers/],
    ['logarithm of depths', () => contour(() => -1, { log: true }), /heights must be positive/],
    ['attention with a batch', () => attentionMap(rand([1, 2, 3, 3])), /index the batch first/],
    ['nothing finite', () => histogram([Number.NaN]), /no finite number/],
    ['pictures that are flat rows', () => imageGrid(rand([10])), /shape \[10\] holds no pictures/],
    ['too few titles', () => imageGrid(rand([3, 8, 8]), { titles: ['a'] }), /images has 3 elements and titles has 1/],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

describe('a grid of pictures', () => {
  test('marks mistakes in red, by name of the class', () => {
    const html = imageGrid(rand([3, 28, 28]), {
      labels: [0, 1, 1],
      predictions: [0, 0, 1],
      classes: ['cat', '<dog>'],
    }).html();
    expect(html).toContain('<b style="color:#D55E00">&lt;dog&gt; → cat</b>');
    expect(html.match(/<b /g)).toHaveLength(1);
    expect(html.match(/<img /g)).toHaveLength(3);
  });

  test('says in text what it shows', () => {
    expect(String(imageGrid(rand([2, 1, 8, 8]), { labels: [4, 2] }))).toBe('2 pictures of 8 × 8: 4, 2');
  });
});
