// The little that cells need from a compiler, so that TypeScript 7's process and TypeScript 6's library can both serve it.
import type { CompletionKind } from './contract.js';

/** A finding in a file, as offsets into it. */
export interface Finding {
  readonly code: number;
  readonly category: 'error' | 'warning';
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface Proposal {
  readonly name: string;
  readonly kind: CompletionKind;
  /** Proposals with lower texts come first. */
  readonly rank: string;
  /** What to put in place of a span of the file, where that is not just the name in place of what is typed. */
  readonly edit?: { readonly start: number; readonly end: number; readonly text: string };
  /** Its declaration in one line. */
  signature(): Promise<string | undefined>;
}

/** A compiler with one open file at a time, in a project that is given by its tsconfig.json. */
export interface TypeEngine {
  readonly name: 'native' | 'typescript-6';
  /** False after it ended by itself. */
  readonly isAlive: boolean;
  /** Makes `text` the content of `file`, a root of the project, whatever the disk says. */
  open(file: string, text: string): void;
  /** Files on disk, not open ones, that are new or different. */
  changed(files: readonly { readonly path: string; readonly isNew: boolean }[]): void;
  findings(): Promise<readonly Finding[]>;
  proposals(offset: number): Promise<readonly Proposal[]>;
  /** Markdown: a declaration and its documentation. */
  hover(offset: number): Promise<string | undefined>;
  dispose(): void;
}
