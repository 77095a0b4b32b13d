// In: nothing. Out: on standard output, what batches from a worker hold, and what becomes of failures.
import { DataLoader, Prefetch, TensorDataset } from '../../dist/src/data/index.js';
import { arange } from '../../dist/src/index.js';

/** What the worker is asked for. */
export default function batches(epoch, { seed, fails }) {
  if (fails) throw new Error('no such file');
  const numbers = arange(10).float();
  const loader = new DataLoader(new TensorDataset({ x: numbers, y: numbers.int().mul(2) }), {
    batchSize: 4,
    shuffle: true,
    seed,
  });
  loader.epoch = epoch;
  return loader;
}

const { isMainThread } = await import('node:worker_threads');
if (isMainThread) {
  const here = new URL(import.meta.url);
  const found = { epochs: [], same: true, broken: 0, reason: '' };
  const ahead = new Prefetch(here, { input: { seed: 5 } });
  for (let epoch = 0; epoch < 3; epoch++) {
    const expected = [...batches(epoch, { seed: 5 })];
    let i = 0;
    for await (const { x, y } of ahead) {
      const { x: p, y: q } = expected[i++];
      found.same &&= `${x.dtype}${x.toArray()}` === `${p.dtype}${p.toArray()}` && `${y.dtype}${y.toArray()}` === `${q.dtype}${q.toArray()}`;
    }
    found.epochs.push(i);
  }
  for await (const { x } of ahead) {
    found.broken += x.size;
    break;
  }
  for await (const { x } of ahead) found.broken += x.size;
  await ahead.close();
  try {
    for await (const _ of new Prefetch(here, { input: { fails: true } })) break;
  } catch (error) {
    found.reason = `${error.constructor.name}: ${error.message}`;
  }
  process.stdout.write(JSON.stringify(found));
}
