// In: the folder GRADLAB_DATA or a seed. Out: papers that cite each other, with their words and subjects.
import { DataError } from '../../errors.js';
import { Chance } from '../chance.js';
import { type GraphData, range, toGraph } from '../graphs/graph.js';
import { decodeText } from '../tables/csv.js';
import { counted, type Sourced, type SourceOptions, sourced } from './folder.js';

const words = 1433;
const classes = [
  'Theory',
  'Reinforcement learning',
  'Genetic algorithms',
  'Neural networks',
  'Probabilistic methods',
  'Case-based',
  'Rule learning',
] as const;
/** Papers of each class, and the split of Z. Yang, W. Cohen, R. Salakhutdinov (2016): 20 of each class to learn from. */
const sizes: readonly number[] = [351, 217, 418, 818, 426, 298, 180];
const papers = 2708;
const split = { train: range(0, 140), validation: range(140, 640), test: range(1708, papers) } as const;
/**
 * A drawn graph: citations, the share that stays within a community, the share of papers in the community of another class,
 * words of a paper, and the share that its class prefers.
 */
const drawn = { citations: 5278, loyal: 0.92, astray: 0.12, words: 18, topical: 0.29, topicSize: 120 } as const;

const files = ['cora.features.txt', 'cora.labels.txt', 'cora.edges.txt'] as const;

/** Lines of whole numbers. */
function numbersOf(bytes: Uint8Array, name: string): number[][] {
  const lines = decodeText(bytes, name).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => {
    const numbers = line === '' ? [] : line.trim().split(/\s+/).map(Number);
    if (!numbers.every((n) => Number.isInteger(n) && n >= 0))
      throw new DataError(`${name}, line ${i + 1}: '${line.slice(0, 40)}'`, 'Each line holds whole numbers.');
    return numbers;
  });
}

function readGraph(found: Readonly<Record<(typeof files)[number], Uint8Array>>): GraphData {
  const lists = numbersOf(found['cora.features.txt'], 'cora.features.txt');
  const labels = Int32Array.from(numbersOf(found['cora.labels.txt'], 'cora.labels.txt'), ([label]) => label ?? -1);
  const edges = numbersOf(found['cora.edges.txt'], 'cora.edges.txt').map(([a = -1, b = -1]): [number, number] => [
    a,
    b,
  ]);
  if (
    lists.length !== papers ||
    labels.length !== papers ||
    labels.some((label) => label < 0 || label >= classes.length) ||
    lists.some((list) => list.some((word) => word >= words))
  )
    throw new DataError(
      `Cora: ${lists.length} lists of words, ${labels.length} labels`,
      `There should be ${papers} of each, words below ${words} and labels below ${classes.length}; fetch the files again.`,
    );
  const features = new Float32Array(papers * words);
  lists.forEach((list, i) => {
    for (const word of list) features[i * words + word] = 1;
  });
  return toGraph({ labels, edges, features, classes, ...split });
}

function drawGraph(seed: number): GraphData {
  const chance = new Chance(seed);
  // 20 of each class first, then the rest in random order.
  const rest = sizes.flatMap((size, label) => new Array<number>(size - 20).fill(label));
  const labels = Int32Array.from([
    ...Array.from({ length: 140 }, (_, i) => i % classes.length),
    ...Array.from(chance.order(rest.length), (i) => rest[i]!),
  ]);
  const community = labels.map((label) => (chance.happens(drawn.astray) ? chance.below(classes.length) : label));
  const members = classes.map((_, k) => [...labels.keys()].filter((i) => community[i] === k));
  const edges = new Map<number, [number, number]>();
  while (edges.size < drawn.citations) {
    const a = chance.below(papers);
    const b = chance.happens(drawn.loyal) ? chance.pick(members[community[a]!]!) : chance.below(papers);
    if (a !== b) edges.set(Math.min(a, b) * papers + Math.max(a, b), [a, b]);
  }
  const topics = classes.map(() => chance.order(words).subarray(0, drawn.topicSize));
  const features = new Float32Array(papers * words);
  for (let i = 0; i < papers; i++) {
    const topic = topics[labels[i]!]!;
    for (let k = 0; k < drawn.words; k++) {
      // Some words are common everywhere.
      const word = chance.happens(drawn.topical)
        ? topic[chance.below(topic.length)]!
        : Math.floor(chance.uniform() ** 2 * words);
      features[i * words + word] = 1;
    }
  }
  return toGraph({ labels, edges: [...edges.values()], features, classes, ...split });
}

/**
 * A citation graph of 2,708 papers with 1,433 words and 7 subjects: Cora (`cora/cora.features.txt`, `.labels.txt`, `.edges.txt`),
 * or one drawn with the same sizes, in which papers of one subject share words and cite each other as often as there.
 * @throws DataError where files are asked for and not there, or are damaged.
 */
export const cora = (options: SourceOptions = {}): Promise<GraphData & Sourced> =>
  sourced({ name: 'cora', files }, options, readGraph, drawGraph, {
    real: ({ y, edges }) => `Cora: ${counted(y.size)} papers, ${counted(edges.shape[0]!)} citations`,
    substitute: ({ y, edges }, seed) =>
      `A graph drawn like Cora: ${counted(y.size)} nodes, ${counted(edges.shape[0]!)} edges, seed ${seed}`,
  });
