// Where a cell cannot be parsed goes in; an error with position and code frame comes out.
import { codeFrame } from './frame.js';
import { type LineTable, positionAt } from './lines.js';

/** A cell that is not TypeScript. Lines and columns count from 1, columns in UTF-16 units; the end is exclusive. */
export class CellSyntaxError extends Error {
  override readonly name = 'SyntaxError';
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The lines around the error, with a mark and carets, without colours. */
  readonly codeFrame: string;

  constructor(message: string, lines: LineTable, start: number, end: number) {
    super(message);
    const from = positionAt(lines, start);
    const to = positionAt(lines, end);
    this.line = from.line;
    this.column = from.column;
    this.endLine = to.line;
    this.endColumn = to.column;
    this.codeFrame = codeFrame(lines.text, from, to);
  }
}
