// Texts as numbers.
export { type Padded, padSequences, TextWindows } from './batches.js';
export { BytePairTokenizer, bytePairTokenizer } from './byte-pairs.js';
export {
  CharacterTokenizer,
  characterTokenizer,
  splitWords,
  type Tokenizer,
  type WordOptions,
  WordTokenizer,
  wordTokenizer,
} from './tokenizers.js';
export { special, Vocabulary, type VocabularyOptions } from './vocabulary.js';
