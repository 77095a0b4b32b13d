// Cells' texts and scripts ⇄ the paths by which front ends name them.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CellCode } from './cell-code.js';
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

/** A script that the engine loaded, as far as it is the user's business. */
export type Script = { id: string; cell: CellCode } | { id: string; path: string };

export class Sources {
  /** Texts of cells by path: those that a front end told, and those that ran. */
  readonly #texts = new Map<string, string>();
  /** Cells that ran, by the name of their script. */
  readonly #cells = new Map<string, CellCode>();
  readonly #cellsByPath = new Map<string, CellCode[]>();
  readonly #scripts = new Map<string, Script>();

  /** A front end will speak of this text. Answers its path. */
  tell(source: string): string {
    const path = pathOfCell(source);
    this.#texts.set(path, source);
    return path;
  }

  /** This cell is about to run. */
  add(cell: CellCode): void {
    this.#cells.set(cell.name, cell);
    const path = pathOfCell(cell.text);
    const same = this.#cellsByPath.get(path);
    if (same) same.push(cell);
    else this.#cellsByPath.set(path, [cell]);
  }

  /** All cells that ran with the text of `path`. */
  cellsOf(path: string): readonly CellCode[] {
    return this.#cellsByPath.get(path) ?? [];
  }

  loaded(id: string, url: string): void {
    const cell = this.#cells.get(url);
    if (cell) this.#scripts.set(id, { id, cell });
    else if (url.startsWith('file://')) this.#add(id, fileURLToPath(url));
    else if (url.startsWith(sep)) this.#add(id, url);
  }

  #add(id: string, path: string): void {
    if (!path.startsWith(OWN_CODE)) this.#scripts.set(id, { id, path });
  }

  script(id: string): Script | undefined {
    return this.#scripts.get(id);
  }

  /** Files that the session imported. */
  files(): string[] {
    const paths = [...this.#scripts.values()].flatMap((script) => ('path' in script ? [script.path] : []));
    return [...new Set(paths)];
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
    this.#cells.clear();
    this.#cellsByPath.clear();
  }
}

/** What a list of frames calls the source. */
export function sourceOf(script: Script): { name: string; path: string } {
  if ('cell' in script) return { name: script.cell.name, path: pathOfCell(script.cell.text) };
  return { name: basename(script.path), path: script.path };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
