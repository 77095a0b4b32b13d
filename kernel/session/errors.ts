// A thrown value → a report that can travel: name, message, stack, causes.
import { inspect } from 'node:util';
import type { ErrorReport } from '../contract.js';

const MAX_DEPTH = 8;
const OWN = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/** What an interrupt looks like to the reader of a notebook. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

export function reportError(thrown: unknown, depth = 0): ErrorReport {
  try {
    return isErrorLike(thrown) ? reportErrorLike(thrown, depth) : reportOther(thrown);
  } catch (failure) {
    return { name: 'Error', message: `an error that fails when it is described: ${String(failure)}`, stack: '' };
  }
}

function isErrorLike(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error ||
    (typeof thrown === 'object' && thrown !== null && 'message' in thrown && 'stack' in thrown)
  );
}

function reportErrorLike(error: Error, depth: number): ErrorReport {
  const name = typeof error.name === 'string' && error.name !== '' ? error.name : error.constructor.name;
  const report: ErrorReport = { name, message: String(error.message), stack: String(error.stack ?? '') };
  const details = Object.entries(error).filter(([key]) => !OWN.has(key));
  if (details.length > 0) report.details = inspect(Object.fromEntries(details), { depth: 2, breakLength: 100 });
  if (depth < MAX_DEPTH) {
    if (error.cause !== undefined) report.cause = reportError(error.cause, depth + 1);
    if (error instanceof AggregateError) {
      report.errors = error.errors.slice(0, 5).map((each) => reportError(each, depth + 1));
    }
  }
  return report;
}

function reportOther(thrown: unknown): ErrorReport {
  const text = inspect(thrown, { depth: 4 });
  return { name: 'Uncaught', message: typeof thrown === 'string' ? thrown : text, stack: '', thrown: text };
}
