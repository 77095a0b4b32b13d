// Code that a library runs later, or apart → run in the name of the cell it came from.
import type { CellPort, Order } from '../contract.js';
import { capture, currentContext, onStop, runIn, waitFor } from './context.js';
import { Interrupted, reportError } from './errors.js';
import { Kind } from './frame.js';
import type { RingWriter } from './ring.js';

type Explained = Extract<Order, { type: 'explained' }>;

export function createCellPort(ring: RingWriter): CellPort & { explained(answer: Explained): void } {
  const asked = new Map<number, (traceback: string[]) => void>();
  let lastAsked = 0;
  return {
    capture,
    origin: currentContext,
    onStop,
    waitFor,
    bind(callback) {
      const { run, name, sink } = currentContext();
      const fail = (error: unknown): void => {
        if (error instanceof Interrupted) return;
        ring.json(Kind.event, run, { type: 'stray', origin: 'exception', problem: reportError(error) });
      };
      return (...values) => {
        const context = { run, name, interrupted: false, ...(sink === undefined ? {} : { sink }) };
        runIn(context, async () => callback(...values)).catch(fail);
      };
    },
    explain(error) {
      const id = ++lastAsked;
      ring.json(Kind.event, currentContext().run, { type: 'explain', id, problem: reportError(error) });
      return new Promise((resolve) => asked.set(id, resolve));
    },
    explained({ id, traceback }) {
      asked.get(id)?.(traceback);
      asked.delete(id);
    },
  };
}
