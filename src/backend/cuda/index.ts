// The CUDA device: plans become kernels that NVRTC compiles, run through the driver of an NVIDIA GPU.
import type { Backend, Executable, KernelSummary, Memory } from '../../device.js';
import type { Schedule } from '../../fuse/kernel.js';
import { optimize } from '../../fuse/optimize.js';
import { schedule } from '../../fuse/schedule.js';
import type { Plan } from '../../plan.js';
import { type MatmulPrecision, matmulPrecision } from '../../precision.js';
import { cuda } from '../gpu/cuda.js';
import { render } from '../gpu/render.js';
import type { Limits } from '../gpu/rendered.js';
import { summaries } from '../gpu/summary.js';
import { release } from './driver.js';
import { size } from './errors.js';
import { Gpu } from './gpu.js';
import { onGpu } from './memory.js';
import { divide } from './products.js';
import { Program } from './program.js';

/** What every GPU since the generation of 2020 allows without asking. */
const limits: Limits = {
  storageBuffers: 480,
  workgroupThreads: 1024,
  sharedBytes: 48 << 10,
  gridPerAxis: 65535,
  alignment: 256,
  f16: true,
  subgroups: true,
};

/**
 * Multiplications from which on a product is left to cublasLt: below, our own kernel with what follows it fused costs less than two
 * launches. First guesses; GRADLAB_CUDA_LIBRARY_FROM sets one for measurements.
 */
const libraryFrom: Record<MatmulPrecision, number> = { highest: 2 ** 26, high: 2 ** 24, bf16: 2 ** 24 };

/** Whether a library computes a product, by its multiplications. */
function libraryChoice(gpu: Gpu): (multiplications: number) => boolean {
  const from = Number(process.env.GRADLAB_CUDA_LIBRARY_FROM ?? libraryFrom[matmulPrecision()]);
  return (multiplications) => gpu.cublas !== null && multiplications >= from;
}

/** A buffer that a run brings, as one of its leaves or of its outputs. */
interface Outside {
  readonly buffer: number;
  readonly leaf?: number;
  readonly output?: number;
}

const outsideOf = ({ buffers }: Schedule): Outside[] =>
  buffers.flatMap(({ leaf, output }, buffer): Outside[] => {
    if (leaf !== undefined) return [{ buffer, leaf }];
    return output === undefined ? [] : [{ buffer, output }];
  });

class CudaExecutable implements Executable {
  readonly kernels: readonly KernelSummary[];
  readonly #program: Program;
  readonly #outside: readonly Outside[];

  constructor(plan: Plan, gpu: Gpu) {
    const { schedule: scheduled, products } = divide(schedule(optimize(plan)), libraryChoice(gpu));
    const rendered = render(scheduled, cuda, limits);
    this.kernels = summaries(scheduled, rendered).map((summary, kernel) =>
      products.has(kernel) ? { ...summary, source: 'a product that cublasLt computes' } : summary,
    );
    this.#outside = outsideOf(scheduled);
    this.#program = new Program(gpu, {
      rendered,
      kernels: this.kernels,
      buffers: scheduled.buffers.length,
      outside: this.#outside.map(({ buffer }) => buffer),
      products,
    });
  }

  run(leaves: readonly Memory[], scalars: readonly number[], outputs: readonly Memory[]): void {
    const addresses = this.#outside.map(
      ({ leaf, output = 0 }) => onGpu((leaf === undefined ? outputs[output] : leaves[leaf])!).address,
    );
    this.#program.run(addresses, scalars);
  }
}

/** Whether large products are fast, and how to make them so. */
const libraryText = (cublas: Gpu['cublas']): string =>
  cublas ? 'cublasLt' : 'without cublasLt, which makes large products faster: pip install nvidia-cublas';

/**
 * Opens the first NVIDIA GPU that the driver shows. Environment variables: GRADLAB_CUDA_PATH, a folder with CUDA's libraries;
 * GRADLAB_CACHE, where compiled kernels are kept; for measurements and checks GRADLAB_CUDA_GRAPHS (`always`, `never`),
 * GRADLAB_CUDA_LIBRARY_FROM (multiplications), GRADLAB_CUDA_CACHING=0 (each tensor's memory from the driver, for compute-sanitizer).
 * @throws DeviceError where there is none or something is missing, with the cure
 */
export function openCuda(): Backend {
  const gpu = new Gpu();
  const { driver, compiler, memory, cublas } = gpu;
  return {
    name: 'cuda',
    description: `cuda (${driver.name}, ${size(driver.totalBytes)}; driver for CUDA ${release(driver.version)}, NVRTC ${compiler.version}, ${libraryText(cublas)})`,
    memory,
    compile: (plan) => new CudaExecutable(plan, gpu),
    allocate: (dtype, length) => memory.array(dtype, length),
    scratchBytes: () => memory.arenaBytes,
  };
}
