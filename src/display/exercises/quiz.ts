// In: questions with right and wrong answers. Out: a quiz that says at once why an answer is right or wrong.
import { displayMethod, type MimeData } from '../bundle.js';
import { cardHtml, inline } from './card.js';
import { type Control, type Controls, controls } from './controls.js';
import { Draw, seedOf } from './draw.js';
import { Verdict } from './exercise.js';
import { ExerciseError } from './judge.js';
import { remember } from './progress.js';

/** An answer, and why it is right or wrong. */
export type Choice = readonly [answer: string | number, why: string];

export interface Question {
  /** In Markdown: `code`, **strong**, $formulas$. */
  ask: string;
  right: Choice;
  wrong: readonly Choice[];
}

export interface QuizOptions {
  /** The chapter and a name, `'04/quiz'`: what progress is kept under. */
  id: string;
  /** Questions, or functions that make one of numbers drawn from the seed. */
  questions: readonly (Question | ((draw: Draw) => Question))[];
  /** Other seeds give other numbers, and another order of the answers. Default 0. */
  seed?: number;
}

interface Option {
  readonly text: string;
  readonly why: string;
  readonly right: boolean;
}

interface Asked {
  readonly ask: string;
  readonly options: readonly Option[];
}

const letters = 'abcdefgh';

/** Questions that answer at once. Shown in a notebook, they are answered with the mouse or the keyboard. */
export class Quiz {
  readonly #id: string;
  readonly #asked: readonly Asked[];
  /** Answers to each question, in order: their options' places. */
  readonly #given: number[][];

  /** @internal */
  constructor({ id, questions, seed = 0 }: QuizOptions) {
    if (questions.length === 0) throw new ExerciseError(`quiz ${id}: no questions`, 'Give at least one.');
    this.#id = id;
    this.#asked = questions.map((question, i) => {
      const draw = new Draw(seedOf(`${id} ${i} ${seed}`));
      return askedOf(id, i, typeof question === 'function' ? question(draw) : question, draw);
    });
    this.#given = questions.map(() => []);
  }

  /** How many questions were answered rightly at the first go. */
  get score(): number {
    return this.#given.filter(([first], i) => first !== undefined && this.#asked[i]!.options[first]!.right).length;
  }

  /**
   * Answers question `number`, counted from 1, by the letter or the text of an answer.
   * @throws ExerciseError where there is no such question or answer.
   */
  answer(number: number, answer: string | number): Verdict {
    const asked = this.#asked[number - 1];
    if (!asked) throw new ExerciseError(`quiz: question ${number}`, `There are questions 1 to ${this.#asked.length}.`);
    const place = asked.options.findIndex(({ text }, i) => text === String(answer) || letters[i] === answer);
    const option = asked.options[place];
    if (!option)
      throw new ExerciseError(
        `quiz: answer '${answer}' to question ${number}`,
        `Choose from ${asked.options.map(({ text }, i) => `${letters[i]} (${text})`).join(', ')}.`,
      );
    const problem = this.#take(number - 1, place);
    const tone = option.right ? 'right' : 'wrong';
    const footer = [this.#summary, problem].filter(Boolean).join(' · ');
    const heading = `${number}. ${option.text}: ${option.right ? 'right' : 'not so'}`;
    return new Verdict({ tone, heading, parts: [{ text: option.why }], footer }, option.right ? undefined : 'value');
  }

  /** What a terminal shows: the questions, without the reasons. */
  get text(): string {
    const questions = this.#asked.map(({ ask, options }, i) =>
      [`${i + 1}. ${ask}`, ...options.map(({ text }, k) => `   ${letters[k]}) ${text}`)].join('\n'),
    );
    return questions.join('\n');
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }

  /** Where there is no kernel, every answer unfolds its reason. */
  get #html(): string {
    const items = this.#asked.map(({ ask, options }, i) => {
      const folds = options.map(
        ({ text, why, right }, k) =>
          `<details style="margin:2px 0 2px 16px"><summary style="cursor:pointer">${letters[k]}) ${inline(text)}</summary>` +
          `${cardHtml({ tone: right ? 'right' : 'wrong', heading: right ? 'Right' : 'Not so', parts: [{ text: why }] })}</details>`,
      );
      return `<div style="margin:10px 0;max-width:80ch"><div><b>${i + 1}.</b> ${inline(ask)}</div>${folds.join('')}</div>`;
    });
    return `<div>${items.join('')}</div>`;
  }

  async [displayMethod](): Promise<MimeData> {
    const still = { 'text/html': this.#html, 'text/plain': this.text };
    const found = await controls();
    return found ? { ...still, ...this.#live(found)[displayMethod](), 'text/plain': this.text } : still;
  }

  #live({ radio, htmlView, vbox }: Controls): Control {
    const score = htmlView({ value: '', math: false });
    const parts = this.#asked.flatMap(({ ask, options }, i): Control[] => {
      const question = `<div style="margin-top:10px;line-height:1.5;max-width:80ch"><b>${i + 1}.</b> ${inline(ask)}</div>`;
      const buttons = radio({ options: options.map(({ text }) => text), layout: { width: 'auto' } });
      const reason = htmlView({ value: '', math: true });
      buttons.model.set({ index: null });
      buttons.model.on('index', (index) => {
        const option = typeof index === 'number' ? options[index] : undefined;
        if (!option) return;
        const problem = this.#take(i, options.indexOf(option));
        const [tone, heading] = option.right ? (['right', 'Right'] as const) : (['wrong', 'Not so'] as const);
        reason.value = cardHtml({ tone, heading, parts: [{ text: option.why }] });
        score.value = `<b>${[this.#summary, problem].filter(Boolean).join(' · ')}</b>`;
      });
      return [htmlView({ value: question, math: true }), buttons, reason];
    });
    return vbox([...parts, score]);
  }

  get #summary(): string {
    const answered = this.#given.filter((given) => given.length > 0).length;
    return `${this.score} of ${this.#asked.length} right at the first go${answered < this.#asked.length ? `, ${this.#asked.length - answered} to answer` : ''}`;
  }

  /** Counts an answer. Answers why that could not be kept. */
  #take(question: number, place: number): string | undefined {
    this.#given[question]!.push(place);
    const wrong = this.#asked.flatMap(({ options }, i) => this.#given[i]!.filter((at) => !options[at]!.right)).length;
    const passed = this.#asked.every(({ options }, i) => this.#given[i]!.some((at) => options[at]!.right));
    const note = `${this.score} of ${this.#asked.length} at the first go`;
    return remember(this.#id, (before) => ({ tries: wrong, passed: passed || before.passed, note })).problem;
  }
}

function askedOf(id: string, i: number, { ask, right, wrong }: Question, draw: Draw): Asked {
  const all = [right, ...wrong].map(([answer, why], k): Option => ({ text: String(answer), why, right: k === 0 }));
  const texts = new Set(all.map(({ text }) => text));
  if (wrong.length === 0 || texts.size < all.length || all.length > letters.length)
    throw new ExerciseError(
      `quiz ${id}, question ${i + 1}: the answers ${all.map(({ text }) => text).join(', ')}`,
      `Give 2 to ${letters.length} that differ.`,
    );
  return { ask, options: draw.shuffle(all) };
}

/**
 * A quiz: each answer says at once why it is right or wrong.
 * @throws ExerciseError for a quiz without questions, and for answers that are alike.
 * @example
 * quiz({ id: '04/quiz', seed, questions: [
 *   { ask: 'What does pooling forget?', right: ['Where exactly', 'It keeps the strongest of four.'], wrong: [['How strong', 'That is what it keeps.']] },
 *   ({ int }) => { const k = int(2, 5); return { ask: `A kernel of ${k} × ${k} has how many weights?`, right: [k * k, 'One for each pixel below it.'], wrong: [[2 * k, 'It has an area.']] }; },
 * ] })
 */
export function quiz(options: QuizOptions): Quiz {
  return new Quiz(options);
}
