// In: files of every format, cut off and changed at random. Out: tensors or a DataError, at once, and never more memory than the file.
import { describe, expect, test } from 'vitest';
import { DataError, Generator } from '../../src/index.js';
import { readNpy, readNpz, readSafetensors } from '../../src/io/index.js';
import { bytesOf } from './golden.js';

const seed = 20240517;
const rounds = 1500;

interface Target {
  readonly files: readonly string[];
  read(bytes: Uint8Array): object;
}
const targets: Readonly<Record<string, Target>> = {
  safetensors: {
    files: ['all', 'own', 'none'].map((name) => `${name}.safetensors`),
    read: (bytes) => readSafetensors(bytes).tensors,
  },
  npy: {
    files: ['float32', 'fortran', 'version2', 'version3', 'int64', 'scalar', 'objects', 'record'].map(
      (n) => `${n}.npy`,
    ),
    read: (bytes) => ({ array: readNpy(bytes) }),
  },
  npz: { files: ['stored.npz', 'deflated.npz'], read: (bytes) => readNpz(bytes) },
};

/** Bytes that often stand at borders of lengths, numbers and texts. */
const telling = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22, 0x2d, 0x39, 0x5b, 0x7b];

/** One to four changes: bytes changed, a stretch repeated, taken out, or the end cut off. */
function damage(original: Uint8Array, random: Generator): Uint8Array {
  const below = (n: number): number => Math.floor(random.next() * n);
  let bytes = Uint8Array.from(original);
  for (let changes = 1 + below(4); changes > 0 && bytes.length > 0; changes--) {
    // Headers decide, so half of the changes go there.
    const at = below(random.next() < 0.5 ? Math.min(bytes.length, 200) : bytes.length);
    const length = 1 + below(8);
    switch (below(4)) {
      case 0:
        for (let i = at; i < Math.min(at + length, bytes.length); i++) bytes[i] = telling[below(telling.length)]!;
        break;
      case 1:
        bytes[at] = bytes[at]! ^ (1 << below(8));
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
        break;
      default:
        bytes =
          random.next() < 0.5
            ? bytes.subarray(0, at)
            : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    }
  }
  return bytes;
}

describe(`damaged files (seed ${seed})`, () => {
  for (const [format, { files, read }] of Object.entries(targets)) {
    test(`${format}: ${rounds} of them`, () => {
      const random = new Generator(seed);
      const originals = files.map(bytesOf);
      let refused = 0;
      let slowest = 0;
      const before = process.memoryUsage();
      let most = 0;
      for (let i = 0; i < rounds; i++) {
        const bytes = damage(originals[i % originals.length]!, random);
        const start = performance.now();
        try {
          const tensors: Record<string, { bytes: number }> = { ...read(bytes) };
          const held = Object.values(tensors).reduce((sum, t) => sum + t.bytes, 0);
          // Bytes may widen to int32; deflate may unpack a thousandfold what is really there.
          expect(held, `round ${i}`).toBeLessThanOrEqual(bytes.length * (format === 'npz' ? 4 * 1032 : 4));
        } catch (error) {
          if (!(error instanceof DataError)) throw new Error(`round ${i} of seed ${seed}`, { cause: error });
          refused++;
        }
        slowest = Math.max(slowest, performance.now() - start);
        if (i % 100 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers);
      }
      expect(refused).toBeGreaterThan(rounds / 4);
      expect(refused).toBeLessThan(rounds);
      expect(slowest, 'milliseconds of the slowest').toBeLessThan(1000);
      expect(most, 'bytes held').toBeLessThan(200e6);
    });
    test(`${format}: cut off after every byte`, () => {
      for (const file of files) {
        const bytes = bytesOf(file);
        const step = Math.max(1, Math.floor(bytes.length / 500));
        for (let length = 0; length < bytes.length; length += step)
          expect(() => read(bytes.subarray(0, length)), `${file}, ${length} bytes`).toThrow(DataError);
      }
    });
  }
});
