// Loops of one cell that run at the same time, one in another or side by side → one output that changes in place.

import { DISPLAY_PORT } from '../contract.js';
import { JUPYTER_DISPLAY } from '../display/bundle.js';
import { type DisplayHandle, display } from '../display/show.js';
import { drawHtml, drawText } from './draw.js';
import type { Row } from './row.js';

const INTERVAL_MS = 100;

export class Group {
  readonly #screen = DISPLAY_PORT in globalThis ? new Notebook() : new Terminal();
  #rows: Row[] = [];
  #drawn = Number.NEGATIVE_INFINITY;

  get isOver(): boolean {
    return this.#rows.every(({ state }) => state !== 'running');
  }

  /** A loop begins; it takes the place of the one before it that is over, such as the last run of an inner loop. */
  open(row: Row, now: number): void {
    while (this.#rows.at(-1)?.state !== 'running' && this.#rows.length > 0) this.#rows.pop();
    this.#rows.push(row);
    this.offer(now);
  }

  /** Draws, when the last time is long enough ago. */
  offer(now: number): void {
    if (now - this.#drawn < INTERVAL_MS) return;
    this.#drawn = now;
    this.#screen.draw(this.#rows);
  }

  close(row: Row, state: 'done' | 'stopped', now: number): void {
    row.state = state;
    if (this.isOver) this.#screen.finish(this.#rows);
    else this.offer(now);
  }
}

class Notebook {
  #handle: DisplayHandle | undefined;

  draw(rows: readonly Row[]): void {
    const shown = { [JUPYTER_DISPLAY]: () => ({ 'text/html': drawHtml(rows), 'text/plain': drawText(rows) }) };
    if (this.#handle) this.#handle.update(shown);
    else this.#handle = display(shown);
  }

  finish(rows: readonly Row[]): void {
    this.draw(rows);
  }
}

/** On stderr, so that what a program prints stays clean; where nobody watches, only how it ended. */
class Terminal {
  draw(rows: readonly Row[]): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${drawText(rows).slice(0, process.stderr.columns - 1)}`);
  }

  finish(rows: readonly Row[]): void {
    this.draw(rows);
    process.stderr.write(process.stderr.isTTY ? '\n' : `${drawText(rows)}\n`);
  }
}
