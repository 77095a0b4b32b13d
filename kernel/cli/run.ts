// A notebook or script file → its cells run in order, without a server; outputs into the file, or onto the terminal.
import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { JsonObject } from '../contract.js';
import { historyPath } from '../server/history.js';
import { Kernel } from '../server/kernel.js';
import type { Outbox } from '../server/outbox.js';
import { parseObject } from '../wire/json.js';
import type { Message, Parent } from '../wire/message.js';
import { type CodeCell, OutputKeeper, readNotebook } from './notebook.js';

export async function run(options: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...options],
    allowPositionals: true,
    options: { output: { type: 'string' }, 'allow-errors': { type: 'boolean', default: false } },
  });
  const [file, ...others] = positionals;
  if (!file || others.length > 0) throw new Error('gradlab run needs one file: a notebook (.ipynb) or a script (.ts)');
  const path = resolve(file);
  const notebook = readNotebook(path);
  const runner = new Runner(dirname(path));
  let failed = false;
  try {
    for (const [index, cell] of notebook.cells.entries()) {
      const began = performance.now();
      const ok = await runner.run(cell);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.error(`[${index + 1}/${notebook.cells.length}] ${ok ? '✓' : '✗'} ${seconds} s`);
      if (!ok) failed = true;
      if (!ok && !values['allow-errors']) break;
    }
  } finally {
    await runner.close();
    const target = values.output ?? (path.endsWith('.ipynb') ? path : undefined);
    if (target) notebook.save(resolve(target));
  }
  return failed ? 1 : 0;
}

/** The kernel without its sockets: what it publishes is kept in the cells and shown on the terminal. */
class Runner {
  readonly #kernel: Kernel;
  readonly #cells = new Map<Parent, CodeCell>();
  readonly #replies = new Map<Parent, JsonObject>();
  readonly #keeper = new OutputKeeper();

  constructor(folder: string) {
    const outbox: Outbox = {
      publish: (type, parent, content) => this.#publish(type, parent, content),
      reply: (_channel, _type, parent, content) => this.#replies.set(parent, content),
      ask: () => {
        throw new Error('cells that run without a front end cannot ask');
      },
    };
    this.#kernel = new Kernel({ outbox, folder, historyPath: historyPath(), onShutdown: () => {} });
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
    show(type, json);
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

function show(type: string, content: JsonObject): void {
  if (type === 'stream') (content.name === 'stderr' ? process.stderr : process.stdout).write(String(content.text));
  if (type === 'error') console.error((content.traceback as string[]).join('\n'));
  const data = content.data as JsonObject | undefined;
  if (type === 'execute_result' || type === 'display_data') console.log(String(data?.['text/plain'] ?? ''));
}
