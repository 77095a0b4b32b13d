// In: values that wait for the next step boundary. Out: all of them in memory, computed by one plan.
import { evaluate } from './evaluate.js';
import type { Node } from './graph.js';
import { tracing } from './trace.js';

/** What holds a node: a tensor, or a parameter whose newest value counts. */
interface Holder {
  readonly node: Node;
}

/** So many values may wait without a step before they are computed (buffers) or forgotten (losses). */
const limit = { losses: 32, buffers: 1024 } as const;

let losses: Holder[] = [];
const buffers = new Set<Holder>();
let assignments = 0;

/** Asks for a value at the next step boundary, because it will surely be looked at then: a loss, a norm, a metric. */
export function awaitLoss(loss: Holder): void {
  if (tracing()) return;
  losses.push(loss);
  if (losses.length > limit.losses) losses = losses.filter((l) => !l.node.storage).slice(-limit.losses);
}

/** Asks that a buffer assigned outside an optimizer (a running mean) be computed at the next step boundary. */
export function awaitBuffer(buffer: Holder): void {
  if (tracing()) return;
  buffers.add(buffer);
  if (++assignments > limit.buffers) settle([]);
}

/** Computes `holders` and everything that waits. */
export function settle(holders: readonly Holder[]): void {
  if (tracing()) return;
  const targets = [...holders, ...buffers, ...losses].map((holder) => holder.node);
  losses = [];
  buffers.clear();
  assignments = 0;
  evaluate(targets, true);
}
