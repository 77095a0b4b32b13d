// In: the bytes of numbers in some file format. Out: an array of one of our dtypes; and the way back.
import { endianness } from 'node:os';
import type { DType, TypedArray } from '../dtype.js';
import { DataError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { bfloat16Bits, float16Bits } from '../half.js';
import type { Tensor } from '../tensor.js';

/** Kinds of numbers that files hold: sign or kind, and bits. */
export type Kind =
  | 'bool'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64';

interface Rule {
  readonly bytes: number;
  /** What the elements become. */
  readonly dtype: DType;
  /** From aligned bytes in the machine's order; may keep the buffer. */
  decode(buffer: ArrayBuffer, what: string): TypedArray;
}

/** float16 by IEEE 754: sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const tooLarge = (what: string, value: bigint, at: number, dtype: DType): DataError =>
  new DataError(
    `${what}: element ${at} is ${value}, which ${dtype} cannot hold`,
    '64-bit integers are read where they fit into 32 bits; store larger ones as float64.',
  );

function narrowSigned(buffer: ArrayBuffer, what: string): Int32Array {
  const wide = new BigInt64Array(buffer);
  const out = new Int32Array(wide.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = Number(wide[i]);
    if (BigInt(out[i]!) !== wide[i]) throw tooLarge(what, wide[i]!, i, 'int32');
  }
  return out;
}
function narrowUnsigned(buffer: ArrayBuffer, what: string): Uint32Array {
  const wide = new BigUint64Array(buffer);
  const out = new Uint32Array(wide.length);
  for (let i = 0; i < out.length; i++) {
    if (wide[i]! > 0xffffffffn) throw tooLarge(what, wide[i]!, i, 'uint32');
    out[i] = Number(wide[i]);
  }
  return out;
}

const rules: Readonly<Record<Kind, Rule>> = {
  bool: { bytes: 1, dtype: 'bool', decode: (b) => new Uint8Array(b).map((v) => (v ? 1 : 0)) },
  uint8: { bytes: 1, dtype: 'int32', decode: (b) => Int32Array.from(new Uint8Array(b)) },
  int8: { bytes: 1, dtype: 'int32', decode: (b) => Int32Array.from(new Int8Array(b)) },
  uint16: { bytes: 2, dtype: 'int32', decode: (b) => Int32Array.from(new Uint16Array(b)) },
  int16: { bytes: 2, dtype: 'int32', decode: (b) => Int32Array.from(new Int16Array(b)) },
  uint32: { bytes: 4, dtype: 'uint32', decode: (b) => new Uint32Array(b) },
  int32: { bytes: 4, dtype: 'int32', decode: (b) => new Int32Array(b) },
  uint64: { bytes: 8, dtype: 'uint32', decode: narrowUnsigned },
  int64: { bytes: 8, dtype: 'int32', decode: narrowSigned },
  float16: { bytes: 2, dtype: 'float32', decode: (b) => Float32Array.from(new Uint16Array(b), half) },
  bfloat16: {
    bytes: 2,
    dtype: 'float32',
    decode: (b) => new Float32Array(Uint32Array.from(new Uint16Array(b), (bits) => bits * 0x10000).buffer),
  },
  float32: { bytes: 4, dtype: 'float32', decode: (b) => new Float32Array(b) },
  float64: { bytes: 8, dtype: 'float64', decode: (b) => new Float64Array(b) },
};

const littleHost = endianness() === 'LE';

/** Turns the bytes of every element around, in place. */
function swap(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else if (width === 8) buffer.swap64();
}

/** Bytes of one element of a kind. */
export const bytesOf = (kind: Kind): number => rules[kind].bytes;
/** The dtype that a kind is read as. */
export const dtypeOfKind = (kind: Kind): DType => rules[kind].dtype;

/**
 * The elements that `bytes` hold. Narrow integers widen to int32, half floats to float32; 64-bit integers narrow where
 * they fit.
 * @param bytes a whole buffer of its own; it may become the array.
 * @param what whose elements they are, for errors.
 * @throws DataError for an integer that 32 bits cannot hold.
 */
export function decode(kind: Kind, bytes: ArrayBuffer, what: string, bigEndian = false): TypedArray {
  if (bigEndian === littleHost) swap(new Uint8Array(bytes), bytesOf(kind));
  return rules[kind].decode(bytes, what);
}

/** The little-endian bytes of a computed tensor, two each for the dtypes of 16 bits: not to be changed, they may be its memory. */
export function encode(t: Tensor): Uint8Array {
  const { array: elements } = t.node.storage!;
  const array =
    t.dtype === 'float16'
      ? Uint16Array.from(elements, float16Bits)
      : t.dtype === 'bfloat16'
        ? Uint16Array.from(elements, bfloat16Bits)
        : elements;
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (littleHost) return bytes;
  const turned = bytes.slice();
  swap(turned, array.BYTES_PER_ELEMENT);
  return turned;
}

/** The present values of tensors, computed together; they stay as they are when parameters among them change. */
export function settled<T extends Tensor>(tensors: readonly T[]): Tensor[] {
  const values = tensors.map((t) => t.detach());
  evaluate(values.map((t) => t.node));
  return values;
}

/** A copy of `bytes` in memory of its own, aligned for every kind. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
