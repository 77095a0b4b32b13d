// In: an exercise with its solution, and a reader's answer. Out: a verdict: right, or what is wrong and a hint.
import { type Card, type Fold, type Part, Shown } from './card.js';
import type { FailureKind } from './diagnose.js';
import { seedOf } from './draw.js';
import {
  casesOf,
  ExerciseError,
  type ExerciseOptions,
  type Failure,
  type FunctionExercise,
  judge,
  type TestExercise,
  Todo,
  type ValueExercise,
} from './judge.js';
import { recall, remember } from './progress.js';
import { sourceOf } from './source.js';

/** Tries after which the solution opens. */
const patience = 3;

/** What a check found; as the last expression of a cell it shows itself. */
export class Verdict extends Shown {
  readonly passed: boolean;
  /** The kind of failure; undefined where the answer is right. `open`: there was none yet. `test`: see the text. */
  readonly kind: FailureKind | 'test' | 'open' | undefined;
  readonly #card: Card;

  /** @internal */
  constructor(card: Card, kind?: Failure['kind']) {
    super();
    this.#card = card;
    this.passed = kind === undefined;
    this.kind = kind;
  }

  protected override get card(): Card {
    return this.#card;
  }
}

/** An exercise; shown, it says what to do. */
export class Exercise<A> extends Shown {
  readonly #options: ExerciseOptions<A>;
  /** The last wrong answer, so that running a cell twice counts once. */
  #last: string | undefined;

  /** @internal */
  constructor(options: ExerciseOptions<A>) {
    super();
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

  protected override get card(): Card {
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

function hintOf<A>({ hints }: ExerciseOptions<A>, kind: Failure['kind']): string | undefined {
  return kind === 'open' || kind === 'test' ? undefined : hints?.[kind];
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
export function exercise<P extends unknown[]>(options: FunctionExercise<P>): Exercise<(...inputs: P) => unknown>;
export function exercise<A>(options: TestExercise<A>): Exercise<A>;
export function exercise<A>(options: ValueExercise<A>): Exercise<A>;
export function exercise<A>(options: ExerciseOptions<A>): Exercise<A> {
  return new Exercise(options);
}
