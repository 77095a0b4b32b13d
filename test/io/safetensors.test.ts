// safetensors: files of Python's library, files of ours, state dictionaries, and what is refused.
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError, manualSeed, randn, type Tensor, tensor, ValueError, zeros } from '../../src/index.js';
import {
  loadSafetensors,
  openSafetensors,
  readSafetensors,
  saveSafetensors,
  writeSafetensors,
} from '../../src/io/index.js';
import * as nn from '../../src/nn/index.js';
import { adam } from '../../src/optim/index.js';
import { bytesOf, expectSame, golden, pathOf, unpack } from './golden.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradlab-io-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file of the given header and so many bytes of data. */
function file(header: unknown, data = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, Buffer.alloc(data)]);
}
const entry = (dtype: string, shape: unknown, from: number, to: number): object => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe("Python's files", () => {
  for (const [name, { tensors, metadata, sameBytes }] of Object.entries(golden.safetensors)) {
    test(`${name}: every tensor and the metadata`, async () => {
      const read = readSafetensors(bytesOf(`${name}.safetensors`));
      expect(read.metadata).toEqual(metadata);
      expect(Object.keys(read.tensors).sort()).toEqual(Object.keys(tensors).sort());
      const loaded = await loadSafetensors(pathOf(`${name}.safetensors`));
      for (const [key, wanted] of Object.entries(tensors)) {
        expectSame(read.tensors[key], wanted);
        expectSame(loaded[key], wanted);
      }
    });
    if (sameBytes)
      test(`${name}: ours has the same bytes`, () => {
        const ours = Object.fromEntries(Object.entries(tensors).map(([key, packed]) => [key, unpack(packed)]));
        expect(Buffer.from(writeSafetensors(ours, { metadata }))).toEqual(Buffer.from(bytesOf(`${name}.safetensors`)));
      });
  }
});

describe('state dictionaries', () => {
  test('of a trained model come back to the same bits, running statistics included', async () => {
    const make = (): nn.Sequential =>
      nn.sequential(nn.conv2d(1, 4, 3), nn.batchNorm2d(4), nn.relu(), nn.flatten(), nn.linear(144, 3));
    manualSeed(3);
    const model = make();
    const optimizer = adam(model.parameters());
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad();
      model
        .forward(randn([4, 1, 8, 8]))
        .square()
        .mean()
        .backward();
      optimizer.step();
    }
    const path = join(folder, 'deep', 'model.safetensors');
    await saveSafetensors(path, model.stateDict(), { metadata: { made: 'here' } });
    const other = make();
    other.loadStateDict(await loadSafetensors(path));
    const x = randn([2, 1, 8, 8]);
    expect(other.eval().forward(x).dataSync()).toEqual(model.eval().forward(x).dataSync());
    expect(other.stateDict()['1.runningMean']?.toArray()).toEqual(model.stateDict()['1.runningMean']?.toArray());
    expect(await readdir(join(folder, 'deep'))).toEqual(['model.safetensors']);
  });

  test('keep the values that they had when saving began', async () => {
    const model = nn.linear(300, 300);
    const optimizer = adam(model.parameters(), { lr: 1 });
    const before = model.weight.dataSync();
    const path = join(folder, 'moving.safetensors');
    const saving = saveSafetensors(path, { weight: model.weight });
    for (let i = 0; i < 4; i++) {
      optimizer.zeroGrad();
      model
        .forward(zeros([1, 300]).add(1))
        .sum()
        .backward();
      optimizer.step();
    }
    await saving;
    const loaded = (await loadSafetensors(path)).weight?.dataSync() ?? new Uint8Array();
    expect(Buffer.compare(Buffer.from(loaded.buffer), Buffer.from(before.buffer))).toBe(0);
  });

  test('take names that JavaScript treats specially', () => {
    const state: Record<string, Tensor> = Object.fromEntries(
      ['__proto__', 'constructor', '7', '', 'a.b', '\u2028"\\'].map((name, i) => [name, tensor([i])]),
    );
    const { tensors } = readSafetensors(writeSafetensors(state));
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(state).sort());
    for (const [name, value] of Object.entries(state)) expect(tensors[name]?.toArray()).toEqual(value.toArray());
  });
});

describe('an open file', () => {
  test('has its header at once and reads tensors one by one', async () => {
    const opened = await openSafetensors(pathOf('all.safetensors'));
    const wanted = golden.safetensors.all!;
    expect(opened.metadata).toEqual(wanted.metadata);
    expect([...opened.names].sort()).toEqual(Object.keys(wanted.tensors).sort());
    expect(opened.entries.find(({ name }) => name === 'float16')).toMatchObject({ dtype: 'F16', shape: [3, 4] });
    expectSame(await opened.tensor('int16'), wanted.tensors.int16!);
    await expect(opened.tensor('nothing')).rejects.toThrow(DataError);
    await opened.close();
  });

  test('that shrinks meanwhile is noticed', async () => {
    const path = join(folder, 'shrinks.safetensors');
    await saveSafetensors(path, { a: zeros([100]) });
    const opened = await openSafetensors(path);
    await truncate(path, 200);
    await expect(opened.tensor('a')).rejects.toThrow(/ended after 200 bytes/);
    await opened.close();
  });
});

describe('refused', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ['nothing at all', new Uint8Array(0), /too short/],
    ['a text', Buffer.from('hello, world, this is no tensor'), /claims a header of \d+ bytes in a file of 31/],
    ['a header longer than the file', file('{}').subarray(0, 9), /claims a header of 2 bytes in a file of 9/],
    ['a header of 2^63 bytes', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x80, 0x7b, 0x7d]), /9223372036854775808/],
    ['a header that is no JSON', file('{"a":'), /damaged safetensors header/],
    [
      'a header that is no UTF-8',
      Buffer.concat([file('{"a": 1}').subarray(0, 10), Buffer.from([0xff, 0x22, 0x3a, 0x31, 0x7d, 0x20])]),
      /damaged/,
    ],
    ['an array', file('[]'), /not a JSON object/],
    ['a number for a tensor', file({ a: 1 }), /tensor "a" is described by 1/],
    ['a negative length', file({ a: entry('F32', [-1], 0, 0) }), /shape \[-1\]/],
    ['a fraction', file({ a: entry('F32', [1.5], 0, 6) }, 6), /shape \[1.5\]/],
    ['too many axes', file({ a: entry('F32', new Array(65).fill(1), 0, 4) }, 4), /shape/],
    [
      'a claim of 2^60 elements',
      file({ a: entry('F32', [2 ** 30, 2 ** 30], 0, 4) }, 4),
      /takes 4611686018427388000 bytes/,
    ],
    [
      'a claim that fits its offsets only',
      file({ a: entry('F32', [2 ** 40], 0, 2 ** 42) }, 4),
      /describes 4398046511104 bytes of data, but there are 4/,
    ],
    [
      'an overlap',
      file({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 0, 4) }, 4),
      /starts at byte 0 of the data, expected 4/,
    ],
    ['a gap', file({ a: entry('U8', [1], 1, 2) }, 2), /starts at byte 1 of the data, expected 0/],
    ['trailing bytes', file({ a: entry('U8', [1], 0, 1) }, 2), /describes 1 bytes of data, but there are 2/],
    ['an unknown element type', file({ a: entry('F8_E4M3', [1], 0, 1) }, 1), /element type "F8_E4M3".*BF16/s],
    ['metadata that are not texts', file({ __metadata__: { a: 1 } }), /metadata "a" is 1/],
    [
      'a wide integer',
      Buffer.concat([file({ a: entry('I64', [1], 0, 8) }), Buffer.alloc(8, 0x7f)]),
      /element 0 is 9187201950435737471/,
    ],
  ];
  for (const [name, bytes, message] of cases)
    test(name, async () => {
      expect(() => readSafetensors(bytes)).toThrow(DataError);
      expect(() => readSafetensors(bytes)).toThrow(message);
      const path = join(folder, 'refused.safetensors');
      await writeFile(path, bytes);
      await expect(loadSafetensors(path)).rejects.toThrow(message);
    });

  test('a missing file, and a folder', async () => {
    await expect(loadSafetensors(join(folder, 'missing'))).rejects.toThrow(/cannot read .*missing/);
    await expect(loadSafetensors(folder)).rejects.toThrow(DataError);
  });
  test('a tensor with the name of the metadata, and metadata that are not texts', () => {
    expect(() => writeSafetensors({ __metadata__: zeros([1]) })).toThrow(ValueError);
    const metadata = JSON.parse('{"epoch": 3}') as Record<string, string>;
    expect(() => writeSafetensors({}, { metadata })).toThrow(/'epoch' is number/);
  });
  test('a path that cannot be written leaves no part behind', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(saveSafetensors(join(folder, 'file', 'x'), {})).rejects.toThrow(/cannot write/);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
