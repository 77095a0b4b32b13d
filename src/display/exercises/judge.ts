// In: an exercise, an answer, and a seed for its cases. Out: what is wrong with the answer, with an example; or nothing.
import { GradlabError } from '../../errors.js';
import { isViewable, textOf } from './answers.js';
import { agrees, diagnose, type FailureKind } from './diagnose.js';
import { Draw } from './draw.js';

/** An exercise, a quiz or a promise is not written as it must be: for their authors. */
export class ExerciseError extends GradlabError {}

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
export interface FunctionExercise<P extends unknown[]> extends Common<(...inputs: P) => unknown> {
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

/** What is left of the types of a function's exercise once its answer is `A`. */
interface CaseExercise<A> extends Common<A> {
  inputs: (draw: Draw) => unknown[];
  mistakes?: readonly Mistake<unknown>[];
  cases?: number;
  tolerance?: number;
}

export type ExerciseOptions<A> = CaseExercise<A> | ValueExercise<A> | TestExercise<A>;

export class Todo extends Error {}

/** Stands where the reader's code goes: `return todo();`. A check says that it is still to be written. */
export function todo(): never {
  throw new Todo('not written yet: put your code in the place of todo()');
}

/** What is wrong with an answer. `open`: there is none yet. `test`: what a test of the author's says. */
export interface Failure {
  readonly kind: FailureKind | 'test' | 'open';
  readonly says: string;
  readonly hint?: string | undefined;
  readonly example?: string;
}

/** How many cases a function is tested on. */
export const casesOf = ({ cases = 12 }: { cases?: number }): number => cases;

/** What is wrong with `answer` in the cases drawn from `seed`; undefined where nothing is. Throws what is to be written yet. */
export function judge<A>(options: ExerciseOptions<A>, answer: A, seed: number): Failure | undefined {
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

function judgeFunction<A>(options: CaseExercise<A>, answer: unknown, seed: number): Failure | undefined {
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
