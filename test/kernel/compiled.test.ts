// A file is loaded from kept code where that is whole, and compiled where it is not.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadCompiled } from '../../kernel/cell/compiled.js';

const SOURCE = `const { basename } = require('node:path');
exports.greet = (name) => 'Grüße, ' + name + ' from ' + basename(__filename);`;
const kept = { filename: '', folder: '' };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradlab-compiled-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  kept.filename = join(folder, 'module.cjs');
  kept.folder = join(folder, 'cache', 'gradlab');
  writeFileSync(kept.filename, SOURCE);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function load(): { greeting: string; keep: () => void } {
  const { exports, keep } = loadCompiled(kept.filename, 'module');
  const { greet } = exports as { greet(name: string): string };
  return { greeting: greet('Ada'), keep };
}

test('is kept once, and taken from there', () => {
  load().keep();
  const [file, ...others] = readdirSync(kept.folder);
  expect(others).toEqual([]);
  const path = join(kept.folder, String(file));
  const before = readFileSync(path);
  const { greeting, keep } = load();
  expect(greeting).toBe('Grüße, Ada from module.cjs');
  rmSync(path);
  keep();
  expect(readdirSync(kept.folder), 'what came from there is not written again').toEqual([]);
  writeFileSync(path, before);
  expect(load().greeting).toBe(greeting);
});

test('is compiled where the kept code is damaged, and kept anew', () => {
  load().keep();
  const path = join(kept.folder, String(readdirSync(kept.folder)[0]));
  const whole = readFileSync(path);
  for (const damaged of [whole.subarray(0, 40), Buffer.alloc(0), Buffer.from(whole).fill(7, 50, 60)]) {
    writeFileSync(path, damaged);
    const { greeting, keep } = load();
    expect(greeting).toBe('Grüße, Ada from module.cjs');
    keep();
    expect(readFileSync(path).length).toBeGreaterThan(100);
  }
});

test('says where it cannot be kept', () => {
  mkdirSync(join(folder, 'cache'));
  writeFileSync(kept.folder, 'a file in its place');
  const { greeting, keep } = load();
  expect(greeting).toBe('Grüße, Ada from module.cjs');
  expect(keep).toThrow(/EEXIST|ENOTDIR/);
});
