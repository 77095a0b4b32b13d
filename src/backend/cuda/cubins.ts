// In: what identifies a compilation. Out: machine code kept on disk, so that the next program need not compile it again.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DeviceError } from '../../errors.js';

/** GRADLAB_CACHE, else the cache folder of the user. */
export const cacheFolder = (): string =>
  join(process.env.GRADLAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gradlab'), 'cuda');

const driverCure = "Is the driver older than NVRTC? Update NVIDIA's driver, or pip install an older nvidia-cuda-nvrtc.";
const mostBytes = 256 * 2 ** 20;

/**
 * Code by the content that it was made from. Files appear whole or not at all, so that programs may share the folder; where it cannot be
 * written, nothing is kept and nothing fails.
 */
export class CubinCache {
  readonly #folder: string;
  readonly #mostBytes: number;
  constructor(folder = cacheFolder(), bytes = mostBytes) {
    this.#folder = folder;
    this.#mostBytes = bytes;
  }

  /**
   * What `use` makes of the code for `key`, from the folder or made now.
   * @param use gives null for code that is damaged: it is then made anew.
   */
  get<T>(key: readonly string[], make: () => Uint8Array, use: (code: Uint8Array) => T | null): T {
    const name = createHash('sha256').update(key.join('\0')).digest('hex');
    const file = join(this.#folder, `${name}.cubin`);
    const kept = this.#read(file);
    const used = kept && use(kept);
    if (used !== null) return used;
    const made = make();
    const fresh = use(made);
    if (fresh === null) throw new DeviceError('cuda: the driver refuses code that NVRTC made', driverCure);
    this.#keep(file, made);
    return fresh;
  }

  #read(file: string): Uint8Array | null {
    try {
      const kept = readFileSync(file);
      const now = new Date();
      utimesSync(file, now, now);
      return kept;
    } catch {
      return null;
    }
  }

  #keep(file: string, code: Uint8Array): void {
    const partial = `${file}.${randomUUID()}`;
    try {
      mkdirSync(this.#folder, { recursive: true });
    } catch {
      return;
    }
    try {
      writeFileSync(partial, code);
      renameSync(partial, file);
      this.#trim();
    } catch {
      rmSync(partial, { force: true });
    }
  }

  /** Removes what was longest not used. */
  #trim(): void {
    const files = readdirSync(this.#folder).flatMap((name) => {
      const path = join(this.#folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      return found?.isFile() ? [{ path, bytes: found.size, used: found.mtimeMs }] : [];
    });
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of files.sort((a, b) => a.used - b.used)) {
      if (total <= this.#mostBytes) return;
      rmSync(path, { force: true });
      total -= bytes;
    }
  }
}
