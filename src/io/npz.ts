// In: tensors by name. Out: a .npz archive, as np.savez writes and np.load reads it; and the way back.
import { DataError } from '../errors.js';
import type { StateDict } from '../nn/module.js';
import type { Tensor } from '../tensor.js';
import { settled } from './elements.js';
import { readWhole, writeDurably } from './file.js';
import { npyPieces, readNpy } from './npy.js';
import { readZip, zipPieces } from './zip.js';

/** Options of the writers. */
export interface NpzOptions {
  /** Packs the arrays, as np.savez_compressed does. Default false. */
  compress?: boolean;
}

const suffix = '.npy';

function pieces(tensors: Readonly<StateDict>, { compress = false }: NpzOptions): Generator<Uint8Array> {
  const names = Object.keys(tensors);
  const members = settled(Object.values(tensors)).map((value, i): [string, readonly Uint8Array[]] => [
    `${names[i]}${suffix}`,
    npyPieces(value),
  ]);
  return zipPieces(new Map(members), compress);
}

/** The bytes of a .npz archive; equal tensors give equal bytes. @throws ValueError beyond 4 GiB. */
export const writeNpz = (tensors: Readonly<StateDict>, options: NpzOptions = {}): Uint8Array =>
  Buffer.concat([...pieces(tensors, options)]);

/**
 * Reads the bytes of a .npz archive; dtypes as in `readNpy`.
 * @param name what to call it in errors.
 * @throws DataError for a damaged or truncated archive, for elements that cannot be read, and for members other than arrays.
 */
export function readNpz(bytes: Uint8Array, name = '.npz data'): StateDict {
  const tensors: [string, Tensor][] = [];
  for (const [member, content] of readZip(bytes, name)) {
    if (!member.endsWith(suffix))
      throw new DataError(`${name}: '${member.slice(0, 80)}' is not an array`, 'The members of a .npz are .npy files.');
    tensors.push([member.slice(0, -suffix.length), readNpy(content, `${name}: '${member.slice(0, 80)}'`)]);
  }
  return Object.fromEntries(tensors);
}

/**
 * Saves tensors for NumPy (`np.load`). A crash while writing leaves the old file.
 * @throws DataError where the file cannot be written; ValueError beyond 4 GiB.
 */
export async function saveNpz(path: string, tensors: Readonly<StateDict>, options: NpzOptions = {}): Promise<void> {
  await writeDurably(path, pieces(tensors, options));
}

/**
 * Loads what `np.savez` wrote; see `readNpz`.
 * @throws DataError for a damaged or truncated archive, for elements that cannot be read, and for members other than arrays.
 */
export const loadNpz = async (path: string): Promise<StateDict> => readNpz(await readWhole(path), path);
