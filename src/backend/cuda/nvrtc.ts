// In: CUDA C. Out: machine code for one kind of GPU, made by NVRTC.
import { DeviceError } from '../../errors.js';
import { type Library, loadLibrary, nvrtc } from './libraries.js';

/** The functions of NVRTC that we call, after nvrtc.h; a program is a 64-bit handle. */
export const prototypes = {
  nvrtcVersion: 'int nvrtcVersion(void *major, void *minor)',
  nvrtcCreateProgram:
    'int nvrtcCreateProgram(void *program, const char *source, const char *name, int headers, const void *texts, const void *names)',
  nvrtcCompileProgram: 'int nvrtcCompileProgram(uint64_t program, int count, const char **options)',
  nvrtcGetCUBINSize: 'int nvrtcGetCUBINSize(uint64_t program, void *bytes)',
  nvrtcGetCUBIN: 'int nvrtcGetCUBIN(uint64_t program, void *code)',
  nvrtcGetProgramLogSize: 'int nvrtcGetProgramLogSize(uint64_t program, void *bytes)',
  nvrtcGetProgramLog: 'int nvrtcGetProgramLog(uint64_t program, void *log)',
  nvrtcDestroyProgram: 'int nvrtcDestroyProgram(void *program)',
} as const;

const failedToCompile = 6;

type Argument = number | string | ArrayBufferView | readonly (string | null)[] | null;
type Name = keyof typeof prototypes;

/** NVIDIA's compiler of kernels; it needs no GPU. */
export class Compiler {
  readonly #functions: Readonly<Record<Name, (...values: Argument[]) => number>>;
  readonly path: string;
  /** As 13.0. */
  readonly version: string;

  constructor({ path, handle }: Library) {
    this.path = path;
    const bound = {} as Record<Name, (...values: Argument[]) => number>;
    for (const [name, prototype] of Object.entries(prototypes) as [Name, string][])
      bound[name] = handle.func(prototype);
    this.#functions = bound;
    const [major, minor] = [new Int32Array(1), new Int32Array(1)];
    this.#call('nvrtcVersion', major, minor);
    this.version = `${major[0]}.${minor[0]}`;
  }

  /**
   * Machine code of every kernel in `source`.
   * @param capability of the GPU, as 90.
   * @throws DeviceError with the compiler's words where the source does not compile
   */
  compile(source: string, capability: number): Uint8Array {
    const cell = new BigUint64Array(1);
    this.#call('nvrtcCreateProgram', cell, source, 'gradlab.cu', 0, null, null);
    const program = Number(cell[0]);
    try {
      const options = [`--gpu-architecture=sm_${capability}`, '--std=c++17'];
      const code = this.#functions.nvrtcCompileProgram(program, options.length, options);
      if (code !== 0) throw this.#failure(code, program, capability);
      return this.#bytes(program, 'nvrtcGetCUBINSize', 'nvrtcGetCUBIN');
    } finally {
      this.#functions.nvrtcDestroyProgram(cell);
    }
  }

  #failure(code: number, program: number, capability: number): DeviceError {
    const log = new TextDecoder().decode(
      this.#bytes(program, 'nvrtcGetProgramLogSize', 'nvrtcGetProgramLog').slice(0, -1),
    );
    if (code === failedToCompile && !/--gpu-architecture/.test(log))
      return new DeviceError(
        `cuda: NVRTC ${this.version} does not compile a kernel:\n${log.trim()}`,
        'This is a defect of gradlab; please report it.',
      );
    return new DeviceError(
      `cuda: NVRTC ${this.version} (${this.path}) makes no code for this GPU, sm_${capability}: error ${code}. ${log.trim()}`,
      'A newer one may: pip install --upgrade nvidia-cuda-nvrtc.',
    );
  }

  #bytes(program: number, sizeOf: Name, get: Name): Uint8Array {
    const cell = new BigUint64Array(1);
    this.#call(sizeOf, program, cell);
    const bytes = new Uint8Array(Number(cell[0]));
    this.#call(get, program, bytes);
    return bytes;
  }

  #call(name: Name, ...values: Argument[]): void {
    const code = this.#functions[name](...values);
    if (code !== 0)
      throw new DeviceError(`cuda: ${name} answered ${code}`, `Is ${this.path} whole? Reinstall nvidia-cuda-nvrtc.`);
  }
}

/** The compiler that fits a driver of CUDA `major`. @throws DeviceError where there is none */
export const openCompiler = (major: number): Compiler => new Compiler(loadLibrary(nvrtc, major));
