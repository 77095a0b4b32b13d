// The shared suites on CUDA: generated kernels, run by the stand-in driver on this processor, against the reference.
import { afterAll, beforeAll, describe } from 'vitest';
import { device } from '../../../src/device.js';
import { graphsAgree, opsAgree } from '../../ops/agree.js';
import { rehearse } from './rehearse.js';
import { missing, useStandIn } from './stand-in.js';

const reason = missing();
const rounds = 40;

describe.skipIf(reason !== null)(reason ?? 'cuda', () => {
  beforeAll(() => {
    rehearse(useStandIn(), rounds);
  });
  afterAll(() => {
    device('cpu');
  });
  opsAgree('cuda', { looser: { pow: 10, matmul: 4, conv: 10, tan: 4, acosh: 4, atanh: 4, prod: 4 } });
  graphsAgree('cuda', rounds);
});
