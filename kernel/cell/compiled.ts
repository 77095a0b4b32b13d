// The path of a large CommonJS file → its exports, compiled from what V8 kept of an earlier process where that fits.
import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'] as const;
const DIGEST_BYTES = 32;

export interface CompiledModule {
  readonly exports: unknown;
  /** Keeps the code that has been compiled so far for processes to come, unless it came from there. Takes some 30 ms. */
  keep(): void;
}

/** `name` is the cache's, and must tell versions of the file apart. */
export function loadCompiled(path: string, name: string): CompiledModule {
  const cache = join(cacheFolder(), `${name}-${process.version}-${process.arch}.bin`);
  const cachedData = readCache(cache);
  const options = { filename: path, ...(cachedData === undefined ? {} : { cachedData }) };
  const script = new Script(functionOf(path), options);
  const module: { exports: unknown } = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  const isKept = cachedData !== undefined && script.cachedDataRejected !== true;
  return { exports: module.exports, keep: () => (isKept ? undefined : writeCache(cache, script.createCachedData())) };
}

/** The file as a function. A text of many megabytes is to be in memory once, so it is read to where it stays. */
function functionOf(path: string): string {
  const opening = `(function (${PARAMETERS.join(', ')}) {`;
  const closing = '\n})';
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.allocUnsafeSlow(opening.length + size + closing.length);
    let at = bytes.write(opening);
    for (let read = 1; read > 0 && at < opening.length + size; at += read) {
      read = readSync(file, bytes, at, opening.length + size - at, null);
    }
    const whole = bytes.subarray(0, at + bytes.write(closing, at));
    return whole.toString(isAscii(whole) ? 'latin1' : 'utf8');
  } finally {
    closeSync(file);
  }
}

/** The code, if it is there and whole: V8 believes what it is given. */
function readCache(path: string): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined; // the first process on this machine, or no right to read: compiling takes its place
  }
  const data = bytes.subarray(DIGEST_BYTES);
  return digest(data).equals(bytes.subarray(0, DIGEST_BYTES)) ? data : undefined;
}

/** Whole or not at all, also while other kernels do the same. @throws Error where the folder cannot be written. */
function writeCache(path: string, data: Buffer): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, Buffer.concat([digest(data), data]), { mode: 0o600 });
  renameSync(temporary, path);
}

function digest(data: Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

function cacheFolder(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'gradlab');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'gradlab');
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'gradlab', 'cache');
  return join(homedir(), '.cache', 'gradlab');
}
