// Lines where a person wants to stop → breakpoints of the engine, in every script that a cell's text became or becomes.
import { pathToFileURL } from 'node:url';
import type { CellCode, Place, Stop } from './cell-code.js';
import type { Conditions, Expressions } from './expressions.js';
import { escaped, type Sources } from './sources.js';
import { localNames } from './syntax.js';
import type { Target } from './target.js';

/** A breakpoint as the front end asks for it; lines count from 1. */
export interface Wanted extends Conditions {
  line: number;
}

/** What became of it. */
export interface Placed {
  id: number;
  verified: boolean;
  line: number;
  source: { path: string };
  message?: string;
}

interface File {
  wanted: readonly Wanted[];
  placed: readonly Placed[];
  /** The engine's breakpoints, to remove. */
  set: string[];
}

/** Rewrites the text of a cell that did not run yet. @throws CellSyntaxError */
export type Prepare = (source: string) => Promise<CellCode>;

export class Breakpoints {
  readonly #target: Target;
  readonly #sources: Sources;
  readonly #expressions: Expressions;
  readonly #prepare: Prepare;
  readonly #files = new Map<string, File>();
  #last = 0;

  constructor(target: Target, sources: Sources, expressions: Expressions, prepare: Prepare) {
    this.#target = target;
    this.#sources = sources;
    this.#expressions = expressions;
    this.#prepare = prepare;
  }

  /** By path, the lines that hold. */
  list(): { source: string; breakpoints: { line: number }[] }[] {
    return [...this.#files].map(([source, { placed }]) => ({
      source,
      breakpoints: placed.filter(({ verified }) => verified).map(({ line }) => ({ line })),
    }));
  }

  /** Replaces the breakpoints of one path. Lines where nothing can stop move to the next one that can. */
  async replace(path: string, wanted: readonly Wanted[]): Promise<readonly Placed[]> {
    const before = this.#files.get(path);
    for (const breakpointId of before?.set ?? [])
      await this.#target.post('Debugger.removeBreakpoint', { breakpointId });
    const file: File = { wanted, placed: [], set: [] };
    if (wanted.length > 0) this.#files.set(path, file);
    else this.#files.delete(path);
    const placed = this.#sources.isFile(path) ? await this.#inFile(path, file) : await this.#inCells(path, file);
    file.placed = placed;
    return placed;
  }

  /** Sets what is wanted in a cell that is about to run. */
  async beforeRun(path: string, cell: CellCode): Promise<void> {
    const file = this.#files.get(path);
    if (file && file.wanted.length > 0) await this.#setIn(cell, file, await this.#stops(cell));
  }

  /** Sets what is wanted in a file of TypeScript that is about to be loaded. */
  async beforeLoad(path: string): Promise<void> {
    const file = this.#files.get(path);
    for (const wanted of file?.wanted ?? []) if (file) await this.#setInFile(wanted, path, file);
  }

  /** The debugger ends. */
  clear(): void {
    this.#files.clear();
  }

  /** The engine's breakpoints went with their session. */
  forgetSet(): void {
    for (const file of this.#files.values()) file.set = [];
  }

  async #inFile(path: string, file: File): Promise<Placed[]> {
    const placed: Placed[] = [];
    for (const wanted of file.wanted) {
      const line = await this.#setInFile(wanted, path, file);
      placed.push({ id: ++this.#last, verified: true, line, source: { path } });
    }
    return placed;
  }

  /** Answers the line. */
  async #setInFile(wanted: Wanted, path: string, file: File): Promise<number> {
    const module = this.#sources.moduleOf(path);
    const at = module?.fromLine(wanted.line - 1) ?? { line: wanted.line - 1, column: 0 };
    const { breakpointId, locations } = await this.#target.post('Debugger.setBreakpointByUrl', {
      lineNumber: at.line,
      columnNumber: at.column,
      ...(module ? { url: module.url } : { urlRegex: versionsOf(path) }),
      condition: await this.#expressions.condition(wanted, undefined),
    });
    file.set.push(breakpointId);
    const [location] = locations;
    if (!location) return wanted.line;
    const actual = { line: location.lineNumber, column: location.columnNumber ?? 0 };
    return (module?.toSource(actual) ?? actual).line + 1;
  }

  async #inCells(path: string, file: File): Promise<Placed[]> {
    const ran = this.#sources.cellsOf(path);
    const text = this.#sources.textOf(path);
    const refuse = (message: string): Placed[] =>
      file.wanted.map(({ line }) => ({ id: ++this.#last, verified: false, line, source: { path }, message }));
    if (text === undefined) return refuse('the text of this cell is not known: send it with dumpCell first');
    let model: CellCode;
    try {
      model = ran[0] ?? (await this.#prepare(text));
    } catch (error) {
      return refuse(error instanceof Error ? error.message : String(error));
    }
    const stops = await this.#stops(model);
    const placed = file.wanted.map((wanted): Placed => {
      const stop = stopFor(stops, wanted.line);
      const base = { id: ++this.#last, source: { path } };
      if (!stop) return { ...base, verified: false, line: wanted.line, message: 'no code runs in this cell' };
      return { ...base, verified: true, line: stop.source.line + 1 };
    });
    for (const cell of ran) await this.#setIn(cell, file, cell === model ? stops : await this.#stops(cell));
    return placed;
  }

  async #setIn(cell: CellCode, file: File, stops: readonly Stop[]): Promise<void> {
    const lines = new Set<number>();
    for (const wanted of file.wanted) {
      const stop = stopFor(stops, wanted.line);
      if (!stop || lines.has(stop.source.line)) continue;
      lines.add(stop.source.line);
      const { breakpointId } = await this.#target.post('Debugger.setBreakpointByUrl', {
        url: cell.url,
        lineNumber: stop.at.line,
        columnNumber: stop.at.column,
        condition: await this.#expressions.condition(wanted, localNames(cell.source, stop.source)),
      });
      file.set.push(breakpointId);
    }
  }

  /** Asks the engine, which compiles the code for that without running it. */
  async #stops(cell: CellCode): Promise<Stop[]> {
    const { scriptId } = await this.#target.post('Runtime.compileScript', {
      expression: cell.code,
      sourceURL: '',
      persistScript: true,
    });
    if (scriptId === undefined) return [];
    const start = { scriptId, lineNumber: 0, columnNumber: 0 };
    const { locations } = await this.#target.post('Debugger.getPossibleBreakpoints', { start });
    // Makes the engine forget the script. All it does is to create the cell's function.
    await this.#target.post('Debugger.setSkipAllPauses', { skip: true });
    await this.#target.post('Runtime.runScript', { scriptId, silent: true });
    await this.#target.post('Debugger.setSkipAllPauses', { skip: false });
    return cell.stops(
      locations.map(({ lineNumber, columnNumber = 0, type }) => ({
        at: place(lineNumber, columnNumber),
        isReturn: type === 'return',
      })),
    );
  }
}

/** The script of a file carries a version behind its URL, which changes with the file. */
function versionsOf(path: string): string {
  return `^${escaped(pathToFileURL(path).href)}(\\?|$)`;
}

function place(line: number, column: number): Place {
  return { line, column };
}

/** The first place to stop in the line, counted from 1, or in the next line that has one; else in the last. */
function stopFor(stops: readonly Stop[], line: number): Stop | undefined {
  const lines = [...new Set(stops.map(({ source }) => source.line))].sort((a, b) => a - b);
  const found = lines.find((each) => each >= line - 1) ?? lines.at(-1);
  return stops.find(({ source }) => source.line === found);
}
