// In: records, models, values to compare. Out: tables that are aligned and escaped, and outputs that hold several values.
import { describe, expect, test } from 'vitest';
import { displayMethod } from '../../src/display/bundle.js';
import { imageGrid } from '../../src/display/image.js';
import { line } from '../../src/display/plot/index.js';
import { sideBySide } from '../../src/display/side-by-side.js';
import { table } from '../../src/display/table.js';
import { rand, tensor } from '../../src/index.js';
import * as nn from '../../src/nn/index.js';

const nets = [
  { net: 'MLP', accuracy: 0.975, weights: 101770, good: false },
  { net: 'CNN', accuracy: 0.9891, weights: 421642, good: true },
  { net: '<b>', weights: 3 },
];

describe('table', () => {
  test('aligns numbers, writes shares as per cent and missing values as a dash', () => {
    expect(table(nets, { shares: ['accuracy'], caption: 'seed 0' }).text).toBe(
      [
        'net  accuracy  weights  good',
        '────────────────────────────',
        'MLP    97.5 %  101,770  ✗',
        'CNN    98.9 %  421,642  ✓',
        '<b>         –        3  –',
        'seed 0',
      ].join('\n'),
    );
  });

  test('aligns numbers that stand in texts with their units, and no names', () => {
    const costs = [
      { chapter: '01', bytes: '1,416 B', quality: '45.6 % ± 1.8', ms: '0.62' },
      { chapter: '02', bytes: '29.7 kB', quality: '7.0 % ± 0.2', ms: '–' },
    ];
    expect(table(costs).text).toBe(
      [
        'chapter    bytes       quality    ms',
        '────────────────────────────────────',
        '01       1,416 B  45.6 % ± 1.8  0.62',
        '02       29.7 kB   7.0 % ± 0.2     –',
      ].join('\n'),
    );
  });

  test('escapes what it shows and marks the best row', () => {
    const html = table(nets, { best: { accuracy: 'max', weights: 'min' } }).html();
    expect(html).toContain('&lt;b&gt;');
    expect([...html.matchAll(/<b>([^<]+)<\/b>/g)].map((match) => match[1])).toEqual(['0.9891', '3']);
  });

  test('shows the first rows of many', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({ i }));
    expect(table(many, { limit: 5 }).text).toContain('first 5 of 500 rows');
  });

  test('refuses what does not exist', () => {
    expect(() => table([])).toThrow(/no records/);
    expect(() => table(nets, { best: { speed: 'max' } })).toThrow(/no column 'speed'. The records have net, accuracy/);
  });
});

describe('summary of a model', () => {
  const net = nn.sequential(nn.conv2d(1, 8, 3), nn.relu(), nn.flatten(), nn.linear(8 * 26 * 26, 10));
  const { 'text/html': html, 'text/plain': text } = net.summary([4, 1, 28, 28])[displayMethod]();

  test('has a row for each module, with shapes and sums', () => {
    expect(String(html).match(/<tr>/g)).toHaveLength(1 + 5);
    for (const part of ['4 × 8 × 26 × 26', 'Conv2d (1 → 8, 3×3)', '54,090', '54,170 parameters', '216.7 kB']) {
      expect(html).toContain(part);
    }
    expect(text).toContain('54,170 parameters');
  });
});

describe('side by side', () => {
  test('mixed values become one table with titles', async () => {
    const bundle = await sideBySide({
      weights: tensor([[1, 2]]),
      pictures: imageGrid(rand([2, 8, 8])),
      curve: line([1, 2]),
      '<note>': 'a & b',
    })[displayMethod]();
    const html = String(bundle['text/html']);
    expect(html.match(/vertical-align:top;text-align:left/g)).toHaveLength(4);
    expect(html).toContain('&lt;note&gt;');
    expect(html).toContain('a &amp; b');
    expect(html).toContain('data:image/svg+xml;base64,');
    expect(bundle['text/plain']).toContain('tensor([[1, 2]], float32[1, 2])');
  });

  test('plots alone stay interactive', async () => {
    const bundle = await sideBySide({ a: line([1, 2]), b: line([2, 1]) })[displayMethod]();
    expect(bundle['application/vnd.vegalite.v5+json']).toMatchObject({ concat: [{ title: 'a' }, { title: 'b' }] });
  });

  test('nothing is refused', () => {
    expect(() => sideBySide([])).toThrow(/no values/);
  });
});
