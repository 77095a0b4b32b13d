// Mappings go in, source maps (revision 3) come out, and the other way round.

/** A source map as JSON, revision 3, with the cell's text in it. */
export interface CellSourceMap {
  version: 3;
  file: string;
  sourceRoot: string;
  sources: string[];
  sourcesContent: string[];
  names: string[];
  mappings: string;
}

/** One mapping; all four count from 0, columns in UTF-16 units. */
export interface Mapping {
  line: number;
  column: number;
  sourceLine: number;
  sourceColumn: number;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

function encode(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let out = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    out += DIGITS[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return out;
}

/** `mappings` ordered by line and column; of several at one place the last one counts. */
export function encodeMappings(mappings: readonly Mapping[]): string {
  let out = '';
  let line = 0;
  let column = 0;
  let sourceLine = 0;
  let sourceColumn = 0;
  let first = true;
  mappings.forEach((mapping, index) => {
    const next = mappings[index + 1];
    if (next !== undefined && next.line === mapping.line && next.column === mapping.column) return;
    while (line < mapping.line) {
      out += ';';
      line++;
      column = 0;
      first = true;
    }
    if (!first) out += ',';
    first = false;
    out += encode(mapping.column - column) + encode(0);
    out += encode(mapping.sourceLine - sourceLine) + encode(mapping.sourceColumn - sourceColumn);
    ({ column, sourceLine, sourceColumn } = mapping);
  });
  return out;
}

export function decodeMappings(encoded: string): Mapping[] {
  const out: Mapping[] = [];
  let sourceLine = 0;
  let sourceColumn = 0;
  encoded.split(';').forEach((text, line) => {
    let column = 0;
    for (const part of text.split(',')) {
      const fields = decodeFields(part);
      column += fields[0] ?? 0;
      if (fields.length < 4) continue;
      sourceLine += fields[2]!;
      sourceColumn += fields[3]!;
      out.push({ line, column, sourceLine, sourceColumn });
    }
  });
  return out;
}

function decodeFields(part: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of part) {
    const digit = VALUES.get(character) ?? 0;
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    fields.push((value & 1) !== 0 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return fields;
}
