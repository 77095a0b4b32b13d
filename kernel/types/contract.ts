// What the server asks about the types of cells, and what it is told. Lines and columns count from 1, offsets from 0, in UTF-16 units.

/** A cell as the checker sees it; `id` is any number that tells it from others. */
export interface Cell {
  readonly id: number;
  readonly source: string;
}

/** One finding of the compiler. The end is exclusive. */
export interface CellDiagnostic {
  /** TypeScript's number, as in `TS2322`. */
  readonly code: number;
  readonly category: 'error' | 'warning';
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The lines around it, marked and underlined, without colours. */
  readonly frame: string;
  /** False where the compiler only knows too little, as of a package without types: running the cell will tell. */
  readonly blocking: boolean;
}

/** What a completion stands for, as JupyterLab's icons are called. */
export type CompletionKind =
  | 'class'
  | 'constant'
  | 'enum'
  | 'field'
  | 'function'
  | 'interface'
  | 'keyword'
  | 'method'
  | 'module'
  | 'path'
  | 'property'
  | 'text'
  | 'type'
  | 'variable';

export interface Completion {
  /** What replaces the span. */
  readonly text: string;
  readonly kind: CompletionKind;
  /** Its type in one line, if known. */
  readonly signature?: string;
}

export interface CellCompletions {
  /** Best first. */
  readonly matches: readonly Completion[];
  /** The part of the cell that a match replaces. */
  readonly start: number;
  readonly end: number;
}

export interface Inspection {
  readonly markdown: string;
  readonly text: string;
}

export interface CheckerOptions {
  /** The notebook's folder: modules and tsconfig.json are looked for from here upwards. */
  readonly folder: string;
  /** `native` (TypeScript 7) by default, and `typescript-6` where there is no native binary for the machine. */
  readonly engine?: 'native' | 'typescript-6';
}

export interface KnownNames {
  /** Names that only the running session knows, such as properties that code set on `globalThis`. */
  readonly extraNames?: Iterable<string>;
}

/** Checks, completes and explains the cells of one notebook. Calls may overlap; they are answered in order. */
export interface CellChecker {
  /** Which compiler answers. */
  readonly engine: 'native' | 'typescript-6';
  /** Findings in a cell, run after the cells committed so far. Syntax errors are `rewriteCell`'s to report. */
  check(cell: Cell, known?: KnownNames): Promise<CellDiagnostic[]>;
  /** The cell ran, or failed while running: later cells see what it declares. Commits nothing that does not parse. */
  commit(cell: Cell): void;
  complete(source: string, cursor: number, known?: KnownNames): Promise<CellCompletions>;
  /** What the name at the cursor is; `detail` 1 adds its members and where it is declared. */
  inspect(source: string, cursor: number, detail: 0 | 1): Promise<Inspection | undefined>;
  /** Modules may have come, gone or changed on disk: look again. */
  invalidate(): void;
  /** Forgets all committed cells. */
  reset(): void;
  dispose(): void;
}
