// In: a path, and bytes to write. Out: files read whole or in part, and files that a crash leaves old or new, never half.
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DataError, GradlabError } from '../errors.js';

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
/** One read or write takes at most so many bytes: the system's calls count in 32 bits. */
const piece = 2 ** 30;

/** Opens a file to read. @throws DataError where that fails. */
export async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new DataError(`cannot read ${path} (${reasonOf(cause)})`, 'Check that it is a file that you may read.', {
      cause,
    });
  }
}

/** Fills `out` from byte `position` of the file. @throws DataError where the file ends before. */
export async function readFully(file: FileHandle, path: string, out: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < out.length) {
    const length = Math.min(out.length - done, piece);
    const { bytesRead } = await file.read(out, done, length, position + done).catch((cause: unknown) => {
      throw new DataError(`cannot read ${path} (${reasonOf(cause)})`, 'Check that it is a file that you may read.', {
        cause,
      });
    });
    if (bytesRead === 0)
      throw new DataError(
        `${path} ended after ${position + done} bytes while it was read`,
        'Something shortens the file meanwhile; read it again when that is done.',
      );
    done += bytesRead;
  }
}

/** All bytes of a file. @throws DataError where it cannot be read. */
export async function readWhole(path: string): Promise<Uint8Array> {
  const file = await openToRead(path);
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    await readFully(file, path, bytes, 0);
    return bytes;
  } finally {
    await file.close();
  }
}

/** Makes a rename last through a power cut, where the system lets a folder be opened for that. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file: to a temporary one beside it, which is forced to the disk and then takes the name. Whatever happens, the
 * path holds all of the old content or all of the new.
 * @param pieces what the file will hold, in order; what making them throws is passed on.
 * @throws DataError where it cannot be written; the old content is still there then.
 */
export async function writeDurably(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const folder = dirname(resolve(path));
  const part = `${resolve(path)}.${randomUUID()}.part`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(part, 'wx');
    try {
      for (const bytes of pieces) {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, piece));
          done += bytesWritten;
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    if (cause instanceof GradlabError) throw cause;
    throw new DataError(
      `cannot write ${path} (${reasonOf(cause)})`,
      'Check that the folder may be written to and that the disk has room.',
      { cause },
    );
  }
}
