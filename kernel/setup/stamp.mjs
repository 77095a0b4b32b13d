// In: files and facts that a step depends on. Out: whether the step was already done for exactly these.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './paths.mjs';

/** One hash over texts and over the content of files and folders; `accept` chooses files inside folders. */
export function fingerprint({ facts = [], paths = [], accept = () => true }) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact}\0`);
  for (const file of paths.flatMap((path) => filesUnder(path, accept)))
    hash.update(`${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesUnder(path, accept) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name))
    .flatMap((child) => (statSync(child).isDirectory() || accept(child) ? filesUnder(child, accept) : []));
}

const stampOf = (step) => join(cache, `${step}.stamp`);

export const isDone = (step, print) => existsSync(stampOf(step)) && readFileSync(stampOf(step), 'utf8') === print;

export function markDone(step, print) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(stampOf(step), print);
}
