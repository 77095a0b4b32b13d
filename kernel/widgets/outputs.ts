// What captured code prints and shows → a list of outputs that changes in place, told seldom enough to cost little.
import type { CapturedOutput, JsonObject, MimeBundle } from '../contract.js';

/** An output as notebook files store it. */
export type StoredOutput =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { output_type: 'display_data'; data: JsonObject; metadata: JsonObject };

/** Milliseconds between two reports while outputs keep coming. */
const INTERVAL = 40;

interface Item {
  stored: StoredOutput;
  displayId: string | undefined;
}

export class OutputList {
  readonly #report: (outputs: readonly StoredOutput[]) => void;
  #items: Item[] = [];
  /** Outputs of the last round that this one has not replaced yet start here. */
  #next = 0;
  #clearsFirst = false;
  #timer: NodeJS.Timeout | undefined;
  #reported = Number.NEGATIVE_INFINITY;

  constructor(report: (outputs: readonly StoredOutput[]) => void) {
    this.#report = report;
  }

  get outputs(): readonly StoredOutput[] {
    return this.#items.map(({ stored }) => stored);
  }

  write(output: CapturedOutput): void {
    if (output.type === 'clear') return this.clear(output.wait);
    if (this.#clearsFirst) this.#empty();
    if (output.type === 'stream') this.#print(output.name, output.text);
    else this.#show(output);
    this.#changed();
  }

  /** With `wait`, when the next output comes. */
  clear(wait: boolean): void {
    if (wait) {
      this.#clearsFirst = true;
      return;
    }
    this.#empty();
    this.flush();
  }

  /** From here on, outputs replace those of before one by one, so that nothing jumps. */
  rewind(): void {
    this.#next = 0;
    for (const item of this.#items) item.displayId = undefined;
  }

  /** Replaces the last output in place. */
  replaceLast(bundle: MimeBundle): void {
    const last = this.#items[this.#next - 1];
    if (!last) return;
    last.stored = stored(bundle);
    this.flush();
  }

  /** Ends a round: what it did not replace is gone, and all of it is reported. */
  finish(): void {
    this.#items.length = this.#next;
    this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reported = performance.now();
    this.#report(this.outputs);
  }

  #empty(): void {
    this.#items = [];
    this.#next = 0;
    this.#clearsFirst = false;
  }

  #print(name: 'stdout' | 'stderr', text: string): void {
    const last = this.#items[this.#next - 1]?.stored;
    if (last?.output_type === 'stream' && last.name === name) last.text += text;
    else this.#put({ stored: { output_type: 'stream', name, text }, displayId: undefined });
  }

  #show({ bundle, displayId, update }: Extract<CapturedOutput, { type: 'display' }>): void {
    if (!update) return this.#put({ stored: stored(bundle), displayId });
    for (const item of this.#items) if (item.displayId === displayId) item.stored = stored(bundle);
  }

  #put(item: Item): void {
    this.#items[this.#next] = item;
    this.#next += 1;
  }

  #changed(): void {
    if (this.#timer) return;
    const wait = this.#reported + INTERVAL - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), wait);
  }
}

function stored({ data, metadata = {} }: MimeBundle): StoredOutput {
  return { output_type: 'display_data', data, metadata };
}
