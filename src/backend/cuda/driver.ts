// In: the driver's library. Out: its functions with checked answers, and the GPU that was opened.
import koffi from 'koffi';
import { DeviceError } from '../../errors.js';
import { deviceError, isFatal, Result } from './errors.js';
import { type Library, loadDriver } from './libraries.js';

/**
 * The functions of the driver that we call, after cuda.h: handles and addresses of either memory are 64-bit numbers, and enumerations are
 * ints. Where the header renames a function to a newer version, the newer name stands here.
 */
export const prototypes = {
  cuInit: 'int cuInit(uint32_t flags)',
  cuDriverGetVersion: 'int cuDriverGetVersion(void *version)',
  cuDeviceGetCount: 'int cuDeviceGetCount(void *count)',
  cuDeviceGet: 'int cuDeviceGet(void *device, int ordinal)',
  cuDeviceGetName: 'int cuDeviceGetName(void *name, int length, int device)',
  cuDeviceGetAttribute: 'int cuDeviceGetAttribute(void *value, int attribute, int device)',
  cuDeviceTotalMem_v2: 'int cuDeviceTotalMem_v2(void *bytes, int device)',
  cuDevicePrimaryCtxRetain: 'int cuDevicePrimaryCtxRetain(void *context, int device)',
  cuCtxSetCurrent: 'int cuCtxSetCurrent(uint64_t context)',
  cuMemGetInfo_v2: 'int cuMemGetInfo_v2(void *free, void *total)',
  cuMemAlloc_v2: 'int cuMemAlloc_v2(void *address, uint64_t bytes)',
  cuMemFree_v2: 'int cuMemFree_v2(uint64_t address)',
  cuMemHostAlloc: 'int cuMemHostAlloc(void *address, uint64_t bytes, uint32_t flags)',
  cuMemFreeHost: 'int cuMemFreeHost(uint64_t address)',
  cuMemcpyHtoDAsync_v2: 'int cuMemcpyHtoDAsync_v2(uint64_t to, uint64_t from, uint64_t bytes, uint64_t stream)',
  cuMemcpyDtoHAsync_v2: 'int cuMemcpyDtoHAsync_v2(uint64_t to, uint64_t from, uint64_t bytes, uint64_t stream)',
  cuMemsetD32Async: 'int cuMemsetD32Async(uint64_t to, uint32_t value, uint64_t count, uint64_t stream)',
  cuModuleLoadData: 'int cuModuleLoadData(void *module, const void *image)',
  cuModuleGetFunction: 'int cuModuleGetFunction(void *function, uint64_t module, const char *name)',
  cuLaunchKernel:
    'int cuLaunchKernel(uint64_t function, uint32_t gridX, uint32_t gridY, uint32_t gridZ, uint32_t blockX, uint32_t blockY, uint32_t blockZ, uint32_t shared, uint64_t stream, uint64_t parameters, uint64_t extra)',
  cuStreamCreate: 'int cuStreamCreate(void *stream, uint32_t flags)',
  cuStreamSynchronize: 'int cuStreamSynchronize(uint64_t stream)',
  cuStreamBeginCapture_v2: 'int cuStreamBeginCapture_v2(uint64_t stream, int mode)',
  cuStreamEndCapture: 'int cuStreamEndCapture(uint64_t stream, void *graph)',
  cuEventCreate: 'int cuEventCreate(void *event, uint32_t flags)',
  cuEventDestroy_v2: 'int cuEventDestroy_v2(uint64_t event)',
  cuEventRecord: 'int cuEventRecord(uint64_t event, uint64_t stream)',
  cuEventQuery: 'int cuEventQuery(uint64_t event)',
  cuEventElapsedTime: 'int cuEventElapsedTime(void *milliseconds, uint64_t start, uint64_t end)',
  cuGraphCreate: 'int cuGraphCreate(void *graph, uint32_t flags)',
  cuGraphDestroy: 'int cuGraphDestroy(uint64_t graph)',
  cuGraphAddKernelNode_v2:
    'int cuGraphAddKernelNode_v2(void *node, uint64_t graph, const void *dependencies, uint64_t count, uint64_t parameters)',
  cuGraphAddChildGraphNode:
    'int cuGraphAddChildGraphNode(void *node, uint64_t graph, const void *dependencies, uint64_t count, uint64_t child)',
  cuGraphInstantiateWithFlags: 'int cuGraphInstantiateWithFlags(void *instance, uint64_t graph, uint64_t flags)',
  cuGraphExecKernelNodeSetParams_v2:
    'int cuGraphExecKernelNodeSetParams_v2(uint64_t instance, uint64_t node, uint64_t parameters)',
  cuGraphExecChildGraphNodeSetParams:
    'int cuGraphExecChildGraphNodeSetParams(uint64_t instance, uint64_t node, uint64_t child)',
  cuGraphExecDestroy: 'int cuGraphExecDestroy(uint64_t instance)',
  cuGraphLaunch: 'int cuGraphLaunch(uint64_t instance, uint64_t stream)',
  cuGetErrorName: 'int cuGetErrorName(int code, _Out_ const char **name)',
} as const;

/** Values of enumerations and macros, after cuda.h. */
export const constants = {
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: 16,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: 76,
  CU_STREAM_NON_BLOCKING: 1,
  CU_STREAM_CAPTURE_MODE_RELAXED: 2,
  CU_EVENT_DEFAULT: 0,
  CU_EVENT_DISABLE_TIMING: 2,
} as const;

/** Byte offsets in `CUDA_KERNEL_NODE_PARAMS_v2`, after cuda.h. */
export const kernelNode = {
  func: 0,
  gridDimX: 8,
  gridDimY: 12,
  gridDimZ: 16,
  blockDimX: 20,
  blockDimY: 24,
  blockDimZ: 28,
  sharedMemBytes: 32,
  kernelParams: 40,
  extra: 48,
  kern: 56,
  ctx: 64,
} as const;
export const kernelNodeBytes = 72;

type Argument = number | string | ArrayBufferView | (string | null)[] | null;
type Name = keyof typeof prototypes;

/** The oldest driver that has what we call: CUDA 12.0. */
const oldest = 12_000;

/** The driver, with one GPU opened on this thread. */
export class Driver {
  readonly #functions: Readonly<Record<Name, (...values: Argument[]) => number>>;
  readonly #out = new BigUint64Array(1);
  #lost: DeviceError | null = null;
  /** Where the library was found. */
  readonly path: string;
  /** The newest CUDA that the driver supports, as 13000 for 13.0. */
  readonly version: number;
  readonly name: string;
  /** As 90 for 9.0. */
  readonly capability: number;
  readonly multiprocessors: number;
  readonly totalBytes: number;

  /** @throws DeviceError where there is no driver, it is too old, or there is no GPU. */
  constructor(library: Library = loadDriver()) {
    this.path = library.path;
    this.#functions = bind(library);
    this.version = this.#number('cuDriverGetVersion');
    if (this.version < oldest)
      throw new DeviceError(
        `cuda: the NVIDIA driver supports CUDA ${release(this.version)}, and gradlab needs ${release(oldest)} or newer`,
        "Update NVIDIA's driver to 525 or newer, or choose device('webgpu') or device('cpu').",
      );
    this.call('cuInit', 0);
    if (this.#number('cuDeviceGetCount') === 0) throw deviceError(Result.noDevice, 'no device', 'cuDeviceGetCount');
    const device = this.#number('cuDeviceGet', 0);
    const name = new Uint8Array(128);
    this.call('cuDeviceGetName', name, name.length, device);
    this.name = new TextDecoder().decode(name.subarray(0, name.indexOf(0)));
    const attribute = (which: number): number => this.#number('cuDeviceGetAttribute', which, device);
    this.capability =
      10 * attribute(constants.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
      attribute(constants.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    this.multiprocessors = attribute(constants.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    this.totalBytes = this.#number('cuDeviceTotalMem_v2', device);
    this.call('cuCtxSetCurrent', this.#number('cuDevicePrimaryCtxRetain', device));
  }

  /** Asks the driver. @throws DeviceError unless it answers with success, and always once the GPU was lost */
  call(name: Name, ...values: Argument[]): void {
    if (this.#lost) throw this.#lost;
    const code = this.#functions[name](...values);
    if (code !== Result.success) throw this.error(code, name);
  }

  /** Asks the driver where other answers than success are expected. */
  attempt(name: Name, ...values: Argument[]): number {
    if (this.#lost) throw this.#lost;
    return this.#functions[name](...values);
  }

  /** Tells the driver to forget something; whether it can does not matter any more. */
  discard(name: Name, ...values: Argument[]): void {
    if (!this.#lost) this.#functions[name](...values);
  }

  /** What the driver writes to its first parameter, of up to 64 bits: a handle, an address, a count. */
  get(name: Name, ...values: Argument[]): number {
    return this.#number(name, ...values);
  }

  /** The address of fresh device memory; null where there is too little. */
  take(bytes: number): number | null {
    const code = this.attempt('cuMemAlloc_v2', this.#out, bytes);
    if (code === Result.outOfMemory) return null;
    if (code !== Result.success) throw this.error(code, 'cuMemAlloc');
    return Number(this.#out[0]);
  }

  /** Machine code made ready to run; null where it is none for this GPU. */
  module(code: Uint8Array): number | null {
    const answer = this.attempt('cuModuleLoadData', this.#out, code);
    if (answer === Result.invalidImage || answer === Result.noBinary) return null;
    if (answer !== Result.success) throw this.error(answer, 'cuModuleLoadData');
    return Number(this.#out[0]);
  }

  /** Bytes that no program has. */
  freeBytes(): number {
    const [free, total] = [new BigUint64Array(1), new BigUint64Array(1)];
    this.call('cuMemGetInfo_v2', free, total);
    return Number(free[0]);
  }

  /** The error for an answer; a fatal one is remembered. */
  error(code: number, doing: string): DeviceError {
    const name: (string | null)[] = [null];
    this.#functions.cuGetErrorName(code, name);
    const error = deviceError(code, name[0] ?? `error ${code}`, doing);
    if (isFatal(code)) this.#lost = error;
    return error;
  }

  #number(name: Name, ...values: Argument[]): number {
    this.#out[0] = 0n;
    this.call(name, this.#out, ...values);
    return Number(this.#out[0]);
  }
}

/** `12.4` for 12040. */
export const release = (version: number): string =>
  `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;

function bind({ handle, path }: Library): Readonly<Record<Name, (...values: Argument[]) => number>> {
  const bound = {} as Record<Name, (...values: Argument[]) => number>;
  const missing: string[] = [];
  for (const [name, prototype] of Object.entries(prototypes) as [Name, string][]) {
    try {
      bound[name] = handle.func(prototype);
    } catch {
      missing.push(name);
    }
  }
  if (missing.length > 0)
    throw new DeviceError(
      `cuda: the driver ${path} lacks ${missing.join(', ')}: it is older than CUDA 12.0`,
      "Update NVIDIA's driver to 525 or newer, or choose device('webgpu') or device('cpu').",
    );
  return bound;
}

/** Memory outside of JavaScript's heap that native code may keep the address of. */
export class NativeMemory {
  readonly address: number;
  readonly buffer: ArrayBuffer;
  constructor(bytes: number) {
    const pointer: unknown = koffi.alloc('uint8_t', Math.max(8, bytes));
    this.address = Number(koffi.address(pointer));
    this.buffer = koffi.view(pointer, Math.max(8, bytes));
    released.register(this, pointer);
  }
}
const released = new FinalizationRegistry<unknown>((pointer) => koffi.free(pointer));
