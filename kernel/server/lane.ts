// The execute_requests of one shell, the kernel's own or a subshell → answered one after the other.
import type { Message } from '../wire/message.js';
import type { ExecuteRequest } from '../wire/requests.js';
import type { Outbox } from './outbox.js';
import type { Shell } from './shell.js';

interface Queued {
  message: Message;
  request: ExecuteRequest;
  /** Resolves when it is answered. */
  answered: () => void;
  aborted: boolean;
}

type Answer = (lane: Lane, message: Message, request: ExecuteRequest) => Promise<void>;

export class Lane {
  /** Undefined for the kernel's own shell. */
  readonly subshell: string | undefined;
  readonly #outbox: Outbox;
  readonly #answer: Answer;
  readonly #queue: Queued[] = [];
  /** Whether the queue is being worked off; `running` is empty between two cells. */
  #isAnswering = false;
  /** Cells that ran and were counted. */
  count = 0;
  /** The request that runs now. */
  running: Message | undefined;
  /** An interrupt came before the session had the cell. */
  interrupted = false;
  /** Shell commands of the cell that runs. */
  shell: Shell | undefined;

  constructor(subshell: string | undefined, outbox: Outbox, answer: Answer) {
    this.subshell = subshell;
    this.#outbox = outbox;
    this.#answer = answer;
  }

  execute(message: Message, request: ExecuteRequest): Promise<void> {
    return new Promise((answered) => {
      this.#queue.push({ message, request, answered, aborted: false });
      if (!this.#isAnswering) void this.#next();
    });
  }

  interrupt(): void {
    if (this.running) this.interrupted = true;
    this.shell?.interrupt();
  }

  /** What waits now is answered, but does not run. */
  abort(): void {
    for (const queued of this.#queue) queued.aborted = true;
  }

  async #next(): Promise<void> {
    this.#isAnswering = true;
    for (let queued = this.#queue.shift(); queued; queued = this.#queue.shift()) {
      const { message, request, answered } = queued;
      this.#outbox.publish('status', message, { execution_state: 'busy' });
      if (queued.aborted) this.#outbox.reply('shell', 'execute_reply', message, { status: 'aborted' });
      else await this.#answer(this, message, request);
      this.#outbox.publish('status', message, { execution_state: 'idle' });
      answered();
    }
    this.#isAnswering = false;
  }
}
