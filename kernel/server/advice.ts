// Names that the compiler does not find, and what other cells declare → the same findings with a way out.
import type { CellDiagnostic } from '../types/index.js';

/** What the compiler, which sees of other cells only the names that a cell uses, does not know. */
export interface OtherCells {
  /** What has been declared. */
  names: readonly string[];
  /** What would have been declared, and by which cell, had it run. */
  unrun: ReadonlyMap<string, string>;
}

/** Cannot find name, the same with the compiler's own guess, cannot find namespace, no value for a shorthand property. */
const NAME_NOT_FOUND: ReadonlySet<number> = new Set([2304, 2552, 2503, 18004]);

export function advise(diagnostic: CellDiagnostic, { names, unrun }: OtherCells): CellDiagnostic {
  if (!NAME_NOT_FOUND.has(diagnostic.code)) return diagnostic;
  const [, name = '', guess] = /'([^']+)'(?:.*Did you mean '([^']+)')?/.exec(diagnostic.message) ?? [];
  const cell = unrun.get(name);
  if (cell) return { ...diagnostic, message: `Cannot find name '${name}': ${cell}, which declares it, did not run.` };
  const meant = nearest(name, guess === undefined ? names : [...names, guess]);
  if (meant === undefined) return diagnostic;
  return { ...diagnostic, message: `Cannot find name '${name}'. Did you mean '${meant}'?` };
}

function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length * 0.4)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Characters added, left out, replaced or swapped with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(before, j - 2) + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? 0;
