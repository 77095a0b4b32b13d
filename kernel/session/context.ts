// Which cell does this code belong to? Every run has a context that its timers, promises and callbacks inherit.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { OutputSink } from '../contract.js';
import { Interrupted } from './errors.js';
import { resumeHooks, suspendHooks } from './hooks.js';

export interface RunContext {
  readonly run: number;
  /** What stack frames say, such as `Cell [3]`. */
  readonly name: string;
  /** Stopped by the user: what still runs in its name ends at its next timer or output. */
  interrupted: boolean;
  /** Takes the output in place of the cell. */
  readonly sink?: OutputSink;
  stopListeners?: Set<() => void>;
  /** What is still being drawn for it. */
  pending?: Set<Promise<unknown>>;
}

const storage = new AsyncLocalStorage<RunContext>();
/** Speaks for a run that was stopped, while its listeners are told. */
let apart: RunContext | undefined;
let latest: RunContext = { run: 0, name: 'start', interrupted: false };

/**
 * Frames of node while it tells hooks of promises and callbacks (the trampoline only calls user code from there), while
 * it loads a module of its own, which it would take for loaded ever after, and while it puts timers in their order.
 */
const BOOKKEEPING =
  /at (?!\S*callbackTrampoline)\S+ \(node:internal\/async_hooks|\(node:internal\/(bootstrap\/realm|priority_queue|linkedlist)|at (insert|new \w+) \(node:internal\/timers/;

/** Runs `body` in the name of `context`. */
export function runIn<T>(context: RunContext, body: () => T): T {
  latest = context;
  apart = undefined;
  return storage.run(context, body);
}

/** Runs `body` in the context of the code that calls, apart from its output, and stops with it, or by `signal`. */
export function capture<T>(sink: OutputSink, body: () => T, signal?: AbortSignal): T {
  const outer = currentContext();
  const captured: RunContext = {
    run: outer.run,
    name: outer.name,
    sink,
    stopListeners: stopListenersOf(outer),
    pending: pendingOf(outer),
    get interrupted() {
      return outer.interrupted || (signal?.aborted ?? false);
    },
  };
  return storage.run(captured, body);
}

/** Calls `listener` when the cell whose code calls is stopped. The function that comes back takes that back. */
export function onStop(listener: () => void): () => void {
  const listeners = stopListenersOf(currentContext());
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Listeners may show how their work ended, though the run shows no more. No storage is entered for that: what a
 * termination has left of asynchronous stacks is not touched. Another termination can end this anywhere.
 */
export function tellStopListeners({ run, name, stopListeners }: RunContext): void {
  if (!stopListeners?.size) return;
  apart = { run, name, interrupted: false };
  for (const listener of stopListeners) listener();
  apart = undefined;
}

/** The run of the code that calls is not over before `work` is settled. */
export function waitFor(work: Promise<unknown>): void {
  const pending = pendingOf(currentContext());
  const settled: Promise<unknown> = work.then(
    () => pending.delete(settled),
    () => pending.delete(settled),
  );
  pending.add(settled);
}

/** Resolves when nothing is being drawn for the run any more. */
export async function drawn({ pending }: RunContext): Promise<void> {
  while (pending?.size) await Promise.all(pending);
}

function pendingOf(context: RunContext): Set<Promise<unknown>> {
  context.pending ??= new Set();
  return context.pending;
}

function stopListenersOf(context: RunContext): Set<() => void> {
  context.stopListeners ??= new Set();
  return context.stopListeners;
}

/** The context of the code that calls; the latest run's where the origin is unknown, as in callbacks of native code. */
export function currentContext(): RunContext {
  return apart ?? storage.getStore() ?? latest;
}

/** The context whose output this is. @throws Interrupted in code of a stopped cell, which ends there. */
export function outputContext(): RunContext {
  if (!apart && storage.getStore()?.interrupted) throw new Interrupted('this cell was stopped');
  return currentContext();
}

/** Answers, now or later, whether the code that calls belongs to a cell that was stopped. */
export function stopCheck(): () => boolean {
  const context = storage.getStore();
  return () => context?.interrupted ?? false;
}

/** The context of the code that calls, if that belongs to a cell that was stopped. */
export function stoppedContext(): RunContext | undefined {
  const context = storage.getStore();
  return context?.interrupted ? context : undefined;
}

/** So often in a row may a termination be put off; then what it interrupts is a user's hook that never ends. */
const PATIENCE = 400;
let refusals = 0;

/**
 * Makes node stop checking its asynchronous stack, which a termination leaves unbalanced. New work has no context of
 * its own until {@link resumeContexts}. Refuses, answering false, when the code that it interrupts is node's own
 * bookkeeping, which must run to its end.
 */
export function suspendContexts(): boolean {
  if (BOOKKEEPING.test(new Error('where').stack ?? '') && ++refusals < PATIENCE) return false;
  refusals = 0;
  suspendHooks();
  return true;
}

/** Call when the stack is clean again. */
export function resumeContexts(): void {
  resumeHooks();
}
