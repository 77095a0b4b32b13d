// Element types: their arrays, codes, sizes and how two of them meet.
import { DTypeError, ValueError } from './errors.js';

/** The element types, from narrowest to widest. */
export const dtypes = ['bool', 'int32', 'uint32', 'float16', 'bfloat16', 'float32', 'float64'] as const;

/** Element type of a tensor. The default for numbers is `float32`. */
export type DType = (typeof dtypes)[number];

/** The JavaScript array that holds elements of any dtype. */
export type TypedArray = Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array;

const constructors = {
  bool: Uint8Array,
  int32: Int32Array,
  uint32: Uint32Array,
  // Their numbers are float32 numbers too, and are kept as these.
  float16: Float32Array,
  bfloat16: Float32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Throws a DTypeError unless `value` names an element type; `others` are names that would have been right too. */
export function checkDType(value: string, others: readonly string[] = []): DType {
  for (const dtype of dtypes) if (dtype === value) return dtype;
  const names = [...dtypes, ...others].map((name) => `'${name}'`).join(', ');
  throw new DTypeError(`unknown ${others.length > 0 ? 'dtype or device' : 'dtype'} '${value}'`, `Use one of ${names}.`);
}

/** Bytes that an element takes in memory here; those of 16 bits are kept in 32. */
export const bytesPerElement = (dtype: DType): number => constructors[dtype].BYTES_PER_ELEMENT;
/** True for the dtypes of 16 bits. */
export const isHalf = (dtype: DType): boolean => dtype === 'float16' || dtype === 'bfloat16';
export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64' || isHalf(dtype);
export const isInteger = (dtype: DType): boolean => dtype === 'int32' || dtype === 'uint32';

/** An off-heap, zeroed array of `length` elements. @throws ValueError where memory does not suffice. */
export function allocate(dtype: DType, length: number): TypedArray {
  const bytes = length * bytesPerElement(dtype);
  try {
    return new constructors[dtype](new ArrayBuffer(bytes));
  } catch (cause) {
    throw new ValueError(
      `a ${dtype} tensor of ${length} elements needs ${(bytes / 2 ** 30).toPrecision(3)} GiB, and there is no room for it`,
      'Use a smaller batch or shape; perhaps two shapes broadcast to a larger one than was meant.',
      { cause },
    );
  }
}

/** The name of the array class that holds a dtype. */
export const arrayName = (dtype: DType): string => constructors[dtype].name;

/** A typed view of `length` elements on `buffer` from byte `offset`. */
export const viewOf = (dtype: DType, buffer: ArrayBuffer, offset: number, length: number): TypedArray =>
  new constructors[dtype](buffer, offset, length);

/** The dtype that a JavaScript array stands for (`Uint8Array` becomes int32 numbers, not booleans). */
export function dtypeOf(array: ArrayBufferView): DType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  if (array instanceof Uint32Array) return 'uint32';
  return 'int32';
}

/** The dtype of a combination: the wider of the two, and float32 for the two of 16 bits, of which neither is. */
export function promote(a: DType, b: DType): DType {
  if (a !== b && isHalf(a) && isHalf(b)) return 'float32';
  return dtypes.indexOf(a) >= dtypes.indexOf(b) ? a : b;
}
