// Timers of user code → timers that end when their cell was stopped, so that loops which sleep do not go on unseen.
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import { stopCheck } from './context.js';
import { clearImmediateOfUser, immediateOfUser } from './immediates.js';

type Callback = (...values: unknown[]) => void;
type Schedule = (callback: Callback, ...rest: unknown[]) => NodeJS.Timeout | NodeJS.Immediate;
type Sleep = (...values: unknown[]) => Promise<unknown>;

/** Replaces the timers of the global object and of `node:timers/promises`. */
export function guardTimers(): void {
  const require = createRequire(import.meta.url);
  const promises: object = require('node:timers/promises');
  const modules: object[] = [globalThis, require('node:timers')];
  const replace = (name: string, schedule: Schedule, sleep: Sleep): void => {
    Reflect.set(promises, name, sleep);
    const guarded = guard(schedule);
    Object.defineProperty(guarded, promisify.custom, { value: sleep, enumerable: true });
    for (const module of modules) Reflect.set(module, name, guarded);
  };
  const { setTimeout: sleepLong, setImmediate: sleepShort } = promises as { [name: string]: Sleep };
  if (!sleepLong || !sleepShort) throw new Error('node:timers/promises lacks setTimeout or setImmediate');
  replace('setTimeout', setTimeout as Schedule, guardSleep(sleepLong));
  replace('setImmediate', immediateOfUser, guardSleep(turn(sleepShort)));
  const interval = guard(setInterval as Schedule);
  for (const module of modules) {
    Reflect.set(module, 'setInterval', interval);
    Reflect.set(module, 'clearImmediate', clearImmediateOfUser);
  }
  syncBuiltinESMExports();
}

/** Node's own, where it is to be cancelled. */
function turn(original: Sleep): Sleep {
  return (value, options) => {
    if (options !== undefined) return original(value, options);
    return new Promise((resolve) => immediateOfUser(resolve, value));
  };
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

function guardSleep(sleep: Sleep): Sleep {
  return async (...values) => {
    const isStopped = stopCheck();
    const result = await sleep(...values);
    if (isStopped()) await new Promise(() => {});
    return result;
  };
}
