// In: tensors by name. Out: a safetensors file, as Python's library writes and reads it; and the way back.
import type { FileHandle } from 'node:fs/promises';
import { fromArray } from '../create.js';
import { DataError } from '../errors.js';
import type { StateDict } from '../nn/module.js';
import type { Tensor } from '../tensor.js';
import { decode, dtypeOfKind, encode, ownBuffer, settled } from './elements.js';
import { openToRead, readFully, writeDurably } from './file.js';
import {
  type Described,
  fileOrder,
  formatHeader,
  headerLength,
  parseHeader,
  prefixBytes,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.js';

/** Options of the writers. */
export interface SafetensorsOptions {
  /** Texts by name that travel with the tensors. */
  metadata?: Readonly<Record<string, string>>;
}
/** What a file holds. */
export interface Safetensors {
  readonly tensors: StateDict;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Header and data of the values that the tensors have now. */
function pieces(tensors: Readonly<StateDict>, { metadata = {} }: SafetensorsOptions): Uint8Array[] {
  const names = Object.keys(tensors);
  const values = settled(Object.values(tensors));
  const described = values.map((value, i): Described & { value: Tensor } => ({
    name: names[i]!,
    dtype: value.dtype,
    shape: value.shape,
    bytes: value.bytes,
    value,
  }));
  const ordered = fileOrder(described);
  return [formatHeader(ordered, metadata), ...ordered.map(({ value }) => encode(value))];
}

function toTensor({ name, kind, shape }: SafetensorsEntry, bytes: ArrayBuffer): Tensor {
  return fromArray(decode(kind, bytes, `tensor '${name}'`), shape, dtypeOfKind(kind));
}

/**
 * The bytes of a safetensors file; equal tensors give equal bytes, the same as Python's writer.
 * @throws ValueError for a tensor named `__metadata__`.
 */
export const writeSafetensors = (tensors: Readonly<StateDict>, options: SafetensorsOptions = {}): Uint8Array =>
  Buffer.concat(pieces(tensors, options));

/**
 * Reads the bytes of a safetensors file. Integers narrower than 32 bits become int32, half floats float32, and 64-bit
 * integers narrow where every one fits.
 * @param name what to call it in errors.
 * @throws DataError for a damaged or truncated file, and for element types or integers that cannot be read.
 */
export function readSafetensors(bytes: Uint8Array, name = 'safetensors data'): Safetensors {
  const start = prefixBytes + headerLength(bytes, bytes.length, name);
  const { entries, metadata } = parseHeader(bytes.subarray(prefixBytes, start), bytes.length - start, name);
  const tensors = entries.map((entry): [string, Tensor] => [
    entry.name,
    toTensor(entry, ownBuffer(bytes.subarray(start + entry.begin, start + entry.end))),
  ]);
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * Saves tensors, such as `model.stateDict()`. A crash while writing leaves the old file.
 * @throws DataError where the file cannot be written; ValueError for a tensor named `__metadata__`.
 * @example await saveSafetensors('model.safetensors', model.stateDict())
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<StateDict>,
  options: SafetensorsOptions = {},
): Promise<void> {
  await writeDurably(path, pieces(tensors, options));
}

/**
 * Loads all tensors of a file; for some of them, or the metadata, see `openSafetensors`.
 * @throws DataError for a damaged or truncated file, and for element types or integers that cannot be read.
 * @example model.loadStateDict(await loadSafetensors('model.safetensors'))
 */
export async function loadSafetensors(path: string): Promise<StateDict> {
  await using file = await openSafetensors(path);
  const tensors: [string, Tensor][] = [];
  for (const name of file.names) tensors.push([name, await file.tensor(name)]);
  return Object.fromEntries(tensors);
}

/** An open file: its header is here, its tensors are read when asked for. */
export class SafetensorsFile implements AsyncDisposable {
  readonly #entries: ReadonlyMap<string, SafetensorsEntry>;
  /** @internal */
  constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly header: SafetensorsHeader,
    private readonly start: number,
  ) {
    this.#entries = new Map(header.entries.map((entry) => [entry.name, entry]));
  }
  /** Names of the tensors, in the order of their data. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }
  /** Name, element type and shape of every tensor. */
  get entries(): readonly SafetensorsEntry[] {
    return this.header.entries;
  }
  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata;
  }
  /** Reads one tensor. @throws DataError where there is none of this name, or it cannot be read. */
  async tensor(name: string): Promise<Tensor> {
    const entry = this.#entries.get(name);
    if (!entry)
      throw new DataError(
        `${this.path} holds no tensor '${name}'`,
        `It holds ${this.names.join(', ') || 'none'}.`.slice(0, 1000),
      );
    const bytes = new ArrayBuffer(entry.end - entry.begin);
    await readFully(this.file, this.path, new Uint8Array(bytes), this.start + entry.begin);
    return toTensor(entry, bytes);
  }
  async close(): Promise<void> {
    await this.file.close();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens a file and reads only its header. Close it, or declare it with `await using`.
 * @throws DataError for a damaged or truncated file.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openToRead(path);
  try {
    const { size } = await file.stat();
    const prefix = new Uint8Array(Math.min(prefixBytes, size));
    await readFully(file, path, prefix, 0);
    const header = new Uint8Array(headerLength(prefix, size, path));
    await readFully(file, path, header, prefixBytes);
    const start = prefixBytes + header.length;
    return new SafetensorsFile(path, file, parseHeader(header, size - start, path), start);
  } catch (error) {
    await file.close();
    throw error;
  }
}
