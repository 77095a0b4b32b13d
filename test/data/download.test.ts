// In: mirrors that are right, wrong, slow, cut off or gone. Out: whether the right bytes come, are kept, and failures say what to do.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder, download, type Progress, type Resource } from '../../src/data/index.js';
import { DataError } from '../../src/index.js';
import { type LocalServer, nowhere, serve } from './server.js';

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const sha256 = createHash('sha256').update(content).digest('hex');
const file = (...urls: string[]): Resource => ({ name: 'set/file.bin', bytes: content.length, sha256, urls });

let cache: string;
let servers: LocalServer[];
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'gradlab-cache-'));
  servers = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.map((server) => server.close()));
  await rm(cache, { recursive: true });
});

async function server(answer: (response: ServerResponse) => void): Promise<LocalServer> {
  const started = await serve((_, response) => answer(response));
  servers.push(started);
  return started;
}
const right = (response: ServerResponse): void => void response.end(content);

describe('a download', () => {
  it('gives the bytes, reports how far it is, and is kept in the cache as a whole', async () => {
    const mirror = await server(right);
    const seen: Progress[] = [];
    const bytes = await download(file(mirror.url), { cache, onProgress: (progress) => seen.push(progress) });
    expect(Buffer.compare(bytes, content)).toBe(0);
    expect(seen.at(-1)).toEqual({ name: 'set/file.bin', received: content.length, total: content.length });
    expect(seen.every(({ received }, i) => received > (seen[i - 1]?.received ?? 0))).toBe(true);
    expect(await readdir(join(cache, 'set'))).toEqual(['file.bin']);
    expect(Buffer.compare(await readFile(join(cache, 'set', 'file.bin')), content)).toBe(0);
  });

  it('happens once: the second time the file comes from the cache', async () => {
    const mirror = await server(right);
    await download(file(mirror.url), { cache });
    await download(file(mirror.url), { cache });
    await download(file(await nowhere()), { cache });
    expect(mirror.asked).toHaveLength(1);
  });

  it('replaces a cached file that was damaged', async () => {
    const mirror = await server(right);
    await download(file(mirror.url), { cache });
    await writeFile(join(cache, 'set', 'file.bin'), content.subarray(1));
    expect(Buffer.compare(await download(file(mirror.url), { cache }), content)).toBe(0);
    expect(Buffer.compare(await readFile(join(cache, 'set', 'file.bin')), content)).toBe(0);
    expect(mirror.asked).toHaveLength(2);
  });

  it('is not disturbed by another one of the same file', async () => {
    const mirror = await server(right);
    const both = await Promise.all([download(file(mirror.url), { cache }), download(file(mirror.url), { cache })]);
    for (const bytes of both) expect(Buffer.compare(bytes, content)).toBe(0);
    expect(await readdir(join(cache, 'set'))).toEqual(['file.bin']);
  });

  it('goes on to the next mirror when one fails', async () => {
    const gone = await server((response) => response.writeHead(404).end());
    const wrong = await server((response) => response.end(content.map((byte) => byte ^ 1)));
    const good = await server(right);
    const bytes = await download(file(await nowhere(), gone.url, wrong.url, good.url), { cache });
    expect(Buffer.compare(bytes, content)).toBe(0);
  });

  it('follows a mirror that points elsewhere', async () => {
    const good = await server(right);
    const pointing = await server((response) => response.writeHead(302, { location: good.url }).end());
    expect(Buffer.compare(await download(file(pointing.url), { cache }), content)).toBe(0);
  });
});

describe('a download that fails', () => {
  async function failure(resource: Resource, timeout?: number): Promise<DataError> {
    const error: unknown = await download(resource, { cache, ...(timeout !== undefined && { timeout }) }).catch(
      (reason) => reason,
    );
    if (!(error instanceof DataError)) throw new Error(`no DataError but ${String(error)}`);
    expect(error.cure).toContain(`put the file with SHA-256 ${sha256} at ${join(cache, 'set', 'file.bin')}`);
    expect(await readdir(cache)).toEqual([]);
    return error;
  }

  it('for its checksum names both sums', async () => {
    const bad = content.map((byte) => byte ^ 1);
    const mirror = await server((response) => response.end(bad));
    const found = createHash('sha256').update(bad).digest('hex');
    expect((await failure(file(mirror.url))).message).toContain(
      `${mirror.url} has the SHA-256 ${found}, expected ${sha256}`,
    );
  });

  it('because the transfer broke off says where', async () => {
    const mirror = await server((response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000), () => setTimeout(() => response.destroy(), 50));
    });
    expect((await failure(file(mirror.url))).message).toMatch(/: .+ after 1000 of 300000 bytes/);
  });

  it('because the file is shorter or longer than it should be says so', async () => {
    const short = await server((response) => response.end(content.subarray(0, 1000)));
    expect((await failure(file(short.url))).message).toContain('ended after 1000 of 300000 bytes');
    const long = await server((response) => response.end(Buffer.concat([content, content])));
    expect((await failure(file(long.url))).message).toContain('sends more than the 300000 bytes that were expected');
  });

  it('because the mirror is silent says for how long, without waiting longer', async () => {
    const mute = await server(() => {});
    expect((await failure(file(mute.url), 200)).message).toContain('sent nothing for 0.2 s, after 0 of 300000 bytes');
    const stuck = await server((response) => response.writeHead(200).write(content.subarray(0, 500)));
    expect((await failure(file(stuck.url), 200)).message).toContain(
      'sent nothing for 0.2 s, after 500 of 300000 bytes',
    );
  });

  it('because nobody answers names every mirror and the reason', async () => {
    const [one, two] = [await nowhere(), await nowhere()];
    const { message } = await failure(file(one, two));
    expect(message).toContain(`${one}: ECONNREFUSED`);
    expect(message).toContain(`${two}: ECONNREFUSED`);
  });

  it('by the mirror’s own word repeats it', async () => {
    const gone = await server((response) => response.writeHead(404).end());
    expect((await failure(file(gone.url))).message).toContain(`${gone.url} answered 404 Not Found`);
  });

  it('because the cache cannot be written to says how to choose another', async () => {
    const mirror = await server(right);
    await writeFile(join(cache, 'set'), 'a file where the folder should be');
    await expect(download(file(mirror.url), { cache })).rejects.toThrow(
      /cannot (read|write) .*(GRADLAB_CACHE|may read)/s,
    );
  });
});

describe('slow mirrors', () => {
  it('are waited for as long as bytes keep coming', async () => {
    const mirror = await server((response) => {
      let at = 0;
      const more = setInterval(() => {
        response.write(content.subarray(at, at + 50_000));
        at += 50_000;
        if (at < content.length) return;
        clearInterval(more);
        response.end();
      }, 80);
    });
    expect(Buffer.compare(await download(file(mirror.url), { cache, timeout: 300 }), content)).toBe(0);
  });
});

describe('the cache folder', () => {
  it('is the one that GRADLAB_CACHE names, and otherwise one for gradlab alone', () => {
    vi.stubEnv('GRADLAB_CACHE', join(cache, 'mine'));
    expect(cacheFolder()).toBe(join(cache, 'mine'));
    vi.stubEnv('GRADLAB_CACHE', '');
    expect(cacheFolder()).toMatch(/gradlab$/);
  });
});
