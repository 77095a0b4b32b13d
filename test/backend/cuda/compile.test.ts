// Every generated CUDA source through NVIDIA's compiler, which needs no GPU, for three generations of them.
import { beforeAll, describe, expect, test } from 'vitest';
import { type Library, loadLibrary, nvrtc } from '../../../src/backend/cuda/libraries.js';
import { Compiler } from '../../../src/backend/cuda/nvrtc.js';
import { compiledSources, rehearse } from './rehearse.js';
import { missing, useStandIn } from './stand-in.js';

/** NVRTC of this machine's Python packages or toolkit; else why there is none. */
function found(): Library | string {
  try {
    return loadLibrary(nvrtc, 13);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
const library = found();
const reason = typeof library === 'string' ? `NVRTC is not here: ${library}` : missing();

/** Translation units as one: the names of each made its own. */
const together = (sources: readonly string[]): string =>
  sources.map((source, i) => source.replace(/\b([kn])(\d+)\b/g, `$1${i}_$2`)).join('\n');

describe.skipIf(reason !== null)(reason ?? 'generated sources', () => {
  let source = '';
  beforeAll(() => {
    rehearse(useStandIn(), 10);
    source = together(compiledSources());
  }, 600_000);
  test.each([80, 90, 100])('compile for sm_%i', { timeout: 600_000 }, (capability) => {
    if (typeof library === 'string') throw new Error(library);
    const compiler = new Compiler(library);
    const code = compiler.compile(source, capability);
    expect(Buffer.from(code.subarray(1, 4)).toString()).toBe('ELF');
    console.log(
      `sm_${capability}: ${source.match(/__global__/g)?.length} kernels compile with NVRTC ${compiler.version}`,
    );
  });
});
