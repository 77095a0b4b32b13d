// In: the folder of the stand-in driver. Out: a kernel that reads one element beyond its memory, run: for AddressSanitizer to find.
import { join } from 'node:path';
import koffi from 'koffi';

const library = koffi.load(join(process.argv[2], 'libcuda.so.1'));
const call = (prototype, ...values) => {
  const code = library.func(prototype)(...values);
  if (code !== 0) throw new Error(`${prototype}: ${code}`);
};
const made = (prototype, ...values) => {
  const cell = new BigUint64Array(1);
  call(prototype, cell, ...values);
  return cell[0];
};
const x = made('int cuMemAlloc_v2(void *address, uint64_t bytes)', 40n);
const y = made('int cuMemAlloc_v2(void *address, uint64_t bytes)', 44n);
const source = 'stand-in code\nnamespace n0 { void k0(const float* x, float* y) { y[threadIdx.x] = x[threadIdx.x]; } }';
const module = made('int cuModuleLoadData(void *module, const char *image)', source);
const kernel = made('int cuModuleGetFunction(void *function, uint64_t module, const char *name)', module, 'k0');
const stream = made('int cuStreamCreate(void *stream, uint32_t flags)', 0);
const values = BigUint64Array.of(x, y);
const memory = koffi.alloc('uint64_t', 4);
const view = new BigUint64Array(koffi.view(memory, 32));
view.set([koffi.address(memory) + 16n, koffi.address(memory) + 24n, ...values]);
const threads = Number(process.argv[3]);
call(
  'int cuLaunchKernel(uint64_t f, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t g, uint32_t s, uint64_t stream, uint64_t values, uint64_t extra)',
  ...[kernel, 1, 1, 1, threads, 1, 1, 0, stream, koffi.address(memory), 0n],
);
call('int cuStreamSynchronize(uint64_t stream)', stream);
console.log('done');
