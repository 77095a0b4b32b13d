// In: matrix products. Out: steps that NVIDIA's library cublasLt computes.
import { DeviceError } from '../../errors.js';
import type { MatmulPrecision } from '../../precision.js';
import { type Driver, constants as driverConstants, NativeMemory } from './driver.js';
import { cublasLt, type Library, loadLibrary } from './libraries.js';
import type { CudaMemory } from './memory.js';
import type { Operand, Product } from './products.js';
import type { Addresses, Step } from './step.js';
import type { Stream } from './stream.js';

/** The functions of cublasLt that we call, after cublasLt.h: handles and addresses are 64-bit numbers, enumerations ints. */
export const prototypes = {
  cublasLtCreate: 'int cublasLtCreate(void *handle)',
  cublasLtMatmulDescCreate: 'int cublasLtMatmulDescCreate(void *desc, int compute, int scale)',
  cublasLtMatmulDescSetAttribute:
    'int cublasLtMatmulDescSetAttribute(uint64_t desc, int attribute, const void *value, uint64_t bytes)',
  cublasLtMatrixLayoutCreate:
    'int cublasLtMatrixLayoutCreate(void *layout, int type, uint64_t rows, uint64_t columns, int64_t stride)',
  cublasLtMatrixLayoutSetAttribute:
    'int cublasLtMatrixLayoutSetAttribute(uint64_t layout, int attribute, const void *value, uint64_t bytes)',
  cublasLtMatmulPreferenceCreate: 'int cublasLtMatmulPreferenceCreate(void *preference)',
  cublasLtMatmulPreferenceSetAttribute:
    'int cublasLtMatmulPreferenceSetAttribute(uint64_t preference, int attribute, const void *value, uint64_t bytes)',
  cublasLtMatmulAlgoGetHeuristic:
    'int cublasLtMatmulAlgoGetHeuristic(uint64_t handle, uint64_t desc, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t preference, int wanted, uint64_t results, void *found)',
  cublasLtMatmul:
    'int cublasLtMatmul(uint64_t handle, uint64_t desc, uint64_t alpha, uint64_t a, uint64_t layoutA, uint64_t b, uint64_t layoutB, uint64_t beta, uint64_t c, uint64_t layoutC, uint64_t d, uint64_t layoutD, uint64_t algorithm, uint64_t workspace, uint64_t workspaceBytes, uint64_t stream)',
} as const;

/** Values of enumerations, after cublas_api.h, cublasLt.h and library_types.h. */
export const constants = {
  CUDA_R_32F: 0,
  CUDA_R_64F: 1,
  CUBLAS_OP_T: 1,
  CUBLAS_COMPUTE_32F: 68,
  CUBLAS_COMPUTE_64F: 70,
  CUBLAS_COMPUTE_32F_FAST_16BF: 75,
  CUBLAS_COMPUTE_32F_FAST_TF32: 77,
  CUBLASLT_MATMUL_DESC_TRANSA: 3,
  CUBLASLT_MATMUL_DESC_TRANSB: 4,
  CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: 5,
  CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: 6,
  CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: 1,
  CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES: 5,
  CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES: 6,
} as const;

/** Bytes of `cublasLtMatmulHeuristicResult_t`, which starts with the algorithm. */
export const heuristicBytes = 96;
/** What NVIDIA advises for the generation of the H100. */
const workspaceBytes = 32 << 20;

const computeTypes: Record<MatmulPrecision, number> = {
  highest: constants.CUBLAS_COMPUTE_32F,
  high: constants.CUBLAS_COMPUTE_32F_FAST_TF32,
  bf16: constants.CUBLAS_COMPUTE_32F_FAST_16BF,
};

/** The library has nothing for a product: our own kernel computes it. */
export class NoAlgorithm extends Error {
  override name = 'NoAlgorithm';
}

type Argument = number | ArrayBufferView;
type Name = keyof typeof prototypes;

/** The library, with the memory that its products work in. */
export class Cublas {
  readonly #functions: Readonly<Record<Name, (...values: Argument[]) => number>>;
  readonly #handle: number;
  readonly driver: Driver;
  readonly stream: Stream;
  readonly #memory: CudaMemory;
  #workspace = 0;

  constructor(
    library: Library,
    gpu: { readonly driver: Driver; readonly stream: Stream; readonly memory: CudaMemory },
  ) {
    this.driver = gpu.driver;
    this.stream = gpu.stream;
    this.#memory = gpu.memory;
    const bound = {} as Record<Name, (...values: Argument[]) => number>;
    for (const [name, prototype] of Object.entries(prototypes) as [Name, string][])
      bound[name] = library.handle.func(prototype);
    this.#functions = bound;
    this.#handle = this.make('cublasLtCreate');
  }

  get handle(): number {
    return this.#handle;
  }
  /** Memory that one product after the other works in. */
  get workspace(): number {
    this.#workspace ||= this.#memory.block(workspaceBytes, 'workspace of cublasLt').address;
    return this.#workspace;
  }

  call(name: Name, ...values: Argument[]): void {
    const code = this.#functions[name](...values);
    if (code !== 0) throw new DeviceError(`cuda: ${name} answered ${code}`, 'Reinstall nvidia-cublas, or report it.');
  }

  /** The answer itself. */
  ask(name: Name, ...values: Argument[]): number {
    return this.#functions[name](...values);
  }

  /** What the function writes to its first parameter. */
  make(name: Name, ...values: Argument[]): number {
    const cell = new BigUint64Array(1);
    this.call(name, cell, ...values);
    return Number(cell[0]);
  }

  /** Sets a 32- or 64-bit attribute. */
  set(name: Name, object: number, attribute: number, value: number, bytes: 4 | 8): void {
    this.call(name, object, attribute, bytes === 4 ? Int32Array.of(value) : BigInt64Array.of(BigInt(value)), bytes);
  }
}

/** cublasLt where it is installed; null where our own kernels must do. */
export function openCublas(
  gpu: { readonly driver: Driver; readonly stream: Stream; readonly memory: CudaMemory },
  major: number,
): Cublas | null {
  let library: Library;
  try {
    library = loadLibrary(cublasLt, major);
  } catch (error) {
    if (error instanceof DeviceError) return null;
    throw error;
  }
  return new Cublas(library, gpu);
}

/** A product that the library computes. */
export class ProductStep implements Step {
  readonly places: readonly number[];
  readonly writes: readonly number[];
  readonly #library: Cublas;
  readonly #product: Product;
  readonly #elementBytes: number;
  readonly #desc: number;
  readonly #layouts: readonly [number, number, number];
  /** The factor 1, the factor 0, and the algorithm that the library advises. */
  readonly #native = new NativeMemory(16 + heuristicBytes);

  /** @param workspace place of the address of the workspace: products that share it wait for each other. */
  constructor(
    library: Cublas,
    product: Product,
    precision: MatmulPrecision,
    readonly kernel: number,
    readonly workspace: number,
  ) {
    this.#library = library;
    this.#product = product;
    const { dtype, left, right, result } = product;
    const wide = dtype === 'float64';
    this.#elementBytes = wide ? 8 : 4;
    this.places = [left.buffer, right.buffer, result.buffer, workspace];
    this.writes = [result.buffer, workspace];
    const type = wide ? constants.CUDA_R_64F : constants.CUDA_R_32F;
    const compute = wide ? constants.CUBLAS_COMPUTE_64F : computeTypes[precision];
    const scales = new DataView(this.#native.buffer);
    if (wide) scales.setFloat64(0, 1, true);
    else scales.setFloat32(0, 1, true);
    scales.setFloat64(8, 0, true);
    this.#desc = library.make('cublasLtMatmulDescCreate', compute, type);
    const { CUBLASLT_MATMUL_DESC_TRANSA: ofLeft, CUBLASLT_MATMUL_DESC_TRANSB: ofRight, CUBLAS_OP_T } = constants;
    for (const [operand, attribute] of [[left, ofLeft] as const, [right, ofRight] as const])
      if (operand.transposed) library.set('cublasLtMatmulDescSetAttribute', this.#desc, attribute, CUBLAS_OP_T, 4);
    this.#layouts = [this.#layout(left, type), this.#layout(right, type), this.#layout(result, type)];
    this.#choose();
  }

  launch(addresses: Addresses): void {
    const { handle, stream, workspace } = this.#library;
    const [layoutA, layoutB, layoutD] = this.#layouts;
    const at = ({ buffer, offset }: Operand): number => addresses[buffer]! + offset * this.#elementBytes;
    const { left, right, result } = this.#product;
    const [one, zero, algorithm] = [0, 8, 16].map((offset) => this.#native.address + offset) as [
      number,
      number,
      number,
    ];
    const d = at(result);
    const factors = [one, at(left), layoutA, at(right), layoutB, zero] as const;
    const rest = [algorithm, workspace, workspaceBytes, stream.handle] as const;
    this.#library.call('cublasLtMatmul', handle, this.#desc, ...factors, d, layoutD, d, layoutD, ...rest);
  }

  add(graph: number, after: BigUint64Array, addresses: Addresses): number {
    return this.#captured(addresses, (child) =>
      this.#library.driver.get('cuGraphAddChildGraphNode', graph, after, after.length, child),
    );
  }

  update(instance: number, node: number, addresses: Addresses): void {
    this.#captured(addresses, (child) =>
      this.#library.driver.call('cuGraphExecChildGraphNodeSetParams', instance, node, child),
    );
  }

  /** What `use` makes of a graph of all that the library launches. */
  #captured<T>(addresses: Addresses, use: (graph: number) => T): T {
    const { driver, stream } = this.#library;
    driver.call('cuStreamBeginCapture_v2', stream.handle, driverConstants.CU_STREAM_CAPTURE_MODE_RELAXED);
    try {
      this.launch(addresses);
    } catch (error) {
      driver.discard('cuStreamEndCapture', stream.handle, new BigUint64Array(1));
      throw error;
    }
    const cell = new BigUint64Array(1);
    driver.call('cuStreamEndCapture', stream.handle, cell);
    const graph = Number(cell[0]);
    try {
      return use(graph);
    } finally {
      driver.discard('cuGraphDestroy', graph);
    }
  }

  #layout({ rows, columns, stride, batchStride }: Operand, type: number): number {
    const library = this.#library;
    const layout = library.make('cublasLtMatrixLayoutCreate', type, rows, columns, stride);
    const { batch } = this.#product;
    const { CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT: count, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET: offset } =
      constants;
    if (batch > 1) {
      library.set('cublasLtMatrixLayoutSetAttribute', layout, count, batch, 4);
      library.set('cublasLtMatrixLayoutSetAttribute', layout, offset, batchStride, 8);
    }
    return layout;
  }

  /** Asks for the best algorithm. */
  #choose(): void {
    const library = this.#library;
    const preference = library.make('cublasLtMatmulPreferenceCreate');
    const set = (attribute: number, value: number, bytes: 4 | 8): void =>
      library.set('cublasLtMatmulPreferenceSetAttribute', preference, attribute, value, bytes);
    set(constants.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspaceBytes, 8);
    const { left, right } = this.#product;
    if (left.offset > 0) set(constants.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, 16, 4);
    if (right.offset > 0) set(constants.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, 16, 4);
    const [a, b, d] = this.#layouts;
    const found = new Int32Array(1);
    const results = this.#native.address + 16;
    const code = library.ask(
      'cublasLtMatmulAlgoGetHeuristic',
      library.handle,
      this.#desc,
      a,
      b,
      d,
      d,
      preference,
      1,
      results,
      found,
    );
    if (code !== 0 || found[0] === 0) throw new NoAlgorithm();
  }
}
