// What code of a stopped cell awaits → a rejection, in whatever function or package it waits, so that no loop of it goes on.
import { types } from 'node:util';
import { type RunContext, stoppedContext } from './context.js';
import { Interrupted } from './errors.js';

/** So often may code of one stopped cell catch the rejection and wait again; then nothing answers it any more. */
const REJECTIONS = 20;

const { then } = Promise.prototype;
const substituted = new WeakSet<Promise<unknown>>();
const rejections = new WeakMap<RunContext, number>();
/** Code of a stopped cell can go on as long as its context lives. */
const alive = new FinalizationRegistry<undefined>(() => {
  if (--stopped === 0) unwatch();
});
let stopped = 0;
/** Handles a promise itself, and not in the name of the code that waits for it. */
let isOurs = false;

/** From now on, what code of this context awaits is rejected. */
export function rejectAwaits(context: RunContext): void {
  if (rejections.has(context)) return;
  rejections.set(context, 0);
  alive.register(context, undefined);
  if (stopped++ === 0) watch();
}

/** `value`, or, for code of a stopped cell, what it gets in its place. */
export function awaited<T>(value: T): T | Promise<never> {
  const context = stoppedContext();
  return context ? new Promise((_resolve, reject) => refuse(context, reject)) : value;
}

function refuse(context: RunContext, reject: (reason: Interrupted) => void): void {
  const count = rejections.get(context) ?? 0;
  rejections.set(context, count + 1);
  if (count < REJECTIONS) reject(new Interrupted('the cell was stopped'));
}

/**
 * The language asks a promise for its `constructor` before it waits for it, in the name of the code that waits. A promise
 * that does not answer `Promise` is waited for by calling its `then`, which can be another for this one time. That costs
 * every `await` a little, so it lasts only while there is code that was stopped.
 */
function watch(): void {
  Object.defineProperty(Promise.prototype, 'constructor', {
    configurable: true,
    get(this: unknown) {
      const context = isOurs ? undefined : stoppedContext();
      if (!context || !types.isPromise(this) || mayGoOn()) return Promise;
      return substituteThen(this, context) ? undefined : Promise;
    },
    set(this: object, value: unknown) {
      Object.defineProperty(this, 'constructor', { value, writable: true, configurable: true });
    },
  });
}

function unwatch(): void {
  Object.defineProperty(Promise.prototype, 'constructor', { value: Promise, writable: true, configurable: true });
}

/** Answers whether the next `then` of the promise, and no other, is ours. */
function substituteThen(promise: Promise<unknown>, context: RunContext): boolean {
  if (Object.hasOwn(promise, 'then') && !substituted.has(promise)) return false;
  const restore = (): boolean => Reflect.deleteProperty(promise, 'then');
  const isSet = Reflect.defineProperty(promise, 'then', {
    configurable: true,
    get() {
      restore();
      return (_resolve: unknown, reject: (reason: Interrupted) => void) => refuse(context, reject);
    },
  });
  if (!isSet) return false;
  substituted.add(promise);
  isOurs = true;
  // Nobody else will see whether it is rejected. Where it was not waited for after all, it is as it was in a moment.
  then.call(promise, restore, restore);
  then.call(Promise.resolve(), restore);
  isOurs = false;
  return true;
}

/**
 * Node's own functions finish what they began, and so do packages that are being imported: the engine remembers both, and
 * half-done they would hold up whoever needs them next. Modules of the user's own are imported anew.
 */
function mayGoOn(): boolean {
  const frames = String(new Error('where').stack).split('\n').slice(1);
  const caller = frames.find((frame) => !frame.includes(import.meta.url));
  if (caller === undefined || / \(?(async )?node:/.test(caller)) return true;
  return frames.some((frame) => /^ +at (async )?file:.*node_modules/.test(frame));
}
