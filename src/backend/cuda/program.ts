// In: rendered kernels. Out: a program whose runs take addresses and numbers, and put everything on the GPU's stream.
import type { KernelSummary } from '../../device.js';
import { matmulPrecision } from '../../precision.js';
import { isProfiling, record } from '../../profile.js';
import { writeParameters } from '../gpu/parameters.js';
import type { Dispatch, Rendered } from '../gpu/rendered.js';
import type { Block } from './allocator.js';
import { NoAlgorithm, ProductStep } from './cublas.js';
import { constants } from './driver.js';
import type { Gpu } from './gpu.js';
import { dependencies, Graphs, type Range } from './graphs.js';
import type { Product } from './products.js';
import { type Addresses, KernelStep, type Step } from './step.js';

/** From this many steps on a graph is launched instead of each of them. */
const worthGraph = 3;

/** Runs before steps become a graph: one, as most programs of a notebook run once. GRADLAB_CUDA_GRAPHS: `always`, `never`. */
function runsBeforeGraph(steps: number): number {
  const wanted = process.env.GRADLAB_CUDA_GRAPHS;
  if (wanted === 'always') return 0;
  return wanted === 'never' || steps < worthGraph ? Number.POSITIVE_INFINITY : 1;
}

/** Gives back the graphs of programs that nothing reaches any more. */
const abandoned = new FinalizationRegistry<Graphs>((graphs) => graphs.clear());

/** What a program is made of. */
export interface Parts {
  readonly rendered: Rendered;
  readonly kernels: readonly KernelSummary[];
  /** How many buffers the schedule has; after them come those that the renderer added. */
  readonly buffers: number;
  /** Buffers in the order of a run's leaves, then of its outputs. */
  readonly outside: readonly number[];
  /** Kernels that a library computes, by their number; where it cannot, they are dispatched. */
  readonly products: ReadonlyMap<number, Product>;
}

/** A sequence of steps over one set of addresses. */
export class Program {
  readonly #gpu: Gpu;
  readonly #rendered: Rendered;
  readonly #kernels: readonly KernelSummary[];
  readonly #outside: readonly number[];
  readonly #steps: readonly Step[];
  readonly #addresses: Addresses;
  readonly #graphs: Graphs;
  readonly #numbers: DataView;
  readonly #parameters: Block | null;
  readonly #runsBeforeGraph: number;
  #scalars: readonly number[] = [];
  #runs = 0;

  constructor(gpu: Gpu, { rendered, kernels, buffers, outside, products }: Parts) {
    this.#gpu = gpu;
    this.#rendered = rendered;
    this.#kernels = kernels;
    this.#outside = outside;
    const { dispatches, memory, parameterBytes } = rendered;
    const parameters = Math.max(buffers - 1, ...memory.offsets.keys()) + 1;
    const status = parameters + 1;
    const workspace = status + 1;
    this.#addresses = new Float64Array(workspace + 1);
    this.#addresses[status] = gpu.memory.status;
    this.#parameters = parameterBytes > 0 ? gpu.memory.blockOf(this, parameterBytes, 'numbers of kernels') : null;
    this.#addresses[parameters] = this.#parameters?.address ?? 0;
    this.#numbers = new DataView(new ArrayBuffer(parameterBytes));
    const computed = this.#productSteps(products, workspace);
    const dispatched = dispatches.filter(({ kernel }) => !computed.some((step) => step.kernel === kernel));
    const steps = [...this.#kernelSteps(dispatched, parameters, status), ...computed];
    this.#steps = steps.sort((a, b) => a.kernel - b.kernel);
    const rangeOf = (place: number): Range => {
      const { offset, bytes } = memory.offsets.get(place) ?? { offset: 0, bytes: 1 };
      return { memory: memory.offsets.has(place) ? -1 : place, from: offset, to: offset + bytes };
    };
    this.#graphs = new Graphs(gpu, this.#steps, dependencies(this.#steps, rangeOf), this.#addresses.length);
    this.#runsBeforeGraph = runsBeforeGraph(this.#steps.length);
    abandoned.register(this, this.#graphs);
  }

  #kernelSteps(dispatches: readonly Dispatch[], parameters: number, status: number): Step[] {
    const handles = this.#gpu.kernels.load(dispatches);
    return dispatches.map((dispatch, i) => {
      const { bindings } = dispatch;
      const places = bindings.map(({ buffer }) => buffer);
      const writes = bindings.filter((binding) => binding.writes).map(({ buffer }) => buffer);
      if (dispatch.parameters) places.push(parameters);
      if (dispatch.status) places.push(status);
      return new KernelStep(this.#gpu, handles[i]!, dispatch, dispatch.kernel, places, writes);
    });
  }

  #productSteps(products: ReadonlyMap<number, Product>, workspace: number): Step[] {
    const { cublas } = this.#gpu;
    if (!cublas) return [];
    return [...products].flatMap(([kernel, product]) => {
      try {
        return [new ProductStep(cublas, product, matmulPrecision(), kernel, workspace)];
      } catch (error) {
        if (error instanceof NoAlgorithm) return [];
        throw error;
      }
    });
  }

  /** Puts a run on the stream. */
  run(outside: readonly number[], scalars: readonly number[]): void {
    const addresses = this.#addresses;
    const { memory } = this.#rendered;
    this.#outside.forEach((place, i) => {
      addresses[place] = outside[i]!;
    });
    if (memory.bytes > 0) {
      const arena = this.#gpu.memory.arena(memory.bytes);
      for (const [place, { offset }] of memory.offsets) addresses[place] = arena + offset;
    }
    if (this.#parameters && this.#changed(scalars)) {
      writeParameters(this.#rendered, scalars, this.#numbers);
      this.#gpu.stream.write(this.#parameters.address, new Uint8Array(this.#numbers.buffer));
    }
    if (isProfiling()) this.#profile();
    else if (this.#runs >= this.#runsBeforeGraph) this.#graphs.run(addresses);
    else for (const step of this.#steps) step.launch(addresses);
    this.#runs++;
  }

  /** Whether the numbers are others than those on the GPU. */
  #changed(scalars: readonly number[]): boolean {
    const same = this.#runs > 0 && scalars.every((value, i) => Object.is(value, this.#scalars[i]));
    if (!same) this.#scalars = scalars.slice();
    return !same;
  }

  /** A run with the time of each kernel. */
  #profile(): void {
    const { driver, stream } = this.#gpu;
    const mark = (): number => {
      const event = driver.get('cuEventCreate', constants.CU_EVENT_DEFAULT);
      driver.call('cuEventRecord', event, stream.handle);
      return event;
    };
    const events = [mark()];
    for (const step of this.#steps) {
      step.launch(this.#addresses);
      events.push(mark());
    }
    stream.synchronize();
    const nanoseconds = new Float64Array(this.#kernels.length);
    const milliseconds = new Float32Array(1);
    this.#steps.forEach(({ kernel }, i) => {
      driver.call('cuEventElapsedTime', milliseconds, events[i]!, events[i + 1]!);
      nanoseconds[kernel] = nanoseconds[kernel]! + milliseconds[0]! * 1e6;
    });
    for (const event of events) driver.call('cuEventDestroy_v2', event);
    record(this.#kernels, nanoseconds);
  }
}
