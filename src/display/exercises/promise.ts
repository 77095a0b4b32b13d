// In: a number that a chapter promised, and what it reached. Out: a line that says whether it kept its word; `npm run book` reads it.
import { displayMethod, type MimeData } from '../bundle.js';
import { formatShare, formatShort } from '../numbers.js';
import { type Card, Shown } from './card.js';
import { ExerciseError } from './judge.js';
import { quick } from './quick.js';

/** What was promised. */
export interface PromiseOptions {
  atLeast?: number;
  atMost?: number;
  /** Whether the numbers are shares of one, written as per cent. Default false. */
  share?: boolean;
}

/** The type under which runners of notebooks find a promise. */
export const promiseMime = 'application/vnd.gradlab.promise+json';

/** A promise beside what became of it. */
export class Promised extends Shown {
  /** Whether the number was reached. In quick mode nobody asks. */
  readonly kept: boolean;
  readonly #name: string;
  readonly #value: number;
  readonly #options: PromiseOptions;

  /** @internal */
  constructor(name: string, value: number, options: PromiseOptions) {
    super();
    const { atLeast, atMost } = options;
    if (atLeast === undefined && atMost === undefined)
      throw new ExerciseError(`promise '${name}': nothing was promised`, 'Give atLeast or atMost.');
    this.#name = name;
    this.#value = value;
    this.#options = options;
    this.kept = value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
  }
  protected override get card(): Card {
    const { atLeast, atMost, share } = this.#options;
    const write = share ? formatShare : formatShort;
    const bounds = [
      ...(atLeast === undefined ? [] : [`at least ${write(atLeast)}`]),
      ...(atMost === undefined ? [] : [`at most ${write(atMost)}`]),
    ];
    const promised = `${this.#name}: ${write(this.#value)}; promised: ${bounds.join(' and ')}`;
    if (quick) return { tone: 'note', heading: `${promised} (quick mode trains less)` };
    return { tone: this.kept ? 'right' : 'wrong', heading: promised };
  }
  override [displayMethod](): MimeData {
    const { atLeast, atMost } = this.#options;
    const facts = { name: this.#name, value: this.#value, atLeast, atMost, kept: this.kept, quick };
    return { ...super[displayMethod](), [promiseMime]: JSON.parse(JSON.stringify(facts)) };
  }
}

/**
 * Says whether a chapter keeps its promise; the book's run fails where it does not.
 * @throws ExerciseError where nothing was promised.
 * @example promise('test accuracy', accuracy, { atLeast: 0.97, share: true })
 */
export function promise(name: string, value: number, options: PromiseOptions): Promised {
  return new Promised(name, value, options);
}
