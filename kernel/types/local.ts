// Local modules that cells import go in; those that changed on disk since they were last looked at come out.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { typescript } from '../cell/typescript.js';

const SUFFIXES = ['', '.ts', '.tsx', '.mts', '.js', '.mjs', '.json', '/index.ts', '/index.js'];

/** No file watchers: the few files are looked at before each check. */
export class LocalModules {
  readonly #times = new Map<string, number>();

  /** Adds modules and what they import by relative paths; paths may lack what an import may leave out. */
  follow(paths: readonly string[]): void {
    for (const path of paths) {
      const file = found(path);
      if (file === undefined || this.#times.has(file)) continue;
      this.#times.set(file, modified(file));
      this.follow(imports(file));
    }
  }

  changes(): { path: string; isNew: boolean }[] {
    const changed: { path: string; isNew: boolean }[] = [];
    for (const [path, time] of this.#times) {
      const now = modified(path);
      if (now === time) continue;
      this.#times.set(path, now);
      changed.push({ path, isNew: time === 0 });
      this.follow(imports(path));
    }
    return changed;
  }
}

function found(path: string): string | undefined {
  const stem = path.replace(/\.(m?)js$/, '.$1ts');
  return [stem, path].flatMap((base) => SUFFIXES.map((suffix) => base + suffix)).find((file) => modified(file) > 0);
}

/** Zero for what is not a file. */
function modified(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.mtimeMs : 0;
}

function imports(file: string): string[] {
  if (modified(file) === 0 || file.endsWith('.json')) return [];
  const { importedFiles } = typescript().preProcessFile(readFileSync(file, 'utf8'), true, true);
  const relative = importedFiles.filter(({ fileName }) => /^\.\.?\//.test(fileName));
  return relative.map(({ fileName }) => join(dirname(file), fileName));
}
