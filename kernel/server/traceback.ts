// An error report → what the notebook shows: name, message, the user's own line in its code, the frames, the causes.
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { codeFrame } from '../cell/frame.js';
import type { CellSourceMap } from '../cell/map.js';
import type { ErrorReport, JsonObject } from '../contract.js';
import { Recent } from '../recent.js';

/** A cell that ran, so that positions in its code can be told in its text. */
export interface CellText {
  source: string;
  map: CellSourceMap;
}

export interface ErrorContent extends JsonObject {
  ename: string;
  evalue: string;
  traceback: string[];
}

interface Frame {
  called: string;
  file: string;
  line: number;
  column: number;
}

/** Errors in older cells are shown without their text. */
const MOST_LASTING = 4000;
const MOST_PASSING = 500;
const OWN_CODE = fileURLToPath(new URL('../..', import.meta.url));
const RESET = '\x1b[0m';
const red = (text: string): string => `\x1b[1;31m${text}${RESET}`;
const cyan = (text: string): string => `\x1b[36m${text}${RESET}`;
const dim = (text: string): string => `\x1b[2m${text}${RESET}`;

export class Tracebacks {
  /** Modules, and cells whose functions others may call at any time. */
  readonly #lasting = new Recent<string, CellText>(MOST_LASTING);
  readonly #passing = new Recent<string, CellText>(MOST_PASSING);
  readonly #maps = new Recent<string, SourceMap>(MOST_PASSING);

  /** `name` is what stack frames call the cell. A `passing` one declared nothing. */
  add(name: string, cell: CellText, passing = false): void {
    (passing ? this.#passing : this.#lasting).set(name, cell);
    this.#maps.delete(name);
  }

  /** How many texts are kept. */
  get size(): number {
    return this.#lasting.size + this.#passing.size;
  }

  #cell(name: string): CellText | undefined {
    return this.#lasting.get(name) ?? this.#passing.get(name);
  }

  render(problem: ErrorReport): ErrorContent {
    return { ename: problem.name, evalue: problem.message, traceback: this.#report(problem, '') };
  }

  #report(problem: ErrorReport, lead: string): string[] {
    const frames = this.#frames(problem.stack);
    const message = problem.thrown ?? problem.message;
    const lines = [`${lead}${red(problem.name)}: ${message}`];
    if (problem.details) lines.push(dim(problem.details));
    for (const frame of this.#worthShowing(frames)) {
      lines.push('', cyan(`${placeOf(frame.file)}, line ${frame.line}`), this.#excerpt(frame));
    }
    if (frames.length > 0) lines.push('', ...frames.map(describeFrame));
    for (const error of problem.errors ?? []) lines.push('', ...this.#report(error, 'One of: '));
    if (problem.cause) lines.push('', ...this.#report(problem.cause, 'Caused by: '));
    return lines;
  }

  /** Where it was thrown, and where the cell called it. */
  #worthShowing(frames: readonly Frame[]): Frame[] {
    const known = frames.filter((frame) => this.#cell(frame.file) !== undefined);
    const cell = known.find((frame) => !frame.file.startsWith('file:'));
    return known.filter((frame, index) => index === 0 || frame === cell);
  }

  #excerpt({ file, line, column }: Frame): string {
    const source = this.#cell(file)?.source ?? '';
    return highlight(codeFrame(source, { line, column }, { line, column: column + 1 }));
  }

  /** The frames of user code and of packages, in terms of the cells' own text. */
  #frames(stack: string): Frame[] {
    const frames: Frame[] = [];
    for (const text of stack.split('\n')) {
      const frame = parseFrame(text);
      if (!frame || isHidden(frame.file)) continue;
      frames.push(this.#original(frame));
    }
    return frames;
  }

  #original(frame: Frame): Frame {
    const cell = this.#cell(frame.file);
    if (!cell) return frame;
    let map = this.#maps.get(frame.file);
    if (!map) {
      map = new SourceMap({ ...cell.map, sourceRoot: '' });
      this.#maps.set(frame.file, map);
    }
    const entry = map.findEntry(frame.line - 1, frame.column - 1);
    if (!('originalLine' in entry)) return frame;
    return { ...frame, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }
}

/** Colours the marked lines and carets of a code frame. */
export function highlight(frame: string): string {
  return frame
    .split('\n')
    .map((line) => {
      if (line.startsWith('>')) return `${red('>')}${line.slice(1)}`;
      return /^ *\| *\^+$/.test(line) ? line.replace(/\^+/, red) : line;
    })
    .join('\n');
}

const FRAME = /^ +at (?:async )?(?:(.*?) \()?((?:file:\/\/|Cell |[^():]).*?):(\d+):(\d+)\)?$/;

function parseFrame(text: string): Frame | undefined {
  const match = FRAME.exec(text);
  if (!match) return undefined;
  const [, called = '', file = '', line, column] = match;
  return { called, file, line: Number(line), column: Number(column) };
}

function isHidden(file: string): boolean {
  if (file.startsWith('node:')) return true;
  return placeOf(file).startsWith(OWN_CODE);
}

function placeOf(file: string): string {
  return file.startsWith('file://') ? fileURLToPath(file) : file;
}

function describeFrame({ called, file, line, column }: Frame): string {
  const place = `${placeOf(file)}, line ${line}:${column}`;
  return dim(called ? `    at ${called} (${place})` : `    at ${place}`);
}
