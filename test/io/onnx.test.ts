// ONNX files: that they are the ones which onnxruntime has run, that our answers are its answers, and what is refused.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manualSeed, noGrad, ShapeError, type Tensor, ValueError, zeros } from '../../src/index.js';
import { saveOnnx, writeNpy, writeOnnx } from '../../src/io/index.js';
import * as nn from '../../src/nn/index.js';
import { cases } from './onnx-models.js';

interface Answer {
  readonly sha256: string;
  readonly input: readonly (number | string)[];
  readonly output: readonly (number | string)[];
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const answers = JSON.parse(readFileSync(new URL('../golden/onnx.json', import.meta.url), 'utf8')) as Record<
  string,
  Answer
>;

/** With GRADLAB_ONNX_OUTPUT set, files go there, for test/golden/make-onnx.py to run. */
const folder = process.env.GRADLAB_ONNX_OUTPUT;

describe('every layer', () => {
  test('has been run by onnxruntime', () => {
    expect(Object.keys(answers).sort()).toEqual(Object.keys(cases).sort());
  });
  for (const [name, { model, input }] of Object.entries(cases))
    test(`${name}: the file is the one that was run, and we answer the same`, () => {
      const bytes = writeOnnx(model, input);
      if (folder) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, `${name}.onnx`), bytes);
        writeFileSync(join(folder, `${name}.npy`), writeNpy(input));
      }
      const answer = answers[name];
      expect(createHash('sha256').update(bytes).digest('hex'), 'run test/golden/make-onnx.py again').toBe(
        answer?.sha256,
      );
      const ours = noGrad(() => model.eval().forward(input));
      expect(ours.shape).toEqual(answer?.shape);
      // Sums of a few hundred products in float32, in another order.
      ours.dataSync().forEach((v, i) => {
        expect(Math.abs(v - answer!.values[i]!)).toBeLessThan(2e-5 * Math.max(1, Math.abs(v)));
      });
    });
});

describe('the export', () => {
  test('leaves the batch open, or fixes it', () => {
    expect(answers.mlp).toMatchObject({ input: ['batch', 3, 4], output: ['batch', 3] });
    expect(answers.words).toMatchObject({ input: ['batch', 3], output: ['unknown', 5] });
    const fixed = Buffer.from(
      writeOnnx(nn.linear(3, 2), [2, 3], { dynamicBatch: false, inputName: 'x', outputName: 'y' }),
    );
    expect(fixed.includes('batch')).toBe(false);
  });
  test('does not change modes, values or random numbers', () => {
    manualSeed(1);
    const model = nn.sequential(nn.linear(3, 3), nn.dropout(0.5), nn.batchNorm1d(3));
    model.layers[1]!.eval();
    const before = model.stateDict();
    writeOnnx(model, [4, 3]);
    expect(model.modules().map((module) => module.training)).toEqual([true, true, false, true]);
    for (const [name, value] of Object.entries(model.stateDict()))
      expect(value.toArray()).toEqual(before[name]?.toArray());
  });
  test('goes to a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gradlab-onnx-'));
    const model = nn.linear(3, 2);
    await saveOnnx(join(folder, 'm.onnx'), model, [1, 3]);
    expect(await readFile(join(folder, 'm.onnx'))).toEqual(Buffer.from(writeOnnx(model, [1, 3])));
    await rm(folder, { recursive: true });
  });
  test('is only of the weights, once each, and a few bytes more', () => {
    const shared = nn.linear(50, 50);
    const bytes = writeOnnx(nn.sequential(shared, nn.relu(), shared), [1, 50]);
    expect(bytes.length).toBeGreaterThan(4 * 2550);
    expect(bytes.length).toBeLessThan(4 * 2550 + 600);
  });
});

describe('refused', () => {
  class Own extends nn.Module {
    inner = nn.linear(2, 2);
    forward(x: Tensor): Tensor {
      return this.inner.forward(x).sin();
    }
  }
  class Louder extends nn.Linear {
    override forward(x: Tensor): Tensor {
      return super.forward(x).mul(2);
    }
  }
  class Named extends nn.Linear {}
  test('classes with a forward of their own, functions, recurrent layers', () => {
    expect(() => writeOnnx(new Own(), [1, 2])).toThrow(
      /the model is a Own, which has no ONNX form.*Sequential, Linear/s,
    );
    expect(() => writeOnnx(nn.sequential(nn.relu(), new Louder(2, 2)), [1, 2])).toThrow(/layer 1 is a Louder/);
    expect(() =>
      writeOnnx(
        nn.lambda((x) => x.sin()),
        [1, 2],
      ),
    ).toThrow(ValueError);
    expect(writeOnnx(new Named(2, 2), [1, 2]).length).toBeGreaterThan(40);
  });
  test('inputs that do not fit', () => {
    expect(() => writeOnnx(nn.linear(3, 2), [1, 4])).toThrow(ShapeError);
    expect(() => writeOnnx(nn.relu(), [])).toThrow(/first axis is the batch/);
    expect(() => writeOnnx(nn.maxPool2d(2), [4, 4])).toThrow(/\[batch, channels, …spatial\]/);
    expect(() => writeOnnx(nn.embedding(3, 2), [1, 4])).toThrow(/indices are float32/);
  });
  test('what ONNX has no words for', () => {
    expect(() => writeOnnx(nn.adaptiveAvgPool1d(3), zeros([1, 2, 7]))).toThrow(/from \[7\] to \[3\]/);
    expect(() => writeOnnx(nn.batchNorm1d(3, { trackRunningStats: false }), [2, 3])).toThrow(
      /without running statistics/,
    );
  });
  test('nothing of it leaves the model in another mode', () => {
    const model = nn.sequential(nn.dropout(), new Own());
    expect(() => writeOnnx(model, [1, 2])).toThrow(ValueError);
    expect(model.modules().every((module) => module.training)).toBe(true);
  });
});
