// In: a question about what will happen. Out: the reader's prediction, kept until the answer is known, then set beside it.
import { displayMethod, type MimeData } from '../bundle.js';
import { formatShort } from '../numbers.js';
import { cardHtml, inline } from './card.js';
import { type Control, type Controls, controls } from './controls.js';
import { Verdict } from './exercise.js';
import { ExerciseError } from './judge.js';
import { recall, remember } from './progress.js';

interface Asked {
  /** The chapter and a name, `'04/shift'`: what the prediction is kept under. */
  id: string;
  /** In Markdown: `code`, **strong**, $formulas$. */
  ask: string;
}

/** A prediction that is one of several texts. */
export interface ChoicePrediction extends Asked {
  choices: readonly string[];
}

/** A prediction that is a number. */
export interface NumberPrediction extends Asked {
  min: number;
  max: number;
  /** Default a hundredth of the range. */
  step?: number;
  /** Such as `'%'`. */
  unit?: string;
  /** How far off still counts as right. Default a tenth of the range. */
  close?: number;
}

/** A prediction; shown, it asks for it. */
export class Prediction {
  readonly #asked: ChoicePrediction | NumberPrediction;

  /** @internal */
  constructor(asked: ChoicePrediction | NumberPrediction) {
    if ('choices' in asked ? asked.choices.length < 2 : !(asked.min < asked.max))
      throw new ExerciseError(`predict ${asked.id}: nothing to choose from`, 'Give two choices, or min below max.');
    this.#asked = asked;
  }

  /** What was said; undefined before. */
  get said(): string | undefined {
    return recall(this.#asked.id).note;
  }

  /** Predicts from code. @throws ExerciseError for what is not among the choices, or outside the range. */
  say(prediction: string | number): Verdict {
    const asked = this.#asked;
    const fits =
      'choices' in asked
        ? asked.choices.includes(String(prediction))
        : typeof prediction === 'number' && prediction >= asked.min && prediction <= asked.max;
    if (!fits)
      throw new ExerciseError(
        `predict: ${prediction}`,
        'choices' in asked
          ? `Choose from ${asked.choices.join(', ')}.`
          : `Say a number from ${asked.min} to ${asked.max}.`,
      );
    const footer = this.#keep(String(prediction));
    return new Verdict({ tone: 'note', heading: `You say ${this.#written(prediction)}.`, footer }, 'open');
  }

  /** Shows what really happened beside what was said. */
  reveal(actual: string | number, because = ''): Verdict {
    const asked = this.#asked;
    const { said } = this;
    const parts = because ? [{ text: because }] : [];
    const answer = this.#written(actual);
    if (said === undefined)
      return new Verdict({ tone: 'note', heading: `It is ${answer}. You made no prediction.`, parts }, 'open');
    const right =
      'choices' in asked
        ? said === String(actual)
        : Math.abs(Number(said) - Number(actual)) <= (asked.close ?? (asked.max - asked.min) / 10);
    const { problem } = remember(asked.id, (before) => ({ ...before, passed: right || before.passed }));
    const heading = `You said ${this.#written(said)}; it is ${answer}.`;
    return new Verdict(
      { tone: right ? 'right' : 'wrong', heading, parts, footer: problem ?? '' },
      right ? undefined : 'value',
    );
  }

  /** What a terminal shows. */
  get text(): string {
    const asked = this.#asked;
    const range = 'choices' in asked ? asked.choices.join(' · ') : `${asked.min} to ${this.#written(asked.max)}`;
    return `? ${asked.ask}\n  ${range}`;
  }
  toString(): string {
    return this.text;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.text;
  }
  async [displayMethod](): Promise<MimeData> {
    const { ask } = this.#asked;
    const text = { 'text/plain': this.text };
    const still = cardHtml({
      tone: 'open',
      heading: `Predict: ${ask}`,
      parts: [{ text: this.text.split('\n')[1]!.trim() }],
    });
    const found = await controls();
    return { 'text/html': still, ...(found && this.#live(found)[displayMethod]()), ...text };
  }

  #live({ radio, slider, htmlView, vbox }: Controls): Control {
    const asked = this.#asked;
    const status = (problem?: string): string =>
      `<i>${[this.said === undefined ? 'No prediction yet.' : `You say ${inline(this.#written(this.said))}.`, problem].filter(Boolean).join(' · ')}</i>`;
    const below = htmlView({ value: status(), math: false });
    const take = (prediction: string): void => {
      below.value = status(this.#keep(prediction));
    };
    const heading = htmlView({ value: `<b>Predict:</b> ${inline(asked.ask)}`, math: true });
    if ('choices' in asked) {
      const buttons = radio({ options: asked.choices, layout: { width: 'auto' } });
      buttons.model.set({ index: this.said === undefined ? null : asked.choices.indexOf(this.said) });
      buttons.model.on('index', (index) => {
        const choice = typeof index === 'number' ? asked.choices[index] : undefined;
        if (choice !== undefined) take(choice);
      });
      return vbox([heading, buttons, below]);
    }
    const { min, max, step = (max - min) / 100 } = asked;
    const value = this.said === undefined ? min : Number(this.said);
    const bar = slider({ min, max, step, value, layout: { width: '400px' } });
    bar.observe((moved) => take(String(Number(moved.toPrecision(6)))));
    return vbox([heading, bar, below]);
  }

  #keep(prediction: string): string {
    return remember(this.#asked.id, (before) => ({ ...before, note: prediction })).problem ?? '';
  }

  #written(value: string | number): string {
    const { unit = '' } = 'choices' in this.#asked ? {} : this.#asked;
    const text = typeof value === 'number' ? formatShort(value) : value;
    return unit ? `${text} ${unit}` : text;
  }
}

/**
 * Asks for a prediction before a cell runs; `reveal` in that cell sets it beside what happened.
 * @throws ExerciseError where there is nothing to choose from.
 * @example
 * const guess = predict({ id: '04/shift', ask: 'Which loses more?', choices: ['the linear model', 'the network'] });
 * guess
 * // in the next cell
 * guess.reveal('the linear model', 'Its weights belong to places.')
 */
export function predict(asked: ChoicePrediction | NumberPrediction): Prediction {
  return new Prediction(asked);
}
