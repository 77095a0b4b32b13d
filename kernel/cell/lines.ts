// A text goes in; its table of line starts comes out, to turn offsets into lines and columns.

/** A text and the offset at which each of its lines starts. */
export interface LineTable {
  readonly text: string;
  readonly starts: readonly number[];
}

/** A place in a text, both counted from 1, the column in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Lines end at \n, \r\n, \r, U+2028 and U+2029, as in ECMAScript. */
export function lineTable(text: string): LineTable {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(match.index + match[0].length);
  return { text, starts };
}

/** The 0-based index of the line that holds `offset`. */
export function lineIndexAt({ starts }: LineTable, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** `offset` is clamped to the text. */
export function positionAt(table: LineTable, offset: number): Position {
  const inside = Math.max(0, Math.min(offset, table.text.length));
  const line = lineIndexAt(table, inside);
  return { line: line + 1, column: inside - table.starts[line]! + 1 };
}
