// Questions of user code → the person at the front end, one at a time; each answer → the question that it belongs to.
import type { Message } from '../wire/message.js';
import type { Outbox } from './outbox.js';

export interface Question {
  /** The session's number for it. */
  id: number;
  run: number;
  prompt: string;
  password: boolean;
  /** The session's main thread waits for it. */
  blocks: boolean;
}

interface Asked {
  question: Question;
  message: Message;
  /** Of the `input_request`; undefined while it waits for its turn. */
  requestId: string | undefined;
}

/** So many questions that nobody waits for any more are remembered, so that late answers are not taken for others. */
const REMEMBERED = 100;

export class Questions {
  readonly #outbox: Outbox;
  #asked: Asked[] = [];
  readonly #void: string[] = [];

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Front ends show one question at a time to each of their shells. */
  ask(message: Message, question: Question): void {
    this.#asked.push({ question, message, requestId: undefined });
    this.#send();
  }

  /** The question that an `input_reply` answers. Some clients do not say which: then it is the oldest. */
  answered(requestId: string | undefined): Question | undefined {
    if (requestId !== undefined && this.#void.includes(requestId)) return undefined;
    const open = this.#asked.filter((each) => each.requestId !== undefined);
    const found = open.find((each) => each.requestId === requestId) ?? open[0];
    if (!found) return undefined;
    this.#drop([found]);
    return found.question;
  }

  /** The run was stopped: nobody waits for its answers. Without a run: the session is gone. */
  forget(run?: number): void {
    this.#drop(this.#asked.filter(({ question }) => run === undefined || question.run === run));
  }

  #drop(dropped: readonly Asked[]): void {
    this.#asked = this.#asked.filter((each) => !dropped.includes(each));
    for (const { requestId } of dropped) if (requestId !== undefined) this.#void.push(requestId);
    this.#void.splice(0, this.#void.length - REMEMBERED);
    this.#send();
  }

  #send(): void {
    const busy = new Set<string | undefined>();
    for (const asked of this.#asked) {
      const { subshell } = asked.message;
      const { prompt, password } = asked.question;
      if (!busy.has(subshell)) asked.requestId ??= this.#outbox.ask(asked.message, { prompt, password });
      busy.add(subshell);
    }
  }
}
