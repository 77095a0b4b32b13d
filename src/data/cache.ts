// In: a file's name and checksum. Out: where the cache keeps it, and its bytes if they are the right ones.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataError } from '../errors.js';

function platformCache(): string {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
}

/** Where downloads are kept: `$GRADLAB_CACHE`, else `gradlab` in the platform's folder for caches. */
export const cacheFolder = (): string => process.env.GRADLAB_CACHE || join(platformCache(), 'gradlab');

/** SHA-256 in hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** The file's bytes; null where there is no such file. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (isMissing(cause)) return null;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`cannot read ${path} (${reason})`, 'Check that it is a file that you may read.', { cause });
  }
}

/** Writes a file so that others see all of it or nothing. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(part, bytes);
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`cannot write ${path} (${reason})`, 'Set GRADLAB_CACHE to a folder that you may write to.', {
      cause,
    });
  }
}
