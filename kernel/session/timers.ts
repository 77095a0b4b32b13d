// Timers of user code → timers that end when their cell was stopped, so that loops which sleep do not go on unseen.
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import { stopCheck } from './context.js';

type Callback = (...values: unknown[]) => void;
type Schedule = (callback: Callback, ...rest: unknown[]) => NodeJS.Timeout | NodeJS.Immediate;
type Sleep = (...values: unknown[]) => Promise<unknown>;

/** Replaces the timers of the global object and of `node:timers/promises`. */
export function guardTimers(): void {
  const require = createRequire(import.meta.url);
  const promises: object = require('node:timers/promises');
  const modules: object[] = [globalThis, require('node:timers')];
  for (const name of ['setTimeout', 'setImmediate']) {
    const sleep = guardSleep(Reflect.get(promises, name) as Sleep);
    Reflect.set(promises, name, sleep);
    const original = Reflect.get(globalThis, name) as Schedule;
    const guarded = guard(name === 'setImmediate' ? soonAfter(original) : original);
    Object.defineProperty(guarded, promisify.custom, { value: sleep, enumerable: true });
    for (const module of modules) Reflect.set(module, name, guarded);
  }
  const interval = guard(setInterval as Schedule);
  for (const module of modules) Reflect.set(module, 'setInterval', interval);
  syncBuiltinESMExports();
}

function guard(schedule: Schedule): Schedule {
  return (callback, ...rest) => {
    // What is no function is the original's to complain about.
    if (typeof callback !== 'function') return schedule(callback, ...rest);
    const isStopped = stopCheck();
    const timer = schedule(
      function (this: unknown, ...values: unknown[]) {
        if (isStopped()) clearInterval(timer as NodeJS.Timeout);
        else callback.apply(this, values);
      },
      ...rest,
    );
    return timer;
  };
}

const { nextTick } = process;

/**
 * A termination in an immediate's own callback would leave the list of immediates broken: node would meet the dead one
 * again and again, or forget those behind it. A tick later the list is whole.
 */
function soonAfter(immediate: Schedule): Schedule {
  return (callback, ...rest) =>
    immediate(
      typeof callback === 'function'
        ? function (this: unknown, ...values: unknown[]) {
            nextTick(() => callback.apply(this, values));
          }
        : callback,
      ...rest,
    );
}

function guardSleep(sleep: Sleep): Sleep {
  return async (...values) => {
    const isStopped = stopCheck();
    const result = await sleep(...values);
    if (isStopped()) await new Promise(() => {});
    return result;
  };
}
