// In: an exercise with its solution, and a reader's answer. Out: a verdict: right, or what is wrong and a hint.
import { GradlabError } from '../../errors.js';
import { displayMethod, type MimeData } from '../bundle.js';
import { isViewable, textOf } from './answers.js';
import { type Card, cardBundle, cardText, type Fold, type Part } from './card.js';
import { agrees, diagnose, type FailureKind } from './diagnose.js';
import { Draw, seedOf } from './draw.js';
import { recall, remember } from './progress.js';
import { sourceOf } from './source.js';

/** An exercise, a quiz or a promise is not written as it must be: for their authors. */
export class ExerciseError extends GradlabError {}

/** Tries after which the solution opens. */
const patience = 3;

/** What exercises of all kinds have. */
interface Common<A> {
  /** The chapter and a name, `'04/output-size'`: what progress is kept under. */
  id: string;
  title: string;
  /** What to do, in Markdown: paragraphs, `code`, **strong**, $formulas$. Leave it out where a Markdown cell says it. */
  prompt?: string;
  /** The right answer. Shown as it stands here; it must pass the check itself. */
  solution: A;
  /** Why the solution is right, in Markdown: shown with it. */
  because?: string;
  /** What to say beside a failure of a kind. */
  hints?: { readonly [K in FailureKind]?: string };
}

/** A wrong answer that readers are likely to give, and what to say to it. */
export interface Mistake<A> {
  like: A;
  hint: string;
}

/** A function that the reader writes: tested against the solution on arguments drawn at random, anew at each try. */
export interface FunctionExercise<P extends unknown[], R> extends Common<(...inputs: P) => R> {
  /** Draws the arguments of one case. */
  inputs: (draw: Draw) => [...P];
  mistakes?: readonly Mistake<(...inputs: NoInfer<P>) => unknown>[];
  /** How many cases. Default 12. */
  cases?: number;
  /** Numbers agree up to `tolerance · (1 + |right|)`. Default 1e-5. */
  tolerance?: number;
}

/** A value that the reader works out: a number, a text, a list, a tensor. */
export interface ValueExercise<A> extends Common<A> {
  mistakes?: readonly Mistake<NoInfer<A>>[];
  /** Numbers agree up to `tolerance · (1 + |right|)`. Default 1e-5. */
  tolerance?: number;
}

/** Anything with a property to check: a rate that diverges, a network that is small enough. */
export interface TestExercise<A> extends Common<A> {
  /** True where the answer is right, else a sentence on what is wrong and what to look at. */
  test: (answer: NoInfer<A>, draw: Draw) => true | string;
}

export type ExerciseOptions<A> =
  | (Common<A> & Pick<FunctionExercise<unknown[], unknown>, 'cases' | 'tolerance'> & Tested)
  | ValueExercise<A>
  | TestExercise<A>;

/** What is left of an exercise's types once its answer is `A`. */
interface Tested {
  inputs: (draw: Draw) => unknown[];
  mistakes?: readonly Mistake<unknown>[];
}

class Todo extends Error {}

/** Stands where the reader's code goes: `return todo();`. A check says that it is still to be written. */
export function todo(): never {
  throw new Todo('not written yet: put your code in the place of todo()');
}

interface Failure {
  readonly kind: FailureKind | 'test' | 'open';
  readonly says: string;
  readonly hint?: string | undefined;
  readonly example?: string;
}

/** What a check found; as the last expression of a cell it shows itself. */
export class Verdict {
  readonly passed: boolean;
  /** The kind of failure; undefined where the answer is right. `open`: there was none yet. `test`: see the text. */
  readonly kind: FailureKind | 'test' | 'open' | undefined;
  readonly #card: Card;

  /** @internal */
  constructor(card: Card, kind?: Failure['kind']) {
    this.#card = card;
    this.passed = kind === undefined;
    this.kind = kind;
  }
  /** What a terminal shows. */
  get text(): string {
    return cardText(this.#card);
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    return cardBundle(this.#card);
  }
}

/** An exercise; shown, it says what to do. */
export class Exercise<A> {
  readonly #options: ExerciseOptions<A>;
  /** The last wrong answer, so that running a cell twice counts once. */
  #last: string | undefined;

  /** @internal */
  constructor(options: ExerciseOptions<A>) {
    this.#options = options;
    this.#prove();
  }

  get id(): string {
    return this.#options.id;
  }

  /** Whether it was passed, now or before. */
  get passed(): boolean {
    return recall(this.id).passed;
  }

  /**
   * Checks an answer; without one it only says that it waits. Put it last in the cell with the answer.
   * A wrong answer counts as a try, the same one again does not; after three, or a right one, the solution opens.
   */
  check(answer?: A): Verdict {
    const failure =
      answer === undefined ? { kind: 'open' as const, says: '' } : this.#judge(answer, recall(this.id).tries);
    if (!failure) return this.#right();
    if (failure.kind === 'open') return this.#open();
    return this.#wrong(failure, answer);
  }

  /** What a terminal shows. */
  get text(): string {
    return cardText(this.#card);
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  [displayMethod](): MimeData {
    return cardBundle(this.#card);
  }

  get #card(): Card {
    const { title, prompt } = this.#options;
    const { tries, passed } = recall(this.id);
    const footer = passed ? 'You have passed this one.' : triesLeft(tries);
    return {
      tone: passed ? 'right' : 'open',
      heading: `Exercise: ${title}`,
      parts: prompt ? [{ text: prompt }] : [],
      footer,
    };
  }

  #open(): Verdict {
    const { tries, passed } = recall(this.id);
    const says = 'No answer yet. Write yours in the cell and run it.';
    const folds = passed || tries >= patience ? [this.#solution] : [];
    return new Verdict({ tone: 'open', heading: this.#options.title, parts: [{ text: says }], folds }, 'open');
  }

  #right(): Verdict {
    this.#last = undefined;
    const { entry, problem } = remember(this.id, (before) => ({ ...before, passed: true }));
    const how =
      'inputs' in this.#options
        ? `It gives the right answer in ${casesOf(this.#options)} cases drawn at random.`
        : 'That is right.';
    const footer = [
      entry.tries > 0 ? `After ${count(entry.tries, 'other try', 'other tries')}.` : 'At the first try.',
      problem,
    ];
    return new Verdict({
      tone: 'right',
      heading: `${this.#options.title}: passed`,
      parts: [{ text: how }],
      folds: [this.#solution],
      footer: footer.filter(Boolean).join(' · '),
    });
  }

  #wrong({ kind, says, hint, example }: Failure, answer: A | undefined): Verdict {
    const written = sourceOf(answer);
    const isNew = written !== this.#last;
    this.#last = written;
    const { entry, problem } = remember(this.id, (before) => ({ ...before, tries: before.tries + (isNew ? 1 : 0) }));
    const parts: Part[] = [
      { text: says },
      ...(example ? [{ code: example }] : []),
      ...(hint ? [{ text: `**Hint.** ${hint}` }] : []),
    ];
    const folds = entry.passed || entry.tries >= patience ? [this.#solution] : [];
    const footer = [triesLeft(entry.tries), problem].filter(Boolean).join(' · ');
    return new Verdict({ tone: 'wrong', heading: `${this.#options.title}: not yet`, parts, folds, footer }, kind);
  }

  get #solution(): Fold {
    const { solution, because } = this.#options;
    return { summary: 'Solution', code: sourceOf(solution), ...(because && { text: because }) };
  }

  /** What is wrong with an answer; undefined where nothing is. */
  #judge(answer: A, round: number): Failure | undefined {
    const options = this.#options;
    try {
      const failure = judge(options, answer, seedOf(`${options.id} ${round}`));
      return failure && { hint: hintOf(options, failure.kind), ...failure };
    } catch (error) {
      if (error instanceof Todo) return { kind: 'open', says: '' };
      throw error;
    }
  }

  /** The author's own answers, right and wrong, are told apart. */
  #prove(): void {
    const options = this.#options;
    const { id, solution } = options;
    if (!/^[\w-]+\/[\w-]+$/.test(id))
      throw new ExerciseError(`exercise: id '${id}'`, "Write the chapter and a name, such as '04/output-size'.");
    const failure = this.#judge(solution, 0);
    if (failure)
      throw new ExerciseError(
        `exercise ${id}: its solution does not pass its own check (${failure.says})`,
        'Mend one of the two.',
      );
    for (const { like, hint } of 'test' in options ? [] : (options.mistakes ?? []))
      if (!judge(options, like, seedOf(`${id} 0`)))
        throw new ExerciseError(
          `exercise ${id}: the mistake with the hint '${hint}' passes`,
          'Draw inputs that tell it from the solution.',
        );
  }
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
const triesLeft = (tries: number): string =>
  tries >= patience
    ? `${count(tries, 'try', 'tries')} so far.`
    : `${tries > 0 ? `${count(tries, 'try', 'tries')} so far; the` : 'The'} solution opens once you pass, or after ${patience} tries.`;

const casesOf = ({ cases = 12 }: { cases?: number }): number => cases;

function hintOf<A>({ hints }: ExerciseOptions<A>, kind: Failure['kind']): string | undefined {
  return kind === 'open' || kind === 'test' ? undefined : hints?.[kind];
}

function judge<A>(options: ExerciseOptions<A>, answer: A, seed: number): Failure | undefined {
  if ('test' in options) {
    const verdict = options.test(answer, new Draw(seed));
    return verdict === true ? undefined : { kind: 'test', says: verdict };
  }
  const { tolerance = 1e-5 } = options;
  if (!('inputs' in options)) {
    const difference = diagnose([{ got: answer, want: options.solution }], tolerance);
    if (!difference) return undefined;
    const mistake = options.mistakes?.find(({ like }) => agrees(answer, like, tolerance));
    // Of a value that is asked for, how it differs from the right one would give that away.
    const says = difference.kind === 'type' || difference.kind === 'shape' ? difference.says : 'That is not right.';
    return { kind: difference.kind, says, ...(mistake && { hint: mistake.hint }) };
  }
  return judgeFunction(options, answer, seed);
}

interface Case {
  readonly inputs: readonly unknown[];
  readonly got: unknown;
  readonly want: unknown;
}

function judgeFunction(
  options: Tested & { solution: unknown; cases?: number; tolerance?: number },
  answer: unknown,
  seed: number,
): Failure | undefined {
  const { tolerance = 1e-5, solution, mistakes = [] } = options;
  if (typeof answer !== 'function') return { kind: 'type', says: 'A function is wanted.' };
  // Whoever changes its arguments changes its own: everyone gets them drawn anew from one seed.
  const drawn = (): unknown[][] => {
    const draw = new Draw(seed);
    return Array.from({ length: casesOf(options) }, () => options.inputs(draw));
  };
  const wants = drawn().map((inputs) => call(solution, inputs));
  const cases: Case[] = [];
  for (const [i, inputs] of drawn().entries()) {
    const shown = drawn()[i]!;
    try {
      cases.push({ inputs: shown, got: call(answer, inputs), want: wants[i] });
    } catch (error) {
      if (error instanceof Todo || !(error instanceof Error)) throw error;
      const example = `${callText(answer, shown)}\nthrew   ${error.name}: ${error.message}\n${labelled('wanted', wants[i])}`;
      return { kind: 'error', says: 'It stopped with an error.', example };
    }
  }
  const difference = diagnose(cases, tolerance);
  if (!difference) return undefined;
  const mistake = mistakes.find(({ like }) => {
    const same = drawn().map((inputs) => call(like, inputs));
    return cases.every(({ got }, i) => agrees(got, same[i], tolerance));
  });
  const wrong = cases.filter(({ got, want }) => !agrees(got, want, tolerance));
  const smallest = wrong.toSorted((a, b) => weight(a.inputs) - weight(b.inputs))[0]!;
  const example = [
    callText(answer, smallest.inputs),
    labelled('gave', smallest.got),
    labelled('wanted', smallest.want),
  ];
  return { ...difference, example: example.join('\n'), ...(mistake && { hint: mistake.hint }) };
}

function call(f: unknown, inputs: readonly unknown[]): unknown {
  if (typeof f !== 'function')
    throw new ExerciseError('exercise: with inputs, solution and mistakes are functions', '');
  return Reflect.apply(f, undefined, inputs);
}

/** How much there is to read. */
const weight = (inputs: readonly unknown[]): number =>
  inputs.reduce((sum: number, input) => sum + textOf(input).length, 0);

const labelled = (label: string, value: unknown): string =>
  label.padEnd(8) + textOf(value).replaceAll('\n', `\n${' '.repeat(8)}`);

/** Longer ones are named by their shapes. */
const longest = 300;

function callText(f: unknown, inputs: readonly unknown[]): string {
  const name = typeof f === 'function' && f.name && f.name !== 'anonymous' ? f.name : 'f';
  const texts = inputs.map((input) => {
    const text = textOf(input);
    return text.length > longest && isViewable(input) ? `tensor(${input.dtype}[${input.shape.join(', ')}])` : text;
  });
  const broken = texts.some((text) => text.includes('\n'));
  return broken
    ? `${name}(\n${texts.map((text) => `${text.replace(/^/gm, '  ')},`).join('\n')}\n)`
    : `${name}(${texts.join(', ')})`;
}

/**
 * An exercise that answers back. With `inputs`, a function checked against `solution` on random cases; with `test`,
 * anything with a property; with neither, a value. Solution and mistakes are checked when it is made.
 * @throws ExerciseError where the solution does not pass, a mistake does, or the id has no chapter.
 * @example
 * const size = exercise({
 *   id: '04/output-size', title: 'The size of the output',
 *   prompt: 'Write the number of places where a kernel of size `k` fits into `n` pixels, with this `stride`.',
 *   solution: (n: number, k: number, stride: number) => Math.floor((n - k) / stride) + 1,
 *   inputs: ({ int }) => …,
 *   mistakes: [{ like: (n, k, stride) => Math.floor((n - k) / stride), hint: 'Count the first place, too.' }],
 * });
 * size.check((n, k, stride) => todo());
 */
export function exercise<P extends unknown[], R>(options: FunctionExercise<P, R>): Exercise<(...inputs: P) => R>;
export function exercise<A>(options: TestExercise<A>): Exercise<A>;
export function exercise<A>(options: ValueExercise<A>): Exercise<A>;
export function exercise<A>(options: ExerciseOptions<A>): Exercise<A> {
  return new Exercise(options);
}
