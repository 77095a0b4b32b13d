// Why a cell does not run: syntax, types, a stop, a fault → what the notebook shows.
import type { CellSyntaxError } from '../cell/index.js';
import type { ErrorReport } from '../contract.js';
import type { CellDiagnostic } from '../types/index.js';
import { type ErrorContent, highlight } from './traceback.js';

export const STOPPED: ErrorContent = {
  ename: 'Interrupted',
  evalue: 'the cell was stopped before it ran',
  traceback: ['\x1b[1;31mInterrupted\x1b[0m: the cell was stopped before it ran'],
};

export function syntaxError(name: string, { message, line, codeFrame }: CellSyntaxError): ErrorContent {
  const traceback = [`\x1b[1;31mSyntaxError\x1b[0m: ${message}`, '', `\x1b[36m${name}, line ${line}\x1b[0m`];
  return { ename: 'SyntaxError', evalue: message, traceback: [...traceback, highlight(codeFrame)] };
}

export function typeErrors(name: string, diagnostics: readonly CellDiagnostic[]): ErrorContent {
  const traceback: string[] = [];
  for (const { code, message, line, column, frame } of diagnostics) {
    if (traceback.length > 0) traceback.push('');
    traceback.push(`\x1b[1;31mTS${code}\x1b[0m: ${message}`, '', `\x1b[36m${name}, line ${line}:${column}\x1b[0m`);
    traceback.push(highlight(frame));
  }
  const [first] = diagnostics;
  return { ename: `TS${first?.code ?? ''}`, evalue: first?.message ?? '', traceback };
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack ?? '' };
  return { name: 'Error', message: String(error), stack: '' };
}
