// Promises and timers, which carry node's notes on whose code made them → the same, printed without the notes.
import { inspect } from 'node:util';

/** What our tracking of cells makes node write on every promise and timer, in sight of whoever prints one. */
const NOTES = new Set(['async_id_symbol', 'trigger_async_id_symbol', 'kResourceStore', 'asyncId', 'triggerId']);

/** Call once, when timers are guarded. */
export function hideNotes(): void {
  const timer = setTimeout(() => {}, 0);
  const immediate = setImmediate(() => {});
  for (const prototype of [Promise.prototype, Object.getPrototypeOf(timer), Object.getPrototypeOf(immediate)]) {
    Object.defineProperty(prototype, inspect.custom, { value: hideOwn, writable: true, configurable: true });
  }
  clearTimeout(timer);
  clearImmediate(immediate);
}

/** Answers the value itself, which `inspect` takes for leave to print it as always. */
function hideOwn(this: object): object {
  for (const symbol of Object.getOwnPropertySymbols(this)) {
    if (!NOTES.has(symbol.description ?? '') || !Object.isExtensible(this)) continue;
    Object.defineProperty(this, symbol, { enumerable: false });
  }
  return this;
}
