// A plan with loops to one without: every step written out.
import { need } from '../ops.js';
import type { Body, Plan, PlanNode } from '../plan.js';
import { sameShape } from '../shape.js';

/** Results of one loop: positions of their values at each step. */
type Steps = ReadonlyMap<number, readonly number[]>;

class Unroller {
  readonly nodes: PlanNode[] = [];
  /** New positions of the nodes of the plan. */
  readonly #at: number[] = [];
  readonly #loops = new Map<Body, Steps>();
  /** For a stack of steps, the steps. */
  readonly #stacks = new Map<number, readonly number[]>();

  constructor(readonly plan: Plan) {
    plan.nodes.forEach((node) => {
      this.#at.push(node.op === 'scan' ? this.#stack(node) : this.#put({ ...node, inputs: this.#new(node.inputs) }));
    });
  }

  get result(): Plan {
    const { leaves, outputs } = this.plan;
    return { ...this.plan, nodes: this.nodes, leaves: this.#new(leaves), outputs: this.#new(outputs) };
  }

  #new(positions: readonly number[]): number[] {
    return positions.map((i) => this.#at[i]!);
  }
  #put(node: PlanNode): number {
    return this.nodes.push(node) - 1;
  }
  #reshape(input: number, shape: readonly number[]): number {
    return this.#put({
      ...this.nodes[input]!,
      op: 'reshape',
      inputs: [input],
      attributes: { shape },
      shape,
      scalar: -1,
    });
  }

  /** Element t of the first axis. */
  #element(input: number, t: number): number {
    const steps = this.#stacks.get(input);
    if (steps) return steps[t]!;
    const { op, inputs, attributes: a, shape, dtype } = this.nodes[input]!;
    const rest = shape.slice(1);
    if (op === 'concat' && a.axis === 0) {
      let from = 0;
      for (const part of inputs) {
        const length = this.nodes[part]!.shape[0]!;
        if (t < from + length) return this.#element(part, t - from);
        from += length;
      }
    }
    const below = inputs[0] === undefined ? undefined : this.nodes[inputs[0]]!;
    if (op === 'slice' && below && a.step?.every((s) => s === 1) && sameShape(below.shape.slice(1), rest))
      return this.#element(inputs[0]!, t + need(a.start, 'start')[0]!);
    if (op === 'reshape' && shape[0] === 1 && below && sameShape(below.shape, rest)) return inputs[0]!;
    const one = [1, ...rest];
    const place = { start: [t, ...rest.map(() => 0)], step: one.map(() => 1), shape: one };
    const cut = this.#put({ op: 'slice', inputs: [input], attributes: place, shape: one, dtype, scalar: -1 });
    return this.#reshape(cut, rest);
  }

  /** Positions in the plan of a body that `results` depend on, with what is carried. */
  #live({ plan, carried }: Body, results: ReadonlySet<number>): Set<number> {
    const live = new Set<number>();
    const visit = (i: number): void => {
      if (live.has(i)) return;
      live.add(i);
      plan.nodes[i]!.inputs.forEach(visit);
    };
    plan.outputs.forEach((i, k) => {
      if (k < carried || results.has(k)) visit(i);
    });
    return live;
  }

  #write(node: PlanNode, body: Body): Steps {
    const { plan, carried, scanned, steps, reverse } = unrolledBody(body);
    const results = new Set<number>();
    for (const { op, attributes } of this.plan.nodes)
      if (op === 'scan' && attributes.body === body) results.add(need(attributes.result, 'result'));
    const live = this.#live({ ...body, plan }, results);
    const inputs = this.#new(node.inputs);
    const values = new Map([...results].map((k) => [k, new Array<number>(steps)]));
    let carry = inputs.slice(0, carried);
    for (let step = 0; step < steps; step++) {
      const t = reverse ? steps - 1 - step : step;
      const at: number[] = [];
      plan.nodes.forEach((inner, i) => {
        if (!live.has(i)) at.push(-1);
        else if (i < carried) at.push(carry[i]!);
        else if (i < carried + scanned) at.push(this.#element(inputs[i]!, t));
        else if (i < inputs.length) at.push(inputs[i]!);
        else at.push(this.#put({ ...inner, inputs: inner.inputs.map((k) => at[k]!) }));
      });
      carry = plan.outputs.slice(0, carried).map((i) => at[i]!);
      for (const [k, list] of values) list[t] = at[plan.outputs[k]!]!;
    }
    return values;
  }

  /** A result of all steps, stacked. */
  #stack(node: PlanNode): number {
    const body = need(node.attributes.body, 'body');
    const values = this.#loops.get(body) ?? this.#write(node, body);
    this.#loops.set(body, values);
    const steps = values.get(need(node.attributes.result, 'result'))!;
    const inputs = steps.map((at) => this.#reshape(at, [1, ...node.shape.slice(1)]));
    const { shape, dtype } = node;
    const stack = this.#put({ op: 'concat', inputs, attributes: { axis: 0 }, shape, dtype, scalar: -1 });
    this.#stacks.set(stack, steps);
    return stack;
  }
}

const unrolledBody = (body: Body): Body => ({ ...body, plan: unroll(body.plan) });

/** The same computation without loops. Leaves keep their order. */
export const unroll = (plan: Plan): Plan =>
  plan.nodes.some(({ op }) => op === 'scan') ? new Unroller(plan).result : plan;
