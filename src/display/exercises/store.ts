// In: a change to what a JSON file holds. Out: the file with that change, whole at every moment, also with several writers.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../errors.js';

/** How long a writer waits for another, and after how long a lock counts as left behind by a crash. In milliseconds. */
const patience = 2000;
const pause = 10;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);

const sleep = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

/** Where files beside the notebook are: the folder it runs in, or `$GRADLAB_PROGRESS`. */
const folder = (): string => process.env.GRADLAB_PROGRESS || process.cwd();

/** A small JSON file beside the notebook. A crash in the middle of a write leaves the old one. */
export class JsonFile<T> {
  readonly #name: string;
  readonly #parse: (json: unknown) => T;

  /**
   * @param name of the file.
   * @param parse what the file holds; undefined for a file that is not there or is damaged.
   */
  constructor(name: string, parse: (json: unknown) => T) {
    this.#name = name;
    this.#parse = parse;
  }

  get path(): string {
    return join(folder(), this.#name);
  }

  /** What the file holds now. */
  read(): T {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return this.#parse(undefined);
      throw this.#problem('read', error);
    }
    try {
      return this.#parse(JSON.parse(text));
    } catch (error) {
      if (error instanceof SyntaxError) return this.#parse(undefined);
      throw error;
    }
  }

  /**
   * Changes what the file holds; other kernels that do so at the same time wait.
   * @throws DataError where the file cannot be written.
   */
  update(change: (held: T) => T): T {
    const lock = `${this.path}.lock`;
    const part = `${this.path}.${randomUUID()}.part`;
    try {
      this.#acquire(lock);
      try {
        const changed = change(this.read());
        this.#keepDamaged();
        writeFileSync(part, `${JSON.stringify(changed, null, 1)}\n`);
        renameSync(part, this.path);
        return changed;
      } finally {
        rmSync(lock, { force: true });
      }
    } catch (error) {
      rmSync(part, { force: true });
      throw error instanceof DataError ? error : this.#problem('write', error);
    }
  }

  #acquire(lock: string): void {
    for (let waited = 0; ; waited += pause) {
      try {
        closeSync(openSync(lock, 'wx'));
        return;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        if (waited >= patience && isOld(lock)) rmSync(lock, { force: true });
        sleep(pause);
      }
    }
  }

  /** A file that is no JSON is moved aside, not overwritten: someone may want to mend it. */
  #keepDamaged(): void {
    try {
      JSON.parse(readFileSync(this.path, 'utf8'));
    } catch (error) {
      if (error instanceof SyntaxError) renameSync(this.path, `${this.path}.damaged`);
      else if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  #problem(action: string, cause: unknown): DataError {
    return new DataError(
      `cannot ${action} ${this.path} (${codeOf(cause)})`,
      'Set GRADLAB_PROGRESS to a folder that you may write to.',
      { cause },
    );
  }
}

function isOld(lock: string): boolean {
  try {
    return Date.now() - statSync(lock).mtimeMs > patience;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}
