// node dist/test/bench/gpu/check.js [--device cuda] [--shard 0/8]: what the tests check on the stand-in driver, on a real GPU: every op with its gradient
// and random graphs against the reference, runs as graphs, errors. Needs no test runner. Ends with 1 where something disagrees.
import { parseArgs } from 'node:util';
import { DTypeError, IndexError } from '../../../src/errors.js';
import { device, devices, manualSeed, memory, randn, tensor } from '../../../src/index.js';
import * as nn from '../../../src/nn/index.js';
import type { OpName } from '../../../src/op-names.js';
import { ops } from '../../../src/ops.js';
import { adam } from '../../../src/optim/index.js';
import { graph } from '../../fuse/graphs.js';
import { cases } from '../../ops/cases.js';
import { compute } from '../../ops/run.js';

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    rounds: { type: 'string', default: '100' },
    shard: { type: 'string', default: '0/1' },
  },
});
const name = options.device;
/** Compiling takes most of the time: several processes share the checks. */
const [shard = 0, shards = 1] = options.shard.split('/').map(Number);
let [passed, failed, seen] = [0, 0, 0];

/** Runs a check; it says what is wrong, if anything. */
function check(what: string, body: () => string | null): void {
  if (seen++ % shards !== shard) return;
  let problem: string | null;
  try {
    problem = body();
  } catch (error) {
    if (error instanceof DTypeError) return;
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  if (problem === null) passed++;
  else {
    failed++;
    console.log(`✗ ${what}: ${problem}`);
  }
}

function difference(found: readonly number[], expected: readonly number[], allowed: number): string | null {
  if (found.length !== expected.length) return `${found.length} values instead of ${expected.length}`;
  for (const [i, e] of expected.entries()) {
    const v = found[i]!;
    if (Object.is(v, e) || v === e || Math.abs(v - e) <= allowed * Math.max(1, Math.abs(e))) continue;
    return `element ${i}: ${v} instead of ${e}`;
  }
  return null;
}

const on = <T>(where: string, body: () => T): T => {
  device(where);
  return body();
};
const start = performance.now();
try {
  console.log(device(name));
} catch (error) {
  console.log(`✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

for (const op of Object.keys(ops) as OpName[])
  for (const [k, c] of cases[op].entries())
    for (const real of ['float32', 'float64'] as const)
      check(`${op}, case ${k}, ${real}`, () => {
        const expected = on('reference', () => compute(op, c, real));
        const found = on(name, () => compute(op, c, real));
        const allowed = real === 'float32' ? 4e-5 : 1e-11;
        const lists = [found.value, ...found.gradients].map((list, i) =>
          difference(list, [expected.value, ...expected.gradients][i]!, allowed),
        );
        return lists.find((problem) => problem !== null) ?? null;
      });

for (let seed = 1; seed <= Number(options.rounds); seed++)
  check(`random graph ${seed}`, () => {
    const values = (where: string): number[] => on(where, () => graph(seed).flatMap((t) => Array.from(t.dataSync())));
    return difference(values(name), values('reference'), 1e-4);
  });

check('a network trains as on the reference', () => {
  const losses = (where: string): number[] =>
    on(where, () => {
      manualSeed(2);
      const model = nn.sequential(
        nn.conv2d(1, 3, 3, { padding: 1 }),
        nn.batchNorm2d(3),
        nn.gelu(),
        nn.flatten(),
        nn.linear(192, 4),
      );
      const [x, labels] = [randn([5, 1, 8, 8]), tensor([0, 1, 2, 3, 0], { dtype: 'int32' })];
      const optimizer = adam(model.parameters(), { lr: 0.02 });
      return Array.from({ length: 20 }, () => {
        const loss = nn.crossEntropy(model.forward(x), labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.item();
      });
    });
  return difference(losses(name), losses('reference'), 1e-2);
});

check('large products agree with the CPU', () => {
  for (const [m, k, n] of [
    [512, 512, 512],
    [1000, 300, 700],
    [129, 4096, 65],
  ] as const) {
    const product = (where: string): number[] =>
      on(where, () => {
        manualSeed(5);
        const [a, b] = [randn([m, k]), randn([n, k])];
        return Array.from(a.matmul(b.transpose()).add(1).relu().dataSync());
      });
    const problem = difference(product(name), product('cpu'), 1e-3);
    if (problem) return `${m}×${k}×${n}: ${problem}`;
  }
  return null;
});

check('an index out of range is an IndexError', () =>
  on(name, () => {
    try {
      nn.embedding(4, 2)
        .forward(tensor([9], { dtype: 'int32' }))
        .dataSync();
    } catch (error) {
      return error instanceof IndexError ? null : String(error);
    }
    return 'nothing was thrown';
  }),
);

check('a loop that never waits keeps its memory', () =>
  on(name, () => {
    const total = 400;
    for (let i = 0; i < total; i++)
      randn([1 << 22])
        .mul(i)
        .eval();
    const { used } = memory(name) as { readonly used?: number };
    return used !== undefined && used > total * 2 ** 23 ? `${used} bytes are in use` : null;
  }),
);

if (shard === 0) for (const { name: known, state, text } of devices()) console.log(`${known}: ${state}, ${text}`);
console.log(`${passed} passed, ${failed} failed, ${((performance.now() - start) / 1000).toFixed(0)} s`);
process.exit(failed > 0 ? 1 : 0);
