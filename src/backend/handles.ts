// In: handles on memory that JavaScript does not see. Out: each one's memory released once, when nothing reaches the handle any more.
import v8 from 'node:v8';
import vm from 'node:vm';

interface Entry<T> {
  readonly handle: WeakRef<object>;
  readonly held: T;
}

let collector: (() => void) | null = null;

/** Makes a function that collects garbage, weakly referenced objects of the running turn among it. */
function makeCollector(): () => void {
  v8.setFlagsFromString('--expose-gc');
  const collect: () => void = vm.runInNewContext('gc');
  // The engine keeps what weak references name until microtasks have run; those of a context of its own run at once.
  const context = vm.createContext({}, { microtaskMode: 'afterEvaluate' });
  const checkpoint = new vm.Script('Promise.resolve().then(() => {})');
  return () => {
    checkpoint.runInContext(context);
    collect();
  };
}

/**
 * Memory by the handles that stand for it. What the garbage collector finds unreachable is released in the next turn of the event loop;
 * `sweep` does so at once, so that a loop that never waits does not run out of memory.
 */
export class Handles<T> {
  readonly #entries = new Set<Entry<T>>();
  readonly #release: (held: T) => void;
  readonly #registry = new FinalizationRegistry<Entry<T>>((entry) => this.#drop(entry));

  constructor(release: (held: T) => void) {
    this.#release = release;
  }

  /** Releases `held` once `handle` is unreachable; `held` must not reach it. */
  track(handle: object, held: T): void {
    const entry = { handle: new WeakRef(handle), held };
    this.#entries.add(entry);
    this.#registry.register(handle, entry);
  }

  /** Collects garbage and releases what nothing reaches any more. Takes some milliseconds. */
  sweep(): void {
    collector ??= makeCollector();
    collector();
    for (const entry of this.#entries) if (entry.handle.deref() === undefined) this.#drop(entry);
  }

  #drop(entry: Entry<T>): void {
    if (this.#entries.delete(entry)) this.#release(entry.held);
  }
}
