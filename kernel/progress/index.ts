// What a loop goes over → the same, while a bar shows how far the loop is.
import { cellPort } from '../ports.js';
import { Group } from './group.js';
import { Row } from './row.js';

export interface ProgressOptions {
  /** What the loop does. */
  label?: string;
  /** How many steps there are, where what it goes over does not know: a generator, a stream. */
  total?: number;
}

/**
 * Counts a loop: a bar with rate and remaining time in a notebook, a line of text in a terminal. Loops inside each other
 * share one output. It costs far less than a microsecond a step. A loop that ends early says so.
 * @param count goes from 0 to `count` - 1.
 * @throws RangeError when `count` or `total` is negative or no whole number.
 * @example for (const epoch of progress(10, { label: 'epoch' })) for (const batch of progress(batches)) step(batch);
 */
export function progress(count: number, options?: ProgressOptions): Generator<number, void, undefined>;
/** The same over an array, a set, a map, a generator. */
export function progress<T>(items: Iterable<T>, options?: ProgressOptions): Generator<T, void, undefined>;
/** The same over a stream or an async generator, with `for await`. */
export function progress<T>(items: AsyncIterable<T>, options?: ProgressOptions): AsyncGenerator<T, void, undefined>;
export function progress<T>(
  items: number | Iterable<T> | AsyncIterable<T>,
  { label = '', total = sizeOf(items) }: ProgressOptions = {},
): Generator<T | number, void, undefined> | AsyncGenerator<T, void, undefined> {
  if (total !== undefined && !(Number.isInteger(total) && total >= 0)) {
    throw new RangeError(`progress: the number of steps must be a whole number from 0 on, and is ${total}`);
  }
  const counter = () => new Counter(label, total);
  if (typeof items === 'number') return each(upTo(items), counter);
  if (Symbol.iterator in items) return each(items, counter);
  if (Symbol.asyncIterator in items) return eachAsync(items, counter);
  throw new TypeError('progress: give it a number, or something to loop over with for…of or for await');
}

function* each<T>(items: Iterable<T>, begin: () => Counter): Generator<T, void, undefined> {
  const counter = begin();
  let steps = 0;
  let next = 1;
  let state: 'done' | 'stopped' = 'stopped';
  try {
    for (const item of items) {
      yield item;
      steps += 1;
      if (steps === next) next = counter.look(steps);
    }
    state = 'done';
  } finally {
    counter.end(steps, state);
  }
}

async function* eachAsync<T>(items: AsyncIterable<T>, begin: () => Counter): AsyncGenerator<T, void, undefined> {
  const counter = begin();
  let steps = 0;
  let next = 1;
  let state: 'done' | 'stopped' = 'stopped';
  try {
    for await (const item of items) {
      yield item;
      steps += 1;
      if (steps === next) next = counter.look(steps);
    }
    state = 'done';
  } finally {
    counter.end(steps, state);
  }
}

/** Looking at the clock takes longer than counting: in quick loops it is done once in so many steps, at most. */
const LONGEST_STRIDE = 64;
const QUICK_MS = 1;

/** The groups of loops that are under way, by the cell they run in. */
const groups = new WeakMap<object, Group>();

class Counter {
  readonly #row: Row;
  readonly #group: Group;
  readonly #unlisten: () => void;
  #isOver = false;
  #stride = 1;
  #looked: number;

  constructor(label: string, total: number | undefined) {
    this.#looked = performance.now();
    this.#row = new Row(label, total, this.#looked);
    this.#group = currentGroup();
    // First of all: the cell can be stopped while the bar is drawn.
    this.#unlisten = cellPort().onStop(() => this.end(this.#row.steps, 'stopped'));
    this.#group.open(this.#row, this.#looked);
  }

  /** Draws when it is time; answers the step at which to look again. */
  look(steps: number): number {
    const now = performance.now();
    this.#stride = now - this.#looked > QUICK_MS ? 1 : Math.min(2 * this.#stride, LONGEST_STRIDE);
    this.#looked = now;
    this.#row.advance(steps, now);
    this.#group.offer(now);
    return steps + this.#stride;
  }

  /**
   * The first end that could be drawn counts: the code of a stopped cell may still end its loops but draws no more, and a
   * loop that the stop has ended may still end in its own way.
   */
  end(steps: number, state: 'done' | 'stopped'): void {
    if (this.#isOver) return;
    const now = performance.now();
    this.#row.advance(steps, now);
    this.#group.close(this.#row, state, now);
    this.#isOver = true;
    this.#unlisten();
  }
}

function currentGroup(): Group {
  const origin = cellPort().origin();
  const known = groups.get(origin);
  if (known && !known.isOver) return known;
  const group = new Group();
  groups.set(origin, group);
  return group;
}

function* upTo(count: number): Generator<number, void, undefined> {
  for (let step = 0; step < count; step += 1) yield step;
}

function sizeOf(items: unknown): number | undefined {
  if (typeof items === 'number') return items;
  if (typeof items !== 'object' || items === null) return typeof items === 'string' ? items.length : undefined;
  if ('length' in items && typeof items.length === 'number') return items.length;
  return 'size' in items && typeof items.size === 'number' ? items.size : undefined;
}
