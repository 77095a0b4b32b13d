// In: a seed and how many. Out: tasks from text to text whose answers are known: sums, and dates in many hands.
import { ValueError } from '../../errors.js';
import { Chance } from '../chance.js';
import { checkWhole } from './check.js';

/** A text and what should become of it. */
export interface TextPair {
  readonly input: string;
  readonly target: string;
}
/** Options of the text tasks. */
export interface TextTaskOptions {
  /** The same seed gives the same texts on every machine. Default 0. */
  seed?: number;
}

/**
 * Sums as text, all different: `'7+35  '` → `'42 '`. Inputs are padded with spaces to 2·digits + 1 characters, targets to
 * digits + 1.
 * @param count how many of the 10^(2·digits) there are.
 * @throws ValueError when there are not so many.
 */
export function sumsAsText(count: number, options: TextTaskOptions & { digits?: number } = {}): TextPair[] {
  const { seed = 0, digits = 2 } = options;
  checkWhole('sumsAsText', { count });
  checkWhole('sumsAsText', { digits }, 1);
  const bound = 10 ** digits;
  if (digits > 7 || count > bound * bound)
    throw new ValueError(
      `sumsAsText: ${count} sums of ${digits} digits`,
      digits > 7 ? 'Use at most 7 digits.' : `There are ${bound * bound}.`,
    );
  const chance = new Chance(seed);
  const pair = (a: number, b: number): TextPair => ({
    input: `${a}+${b}`.padEnd(2 * digits + 1),
    target: String(a + b).padEnd(digits + 1),
  });
  // Few that are left out: all in random order. Many: draw until new.
  if (bound * bound <= 4 * count || bound * bound <= 10_000)
    return Array.from(chance.order(bound * bound).subarray(0, count), (k) => pair(Math.floor(k / bound), k % bound));
  const seen = new Set<number>();
  const out: TextPair[] = [];
  while (out.length < count) {
    const [a, b] = [chance.below(bound), chance.below(bound)];
    if (seen.has(a * bound + b)) continue;
    seen.add(a * bound + b);
    out.push(pair(a, b));
  }
  return out;
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const years = { first: 1950, last: 2049 } as const;
const dayLength = 86_400_000;
const two = (n: number): string => String(n).padStart(2, '0');

interface Day {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  readonly weekday: string;
}
const hands: readonly ((d: Day) => string)[] = [
  (d) => `${d.day} ${months[d.month]} ${d.year}`,
  (d) => `${d.day} ${months[d.month]!.slice(0, 3)} ${d.year}`,
  (d) => `${months[d.month]} ${d.day}, ${d.year}`,
  (d) => `${months[d.month]!.slice(0, 3)} ${two(d.day)} ${d.year}`,
  (d) => `${d.weekday}, ${d.day} ${months[d.month]} ${d.year}`,
  (d) => `${d.weekday.slice(0, 3)} ${d.day} ${months[d.month]!.slice(0, 3)} ${d.year}`,
  (d) => `${two(d.day)}.${two(d.month + 1)}.${d.year}`,
  (d) => `${d.day}.${d.month + 1}.${d.year}`,
  (d) => `${d.year}/${two(d.month + 1)}/${two(d.day)}`,
  (d) => `the ${d.day}${ordinal(d.day)} of ${months[d.month]}, ${d.year}`,
];
const ordinal = (n: number): string =>
  n % 10 <= 3 && Math.floor(n / 10) !== 1 ? ['th', 'st', 'nd', 'rd'][n % 10]! : 'th';

/**
 * Dates from 1950 to 2049 as people write them, and as ISO 8601: `'the 3rd of May, 1979'` → `'1979-05-03'`. No input twice.
 * @throws ValueError for more than 100,000.
 */
export function datesAsText(count: number, options: TextTaskOptions = {}): TextPair[] {
  checkWhole('datesAsText', { count });
  if (count > 100_000) throw new ValueError(`datesAsText: count ${count}`, 'There are different dates for 100,000.');
  const chance = new Chance(options.seed ?? 0);
  const start = Date.UTC(years.first, 0, 1);
  const days = (Date.UTC(years.last + 1, 0, 1) - start) / dayLength;
  const seen = new Set<string>();
  const out: TextPair[] = [];
  while (out.length < count) {
    const date = new Date(start + chance.below(days) * dayLength);
    const day = { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
    const written = chance.pick(hands)({ ...day, weekday: weekdays[date.getUTCDay()]! });
    const input = chance.happens(0.25) ? written.toLowerCase() : written;
    if (seen.has(input)) continue;
    seen.add(input);
    out.push({ input, target: `${day.year}-${two(day.month + 1)}-${two(day.day)}` });
  }
  return out;
}
