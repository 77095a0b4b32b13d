// Cells → the same cells with what they published, run by a kernel in this process.
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../contract.js';
import type { NotebookLanguage } from '../server/info.js';
import { Kernel } from '../server/kernel.js';
import type { Outbox } from '../server/outbox.js';
import { parseObject } from '../wire/json.js';
import type { Message, Parent } from '../wire/message.js';
import { type CodeCell, OutputKeeper } from './notebook.js';

export interface RunnerOptions {
  /** Where the notebook is. */
  folder: string;
  historyPath: string;
  /** TypeScript by default. */
  language?: NotebookLanguage;
  /** Told of what cells publish, by type of message. */
  onOutput?: (type: string, content: JsonObject) => void;
}

/** The kernel without its sockets: what it publishes is kept in the cells. */
export class Runner {
  readonly #kernel: Kernel;
  readonly #cells = new Map<Parent, CodeCell>();
  readonly #replies = new Map<Parent, JsonObject>();
  readonly #keeper = new OutputKeeper();
  readonly #onOutput: RunnerOptions['onOutput'];

  constructor({ folder, historyPath, language = 'typescript', onOutput }: RunnerOptions) {
    this.#onOutput = onOutput;
    const outbox: Outbox = {
      publish: (type, parent, content) => this.#publish(type, parent, content),
      compose: (type, parent) => {
        const pieces: Uint8Array[] = [];
        return { add: (piece) => pieces.push(piece), end: () => this.#publish(type, parent, Buffer.concat(pieces)) };
      },
      reply: (_channel, _type, parent, content) => this.#replies.set(parent, content),
      ask: () => {
        throw new Error('cells that run without a front end cannot ask');
      },
    };
    this.#kernel = new Kernel({ outbox, folder, historyPath, language, onShutdown: () => {} });
  }

  /** Answers whether the cell succeeded. */
  async run(cell: CodeCell): Promise<boolean> {
    const message = executeRequest(cell.source);
    this.#cells.set(message, cell);
    await this.#kernel.handle('shell', message);
    const reply = this.#replies.get(message);
    cell.executionCount = typeof reply?.execution_count === 'number' ? reply.execution_count : null;
    return reply?.status === 'ok';
  }

  close(): Promise<void> {
    return this.#kernel.close();
  }

  #publish(type: string, parent: Parent | undefined, content: JsonObject | Uint8Array): void {
    const cell = parent && this.#cells.get(parent);
    if (!cell) return;
    const json = content instanceof Uint8Array ? parseObject(Buffer.from(content), type) : content;
    this.#keeper.add(cell, type, json);
    this.#onOutput?.(type, json);
  }
}

function executeRequest(code: string): Message {
  const id = randomUUID();
  return {
    identities: [],
    headerBytes: Buffer.from(JSON.stringify({ msg_id: id })),
    id,
    type: 'execute_request',
    session: id,
    parentId: undefined,
    subshell: undefined,
    metadata: {},
    content: {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    },
    buffers: [],
  };
}
