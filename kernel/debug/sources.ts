// Cells' texts and scripts ⇄ the paths by which front ends name them.
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Recent } from '../recent.js';
import { CellCode, type MappedCode, type Place } from './cell-code.js';
import { murmur2 } from './murmur2.js';

const SEED = 0x67_72_61_64;
const SUFFIX = '.ts';
/** No file is written there: front ends only compare these paths. Another kernel has another folder. */
const PREFIX = join(tmpdir(), `gradlab_${process.pid}`) + sep;
const OWN_CODE = fileURLToPath(new URL('../..', import.meta.url));

/** How front ends compute the path of a cell from its text. */
export const NAMING = { hashMethod: 'Murmur2', hashSeed: SEED, tmpFilePrefix: PREFIX, tmpFileSuffix: SUFFIX };

/** Scripts in which nobody wants to stop: node's and ours. */
export const BLACKBOX = ['^node:', `^${escaped(pathToFileURL(OWN_CODE).href)}`, `^${escaped(OWN_CODE)}`];

export function pathOfCell(source: string): string {
  return `${PREFIX}${murmur2(source, SEED)}${SUFFIX}`;
}

/** A script that the engine loaded, as far as it is the user's business. Files of JavaScript have no code but their text. */
export interface Script {
  path: string;
  code?: MappedCode;
}

/** The cell that a script was made of. */
export function cellOf({ code }: Script): CellCode | undefined {
  return code instanceof CellCode ? code : undefined;
}

/** Where in the text that a person wrote a place of a script is. */
export function toSource({ code }: Script, at: Place): Place {
  return code ? code.toSource(at) : at;
}

/** What is older is forgotten. */
const MOST = 4000;
const MOST_SCRIPTS = 20_000;
/** The same text, run again and again. */
const MOST_OF_ONE = 50;

export class Sources {
  /** Texts of cells by path: those that a front end told, and those that ran. */
  readonly #texts = new Recent<string, string>(MOST);
  /** Cells that ran and modules that were compiled, by the name of their script. */
  readonly #made = new Recent<string, { path: string; code: MappedCode }>(MOST);
  readonly #cells = new Recent<string, CellCode[]>(MOST);
  readonly #modules = new Map<string, MappedCode>();
  readonly #scripts = new Recent<string, Script>(MOST_SCRIPTS);

  /** A front end will speak of this text. Answers its path. */
  tell(source: string): string {
    const path = pathOfCell(source);
    this.#texts.set(path, source);
    return path;
  }

  /** This cell is about to run. */
  add(cell: CellCode): void {
    const path = pathOfCell(cell.text);
    this.#made.set(cell.url, { path, code: cell });
    const same = this.#cells.get(path) ?? [];
    this.#cells.set(path, [...same, cell].slice(-MOST_OF_ONE));
  }

  /** This module of TypeScript is about to be loaded. */
  addModule(path: string, module: MappedCode): void {
    this.#made.set(module.url, { path, code: module });
    this.#modules.set(path, module);
  }

  /** The newest code of a file of TypeScript. */
  moduleOf(path: string): MappedCode | undefined {
    return this.#modules.get(path);
  }

  /** All cells that ran with the text of `path`. */
  cellsOf(path: string): readonly CellCode[] {
    return this.#cells.get(path) ?? [];
  }

  loaded(id: string, url: string): void {
    const made = this.#made.get(url);
    if (made) this.#scripts.set(id, made);
    else if (url.startsWith('file://')) this.#add(id, fileURLToPath(url));
    else if (url.startsWith(sep)) this.#add(id, url);
  }

  #add(id: string, path: string): void {
    if (!path.startsWith(OWN_CODE)) this.#scripts.set(id, { path });
  }

  script(id: string): Script | undefined {
    return this.#scripts.get(id);
  }

  /** Files that the session imported. */
  files(): string[] {
    const paths = [...this.#scripts.values()].filter((script) => !cellOf(script)).map(({ path }) => path);
    // Of some, such as the one that imports for cells, there is only a script.
    return [...new Set(paths)].filter((path) => existsSync(path));
  }

  /** The text of a cell or of an imported file. */
  textOf(path: string): string | undefined {
    const text = this.#texts.get(path) ?? this.cellsOf(path)[0]?.text;
    if (text !== undefined || !this.files().includes(path)) return text;
    return readFileSync(path, 'utf8');
  }

  isFile(path: string): boolean {
    return !path.startsWith(PREFIX);
  }

  /** The session that had the scripts is gone. */
  forgetScripts(): void {
    this.#scripts.clear();
    this.#made.clear();
    this.#cells.clear();
    this.#modules.clear();
  }
}

/** What a list of frames calls the source. */
export function sourceOf(script: Script): { name: string; path: string } {
  return { name: cellOf(script)?.url ?? basename(script.path), path: script.path };
}

/** The text as part of a regular expression. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
