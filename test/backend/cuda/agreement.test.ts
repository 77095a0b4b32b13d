// The shared suites on CUDA: generated kernels, run by the stand-in driver on this processor, against the reference.
import { beforeAll, describe } from 'vitest';
import { graphsAgree, opsAgree } from '../../ops/agree.js';
import { chapterAgrees } from '../chapter.js';
import { rehearse } from './rehearse.js';
import { missing, useStandIn } from './stand-in.js';

const reason = missing();
/** With memory checked, see checked.test.ts, everything takes longer. */
const [rounds, reals] = process.env.STAND_IN_CHECKED
  ? ([8, ['float32']] as const)
  : ([40, ['float32', 'float64']] as const);

describe.skipIf(reason !== null)(reason ?? 'cuda', { timeout: 600_000 }, () => {
  beforeAll(() => {
    // The stand-in runs what a graph leaves open in an order of its own: a dependency that is missing shows.
    process.env.GRADLAB_CUDA_GRAPHS = 'always';
    rehearse(useStandIn(), rounds, reals);
  }, 600_000);
  opsAgree('cuda', { reals, looser: { pow: 10, matmul: 4, conv: 10, tan: 4, acosh: 4, atanh: 4, prod: 4 } });
  graphsAgree('cuda', rounds);
  if (!process.env.STAND_IN_CHECKED) chapterAgrees('cuda');
});
