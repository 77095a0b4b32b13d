// In: tokens. Out: a number for each, and back.
import { DataError, IndexError, ValueError } from '../../errors.js';

/** Tokens with meanings of their own. */
export const special = { padding: '<pad>', unknown: '<unk>', start: '<bos>', end: '<eos>', mask: '<mask>' } as const;

/** Options of `Vocabulary.of`. */
export interface VocabularyOptions {
  /** Tokens that come first, whether they occur or not, such as `special.padding` (number 0) and `special.unknown`. Default: none. */
  specials?: readonly string[];
  /** Leaves out tokens that occur less often. Default 1. */
  minCount?: number;
  /** Keeps only the most frequent, specials included. Default: all. */
  maxSize?: number;
}

/** The tokens that a model knows, numbered. */
export class Vocabulary {
  readonly #numbers: ReadonlyMap<string, number>;

  /** @param tokens in the order of their numbers. @throws ValueError for a token that comes twice. */
  constructor(readonly tokens: readonly string[]) {
    const numbers = new Map<string, number>();
    tokens.forEach((token, i) => {
      if (numbers.has(token))
        throw new ValueError(`vocabulary: the token '${token}' comes twice`, 'Each token has one number.');
      numbers.set(token, i);
    });
    this.#numbers = numbers;
  }

  /** The tokens of a text: specials, then by falling count, those of one count in the order of their characters. */
  static of(tokens: Iterable<string>, options: VocabularyOptions = {}): Vocabulary {
    const { specials = [], minCount = 1, maxSize = Number.POSITIVE_INFINITY } = options;
    if (maxSize < specials.length + 1)
      throw new ValueError(`vocabulary: maxSize ${maxSize}`, `${specials.length} specials leave no room.`);
    const counts = new Map<string, number>();
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    const kept = [...counts].filter(([token, count]) => count >= minCount && !specials.includes(token));
    kept.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return new Vocabulary([...specials, ...kept.slice(0, maxSize - specials.length).map(([token]) => token)]);
  }

  /** How many tokens. */
  get size(): number {
    return this.tokens.length;
  }
  has(token: string): boolean {
    return this.#numbers.has(token);
  }
  /** The number of a token, else that of `<unk>`. @throws DataError where there is neither. */
  numberOf(token: string): number {
    const found = this.#numbers.get(token) ?? this.#numbers.get(special.unknown);
    if (found === undefined)
      throw new DataError(
        `the token '${token.slice(0, 40)}' is not in the vocabulary`,
        `Make the vocabulary from all texts, or with { specials: ['${special.unknown}'] }.`,
      );
    return found;
  }
  /** The token of a number. @throws IndexError for a number that has none. */
  tokenOf(number: number): string {
    const token = this.tokens[number];
    if (token === undefined)
      throw new IndexError(
        `token ${number} of a vocabulary of ${this.size}`,
        `Tokens are numbered from 0 to ${this.size - 1}.`,
      );
    return token;
  }
}
