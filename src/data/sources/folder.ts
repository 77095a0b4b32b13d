// In: the name of a data set. Out: its files from the folder that GRADLAB_DATA names, or else what stands in for it.
import { join } from 'node:path';
import { DataError, ValueError } from '../../errors.js';
import { readIfThere } from '../cache.js';

/** Where a set comes from. */
export interface SourceOptions {
  /**
   * `'files'`: from the folder that the environment variable GRADLAB_DATA names. `'substitute'`: something alike that needs no
   * file. `'auto'` (the default): the files where they are there, else the substitute.
   */
  source?: 'auto' | 'files' | 'substitute';
  /** Seed of a substitute that is drawn. Default 0. */
  seed?: number;
}
/** Where a set came from. */
export interface Sourced {
  readonly source: 'GRADLAB_DATA' | 'substitute';
  /** The same in a sentence. */
  readonly description: string;
}

/** Files by name. */
export type Files<Name extends string> = Readonly<Record<Name, Uint8Array>>;

/** All `names` from `$GRADLAB_DATA/set` or `$GRADLAB_DATA`; else why not. @throws DataError where only some are there. */
async function read<Name extends string>(set: string, names: readonly Name[]): Promise<Files<Name> | string> {
  const folder = process.env.GRADLAB_DATA;
  if (!folder) return 'GRADLAB_DATA is not set';
  const found = new Map<Name, Uint8Array>();
  for (const name of names) {
    const bytes = (await readIfThere(join(folder, set, name))) ?? (await readIfThere(join(folder, name)));
    if (bytes) found.set(name, bytes);
  }
  if (found.size === 0) return `GRADLAB_DATA (${folder}) holds no ${join(set, names[0]!)}`;
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0)
    throw new DataError(
      `${folder} holds a part of ${set}, but not ${missing.join(', ')}`,
      'Put the others there as well.',
    );
  return Object.fromEntries(found) as Files<Name>;
}

/**
 * A set from its files, or its substitute, as `options.source` asks.
 * @throws DataError where files are asked for and not there, or are damaged.
 */
export async function sourced<Name extends string, T>(
  set: { name: string; files: readonly Name[] },
  options: SourceOptions,
  real: (files: Files<Name>) => T,
  substitute: (seed: number) => T,
  describe: { real: (value: T) => string; substitute: (value: T, seed: number) => string },
): Promise<T & Sourced> {
  const { source = 'auto', seed = 0 } = options;
  if (!['auto', 'files', 'substitute'].includes(source))
    throw new ValueError(`${set.name}: source '${source}'`, "Use 'auto', 'files' or 'substitute'.");
  const found = source === 'substitute' ? 'a substitute was asked for' : await read(set.name, set.files);
  if (typeof found !== 'string') {
    const value = real(found);
    return { ...value, source: 'GRADLAB_DATA', description: `${describe.real(value)}, from the folder GRADLAB_DATA.` };
  }
  if (source === 'files')
    throw new DataError(`${set.name}: ${found}`, `Set GRADLAB_DATA to the folder that holds ${set.files.join(', ')}.`);
  const value = substitute(seed);
  return { ...value, source: 'substitute', description: `${describe.substitute(value, seed)}.` };
}

/** 12,345 */
export const counted = (n: number): string => n.toLocaleString('en-US');
