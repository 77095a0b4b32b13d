// .npy and .npz: NumPy's files, ours, and what is refused.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError, manualSeed, randn, type Tensor, zeros } from '../../src/index.js';
import { loadNpy, loadNpz, readNpy, readNpz, saveNpy, saveNpz, writeNpy, writeNpz } from '../../src/io/index.js';
import { bytesOf, expectSame, golden, pathOf, unpack } from './golden.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradlab-npy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("NumPy's arrays", () => {
  for (const [name, { sameBytes, ...wanted }] of Object.entries(golden.npy)) {
    test(`${name} are read${sameBytes ? ', and written with the same bytes' : ''}`, async () => {
      expectSame(readNpy(bytesOf(`${name}.npy`)), wanted);
      expectSame(await loadNpy(pathOf(`${name}.npy`)), wanted);
      if (sameBytes) expect(Buffer.from(writeNpy(unpack(wanted)))).toEqual(Buffer.from(bytesOf(`${name}.npy`)));
    });
  }
  test('go through a file', async () => {
    manualSeed(1);
    const t = randn([3, 4, 5]);
    const path = join(folder, 'sub', 'a.npy');
    await saveNpy(path, t);
    expect((await loadNpy(path)).dataSync()).toEqual(t.dataSync());
  });
});

describe('refused', () => {
  const header = (text: string, data = 0, version = 1): Uint8Array => {
    const length = Buffer.alloc(version === 1 ? 2 : 4);
    if (version === 1) length.writeUInt16LE(text.length);
    else length.writeUInt32LE(text.length);
    return Buffer.concat([
      Buffer.from('\x93NUMPY', 'latin1'),
      Buffer.from([version, 0]),
      length,
      Buffer.from(text),
      Buffer.alloc(data),
    ]);
  };
  const dict = (descr: string, shape: string): string =>
    `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`;
  const cases: [string, Uint8Array, RegExp][] = [
    ['nothing at all', new Uint8Array(0), /not a \.npy file/],
    ['another format', Buffer.from('PK\x03\x04 and so on'), /not a \.npy file/],
    ['a future version', header(dict("'<f4'", '()'), 4, 9), /version 9\.0/],
    ['a header of 4 GiB', header('', 0, 2).fill(0xff, 8, 12), /claims a header of 4294967295 bytes/],
    ['a cut header', bytesOf('float32.npy').subarray(0, 50), /claims a header/],
    [
      'cut data',
      bytesOf('float32.npy').subarray(0, -1),
      /promises float32 \[2, 3, 2\], 48 bytes, but 47 follow.*truncated/,
    ],
    ['trailing bytes', Buffer.concat([bytesOf('float32.npy'), Buffer.alloc(1)]), /longer than its array/],
    [
      'a claim of 10^18 elements',
      header(dict("'<f4'", '(1000000000, 1000000000)'), 4),
      /4000000000000000000 bytes, but 4/,
    ],
    ['a negative length', header(dict("'<f4'", '(-1,)')), /damaged/],
    ['a length beyond all numbers', header(dict("'<f4'", `(${'9'.repeat(400)},)`)), /damaged/],
    ['65 axes', header(dict("'<f4'", `(${'1,'.repeat(65)})`), 4), /damaged/],
    ['a missing key', header("{'descr': '<f4', 'shape': (), }\n", 4), /damaged/],
    ['an unknown key', header("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 'y', }\n", 4), /damaged/],
    ['code', header("{'descr': __import__('os').system('ls'), 'fortran_order': False, 'shape': (), }\n", 4), /damaged/],
    ['no dictionary', header('hello'), /damaged/],
    ['complex numbers', bytesOf('complex.npy'), /'<c16'/],
    ['texts', bytesOf('text.npy'), /'<U2'/],
    ['pickled objects', bytesOf('objects.npy'), /'\|O'/],
    ['records', bytesOf('record.npy'), /an array of records/],
    ['wide integers', bytesOf('too-large-int64.npy'), /element 1 is 2147483648, which int32 cannot hold/],
    ['wide unsigned integers', bytesOf('too-large-uint64.npy'), /element 0 is 4294967296, which uint32 cannot hold/],
  ];
  for (const [name, bytes, message] of cases)
    test(name, async () => {
      expect(() => readNpy(bytes)).toThrow(DataError);
      expect(() => readNpy(bytes)).toThrow(message);
      const path = join(folder, 'refused.npy');
      await writeFile(path, bytes);
      await expect(loadNpy(path)).rejects.toThrow(message);
    });
});

describe('archives', () => {
  const content = (): Record<string, Tensor> => ({ a: randn([30, 20]), 'b/ä': zeros([0, 3]), zero: zeros([500]) });

  for (const name of ['stored', 'deflated'])
    test(`of NumPy, ${name}`, async () => {
      const loaded = await loadNpz(pathOf(`${name}.npz`));
      expect(Object.keys(loaded)).toEqual(Object.keys(golden.npz));
      for (const [key, wanted] of Object.entries(golden.npz)) {
        if (key === 'zeros') expect(loaded[key]?.abs().sum().item()).toBe(0);
        else expectSame(loaded[key], wanted);
      }
    });
  for (const compress of [false, true])
    test(`of ours, ${compress ? 'packed' : 'plain'}`, async () => {
      const tensors = content();
      const path = join(folder, 'a.npz');
      await saveNpz(path, tensors, { compress });
      const loaded = await loadNpz(path);
      expect(Object.keys(loaded)).toEqual(Object.keys(tensors));
      for (const [key, t] of Object.entries(tensors)) {
        expect(loaded[key]?.shape).toEqual(t.shape);
        expect(loaded[key]?.dataSync()).toEqual(t.dataSync());
      }
      expect(Buffer.from(writeNpz(tensors, { compress }))).toEqual(Buffer.from(writeNpz(loaded, { compress })));
    });
  test('a flipped bit is found by the checksum', () => {
    const bytes = writeNpz({ a: zeros([100]) });
    bytes[300]! ^= 1;
    expect(() => readNpz(bytes)).toThrow(/'a\.npy' has the wrong checksum/);
  });
  test('a claim to unpack to gigabytes takes no memory', () => {
    const bytes = Buffer.from(writeNpz({ a: zeros([100]) }, { compress: true }));
    const central = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    bytes.writeUInt32LE(0xf0000000, central + 24);
    expect(() => readNpz(bytes)).toThrow(/claims to hold 4026531840 bytes in \d+, which cannot be/);
  });
  test('members of other kinds, and archives that are none', () => {
    expect(() => readNpz(Buffer.from('not a zip'))).toThrow(/not a ZIP archive/);
    const text = Buffer.from(writeNpz({ a: zeros([1]) }).toString());
    expect(() => readNpz(text)).toThrow(DataError);
    const renamed = Buffer.from(writeNpz({ a: zeros([1]) }));
    for (let at = renamed.indexOf('.npy'); at >= 0; at = renamed.indexOf('.npy')) renamed.write('.txt', at);
    expect(() => readNpz(renamed)).toThrow(/'a\.txt' is not an array/);
  });
});
