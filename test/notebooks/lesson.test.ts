// In: the lesson as saved. Out: whether it reads well without being run: every cell ran, pictures are there, and it keeps its promise.
import { describe, expect, it } from 'vitest';
import { readNotebook, type SavedCell } from './saved.js';

const { bytes, json, cells } = readNotebook('04-cnn.ipynb');
const code = cells.filter(({ kind }) => kind === 'code');
const text = ({ outputs }: SavedCell): string => outputs.map((output) => output.text).join('\n');
const cell = (id: string): SavedCell => {
  const found = cells.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no cell ${id}`);
  return found;
};
const types = ({ outputs }: SavedCell): string[] => outputs.flatMap(({ data }) => Object.keys(data));

describe('the saved lesson 04-cnn', () => {
  it('was run from the first cell to the last, in order and without an error', () => {
    expect(code.map(({ executionCount }) => executionCount)).toEqual(code.map((_, i) => i + 1));
    for (const { id, outputs } of code) {
      expect(
        outputs.filter(({ kind }) => kind === 'error'),
        id,
      ).toEqual([]);
      expect(
        outputs.filter(({ stream }) => stream === 'stderr'),
        id,
      ).toEqual([]);
    }
  });

  it('names the data that it used: digits drawn from a seed, which everyone has', () => {
    expect(text(cell('data'))).toContain('Digits drawn from seed 0: 12,000 to train on, 2,000 to test on.');
  });

  it('promises a number in its first cell and keeps it', () => {
    const [, promised] = /\*\*at least (\d+) of 100 right\*\*/.exec(cells[0]!.source) ?? [];
    const [, reached] = /^test accuracy (\d+\.\d) %$/m.exec(text(cell('train'))) ?? [];
    expect(Number(promised)).toBe(97);
    expect(Number(reached)).toBeGreaterThanOrEqual(Number(promised));
    const [, parameters] = /network of ([\d,]+) numbers/.exec(cells[0]!.source) ?? [];
    expect(text(cell('network'))).toContain(`${parameters} parameters`);
  });

  it('beats the model without convolutions, which stays below 93 %', () => {
    const [, linear] = /test accuracy (\d+\.\d) %/.exec(text(cell('baseline'))) ?? [];
    expect(Number(linear)).toBeGreaterThan(75);
    expect(Number(linear)).toBeLessThan(93);
  });

  it('shows a picture wherever it promises one, readable without a network', () => {
    for (const id of ['data', 'kernels', 'mistakes', 'filters', 'features']) {
      expect(String(cell(id).outputs.at(-1)?.data['text/html']), id).toContain('data:image/png;base64,');
    }
    for (const id of ['train', 'confusion', 'failure']) {
      expect(types(cell(id)), id).toEqual(
        expect.arrayContaining(['application/vnd.vegalite.v5+json', 'image/svg+xml', 'text/plain']),
      );
    }
    expect(types(cell('cost'))).toContain('text/html');
  });

  it('keeps one live plot, without the lines of its making', () => {
    const { outputs } = cell('train');
    expect(outputs.filter(({ kind }) => kind === 'display_data')).toHaveLength(1);
    expect(text(cell('train')).split('\n').length).toBeLessThan(12);
  });

  it('is small, and free of colour codes and of the paths of one machine', () => {
    expect(bytes).toBeLessThan(1.5e6);
    expect(json).not.toContain('\\u001b');
    expect(json).not.toMatch(/\/(home|Users|root|tmp|work)\//);
  });

  it('has cells that fit on a screen', () => {
    for (const { id, source } of code) expect(source.split('\n').length, id).toBeLessThanOrEqual(32);
  });
});
