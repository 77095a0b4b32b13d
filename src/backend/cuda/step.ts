// In: a kernel and which of a run's addresses it takes. Out: a step that the driver launches, or that a graph holds.
import { type Driver, kernelNode, kernelNodeBytes, NativeMemory } from './driver.js';
import type { Stream } from './stream.js';

/** Addresses of a run by place: buffers, then whatever else kernels take. */
export type Addresses = Float64Array;

/** One thing that the GPU does in a run. */
export interface Step {
  /** Places of the addresses that it takes. */
  readonly places: readonly number[];
  /** Those that it writes to. */
  readonly writes: readonly number[];
  /** The kernel of the schedule that it is part of. */
  readonly kernel: number;
  /** Puts it on the stream. */
  launch(addresses: Addresses): void;
  /** Adds it to a graph, after the nodes that it waits for; returns its node. */
  add(graph: number, after: BigUint64Array, addresses: Addresses): number;
  /** Changes the addresses of its node in later launches of an instance. */
  update(instance: number, node: number, addresses: Addresses): void;
}

/** Threads of a block and blocks, per axis. */
export interface Shape {
  readonly grid: readonly [number, number, number];
  readonly workgroup: readonly [number, number, number];
}

/** A kernel whose arguments are all addresses. */
export class KernelStep implements Step {
  readonly #driver: Driver;
  readonly #stream: Stream;
  readonly #shape: Shape;
  readonly #function: number;
  /** What the driver reads: its own description of a launch, pointers to arguments, arguments. */
  readonly #native: NativeMemory;
  readonly #pointers: number;
  readonly #arguments: Uint32Array;

  constructor(
    gpu: { readonly driver: Driver; readonly stream: Stream },
    handle: number,
    shape: Shape,
    readonly kernel: number,
    readonly places: readonly number[],
    readonly writes: readonly number[],
  ) {
    this.#driver = gpu.driver;
    this.#stream = gpu.stream;
    this.#function = handle;
    this.#shape = shape;
    const count = places.length;
    this.#native = new NativeMemory(kernelNodeBytes + 16 * count);
    const { address, buffer } = this.#native;
    this.#pointers = address + kernelNodeBytes;
    const values = kernelNodeBytes + 8 * count;
    this.#arguments = new Uint32Array(buffer, values, 2 * count);
    const view = new DataView(buffer);
    const { grid, workgroup } = shape;
    view.setBigUint64(kernelNode.func, BigInt(handle), true);
    grid.forEach((n, axis) => view.setUint32(kernelNode.gridDimX + 4 * axis, n, true));
    workgroup.forEach((n, axis) => view.setUint32(kernelNode.blockDimX + 4 * axis, n, true));
    for (const at of [kernelNode.extra, kernelNode.kern, kernelNode.ctx]) view.setBigUint64(at, 0n, true);
    view.setUint32(kernelNode.sharedMemBytes, 0, true);
    view.setUint32(kernelNode.sharedMemBytes + 4, 0, true);
    view.setBigUint64(kernelNode.kernelParams, BigInt(this.#pointers), true);
    for (let i = 0; i < count; i++) view.setBigUint64(kernelNodeBytes + 8 * i, BigInt(address + values + 8 * i), true);
  }

  launch(addresses: Addresses): void {
    this.#take(addresses);
    const { grid, workgroup } = this.#shape;
    this.#driver.call(
      'cuLaunchKernel',
      this.#function,
      ...grid,
      ...workgroup,
      0,
      this.#stream.handle,
      this.#pointers,
      0,
    );
  }

  add(graph: number, after: BigUint64Array, addresses: Addresses): number {
    this.#take(addresses);
    return this.#driver.get('cuGraphAddKernelNode_v2', graph, after, after.length, this.#native.address);
  }

  update(instance: number, node: number, addresses: Addresses): void {
    this.#take(addresses);
    this.#driver.call('cuGraphExecKernelNodeSetParams_v2', instance, node, this.#native.address);
  }

  #take(addresses: Addresses): void {
    const words = this.#arguments;
    this.places.forEach((place, i) => {
      const address = addresses[place]!;
      words[2 * i] = address % 2 ** 32;
      words[2 * i + 1] = address / 2 ** 32;
    });
  }
}
