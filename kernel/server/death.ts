// How a session process ended → an error that explains it to the reader of the notebook.

import { type Death, OPTIONS_VARIABLE } from './session-process.js';
import type { ErrorContent } from './traceback.js';

const SIGNALS: { [signal: string]: string } = {
  SIGSEGV: 'native code touched memory that is not its own (segmentation fault)',
  SIGBUS: 'native code touched memory that is not its own (bus error)',
  SIGILL: 'native code used an instruction that this processor does not have',
  SIGFPE: 'native code divided by zero',
  SIGKILL: 'it was killed from outside; often that is the system when memory runs out',
  SIGTERM: 'it was asked to end from outside',
  SIGTRAP: 'the engine gave up on an internal check',
};

const FRESH = 'All variables are gone. A fresh session is ready: run the cells that you need again.';

export function explainDeath(death: Death): ErrorContent {
  const why = reason(death);
  const evalue = `${why}. ${FRESH}`;
  return { ename: 'SessionEnded', evalue, traceback: [`\x1b[1;31mSessionEnded\x1b[0m: ${why}.`, FRESH] };
}

function reason({ code, signal, lastWords }: Death): string {
  if (/heap out of memory|Allocation failed/.test(lastWords)) {
    return `The session ran out of memory (the variable ${OPTIONS_VARIABLE}=--max-old-space-size=8192 raises the limit, in megabytes)`;
  }
  if (signal === 'SIGABRT' || code === 134) return 'The session aborted (process.abort(), or native code gave up)';
  if (signal) return `The session ended: ${SIGNALS[signal] ?? `signal ${signal}`}`;
  if (code === null) return `The session could not be started: ${lastWords}`;
  if (code > 128) return `The session ended with code ${code} (signal ${code - 128})`;
  return `The session ended with exit code ${code}, as process.exit(${code}) does`;
}
