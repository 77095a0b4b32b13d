// In: nothing. Out: the sources of every kernel that the shared suites lead to, compiled for a device without running them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { device } from '../../../src/device.js';
import { tensor } from '../../../src/index.js';
import type { OpName } from '../../../src/op-names.js';
import { ops } from '../../../src/ops.js';
import { graph } from '../../fuse/graphs.js';
import { cases } from '../../ops/cases.js';
import { compute } from '../../ops/run.js';
import type { StandIn } from './stand-in.js';

/** Compiles what `opsAgree` and `graphsAgree` will ask for, all of it together: that is fast. */
export function rehearse(
  standIn: StandIn,
  rounds: number,
  reals: readonly ('float32' | 'float64')[] = ['float32', 'float64'],
): void {
  device('cuda');
  standIn.set('runs', 0);
  for (const op of Object.keys(ops) as OpName[])
    for (const c of cases[op]) for (const real of reals) compute(op, c, real);
  for (let seed = 1; seed <= rounds; seed++) for (const t of graph(seed)) t.dataSync();
  standIn.set('runs', 1);
  tensor([1]).add(1).item();
}

/** Translation units that were compiled: the stand-in's machine code is the source. */
export function compiledSources(): string[] {
  const folder = join(process.env.GRADLAB_CACHE!, 'cuda');
  return readdirSync(folder).map((name) =>
    readFileSync(join(folder, name), 'utf8').replace(/^.*\n/, '').replace(/\0$/, ''),
  );
}
