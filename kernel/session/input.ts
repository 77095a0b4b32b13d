// input() and prompt(): a question to the person at the notebook → the answer.
import type { Order } from '../contract.js';
import { currentContext } from './context.js';
import { Kind } from './frame.js';
import type { RingWriter } from './ring.js';

type Answer = Extract<Order, { type: 'input' }>;

export interface Input {
  /**
   * Asks in the notebook and answers what was typed; with `password`, the typing stays hidden.
   * Rejects where the front end cannot ask (as in `nbconvert`).
   */
  input(prompt?: string, options?: { password?: boolean }): Promise<string>;
  answer(answer: Answer): void;
}

export class InputUnavailable extends Error {
  override name = 'InputUnavailable';
}

export function createInput(ring: RingWriter): Input {
  const waiting: { resolve(value: string): void; reject(error: Error): void }[] = [];
  return {
    input(prompt = '', options = {}) {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        const event = { type: 'input', prompt: String(prompt), password: options.password ?? false };
        ring.json(Kind.event, currentContext().run, event);
      });
    },
    answer(answer) {
      const asked = waiting.shift();
      if (answer.problem !== undefined) asked?.reject(new InputUnavailable(answer.problem));
      else asked?.resolve(answer.value ?? '');
    },
  };
}
