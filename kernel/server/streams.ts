// Chunks of text from the session → few stream messages, in order: at once when it was quiet, in bulk when it is busy.
import type { StreamName } from './session-process.js';

const INTERVAL_MS = 40;
const MAX_CHARACTERS = 1 << 20;

type Publish = (run: number, name: StreamName, text: string) => void;

export class Streams {
  readonly #publish: Publish;
  #run = 0;
  #name: StreamName = 'stdout';
  #parts: string[] = [];
  #length = 0;
  #scheduled = false;
  #flushedAt = 0;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  write(run: number, name: StreamName, text: string): void {
    if (this.#run !== run || this.#name !== name) this.flush();
    this.#run = run;
    this.#name = name;
    this.#parts.push(text);
    this.#length += text.length;
    if (this.#length > MAX_CHARACTERS) this.flush();
    else this.#schedule();
  }

  /** Call before anything else of the same cells is published. */
  flush(): void {
    if (this.#parts.length === 0) return;
    const text = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    this.#flushedAt = performance.now();
    this.#publish(this.#run, this.#name, text);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#flushedAt + INTERVAL_MS - performance.now();
    const flush = (): void => {
      this.#scheduled = false;
      this.flush();
    };
    if (wait <= 0) setImmediate(flush);
    else setTimeout(flush, wait);
  }
}
