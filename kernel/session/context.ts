// Which cell does this code belong to? Every run has a context that its timers, promises and callbacks inherit.
import { AsyncLocalStorage, createHook } from 'node:async_hooks';

export interface RunContext {
  readonly run: number;
  /** What stack frames say, such as `Cell [3]`. */
  readonly name: string;
  /** Stopped by the user: what still runs in its name is ended when it next starts something asynchronous. */
  interrupted: boolean;
}

const storage = new AsyncLocalStorage<RunContext>();
let latest: RunContext = { run: 0, name: 'start', interrupted: false };

/** Runs `body` in the name of `context`. */
export function runIn<T>(context: RunContext, body: () => T): T {
  latest = context;
  return storage.run(context, body);
}

/** The context of the code that calls; the latest run's where the origin is unknown, as in callbacks of native code. */
export function currentContext(): RunContext {
  return storage.getStore() ?? latest;
}

export interface Reaper {
  /** From now on, asynchronous code of interrupted runs ends as soon as it goes on. */
  watch(): void;
  /**
   * Leaves nothing switched on that checks the asynchronous stack: node aborts the process when a termination
   * cuts through a checked one. The next run switches all on again.
   */
  stand(): void;
}

/** `terminate` must not return before the calling code was terminated. */
export function createReaper(terminate: () => void): Reaper {
  let watching = false;
  const hook = createHook({
    init() {
      if (storage.getStore()?.interrupted) terminate();
    },
  });
  return {
    watch() {
      watching = true;
      hook.enable();
    },
    stand() {
      hook.disable();
      storage.disable();
      if (watching) setImmediate(() => hook.enable());
    },
  };
}
