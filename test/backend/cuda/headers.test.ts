// Our own declarations of CUDA's functions, structures and numbers against NVIDIA's headers, wherever those are.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as cublas from '../../../src/backend/cuda/cublas.js';
import * as driver from '../../../src/backend/cuda/driver.js';
import { Result } from '../../../src/backend/cuda/errors.js';
import { places } from '../../../src/backend/cuda/libraries.js';
import * as nvrtc from '../../../src/backend/cuda/nvrtc.js';
import { missing } from './stand-in.js';

/** Folders of headers beside those of the libraries, in packages and toolkits. */
const folders = [...new Set(places().map((folder) => join(dirname(folder), 'include')))].filter(existsSync);
const has = (header: string): boolean => folders.some((folder) => existsSync(join(folder, header)));

/** Equal in number and size of parameters, and none of them a float. */
const same = `
#include <cstddef>
#include <cstdint>
#include <type_traits>
template <class R, class... A, class Q, class... B> constexpr bool same(R (*)(A...), Q (*)(B...)) {
  if constexpr (sizeof...(A) != sizeof...(B)) return false;
  else return sizeof(R) == sizeof(Q) && ((sizeof(A) == sizeof(B) && !std::is_floating_point_v<A>) && ... && true);
}
`;

/** Each of our prototypes as the type of a function, to be compared with that of the header. */
const functions = (prototypes: Readonly<Record<string, string>>): string =>
  Object.entries(prototypes)
    .map(([name, prototype]) => {
      const type = prototype.replace('_Out_ ', '').replace(`int ${name}(`, 'int (*)(');
      return `static_assert(same(&${name}, static_cast<${type}>(nullptr)), "${name}");`;
    })
    .join('\n');
const numbers = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `static_assert(static_cast<int>(${name}) == ${value}, "${name}");`)
    .join('\n');

const parts: readonly (readonly [string, string, string])[] = [
  [
    'the driver',
    'cuda.h',
    [
      functions(driver.prototypes),
      numbers({
        ...driver.constants,
        CUDA_SUCCESS: Result.success,
        CUDA_ERROR_OUT_OF_MEMORY: Result.outOfMemory,
        CUDA_ERROR_NO_DEVICE: Result.noDevice,
        CUDA_ERROR_INVALID_DEVICE: Result.invalidDevice,
        CUDA_ERROR_INVALID_IMAGE: Result.invalidImage,
        CUDA_ERROR_NO_BINARY_FOR_GPU: Result.noBinary,
        CUDA_ERROR_ECC_UNCORRECTABLE: Result.uncorrectable,
        CUDA_ERROR_NOT_READY: Result.notReady,
        CUDA_ERROR_ILLEGAL_ADDRESS: Result.illegalAddress,
        CUDA_ERROR_LAUNCH_FAILED: Result.launchFailed,
      }),
      `static_assert(sizeof(CUDA_KERNEL_NODE_PARAMS_v2) == ${driver.kernelNodeBytes}, "size");`,
      ...Object.entries(driver.kernelNode).map(
        ([field, at]) => `static_assert(offsetof(CUDA_KERNEL_NODE_PARAMS_v2, ${field}) == ${at}, "${field}");`,
      ),
    ].join('\n'),
  ],
  ['NVRTC', 'nvrtc.h', [functions(nvrtc.prototypes), numbers({ NVRTC_ERROR_COMPILATION: 6 })].join('\n')],
  [
    'cublasLt',
    'cublasLt.h',
    [
      functions(cublas.prototypes),
      numbers(cublas.constants),
      `static_assert(sizeof(cublasLtMatmulHeuristicResult_t) == ${cublas.heuristicBytes}, "size");`,
      'static_assert(offsetof(cublasLtMatmulHeuristicResult_t, algo) == 0, "algo");',
    ].join('\n'),
  ],
];

/** Compiles without making anything; the compiler's words where it fails. */
function complaint(text: string): string | null {
  const file = join(mkdtempSync(join(tmpdir(), 'gradlab-headers-')), 'check.cc');
  writeFileSync(file, text);
  const includes = folders.flatMap((folder) => [`-I${folder}`, `-I${join(folder, 'cccl')}`]);
  const { status, stderr } = spawnSync('g++', ['-std=c++17', '-fsyntax-only', ...includes, file], { encoding: 'utf8' });
  return status === 0 ? null : stderr;
}

describe.each(parts)('%s', (_, header, assertions) => {
  test.skipIf(!has(header))(has(header) ? `as in ${header}` : `${header} is not here`, (context) => {
    const found = complaint(`${same}#include <${header}>\n${assertions}\n`);
    const lacking = /fatal error: (.*): No such file/.exec(found ?? '');
    if (lacking) context.skip(`${header} needs ${lacking[1]}, which is not here`);
    expect(found).toBe(null);
  });
});

test.skipIf(missing() !== null)('a declaration that is wrong is noticed', () => {
  const checked = (type: string): string | null =>
    complaint(`${same}int f(void *, unsigned long);\nstatic_assert(same(&f, static_cast<${type}>(nullptr)));\n`);
  expect(checked('int (*)(void *, uint64_t)')).toBe(null);
  expect(checked('int (*)(void *, int)')).toMatch('static assertion failed');
  expect(checked('int (*)(void *)')).toMatch('static assertion failed');
});
