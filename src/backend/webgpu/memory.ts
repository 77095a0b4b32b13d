// In: elements from JavaScript. Out: handles on buffers of the WebGPU device, reused when nothing reaches them, and the elements back.
import type { DeviceMemory, Memory } from '../../device.js';
import { allocate, type DType, type TypedArray, viewOf } from '../../dtype.js';
import { DeviceError, IndexError } from '../../errors.js';
import { Handles } from '../handles.js';
import { Line, Lost } from './line.js';

/** Every element takes a word there, a bool too. */
const wordBytes = 4;
/** Bytes handed out after which garbage is collected in search of buffers. */
const sweepBytes = 512 << 20;
/** Bytes of buffers out of use that are kept for the next ones. */
const keptBytes = 256 << 20;

/** A buffer of one opening of the device. */
interface Buffer {
  readonly line: Line;
  readonly number: number;
  readonly bytes: number;
}

/** Elements on the device. */
export class WebgpuArray implements Memory {
  readonly byteLength: number;
  constructor(
    readonly buffer: Buffer,
    readonly length: number,
  ) {
    this.byteLength = length * wordBytes;
  }
}

/** Sizes of buffers, few of them, so that one serves many shapes. */
const roomFor = (bytes: number): number => {
  const step = 2 ** Math.max(8, Math.floor(Math.log2(Math.max(1, bytes))) - 2);
  return Math.max(256, Math.ceil(bytes / step) * step);
};

/** The memory of the device, and the line to it; both are made anew after a loss. */
export class WebgpuMemory implements DeviceMemory {
  readonly name = 'webgpu';
  #line: Line | null = null;
  #numbers = 0;
  #used = 0;
  #kept = 0;
  #sinceSweep = 0;
  readonly #free = new Map<number, Buffer[]>();
  readonly #handles = new Handles<Buffer>((buffer) => this.#release(buffer));

  /** The open line. @throws DeviceError where there is no WebGPU */
  get line(): Line {
    this.#line ??= new Line(() => this.#forget());
    return this.#line;
  }

  #forget(): void {
    this.#line = null;
    this.#free.clear();
    this.#used = this.#kept = this.scratchBytes = 0;
  }

  #release(buffer: Buffer): void {
    if (buffer.line !== this.#line) return;
    this.#used -= buffer.bytes;
    if (this.#kept + buffer.bytes > keptBytes) {
      buffer.line.drop({ kind: 'destroy', buffer: buffer.number });
      return;
    }
    this.#kept += buffer.bytes;
    const list = this.#free.get(buffer.bytes);
    if (list) list.push(buffer);
    else this.#free.set(buffer.bytes, [buffer]);
  }

  /** Bytes of scratch memory that programs need, one at a time. */
  scratchBytes = 0;

  /** Says that a program needs scratch memory. */
  needScratch(bytes: number): void {
    const { largestBuffer } = this.line.adapter;
    if (bytes > largestBuffer)
      throw new DeviceError(
        `webgpu: what lies between these operations needs ${bytes} bytes at once, and a buffer of this device has at most ${largestBuffer}`,
        "Take smaller batches, ask for values in between, or compute there: device('cpu').",
      );
    this.scratchBytes = Math.max(this.scratchBytes, bytes);
  }

  /** Memory for elements, contents undefined. */
  array(length: number): WebgpuArray {
    const { line } = this;
    const { largestBuffer } = line.adapter;
    const bytes = Math.min(roomFor(length * wordBytes), largestBuffer);
    if (length * wordBytes > largestBuffer)
      throw new DeviceError(
        `webgpu: a tensor of ${length} elements needs ${length * wordBytes} bytes, and a buffer of this device has at most ${largestBuffer}`,
        "Split it, take smaller batches, or compute there: device('cpu').",
      );
    this.#sinceSweep += bytes;
    if (this.#sinceSweep > sweepBytes) {
      this.#sinceSweep = 0;
      this.#handles.sweep();
    }
    const buffer = this.#again(bytes) ?? this.#create(line, bytes);
    this.#used += buffer.bytes;
    const array = new WebgpuArray(buffer, length);
    this.#handles.track(array, buffer);
    return array;
  }

  /** A buffer out of use of this size. */
  #again(bytes: number): Buffer | undefined {
    const buffer = this.#free.get(bytes)?.pop();
    if (buffer) this.#kept -= bytes;
    return buffer;
  }

  #create(line: Line, bytes: number): Buffer {
    const number = this.#numbers++;
    line.put({ kind: 'create', buffer: number, bytes });
    return { line, number, bytes };
  }

  /** The number of a memory's buffer. */
  numberOf(memory: Memory): number {
    if (!(memory instanceof WebgpuArray))
      throw new DeviceError(
        'webgpu: memory of another device was taken for its own',
        'This is a defect of gradlab; please report it.',
      );
    if (memory.buffer.line !== this.#line)
      throw new Lost(
        'webgpu: this tensor lay on a device that was lost since',
        'Compute it anew, or load the last checkpoint.',
      );
    return memory.buffer.number;
  }

  upload(elements: TypedArray, dtype: DType): WebgpuArray {
    const array = this.array(elements.length);
    if (elements.length === 0) return array;
    const words = dtype === 'bool' ? Uint32Array.from(elements) : elements.slice();
    const data = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.line.put({ kind: 'write', buffer: array.buffer.number, data });
    return array;
  }

  read(memory: Memory, dtype: DType): TypedArray {
    const buffer = this.numberOf(memory);
    const bytes = memory.length * wordBytes;
    const found = this.line.ask(bytes + 16, (answer) => ({ kind: 'read', buffer, bytes, answer }));
    return elementsOf(found, dtype, memory.length);
  }

  async readLater(memory: Memory, dtype: DType): Promise<TypedArray> {
    const buffer = this.numberOf(memory);
    const bytes = memory.length * wordBytes;
    const found = await this.line.askLater(bytes + 16, (answer, later) => ({
      kind: 'read',
      buffer,
      bytes,
      answer,
      later,
    }));
    return elementsOf(found, dtype, memory.length);
  }

  use(): { readonly used: number; readonly reserved: number } {
    this.#handles.sweep();
    return { used: this.#used, reserved: this.#used + this.#kept };
  }
}

/** The elements of an answer. Throws IndexError where a kernel reported one. */
function elementsOf(found: Uint8Array, dtype: DType, length: number): TypedArray {
  const bytes = found.slice();
  const [flag, , index, limit] = new Int32Array(bytes.buffer, length * wordBytes, 4);
  if (flag !== 0)
    throw new IndexError(
      `webgpu: index ${index} is out of range for an axis of length ${limit}`,
      'Indices and labels run from 0 to one less than the length of the axis that they select from.',
    );
  if (dtype !== 'bool') return viewOf(dtype, bytes.buffer, 0, length);
  const elements = allocate('bool', length);
  elements.set(new Uint32Array(bytes.buffer, 0, length));
  return elements;
}
