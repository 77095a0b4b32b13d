// In: texts. Out: a tokenizer that joins the bytes that stand together most often (Sennrich et al., 2016; bytes as in GPT-2).
import { IndexError, ValueError } from '../../errors.js';
import type { Tokenizer } from './tokenizers.js';

const bytes = 256;
/** Pieces that are never joined: a word, a number or signs with the space before them, or spaces. */
const piece = /'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
/** Pieces whose tokens are remembered. */
const remembered = 20_000;

/** Two tokens as one number; there are fewer than 2²⁴ tokens. */
const width = 2 ** 24;
const pairOf = (a: number, b: number): number => a * width + b;

/** Joins every `a b` in `tokens` to `joined`. */
function join(tokens: readonly number[], a: number, b: number, joined: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === a && tokens[i + 1] === b) {
      out.push(joined);
      i++;
    } else out.push(tokens[i]!);
  }
  return out;
}

/** Byte pair encoding: numbers 0 to 255 are bytes, each higher one joins two lower ones. Any text comes back whole. */
export class BytePairTokenizer implements Tokenizer {
  readonly #joined = new Map<number, number>();
  readonly #contents: Uint8Array[];
  readonly #known = new Map<string, readonly number[]>();

  /**
   * @param merges the two tokens that 256, 257, … join; what `bytePairTokenizer` finds, and all that need be saved.
   * @throws ValueError for one that joins a token which does not come before it.
   */
  constructor(readonly merges: readonly (readonly [number, number])[]) {
    this.#contents = Array.from({ length: bytes }, (_, byte) => Uint8Array.of(byte));
    merges.forEach(([a, b], i) => {
      const [left, right] = [this.#contents[a], this.#contents[b]];
      if (!left || !right)
        throw new ValueError(
          `byte pairs: merge ${i} joins ${a} and ${b}`,
          `It may join the tokens 0 to ${bytes + i - 1}.`,
        );
      this.#joined.set(pairOf(a, b), bytes + i);
      this.#contents.push(Buffer.concat([left, right]));
    });
  }
  /** How many tokens: 256 bytes and one for each merge. */
  get size(): number {
    return this.#contents.length;
  }
  /** The text that one token stands for; a part of a character shows as `\uFFFD`. @throws IndexError for a number that has no token. */
  tokenOf(number: number): string {
    return Buffer.from(this.#bytesOf(number)).toString('utf8');
  }
  #bytesOf(number: number): Uint8Array {
    const content = this.#contents[number];
    if (!content)
      throw new IndexError(`token ${number} of ${this.size}`, `Tokens are numbered from 0 to ${this.size - 1}.`);
    return content;
  }
  #encodePiece(text: string): readonly number[] {
    const known = this.#known.get(text);
    if (known) return known;
    let tokens = [...Buffer.from(text)];
    for (;;) {
      // The oldest merge first, as they were learnt.
      let first = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < tokens.length; i++)
        first = Math.min(first, this.#joined.get(pairOf(tokens[i]!, tokens[i + 1]!)) ?? first);
      if (first === Number.POSITIVE_INFINITY) break;
      tokens = join(tokens, ...this.merges[first - bytes]!, first);
    }
    if (this.#known.size < remembered) this.#known.set(text, tokens);
    return tokens;
  }
  encode(text: string): Int32Array {
    return Int32Array.from((text.match(piece) ?? []).flatMap((part) => this.#encodePiece(part)));
  }
  /** @throws IndexError for a number that has no token. */
  decode(numbers: ArrayLike<number>): string {
    return Buffer.concat(Array.from(numbers, (number) => this.#bytesOf(number))).toString('utf8');
  }
}

interface Word {
  tokens: number[];
  readonly count: number;
}

/** How often each pair occurs, and in which words; both follow the merges. */
class PairCounts {
  readonly counts = new Map<number, number>();
  readonly #places = new Map<number, Set<Word>>();

  /** Counts the pairs of a word `sign` (1 or −1) times. */
  add(word: Word, sign: number): void {
    for (let i = 0; i + 1 < word.tokens.length; i++) {
      const pair = pairOf(word.tokens[i]!, word.tokens[i + 1]!);
      const count = (this.counts.get(pair) ?? 0) + sign * word.count;
      if (count > 0) this.counts.set(pair, count);
      else this.counts.delete(pair);
      const places = this.#places.get(pair);
      if (places) places.add(word);
      else this.#places.set(pair, new Set([word]));
    }
  }
  /** The most frequent pair; of equal ones that of the lowest tokens. */
  best(): { pair: number; count: number } | null {
    let best: { pair: number; count: number } | null = null;
    for (const [pair, count] of this.counts)
      if (!best || count > best.count || (count === best.count && pair < best.pair)) best = { pair, count };
    return best;
  }
  /** The words in which a pair has stood. */
  wordsWith(pair: number): Iterable<Word> {
    return [...(this.#places.get(pair) ?? [])];
  }
}

/**
 * Learns byte pairs from texts.
 * @param size how many tokens in the end, the 256 bytes included; fewer where no pair occurs twice any more.
 * @throws ValueError for a size below 256.
 */
export function bytePairTokenizer(texts: string | Iterable<string>, size: number): BytePairTokenizer {
  if (!Number.isInteger(size) || size < bytes || size >= width)
    throw new ValueError(`bytePairTokenizer: size ${size}`, `Use a whole number from ${bytes} to ${width - 1}.`);
  const pieces = new Map<string, number>();
  for (const text of typeof texts === 'string' ? [texts] : texts)
    for (const part of text.match(piece) ?? []) pieces.set(part, (pieces.get(part) ?? 0) + 1);
  const pairs = new PairCounts();
  for (const [text, count] of pieces) pairs.add({ tokens: [...Buffer.from(text)], count }, 1);
  const merges: [number, number][] = [];
  while (bytes + merges.length < size) {
    const best = pairs.best();
    if (!best || best.count < 2) break;
    const [a, b] = [Math.floor(best.pair / width), best.pair % width];
    for (const word of pairs.wordsWith(best.pair)) {
      pairs.add(word, -1);
      word.tokens = join(word.tokens, a, b, bytes + merges.length);
      pairs.add(word, 1);
    }
    merges.push([a, b]);
  }
  return new BytePairTokenizer(merges);
}
