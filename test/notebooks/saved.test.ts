// In: the chapters as saved. Out: whether each reads well without being run, keeps its promise, and has what every chapter must have.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readNotebook, type SavedCell } from './saved.js';

const chapters = readdirSync('notebooks')
  .filter((name) => name.endsWith('.ipynb'))
  .sort();
const types = ({ outputs }: SavedCell): string[] => outputs.flatMap(({ data }) => Object.keys(data));

describe.for(chapters)('%s as saved', (name) => {
  const { bytes, json, cells } = readNotebook(name);
  const code = cells.filter(({ kind }) => kind === 'code');
  const source = code.map((cell) => cell.source).join('\n');
  const words = cells
    .filter(({ kind }) => kind === 'markdown')
    .map((cell) => cell.source)
    .join('\n');
  const times = (pattern: RegExp): number => source.match(pattern)?.length ?? 0;

  it('was run from the first cell to the last, in order and without an error', () => {
    expect(code.map(({ executionCount }) => executionCount)).toEqual(code.map((_, i) => i + 1));
    for (const { id, outputs } of code) {
      const wrong = outputs.filter(({ kind, stream }) => kind === 'error' || stream === 'stderr');
      expect(wrong, id).toEqual([]);
    }
  });

  it('begins with a promise in words, and keeps it in numbers', () => {
    expect(cells[0]?.kind).toBe('markdown');
    expect(cells[0]?.source).toMatch(/\d/);
    const promises = code.flatMap(({ outputs }) =>
      outputs.flatMap(({ data }) => data['application/vnd.gradlab.promise+json'] ?? []),
    );
    expect(promises.length).toBeGreaterThan(0);
    for (const promise of promises) expect(promise).toMatchObject({ kept: true, quick: false });
  });

  it('shows pictures that need neither a kernel nor a network', () => {
    const pictures = code.filter((cell) => {
      const html = cell.outputs.map(({ data }) => String(data['text/html'] ?? '')).join('');
      return types(cell).some((type) => type.startsWith('image/')) || html.includes('data:image/');
    });
    expect(pictures.length).toBeGreaterThan(3);
    for (const cell of code) {
      if (types(cell).some((type) => type.includes('vega'))) expect(types(cell), cell.id).toContain('image/svg+xml');
      for (const { data } of cell.outputs)
        expect(Object.keys(data), cell.id).not.toContain('application/vnd.jupyter.widget-view+json');
    }
    expect(json).not.toMatch(/<(script|link|img)[^>]* (src|href)=\\?"https?:/);
  });

  it('has something to move, to answer, to watch and to compare', () => {
    expect(times(/\binteract\(/g), 'interact').toBeGreaterThan(0);
    expect(times(/\bexercise\(|\bpredict\(/g), 'exercises').toBeGreaterThanOrEqual(3);
    expect(times(/\bquiz\(/g), 'quiz').toBeGreaterThan(0);
    expect(times(/\blivePlot\b/g), 'live plot').toBeGreaterThan(0);
    expect(times(/\bcostTable\(/g), 'cost table').toBeGreaterThan(0);
    expect(times(/\bscoreboard\.add\(/g), 'scoreboard').toBeGreaterThan(0);
    expect(times(/1e-5/g), 'proof of equality').toBeGreaterThan(0);
  });

  it('ends with its sources and its terms in Chinese', () => {
    expect(words).toMatch(/\*\*Sources?\b/);
    expect(words).toMatch(/中文/);
    expect(words).toMatch(/\*\*Next/);
  });

  it('is small, and free of colour codes and of the paths of one machine', () => {
    expect(bytes).toBeLessThan(1.5e6);
    expect(json).not.toContain('\\u001b');
    expect(json).not.toMatch(/\/(home|Users|root|tmp|work)\//);
  });
});
