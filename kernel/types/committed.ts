// Cells that ran → their modules: one and the same for cells that cannot differ in types, none kept that nobody needs.
import { createHash } from 'node:crypto';

/**
 * Two cells with the same text whose names come from cells with the same text, and so on to this depth, count as one.
 * Cells that need each other's results in turn, run again and again, would else become a chain without end.
 */
const DEPTH = 8;

/** Where the names that a cell uses come from: name → module. */
export type Uses = ReadonlyMap<string, string>;

interface Committed {
  /** What is equal for equal cells, looking 0 to `DEPTH` cells back. */
  readonly signatures: readonly string[];
  readonly needs: readonly string[];
}

export class CommittedModules {
  readonly #modules = new Map<string, Committed>();
  readonly #bySignature = new Map<string, string>();

  get size(): number {
    return this.#modules.size;
  }

  /** The module of an earlier cell that was the same. */
  same(source: string, uses: Uses): string | undefined {
    return this.#bySignature.get(this.#signatures(source, uses)[DEPTH] ?? '');
  }

  add(module: string, source: string, uses: Uses): void {
    const signatures = this.#signatures(source, uses);
    this.#modules.set(module, { signatures, needs: [...new Set(uses.values())] });
    this.#bySignature.set(signatures[DEPTH] ?? '', module);
  }

  /** Forgets, and answers, all that is not needed by `roots`, directly or through others. */
  sweep(roots: Iterable<string>): string[] {
    const needed = new Set<string>();
    const open = [...roots];
    for (let module = open.pop(); module !== undefined; module = open.pop()) {
      if (needed.has(module)) continue;
      needed.add(module);
      open.push(...(this.#modules.get(module)?.needs ?? []));
    }
    const swept = [...this.#modules].filter(([module]) => !needed.has(module));
    for (const [module, { signatures }] of swept) {
      this.#modules.delete(module);
      const signature = signatures[DEPTH] ?? '';
      if (this.#bySignature.get(signature) === module) this.#bySignature.delete(signature);
    }
    return swept.map(([module]) => module);
  }

  #signatures(source: string, uses: Uses): string[] {
    const sorted = [...uses].sort(([a], [b]) => (a < b ? -1 : 1));
    const signatures: string[] = [];
    for (let depth = 0; depth <= DEPTH; depth++) {
      const hash = createHash('sha1').update(source);
      for (const [name, module] of sorted) {
        hash.update(`\0${name}\0${depth === 0 ? '' : (this.#modules.get(module)?.signatures[depth - 1] ?? module)}`);
      }
      signatures.push(hash.digest('base64'));
    }
    return signatures;
  }
}
