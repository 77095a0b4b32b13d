// Out: Zachary's karate club: 34 people, who was friends with whom, and with whom each went when the club split.
import { type GraphData, range, toGraph } from './graph.js';

/** W. W. Zachary, "An information flow model for conflict and fission in small groups" (1977): friends of each with a higher number. */
const friends: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31],
  [2, 3, 7, 13, 17, 19, 21, 30],
  [3, 7, 8, 9, 13, 27, 28, 32],
  [7, 12, 13],
  [6, 10],
  [6, 10, 16],
  [16],
  [],
  [30, 32, 33],
  [33],
  [],
  [],
  [],
  [33],
  [32, 33],
  [32, 33],
  [],
  [],
  [32, 33],
  [33],
  [32, 33],
  [],
  [32, 33],
  [25, 27, 29, 32, 33],
  [25, 27, 31],
  [31],
  [29, 33],
  [33],
  [31, 33],
  [32, 33],
  [32, 33],
  [32, 33],
  [33],
  [],
];
/** Those who went with the officer (node 33); the others stayed with Mr. Hi (node 0). */
const withOfficer = new Set([9, 14, 15, 18, 20, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33]);

/**
 * The karate club: 34 nodes, 78 edges, 2 classes. Each node's features are its own number, one-hot; the two leaders are the
 * only ones to learn from, everyone else is to be found out.
 */
export function karateClub(): GraphData {
  const nodes = friends.length;
  const features = new Float32Array(nodes * nodes);
  for (let i = 0; i < nodes; i++) features[i * nodes + i] = 1;
  return toGraph({
    labels: Int32Array.from({ length: nodes }, (_, i) => (withOfficer.has(i) ? 1 : 0)),
    edges: friends.flatMap((others, i) => others.map((j): [number, number] => [i, j])),
    features,
    classes: ['Mr. Hi', 'Officer'],
    train: Int32Array.of(0, nodes - 1),
    validation: new Int32Array(0),
    test: range(1, nodes - 1),
  });
}
