// Requests and notices go in; they travel to a child process as JSON-RPC with Content-Length headers, and answers come out.
import { type ChildProcess, spawn } from 'node:child_process';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The child could not be started, has ended, or answered with an error. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const HEADER_END = '\r\n\r\n';

export class RpcChild {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #answer: (method: string, params: unknown) => Json;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = 0;
  #unsent = '';
  #lastId = 0;
  #ended: RpcError | undefined;

  /** `answer` is asked when the child asks something. */
  constructor(
    command: string,
    args: readonly string[],
    folder: string,
    answer: (method: string, params: unknown) => Json,
  ) {
    this.#answer = answer;
    this.#child = spawn(command, args, { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
    this.#child.on('error', (error) => this.#end(`${command} could not be started: ${error.message}`));
    this.#child.on('exit', (code, signal) => this.#end(`${command} ended (${signal ?? `exit code ${code}`})`));
    this.#child.stdin?.on('error', (error) => this.#end(`${command} does not listen: ${error.message}`));
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  request(method: string, params: Json): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params: Json): void {
    if (this.#ended === undefined) this.#send({ method, params });
  }

  dispose(): void {
    this.#end('it was ended');
    this.#child.kill();
  }

  #send(message: { readonly [key: string]: Json }): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    // A notice and the request after it wake the child once.
    if (this.#unsent === '') process.nextTick(() => this.#flush());
    this.#unsent += `Content-Length: ${Buffer.byteLength(body)}${HEADER_END}${body}`;
  }

  #flush(): void {
    this.#child.stdin?.write(this.#unsent);
    this.#unsent = '';
  }

  #end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = new RpcError(reason);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    if (this.#buffered < this.#needed) return;
    let buffer = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#needed = 0;
    for (;;) {
      const header = buffer.indexOf(HEADER_END);
      if (header < 0) break;
      const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString('latin1', 0, header))?.[1] ?? 0);
      const end = header + HEADER_END.length + length;
      if (buffer.length < end) {
        this.#needed = end;
        break;
      }
      this.#dispatch(JSON.parse(buffer.toString('utf8', header + HEADER_END.length, end)));
      buffer = buffer.subarray(end);
    }
    this.#chunks = buffer.length > 0 ? [buffer] : [];
    this.#buffered = buffer.length;
  }

  #dispatch(message: unknown): void {
    if (typeof message !== 'object' || message === null) return;
    const id = 'id' in message ? message.id : undefined;
    if ('method' in message) {
      if (id === undefined) return;
      const result = this.#answer(String(message.method), 'params' in message ? message.params : undefined);
      this.#send({ id: typeof id === 'number' ? id : String(id), result });
      return;
    }
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (typeof id !== 'number' || waiting === undefined) return;
    this.#waiting.delete(id);
    if ('error' in message) waiting.reject(new RpcError(JSON.stringify(message.error)));
    else waiting.resolve('result' in message ? message.result : undefined);
  }
}
