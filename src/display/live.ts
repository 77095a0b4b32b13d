// In: bundles, as often as one likes. Out: one output that changes in place, seldom enough to cost little.
import { randomUUID } from 'node:crypto';
import { displayPort, type MimeData } from './bundle.js';

/** Milliseconds between frames: at most 10 a second, at least 4. */
const interval = { shortest: 100, longest: 250 };
/** Frames may take this share of the time. */
const share = 0.04;

/** What a live output draws: a bundle for notebooks, one line for terminals. */
export interface Frame {
  bundle(): MimeData;
  line(): string;
}

/** One output that changes in place, in a notebook or in a terminal. */
export class LiveOutput {
  readonly #id = `gradlab-${randomUUID()}`;
  readonly #now: () => number;
  #shown = false;
  #next = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds; for tests. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Draws `frame` when the last one is long enough ago. */
  offer(frame: Frame): void {
    const start = this.#now();
    if (start < this.#next) return;
    this.#draw(frame);
    const cost = this.#now() - start;
    this.#next = start + cost + Math.min(interval.longest, Math.max(interval.shortest, cost / share));
  }

  /** Draws `frame` now, as the one that stays. */
  finish(frame: Frame): void {
    if (displayPort() || process.stdout.isTTY) this.#draw(frame);
    else process.stdout.write(frame.line());
    if (!displayPort()) process.stdout.write('\n');
  }

  #draw(frame: Frame): void {
    const port = displayPort();
    if (port) {
      port.display({ data: frame.bundle() }, { displayId: this.#id, update: this.#shown });
      this.#shown = true;
    } else if (process.stdout.isTTY) {
      process.stdout.write(`\r\u001b[2K${frame.line().slice(0, (process.stdout.columns ?? 80) - 1)}`);
    }
  }
}
