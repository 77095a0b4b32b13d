// A compiler's findings in a cell's module go in; what a person should read about the cell comes out.
import { codeFrame } from '../cell/frame.js';
import { type LineTable, positionAt } from '../cell/lines.js';
import type { CellDiagnostic } from './contract.js';
import type { Finding } from './engine.js';

/** "Implicitly any": noise to a person who plays. The compiler must still look, or `const xs = []` would be `never[]`. */
const IMPLICIT_ANY: ReadonlySet<number> = new Set([
  7005, 7006, 7008, 7010, 7011, 7012, 7013, 7015, 7017, 7018, 7019, 7020, 7022, 7023, 7024, 7025, 7026, 7031, 7032,
  7033, 7034, 7041, 7051, 7052, 7053, 7055, 7056, 7057,
]);
/** A module that has no types, or that the compiler cannot find: running the cell will tell whether it is there. */
const UNKNOWN_MODULE: ReadonlySet<number> = new Set([2306, 2307, 2688, 2792, 7016, 7040, 7058]);

/** `from` gives the cell's offset for one of the module, or undefined for what is not the cell's text. */
export function diagnosticsOf(
  findings: readonly Finding[],
  lines: LineTable,
  strictAny: boolean,
  from: (offset: number) => number | undefined,
): CellDiagnostic[] {
  const diagnostics: CellDiagnostic[] = [];
  for (const { code, category, message, start, end } of findings) {
    const first = from(start);
    if (first === undefined || (!strictAny && IMPLICIT_ANY.has(code))) continue;
    const last = Math.max(from(Math.max(start, end - 1)) ?? first, first) + (end > start ? 1 : 0);
    const begin = positionAt(lines, first);
    const finish = positionAt(lines, last);
    const isUnknown = UNKNOWN_MODULE.has(code);
    diagnostics.push({
      code,
      category: isUnknown ? 'warning' : category,
      message,
      line: begin.line,
      column: begin.column,
      endLine: finish.line,
      endColumn: finish.column,
      frame: codeFrame(lines.text, begin, finish),
      blocking: category === 'error' && !isUnknown,
    });
  }
  return diagnostics.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Whether a module was not found: it may have come to the disk since the compiler looked. */
export function missesModule(findings: readonly Finding[]): boolean {
  return findings.some(({ code }) => UNKNOWN_MODULE.has(code));
}
