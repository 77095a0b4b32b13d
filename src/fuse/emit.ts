// Expressions to programs: walks from a value down to stored nodes and writes the elementwise code in between.
import { ops } from '../ops.js';
import type { Plan, PlanNode } from '../plan.js';
import type { Access, Instruction, Program, Register, RowReduction, ScalarRef } from './kernel.js';
import { exact, View } from './view.js';

/** The value of `node` has to be in memory before this can be computed. */
export class MustStore extends Error {
  constructor(readonly node: number) {
    super(`node ${node} must be stored`);
  }
}
/** These nodes do not fit one kernel. */
export class NoFusion extends Error {}

/** View operations between a value and the iteration space, the nearest to the value first. */
interface Chain {
  readonly step: (view: View) => View | null;
  /** The node that `step` views; -1 at the end. */
  readonly below: number;
  readonly next: Chain | null;
  /** True where a pad lies on the way: outside its bounds a function of the value would be wrong. */
  readonly padded: boolean;
  /** Values found under this chain and chains that go on from it; made when there is one. */
  values: Map<number, Value> | null;
  longer: Map<number, Chain> | null;
}

type Value =
  | { readonly register: number; readonly level: 'full' | 'row' }
  | { readonly constant: ScalarRef; readonly node: PlanNode };

export interface Memory {
  /** True for nodes that other kernels write and this one reads. */
  isStored(node: number): boolean;
  /** Where its value lies: a buffer, and how the node's own shape addresses it. */
  placeOf(node: number): { readonly buffer: number; readonly view: View };
}

const chain = (step: Chain['step'], below: number, next: Chain | null, pad = false): Chain => ({
  step,
  below,
  next,
  padded: pad || (next?.padded ?? false),
  values: null,
  longer: null,
});

export const rowReduction = (op: PlanNode['op']): RowReduction => {
  switch (op) {
    case 'sum':
    case 'prod':
    case 'argmax':
    case 'argmin':
      return op;
    case 'reduceMax':
      return 'max';
    case 'reduceMin':
      return 'min';
    default:
      throw new Error(`${op} is no reduction`);
  }
};

export const scalarOf = (node: PlanNode): ScalarRef =>
  node.scalar >= 0 ? { scalar: node.scalar } : { value: node.attributes.value ?? 0 };

/** Writes one program over `dims`, whose last `rowDims` form rows. */
export class Emitter {
  readonly #registers: Register[] = [];
  readonly #inputs: { register: number; access: Access }[] = [];
  readonly #constants: { register: number; value: ScalarRef }[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #outputs: { register: number; access: Access }[] = [];
  readonly #members = new Map<number, { register: number; level: 'full' | 'row' }>();
  readonly #inputKeys = new Map<string, number>();
  readonly #constantKeys = new Map<string, number>();
  readonly #expanded = new Map<number, number>();
  readonly #full: Chain;
  readonly #row: Chain;
  readonly #size: number;
  readonly #rows: number;

  constructor(
    readonly plan: Plan,
    readonly memory: Memory,
    readonly dims: readonly number[],
    readonly rowDims: number,
    /** Whether instructions may depend on the place in the iteration space. */
    readonly positional: boolean,
  ) {
    const outer = dims.slice(0, dims.length - rowDims);
    this.#size = dims.reduce((a, b) => a * b, 1);
    this.#rows = outer.reduce((a, b) => a * b, 1);
    const ones = [...outer, ...new Array<number>(rowDims).fill(1)];
    this.#full = chain((view) => view.reshape(dims), -1, null);
    this.#row = chain((view) => view.reshape(ones)?.expand(dims) ?? null, -1, null);
  }

  #register(dtype: Register['dtype'], level: Register['level']): number {
    return this.#registers.push({ dtype, level }) - 1;
  }

  /** Makes register 0, 1, … stand for a node that the kernel computes by other means. */
  given(node: number): number {
    const register = this.#register(this.plan.nodes[node]!.dtype, 'full');
    this.#members.set(node, { register, level: 'full' });
    return register;
  }

  /** Computes a stored node here; afterwards other nodes read it from its register. */
  define(node: number): void {
    const { op, shape, inputs, dtype } = this.plan.nodes[node]!;
    if (ops[op].kind === 'reduce') {
      const source = this.#at(this.value(inputs[0]!, this.#full), 'full');
      const register = this.#register(dtype, 'row');
      const from = this.#registers[source]!.dtype;
      this.#instructions.push({
        op: 'reduce',
        reduction: rowReduction(op),
        dtype: from,
        dst: register,
        args: [source],
      });
      this.#members.set(node, { register, level: 'row' });
      return;
    }
    const size = shape.reduce((a, b) => a * b, 1);
    const level = size === this.#size ? 'full' : 'row';
    if (level === 'row' && (size !== this.#rows || this.rowDims === 0))
      throw new NoFusion(`${size} elements in a space of ${this.#size}`);
    const value = this.#compute(node, level === 'full' ? this.#full : this.#row);
    const register = this.#at(value, level);
    this.#members.set(node, { register, level });
  }

  /** Computes a node that is used once, under a view of its own. Returns its register. */
  expression(node: number, view: (v: View) => View | null): number {
    return this.#at(this.value(node, chain(view, node, null)), 'full');
  }

  /** Writes the value of a defined node to its place. */
  store(node: number): void {
    const { register, level } = this.#members.get(node)!;
    const { buffer, view: place } = this.memory.placeOf(node);
    const view = (level === 'full' ? this.#full : this.#row).step(place);
    if (!view) throw new MustStore(node);
    this.output(register, { buffer, offset: view.offset, strides: view.strides, bounds: null });
  }

  output(register: number, access: Access): void {
    this.#outputs.push({ register, access });
  }

  get program(): Program {
    return {
      registers: this.#registers,
      inputs: this.#inputs,
      constants: this.#constants,
      instructions: this.#instructions,
      outputs: this.#outputs,
    };
  }

  #viewUnder(view: View, from: Chain | null): View {
    let v = view;
    for (let c = from; c; c = c.next) {
      const next = c.step(v);
      if (!next) throw c.below < 0 ? new NoFusion('the shapes do not meet') : new MustStore(c.below);
      v = next;
    }
    return v;
  }

  #isRow(view: View): boolean {
    if (this.rowDims === 0 || view.bounds) return false;
    const first = this.dims.length - this.rowDims;
    return view.strides.every((s, i) => i < first || s === 0 || this.dims[i] === 1);
  }

  /** The register of a value at the level wanted. */
  #at(value: Value, level: 'full' | 'row'): number {
    if ('constant' in value) {
      const { constant } = value;
      const number = 'scalar' in constant ? `#${constant.scalar}` : exact(constant.value);
      const key = `${number} ${value.node.dtype} ${level}`;
      let register = this.#constantKeys.get(key);
      if (register === undefined) {
        register = this.#register(value.node.dtype, level);
        this.#constants.push({ register, value: value.constant });
        this.#constantKeys.set(key, register);
      }
      return register;
    }
    if (value.level === level) return value.register;
    if (level === 'row') throw new NoFusion('a full value where a row value is wanted');
    let register = this.#expanded.get(value.register);
    if (register === undefined) {
      const { dtype } = this.#registers[value.register]!;
      register = this.#register(dtype, 'full');
      this.#instructions.push({ op: 'expand', dtype, dst: register, args: [value.register] });
      this.#expanded.set(value.register, register);
    }
    return register;
  }

  /** The value of a node as the chain sees it. */
  value(node: number, under: Chain): Value {
    const known = under.values?.get(node);
    if (known) return known;
    const value = this.#find(node, under);
    under.values ??= new Map();
    under.values.set(node, value);
    return value;
  }

  #find(at: number, under: Chain): Value {
    const node = this.plan.nodes[at]!;
    if (node.op === 'constant' && !under.padded && !this.memory.isStored(at)) return { constant: scalarOf(node), node };
    const member = this.#members.get(at);
    if (member) {
      const view = this.#viewUnder(View.dense(node.shape), under);
      const fits = member.level === 'full' ? view.isDense : this.#isRow(view) && this.#rowsInOrder(view);
      if (!fits) throw new NoFusion('a value of this kernel is read at other places than it is written');
      return member;
    }
    if (node.op === 'data' || this.memory.isStored(at)) return this.#load(at, under);
    return this.#compute(at, under);
  }

  #rowsInOrder(view: View): boolean {
    const first = this.dims.length - this.rowDims;
    return new View(view.shape.slice(0, first), view.strides.slice(0, first), view.offset).isDense;
  }

  #load(at: number, under: Chain): Value {
    const node = this.plan.nodes[at]!;
    const { buffer, view: place } = this.memory.placeOf(at);
    const view = this.#viewUnder(place, under);
    const level = this.#isRow(view) ? 'row' : 'full';
    const { bounds: b } = view;
    const bounds = b ? `${b.lo.join()} ${b.hi.join()} ${exact(b.fill)}` : '';
    const key = `${buffer} ${view.offset} ${view.strides.join()} ${bounds}`;
    let register = this.#inputKeys.get(key);
    if (register === undefined) {
      register = this.#register(node.dtype, level);
      this.#inputs.push({
        register,
        access: { buffer, offset: view.offset, strides: view.strides, bounds: view.bounds },
      });
      this.#inputKeys.set(key, register);
    }
    return { register, level };
  }

  #compute(at: number, under: Chain): Value {
    const node = this.plan.nodes[at]!;
    const { kind } = ops[node.op];
    if (kind === 'view') {
      const below = node.inputs[0]!;
      let longer = under.longer?.get(at);
      if (!longer) {
        longer = chain((view) => view.apply(node), below, under, node.op === 'pad');
        under.longer ??= new Map();
        under.longer.set(at, longer);
      }
      return this.value(below, longer);
    }
    if (under.padded) throw new MustStore(at);
    if (kind === 'leaf') return this.#generate(at, under);
    if (kind !== 'elementwise') throw new MustStore(at);
    const level = this.rowDims > 0 && this.#rowLevel(node, under) ? 'row' : 'full';
    const args = node.inputs.map((input) => this.#at(this.value(input, under), level));
    const register = this.#register(node.dtype, level);
    const dtype = node.op === 'where' ? node.dtype : this.#registers[args[0]!]!.dtype;
    if (node.op === 'cast') this.#instructions.push({ op: 'cast', dtype, to: node.dtype, dst: register, args });
    else this.#instructions.push({ op: node.op as 'where', dtype, dst: register, args });
    return { register, level };
  }

  #rowLevel(node: PlanNode, under: Chain): boolean {
    try {
      return this.#isRow(this.#viewUnder(View.dense(node.shape), under));
    } catch (error) {
      if (error instanceof MustStore || error instanceof NoFusion) return false;
      throw error;
    }
  }

  #generate(at: number, under: Chain): Value {
    const node = this.plan.nodes[at]!;
    if (node.op === 'constant') return { constant: scalarOf(node), node };
    const view = this.#viewUnder(View.dense(node.shape), under);
    if (!this.positional || this.rowDims > 0 || !view.isDense || node.shape.reduce((a, b) => a * b, 1) !== this.#size)
      throw new MustStore(at);
    const register = this.#register(node.dtype, 'full');
    this.#instructions.push(
      node.op === 'iota'
        ? { op: 'iota', dst: register, args: [] }
        : { op: 'random', scalar: node.scalar, dst: register, args: [] },
    );
    return { register, level: 'full' };
  }
}
