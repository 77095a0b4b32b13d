// In: addresses and a checksum. Out: the file's bytes, from the cache or from the first mirror that gives the right ones.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.js';
import { cacheFolder, readIfThere, sha256, writeWhole } from './cache.js';

/** A file that can be downloaded. */
export interface Resource {
  /** Path below the cache folder, such as `mnist/train-labels-idx1-ubyte.gz`. */
  readonly name: string;
  /** Length in bytes. */
  readonly bytes: number;
  /** SHA-256 of the content, in hexadecimal. */
  readonly sha256: string;
  /** Addresses, tried in this order. */
  readonly urls: readonly string[];
}

/** How far a download is. */
export interface Progress {
  /** The resource's name. */
  readonly name: string;
  /** Bytes here so far, and in all. */
  readonly received: number;
  readonly total: number;
}

/** Options of `download`. */
export interface DownloadOptions {
  /** Folder for downloads. Default: `$GRADLAB_CACHE`, else `gradlab` in the platform's folder for caches. */
  cache?: string;
  /** Milliseconds without a byte after which a mirror is given up. Default 10,000. */
  timeout?: number;
  /** Called for each piece that arrives. */
  onProgress?: (progress: Progress) => void;
}

const inCache = (resource: Resource, cache = cacheFolder()): string => join(cache, ...resource.name.split('/'));

/** The resource's bytes from the cache; null where they are missing. A damaged file there counts as missing and is removed. */
export async function cached(resource: Resource, options: DownloadOptions = {}): Promise<Uint8Array | null> {
  const path = inCache(resource, options.cache);
  const bytes = await readIfThere(path);
  if (!bytes || sha256(bytes) === resource.sha256) return bytes;
  await rm(path, { force: true });
  return null;
}

/** What is wrong with one mirror's answer. */
class MirrorError extends Error {}

/** One mirror's answer. Throws a MirrorError unless it is the right one. */
async function transfer(url: string, resource: Resource, options: DownloadOptions): Promise<Uint8Array> {
  const { timeout = 10_000, onProgress } = options;
  const stop = new AbortController();
  const giveUp = (): void => stop.abort();
  let timer = setTimeout(giveUp, timeout);
  const out = new Uint8Array(resource.bytes);
  let received = 0;
  try {
    const response = await fetch(url, { signal: stop.signal, redirect: 'follow' });
    if (!response.ok || !response.body)
      throw new MirrorError(`${url} answered ${response.status} ${response.statusText}`.trimEnd());
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, timeout);
      if (received + chunk.length > out.length)
        throw new MirrorError(`${url} sends more than the ${out.length} bytes that were expected`);
      out.set(chunk, received);
      received += chunk.length;
      onProgress?.({ name: resource.name, received, total: out.length });
    }
  } catch (cause) {
    if (cause instanceof MirrorError) throw cause;
    if (stop.signal.aborted)
      throw new MirrorError(`${url} sent nothing for ${timeout / 1000} s, after ${received} of ${out.length} bytes`, {
        cause,
      });
    throw new MirrorError(`${url}: ${reasonOf(cause)} after ${received} of ${out.length} bytes`, { cause });
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  if (received < out.length) throw new MirrorError(`${url} ended after ${received} of ${out.length} bytes`);
  const found = sha256(out);
  if (found !== resource.sha256) throw new MirrorError(`${url} has the SHA-256 ${found}, expected ${resource.sha256}`);
  return out;
}

/** The innermost message: fetch itself says only "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.message;
}

/**
 * The resource's bytes, from the cache or else from its mirrors, checked by length and SHA-256 and then cached.
 * @throws DataError when no mirror gives the right bytes: it lists what each answered, and where the file may be put by hand.
 */
export async function download(resource: Resource, options: DownloadOptions = {}): Promise<Uint8Array> {
  const kept = await cached(resource, options);
  if (kept) return kept;
  const failures: Error[] = [];
  for (const url of resource.urls) {
    try {
      const bytes = await transfer(url, resource, options);
      await writeWhole(inCache(resource, options.cache), bytes);
      return bytes;
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      failures.push(error);
    }
  }
  const found = failures.map((failure) => failure.message).join('; ');
  throw new DataError(
    `download of ${resource.name} failed: ${found || 'no address is known'}`,
    `Check the network and try again, or put the file with SHA-256 ${resource.sha256} at ${inCache(resource, options.cache)}`,
    { cause: new AggregateError(failures) },
  );
}
