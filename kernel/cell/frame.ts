// A text and a range go in; the lines around it, numbered, marked and underlined, come out.
import type { Position } from './lines.js';

const LINES_BEFORE = 2;
const LINES_AFTER = 2;
const TAB = '  ';

/**
 * The lines around a range, as plain text:
 * ```
 *   1 | const a = 1;
 * > 2 | const b: number = 'x';
 *     |       ^
 *   3 | a + b
 * ```
 * The end is exclusive. Of a range over several lines each line is marked, and the first underlined.
 */
export function codeFrame(text: string, start: Position, end: Position): string {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  const first = Math.max(1, start.line - LINES_BEFORE);
  const lastMarked = Math.max(start.line, end.column === 1 && end.line > start.line ? end.line - 1 : end.line);
  const shown = Math.min(lastMarked, start.line + LINES_AFTER);
  const last = Math.min(lines.length, shown + LINES_AFTER);
  const width = String(last).length;
  const out: string[] = [];
  for (let number = first; number <= last; number++) {
    const line = lines[number - 1] ?? '';
    const marked = number >= start.line && number <= lastMarked;
    out.push(`${marked ? '>' : ' '} ${String(number).padStart(width)} | ${expandTabs(line)}`.trimEnd());
    if (number !== start.line) continue;
    const from = start.column - 1;
    const to = end.line === start.line ? Math.max(end.column - 1, from + 1) : Math.max(line.length, from + 1);
    const indent = columns(line.slice(0, from));
    const carets = Math.max(1, columns(line.slice(from, to)));
    out.push(`  ${' '.repeat(width)} | ${' '.repeat(indent)}${'^'.repeat(carets)}`);
  }
  return out.join('\n');
}

function expandTabs(line: string): string {
  return line.replaceAll('\t', TAB);
}

/** How many columns a text takes in a fixed-width font: surrogate pairs as two (most are emoji), combining marks as none. */
function columns(text: string): number {
  return expandTabs(text).replace(/\p{Mark}|\u200d/gu, '').length;
}
