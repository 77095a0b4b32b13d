// A cell's text and the code that runs for it → positions of the one in terms of the other.
import { lineTable } from '../cell/lines.js';
import { type CellSourceMap, decodeMappings, type Mapping } from '../cell/map.js';

/** Both count from 0, the column in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where the engine can stop. */
export interface Stop {
  /** In the code. */
  readonly at: Place;
  /** In the cell's text. */
  readonly source: Place;
  readonly isReturn: boolean;
}

const BODY = '"use strict";';
const PROLOGUE = /^(?:[$\w]+\.([$\p{ID_Continue}]+) = \1;|Object\.hasOwn\(|const \$)/u;

/** Code that was made of a text. */
export class MappedCode {
  /** What the engine calls its script. */
  readonly url: string;
  readonly source: string;
  readonly #map: CellSourceMap;
  #mappings: readonly Mapping[] | undefined;
  #lines: Map<number, Mapping[]> | undefined;

  constructor(url: string, source: string, map: CellSourceMap) {
    this.url = url;
    this.source = source;
    this.#map = map;
  }

  /** Where in the text the code at `at` comes from. */
  toSource(at: Place): Place {
    this.#lines ??= byLine(this.#allMappings);
    const mapping = this.#lines.get(at.line)?.findLast(({ column }) => column <= at.column);
    return mapping ? { line: mapping.sourceLine, column: mapping.sourceColumn } : { line: 0, column: 0 };
  }

  /** Where the code of a line of the text begins, or of the next line that has any. */
  fromLine(line: number): Place | undefined {
    const later = this.#allMappings.filter(({ sourceLine }) => sourceLine >= line);
    const nearest = Math.min(...later.map(({ sourceLine }) => sourceLine));
    return later.find(({ sourceLine }) => sourceLine === nearest);
  }

  get #allMappings(): readonly Mapping[] {
    this.#mappings ??= decodeMappings(this.#map.mappings);
    return this.#mappings;
  }
}

/** The function that a cell became. */
export class CellCode extends MappedCode {
  readonly code: string;
  /** As the front end has it: `source` with magics. */
  readonly text: string;
  #body: Place | undefined;
  #codeLines: string[] | undefined;

  constructor(name: string, source: string, code: string, map: CellSourceMap, text = source) {
    super(name, source, map);
    this.code = code;
    this.text = text;
  }

  /** Whether `at` stands in front of the cell's own code: a function or scope that starts there is the cell itself. */
  isBeforeBody(at: Place): boolean {
    this.#body ??= placeOf(this.code, this.code.indexOf(BODY, this.code.indexOf('(async (')));
    return compare(at, this.#body) <= 0;
  }

  /** Whether `at` stands behind the cell's own code, where the function that it became ends. */
  isAfterBody(at: Place): boolean {
    // The last line is the `sourceURL`, the one before closes the function.
    return at.line >= this.#allLines.length - 2;
  }

  /** Whether `at` is a place that only the code has: a call of `f` became one of `(0, $.f)`, which holds another. */
  isGenerated(at: Place): boolean {
    return /\(0, (?:\$[$\w]*\.?)?$/.test(this.#line(at).slice(0, at.column));
  }

  /** Those of the code's stops that lie in the text, in the order of the code. */
  stops(places: readonly { at: Place; isReturn: boolean }[]): Stop[] {
    return places
      .filter(({ at }) => !this.isBeforeBody(at) && !this.#isPrologue(at) && !this.isAfterBody(at))
      .map(({ at, isReturn }) => ({ at, isReturn, source: this.toSource(at) }));
  }

  /** Before its first statement a cell puts in place what it declares, under the position of that statement. */
  #isPrologue(at: Place): boolean {
    const { line, column } = this.toSource(at);
    return line === 0 && column === 0 && PROLOGUE.test(this.#line(at).slice(at.column));
  }

  get #allLines(): readonly string[] {
    this.#codeLines ??= this.code.split('\n');
    return this.#codeLines;
  }

  #line({ line }: Place): string {
    return this.#allLines[line] ?? '';
  }
}

export function compare(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}

function byLine(mappings: readonly Mapping[]): Map<number, Mapping[]> {
  const lines = new Map<number, Mapping[]>();
  for (const mapping of mappings) {
    const line = lines.get(mapping.line);
    if (line) line.push(mapping);
    else lines.set(mapping.line, [mapping]);
  }
  return lines;
}

function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, Math.max(0, offset));
  return { line: before.split('\n').length - 1, column: before.length - before.lastIndexOf('\n') - 1 };
}

/** The offset of a place in a text. */
export function offsetOf(text: string, { line, column }: Place): number {
  return (lineTable(text).starts[line] ?? text.length) + column;
}
