// In: edges and what is known of the nodes. Out: a graph as tensors for the layers, with its nodes split.
import { fromArray } from '../../create.js';
import { DataError, IndexError } from '../../errors.js';
import type { Tensor } from '../../tensor.js';

/** A graph whose nodes have features and classes. */
export interface GraphData {
  /** Features float32 [nodes, features]. */
  readonly x: Tensor;
  /** Classes int32 [nodes]. */
  readonly y: Tensor;
  /** 1 where two nodes are joined, float32 [nodes, nodes], symmetric, zeros on the diagonal. */
  readonly adjacency: Tensor;
  /** Each edge once, int32 [edges, 2], the smaller node first. */
  readonly edges: Tensor;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Nodes to learn from, to choose with, and to measure on. */
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** The numbers from … to − 1. */
export const range = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: to - from }, (_, i) => from + i);

/** What a graph is made from. */
export interface GraphParts {
  readonly labels: Int32Array;
  readonly edges: readonly (readonly [number, number])[];
  /** float32 [nodes, features], row-major. */
  readonly features: Float32Array;
  readonly classes: readonly string[];
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** @throws IndexError for an edge to a node that is not there; DataError for one from a node to itself. */
export function toGraph({ labels, edges, features, ...rest }: GraphParts): GraphData {
  const nodes = labels.length;
  const adjacency = new Float32Array(nodes * nodes);
  const list = new Int32Array(2 * edges.length);
  edges.forEach(([a, b], i) => {
    for (const node of [a, b])
      if (!(node >= 0 && node < nodes))
        throw new IndexError(`edge ${i} joins ${a} and ${b}`, `Nodes are numbered from 0 to ${nodes - 1}.`);
    if (a === b) throw new DataError(`edge ${i} joins ${a} with itself`, 'Leave such edges out.');
    adjacency[a * nodes + b] = 1;
    adjacency[b * nodes + a] = 1;
    list[2 * i] = Math.min(a, b);
    list[2 * i + 1] = Math.max(a, b);
  });
  return {
    x: fromArray(features, [nodes, features.length / nodes], 'float32'),
    y: fromArray(labels, [nodes], 'int32'),
    adjacency: fromArray(adjacency, [nodes, nodes], 'float32'),
    edges: fromArray(list, [edges.length, 2], 'int32'),
    ...rest,
  };
}
