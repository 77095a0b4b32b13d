// input(), prompt(), confirm() and alert(): a question to the person at the notebook → the answer.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Order } from '../contract.js';
import { onStop, outputContext } from './context.js';
import { Kind } from './frame.js';
import type { RingWriter } from './ring.js';

type Answer = Extract<Order, { type: 'input' }>;

/** Where answers come from while the main thread waits for one: the port has them, the word counts them. */
export interface AnswerLine {
  port: MessagePort;
  count: Int32Array;
}

export interface Input {
  /**
   * Asks in the notebook and answers what was typed; with `password`, the typing stays hidden.
   * Rejects where the front end cannot ask (as in `nbconvert`).
   */
  input(prompt?: string, options?: { password?: boolean }): Promise<string>;
  /** The same, and nothing else of the session runs meanwhile. An empty answer stands for `standard`. */
  prompt(message?: string, standard?: string, options?: { password?: boolean }): string;
  /** Whether the answer is yes. */
  confirm(message?: string): boolean;
  /** Waits until the message was read; where the front end cannot ask, it is printed. */
  alert(message?: string): void;
  answer(answer: Answer): void;
}

export class InputUnavailable extends Error {
  override name = 'InputUnavailable';
}

export function createInput(ring: RingWriter, { port, count }: AnswerLine): Input {
  const waiting = new Map<number, { resolve(value: string): void; reject(error: Error): void }>();
  let lastId = 0;
  const ask = (prompt: string, password: boolean, blocks: boolean): number => {
    const id = ++lastId;
    ring.json(Kind.event, outputContext().run, { type: 'input', id, prompt, password, blocks });
    return id;
  };
  /** Stopping the cell ends the wait by terminating it. */
  const askNow = (message: string, password = false): string => {
    const id = ask(message, password, true);
    for (;;) {
      const seen = Atomics.load(count, 0);
      const received: { message: Answer } | undefined = receiveMessageOnPort(port);
      if (!received) Atomics.wait(count, 0, seen);
      else if (received.message.id === id) return textOf(received.message);
    }
  };
  return {
    input: (prompt = '', options = {}) =>
      new Promise((resolve, reject) => {
        const id = ask(String(prompt), options.password ?? false, false);
        const forget = onStop(() => waiting.delete(id));
        waiting.set(id, {
          resolve(value) {
            forget();
            resolve(value);
          },
          reject,
        });
      }),
    prompt(message = 'Prompt', standard = '', options = {}) {
      const shown = standard === '' ? String(message) : `${message} [${standard}]`;
      return askNow(`${shown} `, options.password) || String(standard);
    },
    confirm: (message = 'Confirm') => /^\s*y(es)?\s*$/i.test(askNow(`${message} [y/N] `)),
    alert(message = 'Alert') {
      try {
        askNow(`${message} [Enter] `);
      } catch (error) {
        if (!(error instanceof InputUnavailable)) throw error;
        console.log(String(message));
      }
    },
    answer(answer) {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      try {
        asked?.resolve(textOf(answer));
      } catch (error) {
        asked?.reject(error as Error);
      }
    },
  };
}

function textOf({ value, problem }: Answer): string {
  if (problem !== undefined) throw new InputUnavailable(problem);
  return value ?? '';
}
