// In: the folder GRADLAB_DATA or a seed. Out: names to learn spelling from, and a long text to learn writing from.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Chance } from '../chance.js';
import { decodeText } from '../tables/csv.js';
import { counted, type Sourced, type SourceOptions, sourced } from './folder.js';

/** Parts of drawn names; earlier ones are more likely. */
const syllables = {
  start: ['m', 'k', 'j', 'a', 'l', 'r', 's', 'd', 'e', 't', 'n', 'b', 'c', 'ch', 'br', 'z', 'g', 'sh', 'i', 'h'],
  vowel: ['a', 'e', 'i', 'a', 'o', 'ia', 'ee', 'y', 'u', 'ay', 'ai'],
  middle: ['n', 'l', 'r', 'm', 'd', 's', 'v', 'll', 'k', 'th', 'rr', 'b', 'ss', 't', 'ly'],
  end: ['', 'n', '', 'h', 's', 'l', '', 'nna', 'lyn', 'r', 'h', 'x'],
} as const;
const drawnNames = 20_000;
const shortest = 2;
const longest = 15;

function drawNames(seed: number): string[] {
  const chance = new Chance(seed);
  // The square makes the first of a list a good deal more likely than the last.
  const some = (parts: readonly string[]): string => parts[Math.floor(chance.uniform() ** 2 * parts.length)]!;
  const names = new Set<string>();
  while (names.size < drawnNames) {
    let name = some(syllables.start);
    for (let more = 1 + chance.below(3); more > 0; more--)
      name += some(syllables.vowel) + (more > 1 ? some(syllables.middle) : some(syllables.end));
    if (name.length >= shortest && name.length <= longest) names.add(name);
  }
  return [...names];
}

/**
 * Names in small letters: the 32,033 of makemore (`names/names.txt`), or 20,000 drawn ones, put together from syllables.
 * @throws DataError where files are asked for and not there.
 */
export const names = (options: SourceOptions = {}): Promise<{ names: readonly string[] } & Sourced> =>
  sourced(
    { name: 'names', files: ['names.txt'] },
    options,
    (files): { names: readonly string[] } => ({
      names: decodeText(files['names.txt'], 'names.txt')
        .split(/\r?\n/)
        .map((line) => line.trim().toLowerCase())
        .filter((line) => line !== ''),
    }),
    (seed) => ({ names: drawNames(seed) }),
    {
      real: ({ names: { length } }) => `${counted(length)} first names`,
      substitute: ({ names: { length } }, seed) => `${counted(length)} names put together from syllables, seed ${seed}`,
    },
  );

/** TypeScript's description of the standard library: English comments and code, 200 kB that are always there. */
function libraryText(): string {
  const path = createRequire(import.meta.url).resolve('typescript-6/lib/lib.es5.d.ts');
  const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
  // The licence comes first, and is not what should be learnt.
  return text.slice(text.indexOf('*/') + 2).trimStart();
}

/**
 * A long text of few different characters: all of Shakespeare that char-rnn made famous (`tinyshakespeare/input.txt`), or the
 * description of JavaScript's standard library that comes with TypeScript (Apache 2.0).
 * @throws DataError where files are asked for and not there.
 */
export const tinyShakespeare = (options: SourceOptions = {}): Promise<{ text: string } & Sourced> =>
  sourced(
    { name: 'tinyshakespeare', files: ['input.txt'] },
    options,
    (files): { text: string } => ({ text: decodeText(files['input.txt'], 'input.txt') }),
    () => ({ text: libraryText() }),
    {
      real: ({ text }) => `Tiny Shakespeare, ${counted(text.length)} characters`,
      substitute: ({ text }) =>
        `TypeScript's description of the standard library, ${counted(text.length)} characters, in place of Shakespeare`,
    },
  );
