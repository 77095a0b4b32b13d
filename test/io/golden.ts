// In: the files that NumPy and safetensors wrote, and what they hold. Out: their bytes, and comparisons bit by bit.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type DType, type Tensor, tensor } from '../../src/index.js';

/** A tensor of a golden file. */
export interface Packed {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}
interface Golden {
  readonly safetensors: Readonly<
    Record<string, { tensors: Record<string, Packed>; metadata: Record<string, string>; sameBytes: boolean }>
  >;
  readonly npy: Readonly<Record<string, Packed & { sameBytes: boolean }>>;
  readonly npz: Readonly<Record<string, Packed>>;
}

const folder = new URL('../golden/', import.meta.url);
export const golden = JSON.parse(readFileSync(new URL('io.json', folder), 'utf8')) as Golden;
export const pathOf = (name: string): string => fileURLToPath(new URL(`io/${name}`, folder));
export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(pathOf(name)));

const special: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '-0': -0,
};
const numbersOf = ({ values }: Packed): number[] => values.map((v) => (typeof v === 'number' ? v : special[v]!));

/** The same tensor of ours. */
export const unpack = (packed: Packed): Tensor =>
  tensor(Float64Array.from(numbersOf(packed)), { dtype: packed.dtype, shape: packed.shape });

/** Throws unless dtype, shape and every element are the same, the signs of zeros included. */
export function expectSame(found: Tensor | undefined, wanted: Packed): void {
  expect(found?.dtype).toBe(wanted.dtype);
  expect(found?.shape).toEqual(wanted.shape);
  expect(Array.from(found?.dataSync() ?? [])).toEqual(numbersOf(wanted));
}
