// In: a folder, a mirror, a cache or nothing. Out: whether mnist() takes what can be had, says so, and refuses damaged files.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type MnistOptions, mnist } from '../../src/data/index.js';
import { DataError, IndexError, ValueError } from '../../src/index.js';
import { type LocalServer, nowhere, serve } from './server.js';

const names = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;
const header = (...lengths: number[]): Buffer => {
  const out = Buffer.alloc(4 + 4 * lengths.length);
  out[2] = 8;
  out[3] = lengths.length;
  lengths.forEach((length, axis) => {
    out.writeUInt32BE(length, 4 + 4 * axis);
  });
  return out;
};
const images = (n: number): Buffer => Buffer.concat([header(n, 28, 28), Buffer.alloc(n * 784, 51)]);
const labels = (...values: number[]): Buffer => Buffer.concat([header(values.length), Buffer.from(values)]);

let folder: string;
let server: LocalServer | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradlab-mnist-'));
  vi.stubEnv('GRADLAB_DATA', '');
  vi.stubEnv('GRADLAB_OFFLINE', '');
  vi.stubEnv('GRADLAB_CACHE', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

/** Puts a set of 3 training and 2 test pictures into the folder; a file may be replaced, or left out by null. */
async function put(at: string, changed: Partial<Record<(typeof names)[number], Buffer | null>> = {}): Promise<void> {
  const files: Record<string, Buffer | null> = {
    'train-images-idx3-ubyte': images(3),
    'train-labels-idx1-ubyte': labels(5, 0, 9),
    't10k-images-idx3-ubyte': images(2),
    't10k-labels-idx1-ubyte': labels(1, 2),
    ...changed,
  };
  await mkdir(at, { recursive: true });
  for (const [name, bytes] of Object.entries(files))
    if (bytes) await writeFile(join(at, `${name}.gz`), gzipSync(bytes));
}

describe('mnist() with GRADLAB_DATA', () => {
  it('reads the four files from its folder mnist', async () => {
    await put(join(folder, 'mnist'));
    vi.stubEnv('GRADLAB_DATA', folder);
    const { train, test, source, description } = await mnist();
    expect(source).toBe('GRADLAB_DATA');
    expect(description).toBe('MNIST from the folder GRADLAB_DATA: 3 digits to train on, 2 to test on.');
    expect(train.images.shape).toEqual([3, 1, 28, 28]);
    expect([...new Set(train.images.dataSync())]).toEqual([Math.fround(0.2)]);
    expect([train.labels.toArray(), test.labels.toArray()]).toEqual([
      [5, 0, 9],
      [1, 2],
    ]);
    expect((await mnist({ source: 'files', train: 2 })).train.labels.toArray()).toEqual([5, 0]);
  });

  it('reads them from the folder itself, and plain as well as gzipped', async () => {
    await put(folder, { 'train-labels-idx1-ubyte': null });
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels(7, 8, 9));
    vi.stubEnv('GRADLAB_DATA', folder);
    expect((await mnist()).train.labels.toArray()).toEqual([7, 8, 9]);
  });

  it('does not go on with other digits when its files are damaged, incomplete or mixed up', async () => {
    vi.stubEnv('GRADLAB_DATA', folder);
    const refused = async (
      changed: Parameters<typeof put>[1],
      kind: typeof DataError | typeof IndexError,
      message: RegExp,
    ): Promise<void> => {
      await rm(folder, { recursive: true });
      await put(folder, changed);
      const error: unknown = await mnist().catch((reason) => reason);
      expect(error).toBeInstanceOf(kind);
      expect(String(error)).toMatch(message);
    };
    await refused(
      { 'train-images-idx3-ubyte': images(3).subarray(0, 2000) },
      DataError,
      /MNIST training images: the header promises \[3, 28, 28\]/,
    );
    await refused({ 't10k-labels-idx1-ubyte': null }, DataError, /lacks t10k-labels-idx1-ubyte/);
    await refused(
      { 't10k-images-idx3-ubyte': labels(1, 2), 't10k-labels-idx1-ubyte': images(2) },
      DataError,
      /files were not exchanged/,
    );
    await refused(
      { 'train-labels-idx1-ubyte': labels(1, 2) },
      DataError,
      /images \[3, 28, 28\] and labels \[2\] do not belong together/,
    );
    await refused(
      { 'train-labels-idx1-ubyte': labels(1, 2, 10) },
      IndexError,
      /label 10 at position 2, but there are 10 classes/,
    );
  });
});

describe('mnist() from the network', () => {
  it('gives drawn digits where no mirror answers, and keeps the reason', async () => {
    const { source, description, failure, train, test } = await mnist({
      train: 20,
      test: 10,
      mirrors: [await nowhere()],
    });
    expect(source).toBe('rendered');
    expect(description).toBe(
      'Digits drawn from seed 0: 20 to train on, 10 to test on. MNIST is not here and could not be downloaded.',
    );
    expect(failure?.message).toMatch(/download of mnist\/train-images-idx3-ubyte\.gz failed: .*ECONNREFUSED/);
    expect([train.length, test.length]).toEqual([20, 10]);
  });

  it('fails where MNIST itself was asked for', async () => {
    await expect(mnist({ source: 'download', mirrors: [await nowhere()] })).rejects.toThrow(DataError);
    await expect(mnist({ source: 'files' })).rejects.toThrow(
      /GRADLAB_DATA is not set.*Set GRADLAB_DATA to the folder/s,
    );
    vi.stubEnv('GRADLAB_DATA', folder);
    await expect(mnist({ source: 'files' })).rejects.toThrow(/holds no MNIST/);
  });

  it('accepts only MNIST’s own files', async () => {
    server = await serve((_, response) => response.end(gzipSync(images(3))));
    await expect(mnist({ source: 'download', mirrors: [`${server.url}/mnist/`] })).rejects.toThrow(
      /ended after \d+ of 9912422 bytes/,
    );
    expect(server.asked).toEqual(['/mnist/train-images-idx3-ubyte.gz']);
  });

  it('stays off it when told to', async () => {
    vi.stubEnv('GRADLAB_OFFLINE', '1');
    server = await serve((_, response) => response.end());
    const { source, description } = await mnist({ train: 10, test: 10, mirrors: [server.url] });
    expect(source).toBe('rendered');
    expect(description).toContain('GRADLAB_OFFLINE');
    expect(server.asked).toEqual([]);
  });
});

describe('mnist() from a seed', () => {
  it('draws the same digits again, and tests on others than it trains on', async () => {
    const options: MnistOptions = { source: 'rendered', seed: 3, train: 50, test: 50 };
    const [one, two] = [await mnist(options), await mnist(options)];
    expect(one.train.images.dataSync()).toEqual(two.train.images.dataSync());
    expect(one.train.images.dataSync()).not.toEqual(one.test.images.dataSync());
    expect((await mnist({ ...options, seed: 4 })).train.images.dataSync()).not.toEqual(one.train.images.dataSync());
    expect(one.description).toBe('Digits drawn from seed 3: 50 to train on, 50 to test on.');
  });

  it('refuses numbers of examples that make no sense', async () => {
    await expect(mnist({ train: 0 })).rejects.toThrow(ValueError);
    await expect(mnist({ test: 1.5 })).rejects.toThrow(/test 1.5/);
  });
});
