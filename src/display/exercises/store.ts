// In: a change to what a JSON file holds. Out: the file with that change, whole at every moment, also with several writers.
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataError } from '../../errors.js';

/** A lock that is older was left behind by a crash: writes take microseconds. In milliseconds. */
const patience = 2000;
const pause = 10;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

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
      if (isAbsent(error)) return this.#parse(undefined);
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
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      this.#acquire(lock);
      try {
        const changed = change(this.read());
        this.#keepDamaged();
        this.#replace(`${JSON.stringify(changed, null, 1)}\n`);
        return changed;
      } finally {
        rmSync(lock, { force: true });
      }
    } catch (error) {
      throw error instanceof DataError ? error : this.#problem('write', error);
    }
  }

  #replace(text: string): void {
    const part = `${this.path}.${randomUUID()}.part`;
    try {
      writeFileSync(part, text);
      renameSync(part, this.path);
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    }
  }

  #acquire(lock: string): void {
    for (;;) {
      try {
        closeSync(openSync(lock, 'wx'));
        return;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        if (isOld(lock)) rmSync(lock, { force: true });
        else sleep(pause);
      }
    }
  }

  /** A file that is no JSON is moved aside, not overwritten: someone may want to mend it. */
  #keepDamaged(): void {
    try {
      JSON.parse(readFileSync(this.path, 'utf8'));
    } catch (error) {
      if (error instanceof SyntaxError) renameSync(this.path, `${this.path}.damaged`);
      else if (!isAbsent(error)) throw error;
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
    if (isAbsent(error)) return true;
    throw error;
  }
}
