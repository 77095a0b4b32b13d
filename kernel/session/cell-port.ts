// Code that a library runs later, or apart → run in the name of the cell it came from.
import type { CellPort } from '../contract.js';
import { capture, currentContext, runIn } from './context.js';
import { Interrupted, reportError } from './errors.js';
import { Kind } from './frame.js';
import type { RingWriter } from './ring.js';

export function createCellPort(ring: RingWriter): CellPort {
  return {
    capture,
    origin: currentContext,
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
  };
}
