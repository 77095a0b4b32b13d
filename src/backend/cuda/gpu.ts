// In: this machine's driver and compiler. Out: the GPU with everything that programs on it share.

import { CubinCache } from './cubins.js';
import { type Cublas, openCublas } from './cublas.js';
import { Driver } from './driver.js';
import { Kernels } from './kernels.js';
import { CudaMemory } from './memory.js';
import { type Compiler, openCompiler } from './nvrtc.js';
import { Stream } from './stream.js';

/** One GPU. */
export class Gpu {
  readonly driver: Driver;
  readonly compiler: Compiler;
  readonly stream: Stream;
  readonly memory: CudaMemory;
  readonly kernels: Kernels;
  /** Where it is installed. */
  readonly cublas: Cublas | null;

  /** @throws DeviceError where CUDA cannot be used here, with what is missing and the cure */
  constructor() {
    this.driver = new Driver();
    const major = Math.floor(this.driver.version / 1000);
    this.compiler = openCompiler(major);
    this.stream = new Stream(this.driver);
    this.memory = new CudaMemory(this.driver, this.stream);
    this.kernels = new Kernels(this.driver, this.compiler, new CubinCache());
    this.cublas = openCublas(this, major);
  }
}
