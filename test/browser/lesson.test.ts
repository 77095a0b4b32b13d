// In: three chapters as they are committed. Out: whether readers can run them in a real JupyterLab, move them, answer them and watch them learn.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missing } from './needs.js';
import { type NotebookPage, openNotebook } from './notebook.js';
import { setting } from './setting.js';

const bookOf = (name: string) => readFileSync(new URL(`../../notebooks/${name}`, import.meta.url));

/** What a reader does in a chapter. Cells are found by a piece of their source. */
interface Visit {
  /** A cell with a slider above a picture. */
  moves: string;
  /** A cell with a live plot. */
  trains: string;
  /** The cell for the answer to an exercise, a wrong answer with what is said to it, and a right one. */
  answers: string;
  wrong: string;
  hint: RegExp;
  right: string;
}

const visits = {
  '04-cnn.ipynb': {
    moves: 'stride: intSlider',
    trains: 'await learn(network',
    answers: 'outputSize.check(',
    wrong: 'outputSize.check((n, k, stride, padding) => Math.floor((n + 2 * padding - k) / stride) + 1)',
    hint: /Hint\..*a kernel of 3 reaches over 5 pixels/,
    right: `outputSize.check((n, k, stride, padding, dilation) =>
      1 + Math.floor((n - 1 + 2 * padding - dilation * (k - 1)) / stride))`,
  },
  '05-rnn.ipynb': {
    moves: 'line(gradientOverTime(size',
    trains: 'await train(speller',
    answers: 'step.check(',
    wrong: 'step.check((x, h, W, U, b) => x.matmul(W.T).add(b).tanh())',
    hint: /Hint\..*memory/,
    right: 'step.check((x, h, W, U, b) => h.matmul(U.T).add(x.matmul(W.T)).add(b).tanh())',
  },
  '06-lstm.ipynb': {
    moves: 'remember(forget, input)',
    trains: 'await fit(adder',
    answers: 'cellStep.check(',
    wrong: 'cellStep.check((i, f, g, o, c) => o.mul(f.mul(c).add(i.mul(g))))',
    hint: /Hint\..*tanh of the cell/,
    right: 'cellStep.check((i, f, g, o, c) => i.mul(g).add(c.mul(f)).tanh().mul(o))',
  },
} satisfies { [name: string]: Visit };

async function visit(notebook: NotebookPage, { moves, answers, wrong, hint, right }: Visit): Promise<void> {
  const cells = await notebook.cells();
  const place = (part: string): number => {
    const index = cells.findIndex(({ type, source }) => type === 'code' && source.includes(part));
    expect(index, part).toBeGreaterThan(0);
    return index;
  };
  // A slider moves the picture below it.
  const moved = place(moves);
  const shown = async () => JSON.stringify((await notebook.cells())[moved]?.outputs);
  const before = await shown();
  const handle = notebook.output(moved).locator('.noUi-handle').first();
  await handle.focus();
  await handle.press('ArrowRight');
  await expect.poll(shown, { timeout: 60_000 }).not.toBe(before);

  // An exercise waits, says what is wrong with an answer, and unfolds its solution once the answer is right.
  const answered = place(answers);
  expect(cells[answered]?.text).toContain('No answer yet');
  const output = notebook.output(answered);
  expect((await notebook.run(answered, wrong)).text).toMatch(hint);
  await output.getByText(hint).waitFor();
  expect((await notebook.run(answered, right)).text).toContain('passed');
  await output.getByText('Solution').click();
  await output.locator('details[open] pre').waitFor();

  // The quiz answers the keyboard.
  const quiz = notebook.output(place('quiz({'));
  await quiz.locator('input[type=radio]').first().focus();
  await notebook.page.keyboard.press('Space');
  await quiz
    .getByText(/^(✓ Right|✗ Not so)$/)
    .first()
    .waitFor();
  await quiz.getByText(/\d of \d right at the first go/).waitFor();
}

/** Watches the live plot while the chapter runs; the answer then tells whether it grew. */
async function watch(notebook: NotebookPage, { trains }: Visit): Promise<() => Promise<void>> {
  const place = (await notebook.cells()).findIndex(({ source }) => source.includes(trains));
  const recorded = await notebook.record(place);
  return async () => {
    const steps = (await recorded()).flatMap((text) => /^step (\d+) of/.exec(text)?.slice(1).map(Number) ?? []);
    expect(new Set(steps).size).toBeGreaterThan(1);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  };
}

/** Progress of its own, no network. */
function alone(variables: { [name: string]: string }): void {
  let folder = '';
  const before = { ...process.env };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlab-progress-'));
    Object.assign(process.env, variables, { GRADLAB_OFFLINE: '1', GRADLAB_PROGRESS: folder });
  });
  afterAll(() => {
    for (const name of [...Object.keys(variables), 'GRADLAB_OFFLINE', 'GRADLAB_PROGRESS']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    rmSync(folder, { recursive: true });
  });
}

describe('the lesson on convolutional networks', () => {
  const lesson = '04-cnn.ipynb';
  alone({});
  const made = setting({ [lesson]: bookOf(lesson) });
  const accuracyLine = /^test accuracy (\d+\.\d) %$/m;

  it('runs to its last cell, learns, and answers its reader', { timeout: 600_000 }, async ({ skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, lesson);
    const grew = await watch(notebook, visits[lesson]);
    await notebook.runAll({ timeout: 400_000 });
    await grew();
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
    await visit(notebook, visits[lesson]);
    expect(notebook.pageErrors).toEqual([]);
  });
});

describe('the lessons on recurrent networks, in quick mode', () => {
  const lessons = ['05-rnn.ipynb', '06-lstm.ipynb'] as const;
  alone({ GRADLAB_QUICK: '1' });
  const made = setting(Object.fromEntries(lessons.map((name) => [name, bookOf(name)])));

  it.for(lessons)('%s can be moved, answered and watched', { timeout: 600_000 }, async (name, { skip }) => {
    const { lab, browser } = made;
    if (!lab || !browser) return skip(missing);
    const notebook = await openNotebook(browser, lab, name);
    const grew = await watch(notebook, visits[name]);
    await notebook.runAll({ timeout: 400_000 });
    await grew();
    expect((await notebook.cells()).flatMap(({ errors }) => errors)).toEqual([]);
    await visit(notebook, visits[name]);
    expect(notebook.pageErrors).toEqual([]);
    await notebook.close();
  });
});
