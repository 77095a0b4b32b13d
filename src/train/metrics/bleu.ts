// In: translations and their references, as tokens. Out: how many n-grams they share (Papineni et al., 2002).
import { ShapeError, ValueError } from '../../errors.js';

/** Tokens of a sentence: words, or numbers of a vocabulary. */
export type Tokens = readonly (string | number)[];

function grams(tokens: Tokens, n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const key = JSON.stringify(tokens.slice(i, i + n));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/**
 * BLEU of a whole set, 0 to 1, as sacrebleu counts it: the geometric mean of the n-gram precisions, times a penalty for brevity.
 * @param references one or several for each candidate.
 * @param options `order`: longest n-gram, 4 by default; `smooth` adds one to counts above single tokens (Lin and Och, 2004).
 */
export function bleu(
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
  options: { order?: number; smooth?: boolean } = {},
): number {
  const { order = 4, smooth = false } = options;
  if (!Number.isInteger(order) || order < 1)
    throw new ValueError(`bleu: order = ${order}`, 'It must be a whole number, 1 or more.');
  if (candidates.length !== references.length || candidates.length === 0)
    throw new ShapeError(
      `bleu: ${candidates.length} candidates, ${references.length} lists of references`,
      'Give one list of references for each candidate.',
    );
  let [length, referenceLength] = [0, 0];
  const hits = new Array<number>(order).fill(0);
  const totals = new Array<number>(order).fill(0);
  candidates.forEach((candidate, i) => {
    const own = references[i]!;
    length += candidate.length;
    // The reference closest in length, the shorter of two.
    referenceLength +=
      own
        .map((r) => r.length)
        .sort((a, b) => Math.abs(a - candidate.length) - Math.abs(b - candidate.length) || a - b)[0] ?? 0;
    for (let n = 1; n <= order; n++) {
      const known = own.map((r) => grams(r, n));
      for (const [gram, count] of grams(candidate, n)) {
        totals[n - 1]! += count;
        hits[n - 1]! += Math.min(count, Math.max(0, ...known.map((g) => g.get(gram) ?? 0)));
      }
    }
  });
  const extra = (n: number): number => (smooth && n > 0 ? 1 : 0);
  const logs = hits.map((hit, n) => Math.log((hit + extra(n)) / (totals[n]! + extra(n))));
  if (length === 0 || logs.some((v) => !Number.isFinite(v))) return 0;
  const brevity = length >= referenceLength ? 1 : Math.exp(1 - referenceLength / length);
  return brevity * Math.exp(logs.reduce((a, b) => a + b) / order);
}
