// Numbers of 16 bits: float16 (IEEE 754) and bfloat16, kept as the float32 numbers that they are.
import type { DType } from './dtype.js';

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The nearest bfloat16 (8 bits of exponent, 7 of fraction; ties to even), as a number. */
export function roundToBfloat16(value: number): number {
  word[0] = value;
  const b = bits[0]!;
  if ((b & 0x7fffffff) > 0x7f800000) return Number.NaN;
  // Infinity stays, and what is above the largest number becomes it.
  bits[0] = (b + 0x7fff + ((b >>> 16) & 1)) & 0xffff0000;
  return word[0]!;
}

/** Adding and taking it away rounds small numbers to multiples of 2⁻²⁴, the distance of float16's smallest ones. */
const subnormal = 0.5;
/** Smallest float16 with a full fraction. */
const smallestNormal = 2 ** -14;
/** From here on float16 rounds to infinity: halfway from the largest, 65504, to what would follow. */
const overflow = 65520;

/** The nearest float16 (5 bits of exponent, 10 of fraction; ties to even), as a number. */
export function roundToFloat16(value: number): number {
  const v = Math.fround(value);
  const size = Math.abs(v);
  if (size >= overflow) return v > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  if (size < smallestNormal) {
    const rounded = Math.fround(Math.fround(size + subnormal) - subnormal);
    return v < 0 || Object.is(v, -0) ? -rounded : rounded;
  }
  word[0] = v;
  const b = bits[0]!;
  if (Number.isNaN(size)) return Number.NaN;
  bits[0] = (b + 0xfff + ((b >>> 13) & 1)) & 0xffffe000;
  return word[0]!;
}

/** The 16 bits of a number that is a bfloat16. */
export function bfloat16Bits(value: number): number {
  word[0] = value;
  return bits[0]! >>> 16;
}

/** The 16 bits of a number that is a float16. */
export function float16Bits(value: number): number {
  word[0] = value;
  const b = bits[0]!;
  const sign = (b >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (!(size < overflow)) return sign | (size === Number.POSITIVE_INFINITY ? 0x7c00 : 0x7e00);
  if (size < smallestNormal) return sign | (size * 2 ** 24);
  return sign | (((b >>> 13) & 0x3ffff) - ((127 - 15) << 10));
}

/** Rounds every element to what `dtype` holds, in place, where that has 16 bits. */
export function roundTo(dtype: DType, elements: { length: number; [i: number]: number }): void {
  const round = dtype === 'float16' ? roundToFloat16 : dtype === 'bfloat16' ? roundToBfloat16 : null;
  if (round) for (let i = 0; i < elements.length; i++) elements[i] = round(elements[i]!);
}
