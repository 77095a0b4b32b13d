// In: features of nodes [n, inputs] and which nodes are joined [n, n]. Out: features informed by the neighbours.
import { eye, zeros } from '../create.js';
import { ShapeError, show } from '../errors.js';
import { Parameter, type Tensor } from '../tensor.js';
import { leakyReluOf } from './activations.js';
import { checkCount } from './check.js';
import { xavierUniform } from './init.js';
import { Module } from './module.js';

function checkGraph(name: string, x: Tensor, adjacency: Tensor, inputs: number): void {
  const n = x.shape[0];
  if (
    x.rank !== 2 ||
    x.shape[1] !== inputs ||
    adjacency.rank !== 2 ||
    adjacency.shape[0] !== n ||
    adjacency.shape[1] !== n
  ) {
    throw new ShapeError(
      `${name}: features ${show(x.shape)}, adjacency ${show(adjacency.shape)}`,
      `Features are [nodes, ${inputs}] and the adjacency matrix [nodes, nodes].`,
    );
  }
}

/** D^(−½)·(A + I)·D^(−½): each node averages itself and its neighbours. */
export function normalizedAdjacency(adjacency: Tensor): Tensor {
  const [n, m] = adjacency.shape;
  if (adjacency.rank !== 2 || n !== m)
    throw new ShapeError(`normalizedAdjacency: shape ${show(adjacency.shape)}`, 'It takes [nodes, nodes].');
  const a = adjacency.float().add(eye(adjacency.shape[0]!)).minimum(1);
  const scale = a.sum(1).rsqrt();
  return a.mul(scale.unsqueeze(1)).mul(scale.unsqueeze(0));
}

/** Graph convolution (Kipf and Welling, 2017): Â·X·W + b, with Â from `normalizedAdjacency`. */
export class GraphConv extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  constructor(
    readonly inputs: number,
    readonly outputs: number,
  ) {
    super();
    checkCount('graphConv', { inputs, outputs });
    this.weight = new Parameter(xavierUniform([inputs, outputs]));
    this.bias = new Parameter(zeros([outputs]));
  }
  /** @param x [nodes, inputs] @param adjacency [nodes, nodes], normalised @returns [nodes, outputs] */
  forward(x: Tensor, adjacency: Tensor): Tensor {
    checkGraph('graphConv', x, adjacency, this.inputs);
    return adjacency.matmul(x.matmul(this.weight)).add(this.bias);
  }
  override describe(): string {
    return `${this.inputs} → ${this.outputs}`;
  }
}

/** Graph attention (Veličković et al., 2018): neighbours weighted by learnt scores, heads joined or averaged. */
export class GraphAttention extends Module {
  readonly weight: Parameter;
  readonly attendSource: Parameter;
  readonly attendTarget: Parameter;
  readonly bias: Parameter;
  readonly #join: boolean;
  constructor(
    readonly inputs: number,
    readonly outputs: number,
    readonly heads = 1,
    options: { join?: boolean } = {},
  ) {
    super();
    checkCount('graphAttention', { inputs, outputs, heads });
    this.#join = options.join ?? true;
    this.weight = new Parameter(xavierUniform([inputs, heads * outputs]));
    this.attendSource = new Parameter(xavierUniform([heads, outputs]));
    this.attendTarget = new Parameter(xavierUniform([heads, outputs]));
    this.bias = new Parameter(zeros([this.#join ? heads * outputs : outputs]));
  }
  /** @param x [nodes, inputs] @param adjacency [nodes, nodes], not 0 where column j is a neighbour of row i; each node sees itself too. @returns [nodes, heads · outputs], or [nodes, outputs] when heads are averaged */
  forward(x: Tensor, adjacency: Tensor): Tensor {
    checkGraph('graphAttention', x, adjacency, this.inputs);
    const n = x.shape[0]!;
    const h = x.matmul(this.weight).reshape(n, this.heads, this.outputs).transpose(0, 1); // [heads, nodes, outputs]
    const to = h.mul(this.attendTarget.unsqueeze(1)).sum(-1).unsqueeze(2);
    const from = h.mul(this.attendSource.unsqueeze(1)).sum(-1).unsqueeze(1);
    const joined = adjacency.ne(0).or(eye(n, n, { dtype: 'bool' }));
    const scores = leakyReluOf(to.add(from), 0.2).where(joined, Number.NEGATIVE_INFINITY); // [heads, nodes, nodes]
    const mixed = scores.softmax(-1).matmul(h);
    return (this.#join ? mixed.transpose(0, 1).reshape(n, this.heads * this.outputs) : mixed.mean(0)).add(this.bias);
  }
  override describe(): string {
    return `${this.inputs} → ${this.outputs}, ${this.heads} heads`;
  }
}
/** A graph convolution; normalise the adjacency matrix once with `normalizedAdjacency`. */
export const graphConv = (inputs: number, outputs: number): GraphConv => new GraphConv(inputs, outputs);
/** Graph attention with `heads` heads, joined unless `join: false` averages them. */
export const graphAttention = (
  inputs: number,
  outputs: number,
  heads?: number,
  options?: { join?: boolean },
): GraphAttention => new GraphAttention(inputs, outputs, heads, options);
