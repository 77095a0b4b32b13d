// In: elements from JavaScript. Out: handles on memory of the GPU, freed when nothing reaches them, and the elements back.
import type { DeviceMemory, Memory } from '../../device.js';
import { allocate, bytesPerElement, type DType, type TypedArray } from '../../dtype.js';
import { DeviceError, IndexError } from '../../errors.js';
import { Handles } from '../handles.js';
import { Allocator, type Block, OutOfMemory } from './allocator.js';
import type { Driver } from './driver.js';
import { size } from './errors.js';
import type { Stream } from './stream.js';

/** Elements on the GPU. */
export class CudaArray implements Memory {
  constructor(
    readonly address: number,
    readonly length: number,
    readonly byteLength: number,
  ) {}
}

/** The array that a memory is. */
export function onGpu(memory: Memory): CudaArray {
  if (memory instanceof CudaArray) return memory;
  throw new DeviceError(
    'cuda: memory of another device was taken for its own',
    'This is a defect of gradlab; please report it.',
  );
}

const bytesOf = (array: TypedArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Words of the status: flag, kernel, index, limit. */
const statusBytes = 16;

/** The memory of one GPU. */
export class CudaMemory implements DeviceMemory {
  readonly name = 'cuda';
  readonly #driver: Driver;
  readonly #stream: Stream;
  readonly #allocator: Allocator;
  readonly #handles = new Handles<Block>((block) => this.#allocator.free(block));
  /** Where kernels say that an index was out of range. */
  readonly status: number;
  #arena: Block | null = null;

  constructor(driver: Driver, stream: Stream) {
    this.#driver = driver;
    this.#stream = stream;
    const source = {
      take: (bytes: number) => driver.take(bytes),
      give(address: number) {
        driver.discard('cuStreamSynchronize', stream.handle);
        driver.discard('cuMemFree_v2', address);
      },
    };
    const caching = process.env.GRADLAB_CUDA_CACHING !== '0';
    const sweepAfter = driver.totalBytes / 8;
    this.#allocator = new Allocator(source, () => this.#handles.sweep(), sweepAfter, caching);
    this.status = this.block(statusBytes, 'status').address;
    stream.fill(this.status, 0, statusBytes / 4);
  }

  /** Memory for elements, contents undefined. @throws DeviceError where too little is left, saying who has the rest */
  array(dtype: DType, length: number): CudaArray {
    const bytes = length * bytesPerElement(dtype);
    const block = this.block(bytes, `${dtype}[${length}]`);
    const array = new CudaArray(block.address, length, bytes);
    this.#handles.track(array, block);
    return array;
  }

  /** Memory that its owner frees. */
  block(bytes: number, label: string): Block {
    try {
      return this.#allocator.allocate(bytes, label);
    } catch (error) {
      throw error instanceof OutOfMemory ? this.#tooLittle(error) : error;
    }
  }

  /** Memory that is freed when nothing reaches its owner. */
  blockOf(owner: object, bytes: number, label: string): Block {
    const block = this.block(bytes, label);
    this.#handles.track(owner, block);
    return block;
  }

  /** Takes memory of `block` back; work that was asked for before may still use it. */
  free(block: Block): void {
    this.#allocator.free(block);
  }

  /** Address of scratch memory that all runs share, one after the other; a larger request moves it. */
  arena(bytes: number): number {
    if (!this.#arena || this.#arena.bytes < bytes) {
      if (this.#arena) this.#allocator.free(this.#arena);
      this.#arena = null;
      this.#arena = this.block(bytes, 'scratch of kernels');
    }
    return this.#arena.address;
  }

  get arenaBytes(): number {
    return this.#arena?.bytes ?? 0;
  }

  upload(elements: TypedArray, dtype: DType): CudaArray {
    const array = this.array(dtype, elements.length);
    this.#stream.write(array.address, bytesOf(elements));
    return array;
  }

  read(memory: Memory, dtype: DType): TypedArray {
    const { address, length } = onGpu(memory);
    const elements = allocate(dtype, length);
    const words = new Int32Array(statusBytes / 4);
    this.#stream.read({ from: address, bytes: bytesOf(elements) }, { from: this.status, bytes: bytesOf(words) });
    this.#check(words);
    return elements;
  }

  async readLater(memory: Memory, dtype: DType): Promise<TypedArray> {
    const array = onGpu(memory);
    await this.#stream.idle();
    return this.read(array, dtype);
  }

  use(): { readonly used: number; readonly reserved: number; readonly total: number } {
    this.#handles.sweep();
    return { used: this.#allocator.used, reserved: this.#allocator.reserved, total: this.#driver.totalBytes };
  }

  /** Throws what kernels reported since the last look. */
  #check(words: Int32Array): void {
    const [flag, , index, limit] = words;
    if (flag === 0) return;
    this.#stream.fill(this.status, 0, words.length);
    throw new IndexError(
      `cuda: index ${index} is out of range for an axis of length ${limit}`,
      'Indices and labels run from 0 to one less than the length of the axis that they select from.',
    );
  }

  #tooLittle({ bytes, used, reserved, held }: OutOfMemory): DeviceError {
    const list = held
      .slice(0, 5)
      .map((group) => `${group.count} × ${group.what} (${size(group.bytes)})`)
      .join(', ');
    const { totalBytes } = this.#driver;
    return new DeviceError(
      `cuda: ${size(bytes)} do not fit beside ${size(used)} in use (CUDA_ERROR_OUT_OF_MEMORY; ${size(reserved)} of the GPU's ${size(totalBytes)} are taken by this program, ${size(this.#driver.freeBytes())} are free). In use: ${list || 'nothing'}`,
      'Take smaller batches, let go of tensors that are not needed, or close other programs that nvidia-smi lists.',
    );
  }
}
