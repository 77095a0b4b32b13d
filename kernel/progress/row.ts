// Steps of one loop against the clock → how far it is, how fast, how long it will take.

export type RowState = 'running' | 'done' | 'stopped';

/** The rate is that of the last five to ten seconds. */
const WINDOW_MS = 5000;

interface Sample {
  steps: number;
  time: number;
}

export class Row {
  readonly label: string;
  readonly total: number | undefined;
  readonly #start: number;
  #older: Sample;
  #newer: Sample;
  #now: Sample;
  state: RowState = 'running';

  /** @param now milliseconds. */
  constructor(label: string, total: number | undefined, now: number) {
    this.label = label;
    this.total = total;
    this.#start = now;
    this.#older = { steps: 0, time: now };
    this.#newer = this.#older;
    this.#now = this.#older;
  }

  get steps(): number {
    return this.#now.steps;
  }

  advance(steps: number, now: number): void {
    this.#now = { steps, time: now };
    if (now - this.#newer.time < WINDOW_MS) return;
    this.#older = this.#newer;
    this.#newer = this.#now;
  }

  /** The share that is done, 0 to 1. */
  get share(): number | undefined {
    if (this.total === undefined) return undefined;
    return this.total === 0 ? 1 : Math.min(1, this.steps / this.total);
  }

  /** Steps a second: of late while it runs, on the whole afterwards. NaN where nothing is known yet. */
  get rate(): number {
    const from = this.state === 'running' ? this.#older : { steps: 0, time: this.#start };
    const seconds = (this.#now.time - from.time) / 1000;
    return seconds > 0 ? (this.steps - from.steps) / seconds : Number.NaN;
  }

  /** `40/100 · 12/s · 5 s left` */
  get facts(): string {
    const count = this.total === undefined ? whole(this.steps) : `${whole(this.steps)}/${whole(this.total)}`;
    const parts = [count];
    if (this.rate > 0) parts.push(speed(this.rate));
    const left = this.total === undefined ? Number.NaN : Math.max(0, this.total - this.steps) / this.rate;
    if (this.state === 'running' && Number.isFinite(left)) parts.push(`${duration(left)} left`);
    else parts.push(duration((this.#now.time - this.#start) / 1000));
    if (this.state === 'stopped') parts.push('stopped');
    return parts.join(' · ');
  }
}

function whole(count: number): string {
  return count.toLocaleString('en-US');
}

/** Slow steps read better the other way round. */
function speed(rate: number): string {
  if (rate < 1) return `${duration(1 / rate)} each`;
  return `${rate < 10 ? rate.toFixed(1) : whole(Math.round(rate))}/s`;
}

function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.floor((seconds + 0.5) / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds + 0.5) % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
