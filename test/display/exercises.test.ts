// In: exercises, quizzes, predictions, promises, scores, and what readers answer. Out: verdicts, hints, and what is kept between kernels.
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  costTable,
  displayMethod,
  ExerciseError,
  exercise,
  predict,
  promise,
  quiz,
  Scoreboard,
  todo,
} from '../../src/display/index.js';
import { DataError, manualSeed, rand, type Tensor, tensor } from '../../src/index.js';

const folders: string[] = [];
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'gradlab-progress-'));
  folders.push(folder);
  process.env.GRADLAB_PROGRESS = folder;
});
afterAll(() => {
  delete process.env.GRADLAB_PROGRESS;
  for (const folder of folders) rmSync(folder, { recursive: true });
});
const folder = (): string => folders.at(-1)!;
const kept = (name = 'progress.json'): unknown => JSON.parse(readFileSync(join(folder(), name), 'utf8'));
const htmlOf = (value: { [displayMethod](): unknown }): string => JSON.stringify(value[displayMethod]());

const softmax = () =>
  exercise({
    id: 't/softmax',
    title: 'Softmax',
    prompt: 'Use `exp` & **sum** only.',
    solution: (z: Tensor): Tensor => z.exp().div(z.exp().sum(1, true)),
    because: 'Rows add up to one.',
    inputs: ({ int, normal }) => [normal([int(2, 4), int(5, 7)])],
    mistakes: [{ like: (z) => z.softmax(0), hint: 'Along the other axis.' }],
    hints: { scale: 'What do rows add up to?', nan: 'Are there negative logarithms?' },
  });

describe('an exercise with random cases', () => {
  it('passes what gives the right answers, however it is written, and unfolds the solution', () => {
    const made = softmax();
    const verdict = made.check((z) => z.softmax(1));
    expect(verdict.passed).toBe(true);
    expect(verdict.text).toContain('12 cases drawn at random');
    expect(htmlOf(verdict)).toMatch(/<details.*Solution.*z\.exp\(\)\.div/);
    expect(made.passed).toBe(true);
    expect(kept()).toEqual({ 't/softmax': { tries: 0, passed: true } });
  });

  it.for([
    ['error', () => tensor([1]).narrow(0, 2, 1), /threw {3}IndexError/],
    ['type', () => 'text', /It answers a string; a tensor/],
    ['shape', (z: Tensor) => z.softmax(1).transpose(), /other order/],
    ['nan', (z: Tensor) => z.sub(100).log(), /Hint.*negative logarithms/],
    ['sign', (z: Tensor) => z.softmax(1).neg(), /sign/],
    ['scale', (z: Tensor) => z.softmax(1).mul(3), /3 times.*\n[\s\S]*Hint.*add up/],
    ['scale', (z: Tensor) => z.exp(), /row.*number of its own/],
    ['offset', (z: Tensor) => z.softmax(1).add(0.5), /by 0\.5/],
    ['order', (z: Tensor) => z.softmax(1).flip(1), /wrong places/],
    ['value', (z: Tensor) => z.softmax(0), /Hint.*other axis/],
    ['value', (z: Tensor) => z.sigmoid(), /not the right ones/],
  ] as const)('tells failures of the kind %s', ([kind, answer, says]) => {
    // What readers answer need not have the type that is wanted: that is a failure with a hint of its own.
    const verdict = softmax().check(answer);
    expect([verdict.passed, verdict.kind]).toEqual([false, kind]);
    expect(verdict.text).toMatch(says);
  });

  it('tells a transpose, and what is right most of the time', () => {
    const made = exercise({
      id: 't/square',
      title: 'Product',
      solution: (a: Tensor, n: number): Tensor => a.matmul(a.mul(n)),
      inputs: ({ int, normal }) => [normal([3, 3]), int(-2, 9)],
    });
    expect(made.check((a, n) => a.matmul(a.mul(n)).transpose()).kind).toBe('transposed');
    expect(made.check((a, n) => a.matmul(a.mul(Math.abs(n)))).kind).toBe('sign');
    const masked = exercise({
      id: 't/masked',
      title: 'Relu',
      solution: (z: Tensor): Tensor => z.relu(),
      inputs: ({ normal }) => [normal([3, 3])],
    });
    // Right wherever the right number is not 0: no multiple of it.
    expect(masked.check((z) => z).kind).toBe('value');
    const floor = exercise({
      id: 't/floor',
      title: 'Floor',
      solution: (n: number) => Math.floor(n / 5),
      inputs: ({ int }) => [int(1, 200)],
      cases: 40,
    });
    const verdict = floor.check((n) => (n % 5 === 0 ? 0 : Math.floor(n / 5)));
    expect(verdict.kind).toBe('rare');
    expect(verdict.text).toMatch(/right in \d+ of 40 cases/);
  });

  it('shows the smallest case that went wrong, with the arguments as they were before the call', () => {
    const made = exercise({
      id: 't/sort',
      title: 'Sort',
      solution: (list: number[]) => list.toSorted((a, b) => a - b),
      inputs: ({ int, list }) => [list(int(1, 6), () => int(0, 99))],
    });
    const { text } = made.check(function mine(list) {
      return list.sort();
    });
    const [, given, gave, wanted] = /mine\(\[ (.*) \]\)\n +gave +\[ (.*) \]\n +wanted +\[ (.*) \]/.exec(text) ?? [];
    const numbers = (list = ''): number[] => list.split(', ').map(Number);
    expect(numbers(gave)).toEqual(numbers(given).sort());
    expect(numbers(wanted)).toEqual(numbers(given).sort((a, b) => a - b));
  });

  it('draws new cases at each try, and the same ones again for the same try', () => {
    const drawn: number[][] = [];
    const make = () =>
      exercise({
        id: 't/new',
        title: 'New',
        solution: (n: number) => n,
        inputs: ({ int }) => [int(0, 1000)],
      });
    const record = (wrong: number) => {
      const seen: number[] = [];
      drawn.push(seen);
      return (n: number) => {
        seen.push(n);
        return n + wrong;
      };
    };
    const made = make();
    made.check(record(1));
    made.check((n) => record(2)(n));
    expect(drawn.slice(1).flat()).not.toEqual(drawn[0]);
    rmSync(join(folder(), 'progress.json'));
    make().check(record(1));
    expect(drawn.at(-1)).toEqual(drawn[0]);
  });

  it('waits where there is no answer yet, and counts no try', () => {
    const made = softmax();
    expect(made.check().kind).toBe('open');
    expect(made.check(() => todo()).kind).toBe('open');
    expect(readdirSync(folder())).toEqual([]);
  });

  it('opens the solution after three different wrong answers, also across kernels', () => {
    const made = softmax();
    const wrong = [(z: Tensor) => z, (z: Tensor) => z.add(1)];
    expect(made.check(wrong[0]).text).not.toContain('Solution');
    expect(made.check(wrong[0]).text).toContain('1 try so far');
    expect(made.check(wrong[1]).text).toContain('2 tries so far');
    const again = softmax();
    expect(again.check((z) => z.add(2)).text).toContain('Solution:\n');
    expect(again.check().text).toContain('Solution');
    expect(kept()).toEqual({ 't/softmax': { tries: 3, passed: false } });
  });

  it('does not touch the random numbers of the chapter', () => {
    manualSeed(5);
    const expected = rand([2]).toArray();
    manualSeed(5);
    softmax().check((z) => z);
    expect(rand([2]).toArray()).toEqual(expected);
  });
});

describe('authors', () => {
  const base = { title: 'T', solution: (n: number) => 2 * n, inputs: () => [1] as [number] };

  it('are told of a solution that fails, a mistake that passes, and an id without a chapter', () => {
    expect(() => exercise({ id: 't/a', title: 'T', solution: 1, test: () => 'never' })).toThrow(
      /its solution does not pass its own check \(never\)/,
    );
    expect(() => exercise({ ...base, id: 't/a', mistakes: [{ like: (n) => n + 1, hint: 'Add' }] })).toThrow(
      /the mistake with the hint 'Add' passes/,
    );
    expect(() => exercise({ ...base, id: 'a' })).toThrow(ExerciseError);
  });

  it('are told of a quiz with answers that are alike, and of promises of nothing', () => {
    const ask = { ask: '?', right: [4, ''], wrong: [['4', '']] } as const;
    expect(() => quiz({ id: 't/q', questions: [ask] })).toThrow(/question 1: the answers 4, 4/);
    expect(() => promise('x', 1, {})).toThrow(/nothing was promised/);
    expect(() => predict({ id: 't/p', ask: '?', choices: ['one'] })).toThrow(ExerciseError);
  });
});

describe('an exercise with a value or a property', () => {
  it('does not give the value away, but knows likely mistakes', () => {
    const made = exercise({ id: 't/v', title: 'V', solution: 12, mistakes: [{ like: 10, hint: 'The biases.' }] });
    const { text } = made.check(10);
    expect(text).toMatch(/Hint.*biases/);
    expect(text).not.toContain('12');
    expect(made.check(11).text).not.toContain('12');
    expect(made.check(12.00001).passed).toBe(true);
  });

  it('says what a test says', () => {
    const made = exercise({ id: 't/t', title: 'T', solution: 1, test: (n) => n > 0 || `${n} is not positive` });
    expect(made.check(-1).text).toContain('-1 is not positive');
    expect(made.check(7).passed).toBe(true);
  });

  it('escapes what it shows', () => {
    const made = exercise({ id: 't/e', title: '<b>', prompt: '`a<b` & $x<y$', solution: 1 });
    expect(htmlOf(made)).toContain('&lt;b&gt;');
    expect(htmlOf(made)).toMatch(/a&lt;b<\/code> &amp; \$x&lt;y\$/);
  });
});

describe('progress', () => {
  it('is kept whole: a damaged file is moved aside, a lock of a dead kernel does not hold for ever', () => {
    writeFileSync(join(folder(), 'progress.json'), '{ "t/e": { "tri');
    const lock = join(folder(), 'progress.json.lock');
    writeFileSync(lock, '');
    utimesSync(lock, 1, 1);
    exercise({ id: 't/e', title: 'E', solution: 1 }).check(2);
    expect(kept()).toEqual({ 't/e': { tries: 1, passed: false } });
    expect(readdirSync(folder()).sort()).toEqual(['progress.json', 'progress.json.damaged']);
  });

  it('says where it cannot be kept, and still counts', () => {
    process.env.GRADLAB_PROGRESS = join(folder(), 'no folder', 'here');
    writeFileSync(join(folder(), 'no folder'), '');
    const made = exercise({ id: 't/n', title: 'N', solution: 1 });
    expect(() => new Scoreboard().add(score)).toThrow(DataError);
    const { text } = made.check(2);
    expect(text).toContain('Progress is not kept: cannot');
    expect(text).toContain('1 try so far');
  });
});

describe('a quiz', () => {
  const make = (seed = 0) =>
    quiz({
      id: 't/quiz',
      seed,
      questions: [
        { ask: 'Up or down?', right: ['up', 'It rises.'], wrong: [['down', 'It does not fall.'] as const] },
        ({ int }) => {
          const n = int(2, 1000);
          return { ask: `Twice ${n}?`, right: [2 * n, 'Twice.'], wrong: [[n + 2, 'Plus two.'] as const] };
        },
      ],
    });

  it('draws numbers from the seed', () => {
    expect(make(1).text).toBe(make(1).text);
    expect(make(1).text).not.toBe(make(2).text);
  });

  it('says at once why, and counts what was right at the first go', () => {
    const made = make();
    const n = Number(/Twice (\d+)\?/.exec(made.text)?.[1]);
    expect(made.answer(1, 'up').text).toContain('It rises.');
    expect(made.answer(2, n + 2).text).toMatch(/not so[\s\S]*Plus two/);
    expect(made.answer(2, 2 * n).passed).toBe(true);
    expect(made.score).toBe(1);
    expect(kept()).toEqual({ 't/quiz': { tries: 1, passed: true, note: '1 of 2 at the first go' } });
    expect(() => made.answer(3, 'a')).toThrow(/questions 1 to 2/);
    expect(() => made.answer(1, 'z')).toThrow(/Choose from/);
  });

  it('unfolds every reason where nothing runs, and does not tell in text', async () => {
    const shown = await make()[displayMethod]();
    expect(String(shown['text/html']).match(/<details/g)).toHaveLength(4);
    expect(String(shown['text/html'])).toContain('It does not fall.');
    expect(String(shown['text/plain'])).not.toContain('It rises.');
  });
});

describe('a prediction', () => {
  it('is set beside what happened, also by another kernel', () => {
    const make = () => predict({ id: 't/p', ask: 'Which?', choices: ['a', 'b'] });
    expect(make().reveal('a').text).toContain('You made no prediction');
    expect(() => make().say('c')).toThrow(/Choose from a, b/);
    make().say('b');
    expect(make().reveal('a', 'Since.').text).toMatch(/You said b; it is a[\s\S]*Since/);
    make().say('a');
    expect(make().reveal('a').passed).toBe(true);
  });

  it('of a number is right when it is close', () => {
    const made = predict({ id: 't/n', ask: 'How many?', min: 0, max: 100, unit: '%' });
    made.say(20);
    expect(made.reveal(29.5).text).toBe('✓ You said 20 %; it is 29.5 %.');
    expect(made.reveal(31).passed).toBe(false);
    expect(() => made.say(101)).toThrow(/from 0 to 100/);
  });
});

describe('a promise', () => {
  it('says whether it is kept, in words and for programs', () => {
    const shown = promise('accuracy', 0.98, { atLeast: 0.97, share: true });
    expect(shown.text).toBe('✓ accuracy: 98.0 %; promised: at least 97.0 %');
    expect(shown[displayMethod]()['application/vnd.gradlab.promise+json']).toEqual({
      ...{ name: 'accuracy', value: 0.98, atLeast: 0.97, kept: true, quick: false },
    });
    expect(promise('loss', 0.3, { atMost: 0.2 }).kept).toBe(false);
    expect(promise('loss', Number.NaN, { atMost: 0.2 }).kept).toBe(false);
  });
});

const score = {
  chapter: '04',
  model: 'CNN',
  metric: 'accuracy',
  value: 0.9,
  share: true,
  parameters: 10,
  bytes: 40,
  msPerStep: 2,
} as const;

describe('the scoreboard', () => {
  it('keeps one row for each model, by chapter, and replaces it', () => {
    const board = new Scoreboard();
    expect(board.text).toBe('The scoreboard is empty.');
    board.add({ ...score, chapter: '05' }).add({ ...score, chapter: '04' });
    new Scoreboard().add({ ...score, chapter: '05', value: 0.95 });
    expect(board.rows.map(({ chapter, value }) => [chapter, value])).toEqual([
      ['04', 0.9],
      ['05', 0.95],
    ]);
    expect(board.text).toMatch(/95\.0\u00a0%/);
    expect(board.rows[0]!.date).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('has a table of costs beside it', () => {
    const { text } = costTable([{ ...score, quality: { accuracy: '90 %' }, seconds: 1.26 }]);
    expect(text).toMatch(/CNN +90 % +10 +40\u00a0B +2 +1\.3/);
  });
});
