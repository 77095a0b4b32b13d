// In: the bytes of an IDX file (MNIST's format), plain or gzipped. Out: its shape and its elements.
import { constants, gunzipSync } from 'node:zlib';
import { DataError, show } from '../errors.js';

interface Element {
  readonly name: string;
  readonly bytes: number;
  /** Reads `count` big-endian elements from the start of `view`. */
  read(view: DataView, count: number): IdxData;
}
/** Elements of an IDX file. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

const fill = <T extends IdxData>(out: T, element: (i: number) => number): T => {
  for (let i = 0; i < out.length; i++) out[i] = element(i);
  return out;
};

/** Codes of the third byte: http://yann.lecun.com/exdb/mnist/, "the IDX file format". */
const elements: Readonly<Record<number, Element>> = {
  8: { name: 'uint8', bytes: 1, read: (v, n) => fill(new Uint8Array(n), (i) => v.getUint8(i)) },
  9: { name: 'int8', bytes: 1, read: (v, n) => fill(new Int8Array(n), (i) => v.getInt8(i)) },
  11: { name: 'int16', bytes: 2, read: (v, n) => fill(new Int16Array(n), (i) => v.getInt16(2 * i)) },
  12: { name: 'int32', bytes: 4, read: (v, n) => fill(new Int32Array(n), (i) => v.getInt32(4 * i)) },
  13: { name: 'float32', bytes: 4, read: (v, n) => fill(new Float32Array(n), (i) => v.getFloat32(4 * i)) },
  14: { name: 'float64', bytes: 8, read: (v, n) => fill(new Float64Array(n), (i) => v.getFloat64(8 * i)) },
};

/** What an IDX file holds. */
export interface Idx {
  /** Lengths of the axes, outermost first. */
  readonly shape: readonly number[];
  /** The elements, row-major, in the machine's byte order. */
  readonly data: IdxData;
}

interface Header {
  readonly shape: number[];
  readonly element: Element;
  /** Bytes of the header and of the elements that it claims. */
  readonly start: number;
  readonly end: number;
}

const again = 'Fetch the file again, or check that it is the file that was meant.';
const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');

/** Longest header: magic number and 255 axes. */
const longestHeader = 4 + 4 * 255;

function readHeader(bytes: Uint8Array, name: string): Header {
  if (bytes.length < 4) throw new DataError(`${name}: ${bytes.length} bytes, too short for an IDX file`, again);
  const [zero, alsoZero, code, axes] = bytes as Uint8Array & [number, number, number, number];
  if (zero !== 0 || alsoZero !== 0) {
    throw new DataError(
      `${name}: not an IDX file; it starts with ${hex(bytes.subarray(0, 4))} where 00 00 is expected`,
      again,
    );
  }
  const element = elements[code];
  if (!element) {
    const known = Object.entries(elements).map(([key, { name: type }]) => `${hex(Uint8Array.of(Number(key)))} ${type}`);
    throw new DataError(
      `${name}: unknown IDX element type ${hex(Uint8Array.of(code))}`,
      `Known are ${known.join(', ')}. ${again}`,
    );
  }
  const start = 4 + 4 * axes;
  if (bytes.length < start)
    throw new DataError(`${name}: cut off in the header, after ${bytes.length} of ${start} bytes`, again);
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  return { shape, element, start, end: start + shape.reduce((size, n) => size * n, element.bytes) };
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
/** Deflate cannot pack more than this into one byte: RFC 1951, 258 bytes in 2 bits. */
const greatestRatio = 1032;

/** Packed bytes in which any header ends, so that the elements need not be unpacked to see how many they should be. */
const enoughForHeader = 4096;

function inflate(packed: Uint8Array, name: string): Uint8Array {
  const damaged = (cause: unknown): DataError =>
    new DataError(`${name}: damaged gzip data (${cause instanceof Error ? cause.message : String(cause)})`, again, {
      cause,
    });
  let head: Buffer;
  try {
    head = gunzipSync(packed.subarray(0, enoughForHeader), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw damaged(cause);
  }
  const { end, shape } = readHeader(head.subarray(0, longestHeader), name);
  if (end > packed.length * greatestRatio)
    throw tooShort(name, shape, end, `${packed.length} gzipped bytes cannot hold them`);
  try {
    return gunzipSync(packed, { maxOutputLength: end });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLong(name, shape, end, 'more');
    throw damaged(cause);
  }
}

const tooShort = (name: string, shape: readonly number[], end: number, found: string): DataError =>
  new DataError(
    `${name}: the header promises ${show(shape)}, ${end} bytes in all, but ${found}: the file is truncated or its header damaged`,
    again,
  );
const tooLong = (name: string, shape: readonly number[], end: number, found: number | 'more'): DataError =>
  new DataError(
    `${name}: the header promises ${show(shape)}, ${end} bytes in all, but the file has ${found === 'more' ? 'more' : found}: trailing bytes`,
    again,
  );

/**
 * Reads an IDX file. Memory is taken only for what the file really holds.
 * @param bytes the file; gzip is recognised by its content.
 * @param name what to call it in errors.
 * @throws DataError for a wrong magic number, an unknown element type, a truncated or damaged file, and trailing bytes.
 */
export function readIdx(bytes: Uint8Array, name = 'IDX data'): Idx {
  const plain = isGzip(bytes) ? inflate(bytes, name) : bytes;
  const { shape, element, start, end } = readHeader(plain, name);
  if (end > plain.length) throw tooShort(name, shape, end, `there are ${plain.length}`);
  if (end < plain.length) throw tooLong(name, shape, end, plain.length);
  const view = new DataView(plain.buffer, plain.byteOffset + start, end - start);
  return { shape, data: element.read(view, (end - start) / element.bytes) };
}
