// Tokenizers, vocabularies, padding and windows: there and back, and what is refused.
import { describe, expect, test } from 'vitest';
import {
  BytePairTokenizer,
  bytePairTokenizer,
  CharacterTokenizer,
  characterTokenizer,
  DataLoader,
  padSequences,
  special,
  splitWords,
  TextWindows,
  Vocabulary,
  WordTokenizer,
  wordTokenizer,
} from '../../src/data/index.js';
import { DataError, Generator, IndexError, ValueError } from '../../src/index.js';

const prose = `It was the best of times, it was the worst of times; it was the age of wisdom… Wasn't it? "Yes" (12 of 345).`;

describe('a vocabulary', () => {
  test('has specials first, then the most frequent tokens', () => {
    const v = Vocabulary.of('b a c a b a d'.split(' '), { specials: [special.padding, special.unknown], maxSize: 4 });
    expect(v.tokens).toEqual(['<pad>', '<unk>', 'a', 'b']);
    expect(v.numberOf('c')).toBe(1);
    expect(v.tokenOf(2)).toBe('a');
    expect(Vocabulary.of(['x', 'y', 'x'], { minCount: 2 }).tokens).toEqual(['x']);
  });
  test('refuses unknown tokens and numbers, duplicates, and no room', () => {
    const v = new Vocabulary(['a', 'b']);
    expect(() => v.numberOf('c')).toThrow(DataError);
    expect(() => v.numberOf('toString')).toThrow(DataError);
    expect(() => v.tokenOf(2)).toThrow(IndexError);
    expect(() => new Vocabulary(['a', 'a'])).toThrow(/'a' comes twice/);
    expect(() => Vocabulary.of([], { specials: ['x'], maxSize: 1 })).toThrow(ValueError);
  });
});

describe('characters', () => {
  test('come back whole, those outside the basic plane too', () => {
    const tokenizer = characterTokenizer(['abc', 'c👍ä']);
    expect(tokenizer.vocabulary.tokens).toEqual(['a', 'b', 'c', 'ä', '👍']);
    expect(tokenizer.size).toBe(5);
    expect([...tokenizer.encode('👍ab')]).toEqual([4, 0, 1]);
    expect(tokenizer.decode(tokenizer.encode('cab👍'))).toBe('cab👍');
    expect(() => tokenizer.encode('x')).toThrow(/'x' is not in the vocabulary/);
    const open = new CharacterTokenizer(new Vocabulary([special.unknown, 'a']));
    expect([...open.encode('axa')]).toEqual([1, 0, 1]);
  });
});

describe('words', () => {
  test('are letters, numbers and marks', () => {
    expect(splitWords("Don't stop—42 naïve cafés, OK?")).toEqual([
      "don't",
      'stop',
      '—',
      '42',
      'naïve',
      'cafés',
      ',',
      'ok',
      '?',
    ]);
    expect(splitWords('  ')).toEqual([]);
  });
  test('come back readable', () => {
    const tokenizer = wordTokenizer(prose, { lowerCase: false, specials: [special.unknown] });
    expect(tokenizer.decode(tokenizer.encode('it was the age, (wasn’t it) of times.'))).toBe(
      'it was the age, (<unk> it) of times.',
    );
    expect(wordTokenizer([prose]).vocabulary.tokens.slice(0, 4)).toEqual(
      ['it', 'of', 'the', 'was'].sort((a, b) => (a < b ? -1 : 1)),
    );
    expect(new WordTokenizer(new Vocabulary(['a'])).size).toBe(1);
  });
});

describe('byte pairs', () => {
  test('join what stands together most often', () => {
    // P. Gage, "A new algorithm for data compression" (1994): aaabdaaabac → XdXac with Z = aa, Y = ab, X = ZY.
    const tokenizer = bytePairTokenizer('aaabdaaabac', 259);
    expect(tokenizer.merges.map(([a, b]) => tokenizer.tokenOf(a) + tokenizer.tokenOf(b))).toEqual(['aa', 'ab', 'aaab']);
    expect(tokenizer.decode(tokenizer.encode('aaabdaaabac'))).toBe('aaabdaaabac');
    expect(tokenizer.encode('aaabdaaabac').length).toBe(5);
  });
  test('bring back any text, and shorten what is like the text that they learnt from', () => {
    const text = prose.repeat(3);
    const tokenizer = bytePairTokenizer(text, 298);
    expect(tokenizer.size).toBe(298);
    expect(tokenizer.encode(prose).length).toBeLessThan(prose.length / 2);
    const random = new Generator(5);
    for (let i = 0; i < 200; i++) {
      const length = random.words(1)[0]! % 30;
      const sample = Array.from(random.words(length), (w) =>
        String.fromCodePoint((w % 3 === 0 ? 0x1f300 : 0) + (w % 0x300)),
      ).join('');
      expect(tokenizer.decode(tokenizer.encode(sample))).toBe(sample);
    }
    expect(tokenizer.decode(tokenizer.encode('  two  spaces\n\n\ttab '))).toBe('  two  spaces\n\n\ttab ');
  });
  test('are made again from their merges', () => {
    const learnt = bytePairTokenizer(prose, 290);
    const again = new BytePairTokenizer(JSON.parse(JSON.stringify(learnt.merges)) as [number, number][]);
    expect(again.encode(prose)).toEqual(learnt.encode(prose));
    expect(bytePairTokenizer(prose, 290).merges).toEqual(learnt.merges);
    expect(() => new BytePairTokenizer([[0, 256]])).toThrow(/merge 0 joins 0 and 256/);
    expect(() => bytePairTokenizer(prose, 100)).toThrow(ValueError);
    expect(() => learnt.decode([learnt.size])).toThrow(IndexError);
  });
  test('follow their counts: every merge is the most frequent pair at its time', () => {
    const learnt = bytePairTokenizer(prose.repeat(2), 300);
    // The slow definition: count all pairs anew after each merge.
    let pieces = (
      prose.repeat(2).match(/'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu) ?? []
    ).map((p) => [...Buffer.from(p)]);
    learnt.merges.forEach(([a, b], i) => {
      const counts = new Map<string, number>();
      for (const piece of pieces)
        for (let j = 0; j + 1 < piece.length; j++) {
          const key = `${piece[j]} ${piece[j + 1]}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      expect(counts.get(`${a} ${b}`), `merge ${i}`).toBe(Math.max(...counts.values()));
      pieces = pieces.map((piece) => {
        const out: number[] = [];
        for (let j = 0; j < piece.length; j++) {
          const hit = piece[j] === a && piece[j + 1] === b;
          out.push(hit ? 256 + i : piece[j]!);
          if (hit) j++;
        }
        return out;
      });
    });
  });
});

describe('sequences of one length', () => {
  test('are filled up or cut, at either end', () => {
    const end = padSequences([[1, 2, 3], [4]], { value: 9 });
    expect(end.tokens.toArray()).toEqual([
      [1, 2, 3],
      [4, 9, 9],
    ]);
    expect(end.mask.toArray()).toEqual([
      [1, 1, 1],
      [1, 0, 0],
    ]);
    expect(end.lengths.toArray()).toEqual([3, 1]);
    expect(padSequences([[1, 2, 3], [4]], { length: 2, side: 'start' }).tokens.toArray()).toEqual([
      [1, 2],
      [0, 4],
    ]);
    expect(padSequences([]).tokens.shape).toEqual([0, 0]);
  });
  test('windows of a text are followed by what comes next', () => {
    const windows = new TextWindows(
      Int32Array.from({ length: 11 }, (_, i) => i),
      3,
    );
    expect(windows.length).toBe(3);
    const batches = [...new DataLoader(windows, { batchSize: 2 })];
    expect(batches[0]!.x.toArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(batches[1]!.y.toArray()).toEqual([[7, 8, 9]]);
    expect(new TextWindows(new Int32Array(11), 3, 1).length).toBe(8);
    expect(() => windows.batch([3])).toThrow(IndexError);
    expect(() => new TextWindows(new Int32Array(3), 3)).toThrow(/at least 4/);
  });
});
