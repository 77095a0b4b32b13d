// Plan to the nodes whose values are kept in memory: what must be, and what would cost too much to compute again.
import { ops } from '../ops.js';
import type { Plan, PlanNode } from '../plan.js';
import { renamed } from './pieces.js';
import { View } from './view.js';

/** What an operation costs beside an addition; 1 where nothing is said. */
const flops: Partial<Record<PlanNode['op'], number>> = {
  div: 3,
  sqrt: 3,
  rsqrt: 4,
  reciprocal: 3,
  exp: 8,
  log: 8,
  tanh: 10,
  sigmoid: 10,
  erf: 12,
  pow: 20,
  sin: 12,
  cos: 12,
  tan: 16,
  random: 12,
};

/** Decides which nodes are stored: outputs, operands and results of products, reductions and routines, and shared work. */
export class StoredChoice {
  readonly stored = new Set<number>();
  readonly #plan: Plan;
  readonly #users: number[][];

  constructor(plan: Plan, wanted: Iterable<number>) {
    this.#plan = plan;
    this.#users = plan.nodes.map(() => []);
    plan.nodes.forEach((node, i) => {
      for (const input of new Set(node.inputs)) this.#users[input]!.push(i);
    });
    for (const i of wanted) this.stored.add(i);
    this.#choose();
  }

  #node(i: number): PlanNode {
    return this.#plan.nodes[i]!;
  }
  #kind(i: number): (typeof ops)[PlanNode['op']]['kind'] {
    return ops[this.#node(i).op].kind;
  }

  #choose(): void {
    const { stored } = this;
    const { nodes } = this.#plan;
    nodes.forEach((node, i) => {
      const kind = ops[node.op].kind;
      if (kind === 'reduce' || kind === 'contract' || kind === 'routine') stored.add(i);
    });
    nodes.forEach((node, i) => {
      const kind = ops[node.op].kind;
      if (kind === 'contract') for (const input of node.inputs) this.#storeOperand(input, false);
      else if (kind === 'routine' && node.op !== 'concat') {
        const views = node.op === 'gather' || node.op === 'scatterAdd' || node.op === 'cumsum';
        for (const input of node.inputs) this.#storeOperand(input, !views);
      } else if (node.op === 'concat') {
        // A piece is written where it ends up, together with what else is computed beside it.
        for (const input of node.inputs) {
          const piece = renamed(this.#plan, this.stored, input);
          if (this.#kind(piece) === 'elementwise') this.#store(piece);
        }
      } else if (kind === 'view') {
        this.#breakViews(i);
        // Outside its bounds a pad reads a number, which a function of its input would not.
        if (node.op === 'pad') this.#store(this.#base(i));
      }
    });
    const cost = new Array<number>(nodes.length).fill(0);
    const leaves = new Array<number>(nodes.length).fill(0);
    nodes.forEach((node, i) => {
      const kind = ops[node.op].kind;
      if (node.op === 'data' || stored.has(i)) {
        leaves[i] = 1;
        return;
      }
      if (node.op === 'constant') return;
      const own = kind === 'view' ? 0 : (flops[node.op] ?? 1);
      cost[i] = node.inputs.reduce((sum, k) => sum + cost[k]!, own);
      leaves[i] = node.inputs.reduce((sum, k) => sum + leaves[k]!, 0);
      const expensive = cost[i]! > 3 || leaves[i]! > 1;
      if (kind !== 'view' && expensive && this.#consumers(i) > 1) {
        stored.add(i);
        [cost[i], leaves[i]] = [0, 1];
      }
    });
  }

  /** How many computing nodes read this one, through views too. */
  #consumers(i: number): number {
    return this.#users[i]!.reduce(
      (sum, user) => sum + (this.#kind(user) === 'view' && !this.stored.has(user) ? this.#consumers(user) : 1),
      0,
    );
  }

  /** Makes sure that a view can be read: where its steps are not affine together, the value between is stored. */
  #breakViews(i: number): View {
    const node = this.#node(i);
    const below = node.inputs[0]!;
    const inner =
      this.#kind(below) === 'view' && !this.stored.has(below)
        ? this.#breakViews(below)
        : View.dense(this.#node(below).shape);
    const view = inner.apply(node);
    if (view) return view;
    this.#store(below);
    const again = View.dense(this.#node(below).shape).apply(node);
    if (again) return again;
    throw new Error(`${node.op} is not a view of a dense array`);
  }

  /** Stores what an operand of a contraction or routine is a view of. */
  #storeOperand(i: number, dense: boolean): void {
    if (this.#kind(i) === 'view' && !this.stored.has(i)) {
      const view = this.#breakViews(i);
      this.#store(view.bounds || (dense && !view.isDense) ? i : this.#base(i));
    } else this.#store(i);
  }

  #store(i: number): void {
    if (this.#node(i).op !== 'data') this.stored.add(i);
  }

  /** The stored node or other value at the bottom of a chain of views. */
  #base(i: number): number {
    let at = i;
    while (this.#kind(at) === 'view' && !this.stored.has(at)) at = this.#node(at).inputs[0]!;
    return at;
  }
}
