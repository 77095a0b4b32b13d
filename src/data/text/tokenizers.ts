// In: a text. Out: the numbers of its characters or words, and back.
import { Vocabulary, type VocabularyOptions } from './vocabulary.js';

/** What turns texts into numbers and back. */
export interface Tokenizer {
  /** How many different numbers there are. */
  readonly size: number;
  encode(text: string): Int32Array;
  decode(numbers: ArrayLike<number>): string;
}

abstract class Pieces implements Tokenizer {
  constructor(readonly vocabulary: Vocabulary) {}
  get size(): number {
    return this.vocabulary.size;
  }
  /** The pieces of a text. */
  abstract split(text: string): string[];
  protected abstract join(pieces: readonly string[]): string;

  /** @throws DataError for a piece that the vocabulary lacks, unless it has `<unk>`. */
  encode(text: string): Int32Array {
    return Int32Array.from(this.split(text), (piece) => this.vocabulary.numberOf(piece));
  }
  /** @throws IndexError for a number that has no piece. */
  decode(numbers: ArrayLike<number>): string {
    return this.join(Array.from(numbers, (number) => this.vocabulary.tokenOf(number)));
  }
}

/** Every character is a token. */
export class CharacterTokenizer extends Pieces {
  split(text: string): string[] {
    return [...text];
  }
  protected join(pieces: readonly string[]): string {
    return pieces.join('');
  }
}

/** Words and punctuation marks: runs of letters (with marks and inner apostrophes), runs of digits, every other visible character. */
const word = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*|\p{N}+|[^\s\p{L}\p{M}\p{N}]/gu;
/** What stands close to the word before it. */
const closing = /^[.,;:!?)\]}%…’”]/u;
const opening = /[([{“‘$#@]$/u;

/** Options of word tokenizers. */
export interface WordOptions extends VocabularyOptions {
  /** Takes `The` and `the` for one word. Default true. */
  lowerCase?: boolean;
}

/** Every word and every punctuation mark is a token; spaces are not kept. */
export class WordTokenizer extends Pieces {
  constructor(
    vocabulary: Vocabulary,
    readonly lowerCase = true,
  ) {
    super(vocabulary);
  }
  split(text: string): string[] {
    return splitWords(text, this.lowerCase);
  }
  protected join(pieces: readonly string[]): string {
    let out = '';
    for (const piece of pieces) out += out === '' || closing.test(piece) || opening.test(out) ? piece : ` ${piece}`;
    return out;
  }
}

/** The words and punctuation marks of a text. */
export const splitWords = (text: string, lowerCase = true): string[] =>
  (lowerCase ? text.toLowerCase() : text).match(word) ?? [];

const each = (texts: string | Iterable<string>): Iterable<string> => (typeof texts === 'string' ? [texts] : texts);

/** A tokenizer of the characters that occur in `texts`, ordered by character. @throws ValueError for an option out of range. */
export function characterTokenizer(
  texts: string | Iterable<string>,
  options: VocabularyOptions = {},
): CharacterTokenizer {
  const counted = Vocabulary.of(characters(each(texts)), options);
  const { length } = options.specials ?? [];
  return new CharacterTokenizer(
    new Vocabulary([...counted.tokens.slice(0, length), ...counted.tokens.slice(length).sort()]),
  );
}
function* characters(texts: Iterable<string>): Generator<string> {
  for (const text of texts) yield* text;
}

/** A tokenizer of the words that occur in `texts`, by falling count. @throws ValueError for an option out of range. */
export function wordTokenizer(texts: string | Iterable<string>, options: WordOptions = {}): WordTokenizer {
  const { lowerCase = true } = options;
  return new WordTokenizer(Vocabulary.of(words(each(texts), lowerCase), options), lowerCase);
}
function* words(texts: Iterable<string>, lowerCase: boolean): Generator<string> {
  for (const text of texts) yield* splitWords(text, lowerCase);
}
