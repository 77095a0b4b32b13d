// Checkpoints: going on to the same bits in another process, crashes while writing, and what does not fit.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError, Generator, generator, manualSeed, rand, ShapeError, ValueError } from '../../src/index.js';
import { loadCheckpoint, loadSafetensors, saveCheckpoint, saveSafetensors } from '../../src/io/index.js';
import * as nn from '../../src/nn/index.js';
import { adam, cosineLR, sgd } from '../../src/optim/index.js';

const script = fileURLToPath(new URL('training.mjs', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradlab-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs training.mjs in a process of its own. */
async function run(task: string, path: string): Promise<{ step: number; losses: number[]; digest: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, task, path]);
  return JSON.parse(stdout) as { step: number; losses: number[]; digest: string };
}

test('20 steps are 10, a checkpoint, and 10 in another process, to the same bits', async () => {
  const path = join(folder, 'run.safetensors');
  const [whole, first] = await Promise.all([run('whole', path), run('first', path)]);
  const rest = await run('rest', path);
  expect(whole.step).toBe(20);
  expect(first.losses).toEqual(whole.losses.slice(0, 10));
  expect(rest).toEqual(whole);
  expect(first.digest).not.toBe(whole.digest);
});

test('a process killed while it writes leaves a whole checkpoint', async () => {
  const path = join(folder, 'killed.safetensors');
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [script, 'forever', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 7 * round));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const tensors = await loadSafetensors(path);
    expect(tensors['model.5.weight']?.shape).toEqual([5, 144]);
    expect(tensors['optimizer.0.peak']?.shape).toEqual([4, 1, 3, 3]);
  }
});

describe('in one process', () => {
  const make = (): { model: nn.Linear; optimizer: ReturnType<typeof adam>; schedule: ReturnType<typeof cosineLR> } => {
    const model = nn.linear(3, 2);
    const optimizer = adam(model.parameters(), { lr: 0.1 });
    return { model, optimizer, schedule: cosineLR(optimizer, 30) };
  };
  const step = ({ model, optimizer, schedule }: ReturnType<typeof make>): void => {
    optimizer.zeroGrad();
    model
      .forward(rand([4, 3]))
      .square()
      .mean()
      .backward();
    optimizer.step();
    schedule.step();
  };
  const state = (model: nn.Module): unknown => Object.values(model.stateDict()).map((t) => t.toArray());

  test('model, optimizer, schedule, random numbers and extra values come back', async () => {
    manualSeed(5);
    const a = make();
    for (let i = 0; i < 4; i++) step(a);
    const path = join(folder, 'one.safetensors');
    await saveCheckpoint(path, { ...a, step: 4, extra: { best: 0.25, names: ['x', null, true] } });
    for (let i = 0; i < 4; i++) step(a);
    const wanted = { weights: state(a.model), lr: a.optimizer.lr, draw: generator().next() };

    manualSeed(99);
    const b = make();
    for (let i = 0; i < 2; i++) step(b);
    expect(await loadCheckpoint(path, b)).toEqual({ step: 4, extra: { best: 0.25, names: ['x', null, true] } });
    for (let i = 0; i < 4; i++) step(b);
    expect({ weights: state(b.model), lr: b.optimizer.lr, draw: generator().next() }).toEqual(wanted);
    expect(generator().seed).toBe(5);
  });

  test('what is left out is not touched', async () => {
    manualSeed(6);
    const path = join(folder, 'part.safetensors');
    const a = make();
    await saveCheckpoint(path, { ...a, step: 1 });
    const b = nn.linear(3, 2);
    const before = generator().state;
    await loadCheckpoint(path, { model: b, generator: null });
    expect(generator().state).toBe(before);
    expect(state(b)).toEqual(state(a.model));
    const own = new Generator(7);
    await saveCheckpoint(path, { model: a.model, generator: own });
    own.next();
    await loadCheckpoint(path, { model: b, generator: own });
    expect(own.state).toBe(0);
    await expect(loadCheckpoint(path, { model: b, generator: new Generator(8) })).rejects.toThrow(
      /seed 8, the one saved 7/,
    );
  });

  test('what does not fit is refused, and nothing changes', async () => {
    const path = join(folder, 'fit.safetensors');
    const { model, optimizer } = make();
    await saveCheckpoint(path, { model, optimizer });
    const other = nn.linear(3, 2);
    const before = state(other);
    const loads: [Parameters<typeof loadCheckpoint>[1], typeof ValueError | typeof ShapeError, RegExp][] = [
      [{ model: other, optimizer: sgd(other.parameters()) }, ValueError, /unknown: 0\.mean/],
      [{ model: other, optimizer, schedule: { time: 0 } }, ValueError, /saved without schedule/],
      [{ model: nn.linear(4, 2) }, ShapeError, /weight/],
      [{ model: nn.sequential(nn.linear(3, 2)) }, ValueError, /unknown/],
    ];
    for (const [parts, kind, message] of loads) {
      await expect(loadCheckpoint(path, parts)).rejects.toThrow(kind);
      await expect(loadCheckpoint(path, parts)).rejects.toThrow(message);
    }
    expect(state(other)).toEqual(before);
  });

  test('other files and damaged ones are refused', async () => {
    const { model } = make();
    const path = join(folder, 'plain.safetensors');
    await saveSafetensors(path, model.stateDict());
    await expect(loadCheckpoint(path, { model })).rejects.toThrow(/not a checkpoint.*loadSafetensors/s);
    const whole = join(folder, 'whole.safetensors');
    await saveCheckpoint(whole, { model });
    const bytes = await readFile(whole);
    await writeFile(path, bytes.subarray(0, -5));
    await expect(loadCheckpoint(path, { model })).rejects.toThrow(DataError);
    const metadata = { format: 'gradlab checkpoint 1', step: '-1', extra: 'null' };
    await saveSafetensors(path, {}, { metadata });
    await expect(loadCheckpoint(path, { model, generator: null })).rejects.toThrow(/'step' makes no sense/);
    expect((await readdir(folder)).filter((name) => name.startsWith('whole'))).toEqual(['whole.safetensors']);
  });

  test('steps and extra values that would be lost are refused', async () => {
    const { model } = make();
    const path = join(folder, 'never.safetensors');
    await expect(saveCheckpoint(path, { model, step: 1.5 })).rejects.toThrow(/step 1\.5/);
    await expect(saveCheckpoint(path, { model, extra: { a: [1, Number.NaN] } })).rejects.toThrow(
      /extra\.a\[1\] is NaN/,
    );
    const date = JSON.parse('{}') as Record<string, never>;
    Reflect.set(date, 'when', new Date(0));
    await expect(saveCheckpoint(path, { model, extra: date })).rejects.toThrow(/extra\.when is a Date/);
    expect(await readdir(folder)).not.toContain('never.safetensors');
  });
});
